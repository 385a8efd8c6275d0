// Many groups merged at once: those alike enough, counted before, in one step that is undone like
// any other. Not here: one group, writing it (duplicates.js), what a merge is (Python).
import { annotations } from "../shared/store/annotations.js";
import { debounced, el, iconButton, set, write } from "../shared/ui/dom.js";
import { alike } from "./image_facts.js";

const COUNT_AFTER = 120;

/** @typedef {{groups: number, leaving: number, disagreeing: number}} Plan */

export class All {
  /**
   * @param {import("./duplicates.js").Tools} tools
   * @param {(body: Record<string, any>) => void} merge  what was counted
   */
  constructor(tools, merge) {
    const { say } = tools;
    this.tools = tools;
    this.merge = merge;
    /** @type {Plan | null} */
    this.plan = null;
    this.turn = 0;
    this.count = debounced(() => this.ask(), COUNT_AFTER);
    this.most = el("input", {
      type: "range",
      class: "slider",
      id: "all-most",
      min: 0,
      step: 1,
      oninput: () => this.changed(),
    });
    this.value = el("output", { for: "all-most" });
    this.agreeing = el("input", { type: "checkbox", checked: true, onchange: () => this.changed() });
    this.disagreeing = el("p", { class: "quiet" });
    this.told = el("p", { role: "status" });
    this.act = el("button", { type: "button", class: "main", onclick: () => this.press() });
    this.node = el(
      "dialog",
      {
        class: "all",
        "aria-label": say("all_head"),
        onclick: (event) => event.target === this.node && this.node.close(),
        onkeydown: (event) => event.stopPropagation(),
      },
      el("h2", {}, say("all_head")),
      el("p", { class: "quiet" }, say("all_help")),
      el("label", { class: "most", for: "all-most" }, say("all_most")),
      el("div", { class: "range" }, this.most, this.value),
      el("label", { class: "check" }, this.agreeing, say("all_agreeing")),
      this.disagreeing,
      this.told,
      el("div", { class: "acts" }, this.act),
      iconButton("close", say("close"), () => this.node.close(), { class: "tool shut" }),
    );
  }

  /** @param {{kind: string, distances: [number, number][]}} of @param {string} first @param {string | null} view */
  open(of, first, view) {
    this.of = of;
    this.first = first;
    this.view = view;
    this.most.max = String(Math.max(0, of.distances.length - 1));
    // Only those that are most alike, until someone wants more.
    this.most.value = "0";
    this.agreeing.checked = true;
    this.changed(true);
    this.node.showModal();
  }

  get body() {
    const most = this.of?.distances[Number(this.most.value)]?.[0] ?? 0;
    return {
      kind: this.of?.kind,
      first: this.first,
      most,
      agreeing: this.agreeing.checked,
      ...(this.view ? { view: this.view } : {}),
    };
  }

  changed(now = false) {
    const { say } = this.tools;
    const { kind, most } = this.body;
    const { short, whole } = alike(this.tools, kind ?? "", most);
    write(this.value, short);
    set(this.value, "title", whole);
    set(this.most, "aria-valuetext", short);
    this.plan = null;
    this.act.disabled = true;
    write(this.told, say("all_counting"));
    now ? this.count.now() : this.count();
  }

  async ask() {
    const turn = ++this.turn;
    try {
      const plan = await annotations.post("/clearing/plan", this.body);
      if (turn === this.turn) this.put(plan);
    } catch (error) {
      if (turn === this.turn) write(this.told, error.message || this.tools.say("failed"));
    }
  }

  /** @param {Plan} plan */
  put(plan) {
    const { say } = this.tools;
    this.plan = plan;
    write(this.told, plan.groups ? say("leave", { count: plan.leaving }) : "");
    write(this.disagreeing, plan.disagreeing ? say("all_disagreeing", { count: plan.disagreeing }) : "");
    write(this.act, plan.groups ? say("all_do", { count: plan.groups }) : say("all_nothing"));
    this.act.disabled = !plan.groups;
  }

  press() {
    const { plan, body } = this;
    if (!plan?.groups) return;
    this.node.close();
    this.merge({ ...body, groups: plan.groups, leaving: plan.leaving });
  }
}
