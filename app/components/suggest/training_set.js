// What a tag learns from, beside what is suggested: how far one is, its images, what was refused.
// Not here: suggesting (suggest.js).
import { el, icon, number, set, write } from "../shared/ui/dom.js";

const REFUSED_SHOWN = 60;

export class Learnt {
  /** @param {import("./suggest.js").Tools} tools @param {{forget: (sha1: string) => void}} acts */
  constructor(tools, { forget }) {
    const { say } = tools;
    this.tools = tools;
    this.forget = forget;
    this.figures = Object.fromEntries(["inside", "accepted", "refused", "left"].map((name) => [name, el("dd", {})]));
    this.range = el("dd", { class: "quiet range" });
    this.tabs = ["examples", "refused"].map((name) =>
      el("button", { type: "button", role: "tab", "data-tab": name, onclick: () => this.turn(name) }, say(name)),
    );
    this.list = el("ul", { class: "thumbs" });
    this.none = el("p", { class: "quiet" });
    this.shown = "examples";
    /** @type {import("./suggest.js").Standing | null} */
    this.standing = null;
    /** @type {string[]} */
    this.refused = [];
    const line = (name, label) => [el("dt", {}, say(label)), this.figures[name]];
    const left = line("left", "left");
    for (const node of [...left, this.range]) set(node, "title", say("left_title"));
    this.node = el(
      "aside",
      { class: "learnt", "aria-label": say("learns") },
      el(
        "dl",
        { class: "figures" },
        ...line("inside", "examples"),
        ...line("accepted", "accepted"),
        ...line("refused", "refused_count"),
        ...left,
        this.range,
      ),
      el("div", { class: "tabs", role: "tablist", "aria-label": say("learns") }, ...this.tabs),
      this.none,
      this.list,
    );
    this.draw();
  }

  /** What was refused, the last first. @param {string} tag @returns {Promise<string[]>} */
  async readRefused(tag) {
    const query = new URLSearchParams({ tag, count: String(REFUSED_SHOWN) });
    try {
      const answer = await fetch(`/suggestions/refused?${query}`);
      return answer.ok ? (await answer.json()).sha1s : [];
    } catch {
      return [];
    }
  }

  /** @param {import("./suggest.js").Standing} standing @param {string[]} refused */
  put(standing, refused) {
    this.standing = standing;
    this.refused = refused;
    this.draw();
  }

  turn(name) {
    this.shown = name;
    this.draw();
  }

  /** @param {import("./suggest.js").Standing | null} standing @param {import("./suggest.js").Offered | null} offered */
  progress(standing, offered) {
    const { say, language } = this.tools;
    const told = standing ?? offered?.progress;
    const figure = (value) => (value === undefined ? "" : number(Math.round(value), language));
    for (const name of ["inside", "accepted", "refused"]) write(this.figures[name], figure(told?.[name]));
    const { estimate, progress } = offered ?? {};
    write(this.figures.left, estimate ? figure(estimate.count) : "–");
    const range = estimate
      ? say("left_range", { least: figure(estimate.least), most: figure(estimate.most) })
      : say("left_unknown");
    const of = progress ? say("of", { count: progress.candidates }) : "";
    write(this.range, offered && offered.kind !== "none" ? (estimate ? `${range} ${of}` : range) : "");
  }

  draw() {
    const { say } = this.tools;
    for (const tab of this.tabs) set(tab, "aria-selected", String(tab.dataset.tab === this.shown));
    const isRefused = this.shown === "refused";
    const sha1s = isRefused ? this.refused : (this.standing?.examples ?? []);
    write(this.none, say(`${this.shown}_none`));
    this.none.hidden = sha1s.length > 0;
    const written = `${this.shown} ${sha1s.join()}`;
    if (this.list.dataset.written === written) return;
    this.list.dataset.written = written;
    this.list.replaceChildren(...sha1s.map((sha1) => el("li", {}, isRefused ? this.back(sha1) : picture(sha1))));
  }

  /** @param {string} sha1 */
  back(sha1) {
    const label = this.tools.say("take_back");
    return el(
      "button",
      {
        type: "button",
        class: "back",
        title: label,
        "aria-label": label,
        "data-sha1": sha1,
        onclick: () => this.forget(sha1),
      },
      picture(sha1),
      icon("undo"),
    );
  }
}

function picture(sha1) {
  return el("img", { src: `/thumb/${sha1}`, alt: "", loading: "lazy", decoding: "async", draggable: "false" });
}
