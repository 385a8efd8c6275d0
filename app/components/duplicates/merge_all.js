// The dialog that merges many groups at once: those that are similar enough, counted first, in one
// step that is undone like any other. Not here: one group (pair.js), writing (decisions.js), what a
// merge does (Python).
import { annotations } from "../shared/store/annotations.js";
import { debounced, el, iconButton, set, write } from "../shared/ui/dom.js";
import { formatSimilarity } from "./image_facts.js";

const COUNT_AFTER = 120;

/**
 * What would be merged.
 * @typedef {{groups: number, leaving: number, disagreeing: number, digest: string}} Plan
 *   leaving: images; disagreeing: groups whose images have different values, left out
 */

export class MergeAll {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {(body: Record<string, any>) => void} merge
   */
  constructor(tools, merge) {
    const { t } = tools;
    this.tools = tools;
    this.merge = merge;
    /** @type {import("./api.js").Kind | null} */
    this.kind = null;
    this.preference = "";
    /** @type {string | null} */
    this.view = null;
    /** @type {Plan | null} */
    this.plan = null;
    /** Counts requests: only the answer to the last one is shown. */
    this.turn = 0;
    this.countLater = debounced(() => this.count(), COUNT_AFTER);
    this.slider = el("input", {
      type: "range",
      class: "slider",
      id: "all-most",
      min: 0,
      step: 1,
      oninput: () => this.changed(),
    });
    this.similarity = el("output", { for: "all-most" });
    this.sureness = el("p", { class: "sureness", role: "status" });
    this.agreeing = el("input", { type: "checkbox", checked: true, onchange: () => this.changed() });
    this.disagreeing = el("p", { class: "quiet" });
    this.status = el("p", { role: "status" });
    this.submit = el("button", { type: "button", class: "main", onclick: () => this.mergePlanned() });
    this.node = el(
      "dialog",
      {
        class: "all",
        "aria-label": t("all_head"),
        onclick: (event) => event.target === this.node && this.node.close(),
        onkeydown: (event) => event.stopPropagation(),
      },
      el("h2", {}, t("all_head")),
      el("p", { class: "quiet" }, t("all_help")),
      el("label", { class: "most", for: "all-most" }, t("all_most")),
      el("div", { class: "range" }, this.slider, this.similarity),
      this.sureness,
      el("label", { class: "check" }, this.agreeing, t("all_agreeing")),
      this.disagreeing,
      this.status,
      el("div", { class: "acts" }, this.submit),
      iconButton("close", t("close"), () => this.node.close(), { class: "tool shut" }),
    );
  }

  /** @param {import("./api.js").Kind} kind @param {string} preference @param {string | null} view */
  open(kind, preference, view) {
    this.kind = kind;
    this.preference = preference;
    this.view = view;
    this.slider.max = String(Math.max(0, kind.distances.length - 1));
    // Only the surest groups, until someone wants more.
    this.slider.value = "0";
    this.agreeing.checked = true;
    this.changed(true);
    this.node.showModal();
  }

  /** Groups that are at most so far apart. */
  get distance() {
    return this.kind?.distances[Number(this.slider.value)]?.[0] ?? 0;
  }

  get requestBody() {
    return {
      kind: this.kind?.kind,
      first: this.preference,
      most: this.distance,
      agreeing: this.agreeing.checked,
      ...(this.view ? { view: this.view } : {}),
    };
  }

  /** Show what is chosen, and count what would be merged. @param {boolean} [isUrgent] */
  changed(isUrgent = false) {
    const { short, title } = formatSimilarity(this.tools, this.kind?.kind ?? "", this.distance);
    write(this.similarity, short);
    set(this.similarity, "title", title);
    const sure = this.kind?.sureness?.[Number(this.slider.value)] ?? null;
    write(this.sureness, sure ? this.tools.t(`all_sure_${sure}`) : "");
    set(this.sureness, "data-sure", sure);
    set(this.slider, "aria-valuetext", sure ? `${short}. ${this.sureness.textContent}` : short);
    this.plan = null;
    this.submit.disabled = true;
    write(this.status, this.tools.t("all_counting"));
    if (isUrgent) this.countLater.now();
    else this.countLater();
  }

  async count() {
    const turn = ++this.turn;
    try {
      const plan = await annotations.post("/clearing/plan", this.requestBody);
      if (turn === this.turn) this.show(plan);
    } catch (error) {
      if (turn === this.turn) write(this.status, error.message || this.tools.t("failed"));
    }
  }

  /** @param {Plan} plan */
  show(plan) {
    const { t } = this.tools;
    this.plan = plan;
    write(this.status, plan.groups ? t("leave", { count: plan.leaving }) : "");
    write(this.disagreeing, plan.disagreeing ? t("all_disagreeing", { count: plan.disagreeing }) : "");
    write(this.submit, plan.groups ? t("all_do", { count: plan.groups }) : t("all_nothing"));
    this.submit.disabled = !plan.groups;
  }

  mergePlanned() {
    const { plan, requestBody } = this;
    if (!plan?.groups) return;
    this.node.close();
    this.merge({ ...requestBody, groups: plan.groups, leaving: plan.leaving, digest: plan.digest });
  }
}
