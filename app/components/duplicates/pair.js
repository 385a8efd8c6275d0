// The current group: which image stays, which others stay as well, which two are compared, and which
// values would be merged. Not here: which group that is (duplicates.js), writing what was chosen
// (decisions.js).
import { annotations } from "../shared/store/annotations.js";
import { el, icon, set, write } from "../shared/ui/dom.js";
import { fetchBeside } from "./api.js";
import { Comparison, MODES } from "./comparison.js";
import { GroupStrip } from "./group_strip.js";
import { ImageFacts } from "./image_facts.js";

/** @typedef {import("./api.js").Group} Group */
/** @typedef {import("./api.js").Member} Member */
/** @typedef {import("./group_strip.js").Fate} Fate */

export class Pair {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {() => void} changed  something else was chosen
   */
  constructor(tools, changed) {
    const { t } = tools;
    this.tools = tools;
    this.changed = changed;
    /** @type {Group | null} */
    this.group = null;
    /** Hash of the image that stays. */
    this.keeper = "";
    /** Hashes of images that are no duplicates of it. @type {Set<string>} */
    this.staying = new Set();
    /** Hash of the image that it is compared with. */
    this.other = "";
    /** @type {import("./api.js").MergePreview | null} */
    this.preview = null;
    this.reasonText = el("span", {});
    this.reason = el("span", { class: "reason" }, icon("star"), this.reasonText);
    this.modes = MODES.map((mode, index) =>
      el(
        "button",
        { type: "button", "data-mode": mode, onclick: () => this.setMode(mode) },
        t(`mode_${mode}`),
        el("kbd", {}, String(index + 1)),
      ),
    );
    this.comparison = new Comparison(tools);
    this.facts = [new ImageFacts(tools), new ImageFacts(tools)];
    this.strip = new GroupStrip(tools, (index) => this.compareWith(index));
    this.consequences = el("div", { class: "happens", "aria-live": "polite" });
    this.node = el(
      "div",
      { class: "pair" },
      el(
        "div",
        { class: "bar" },
        this.reason,
        el("span", { class: "gap" }),
        el("span", { class: "quiet hint" }, t("zoom")),
        el("div", { class: "modes", role: "group", "aria-label": t("modes") }, ...this.modes),
      ),
      this.comparison.node,
      el("div", { class: "both" }, ...this.facts.map(({ node }) => node)),
      this.strip.node,
      this.consequences,
    );
    this.drawModes();
  }

  /** @param {Group | null} group @param {boolean} isSame  the present group, read again: what was chosen is kept */
  show(group, isSame) {
    this.group = group;
    if (!group) return;
    const sha1s = new Set(group.members.map(({ sha1 }) => sha1));
    const suggested = group.members[0].sha1;
    const isKept = isSame && sha1s.has(this.keeper);
    if (!isKept) this.keeper = suggested;
    this.staying = new Set(isKept ? [...this.staying].filter((sha1) => sha1s.has(sha1)) : []);
    if (!isKept || !sha1s.has(this.other)) this.other = this.others[0].sha1;
    this.preview = { given: group.given, lost: group.lost };
    // That is what the server said of the suggested image, with all others leaving.
    if (this.staying.size || this.keeper !== suggested) this.fetchPreview();
  }

  /** All images but the one that stays, whatever becomes of them. @returns {Member[]} */
  get others() {
    return (this.group?.members ?? []).filter(({ sha1 }) => sha1 !== this.keeper);
  }

  /** Hashes of the images that leave the corpus. @returns {string[]} */
  get leaving() {
    return this.others.map(({ sha1 }) => sha1).filter((sha1) => !this.staying.has(sha1));
  }

  /** Whether the image that is compared stays as well. */
  get isOtherStaying() {
    return this.staying.has(this.other);
  }

  /** @param {Member} member @returns {Fate} */
  fateOf({ sha1 }) {
    if (sha1 === this.keeper) return "keeps";
    return this.staying.has(sha1) ? "stays" : "leaves";
  }

  /** Compare another image with the one that stays. @param {number} index  in the group */
  compareWith(index) {
    const member = this.group?.members[index];
    if (!member || member.sha1 === this.keeper) return;
    this.other = member.sha1;
    this.changed();
  }

  /** @param {1 | -1} step */
  step(step) {
    const { others } = this;
    const next = others[others.findIndex(({ sha1 }) => sha1 === this.other) + step];
    if (!next) return;
    this.other = next.sha1;
    this.changed();
  }

  /** The image that is compared stays instead. */
  keepOther() {
    const before = this.keeper;
    this.keeper = this.other;
    this.staying.delete(this.keeper);
    this.other = before;
    this.fetchPreview();
    this.changed();
  }

  /** The image that is compared stays as well, or leaves. */
  toggleStay() {
    if (!this.staying.delete(this.other)) this.staying.add(this.other);
    this.fetchPreview();
    this.changed();
  }

  /** Ask which values would be merged. */
  async fetchPreview() {
    const { keeper, leaving, group } = this;
    this.preview = null;
    if (!leaving.length) return;
    const preview = await annotations.post("/clearing/preview", { keeper, out: leaving }).catch(() => null);
    const isCurrent = group === this.group && keeper === this.keeper && String(leaving) === String(this.leaving);
    if (!preview || !isCurrent) return;
    this.preview = preview;
    this.drawConsequences();
  }

  /** @param {import("./comparison.js").Mode} mode */
  setMode(mode) {
    this.comparison.setMode(mode);
    this.drawModes();
  }

  /** See the one, then the other. */
  flip() {
    if (this.comparison.mode !== "blink") this.setMode("blink");
    else this.comparison.swap();
  }

  drawModes() {
    const { mode } = this.comparison;
    for (const button of this.modes) set(button, "aria-pressed", String(button.dataset.mode === mode));
  }

  draw() {
    const { group } = this;
    this.node.hidden = !group;
    if (!group) return;
    const { members, kind, reason } = group;
    const index = members.findIndex(({ sha1 }) => sha1 === this.other);
    const other = members[index];
    const keeper = /** @type {Member} */ (members.find(({ sha1 }) => sha1 === this.keeper));
    this.comparison.show([keeper, other]);
    this.facts[0].draw(keeper, other, "keeps", kind);
    this.facts[1].draw(other, keeper, this.fateOf(other), kind);
    if (kind === "near") this.drawBeside(group, keeper, other);
    this.strip.show(members, index, (member) => this.fateOf(member));
    this.reason.hidden = keeper !== members[0];
    write(this.reasonText, reason);
    set(this.reason, "title", reason);
    this.drawConsequences();
  }

  /**
   * Say what was done to the image that is compared, and outline what both show.
   * @param {Group} group @param {Member} keeper @param {Member} other
   */
  async drawBeside(group, keeper, other) {
    const query = new URLSearchParams({ group: group.group, left: keeper.sha1, right: other.sha1 });
    query.set("lang", this.tools.language);
    const { left, right } = await fetchBeside(query).catch(() => ({ left: null, right: null }));
    if (group !== this.group || keeper.sha1 !== this.keeper || other.sha1 !== this.other) return;
    this.comparison.outline([left, right]);
    if (right) this.facts[1].addEdits(right.edits);
  }

  /** Say which values would be taken over, and which would be lost. */
  drawConsequences() {
    const { t } = this.tools;
    const { preview, leaving } = this;
    const listed = (values) => values.join(", ");
    const lines = [];
    if (preview && leaving.length) {
      const given = preview.given.map(({ property, values }) => `${property}: ${listed(values)}`).join(" · ");
      const lost = preview.lost
        .map(({ property, values, own = [] }) => t("lost_one", { property, values: listed(values), own: listed(own) }))
        .join(" · ");
      lines.push(line("call_merge", given ? `${t("given")} ${given}` : t("nothing_given"), !given));
      if (lost) lines.push(line("warning", `${t("lost")} ${lost}`, false));
    }
    this.consequences.replaceChildren(...lines);
  }

  close() {
    this.comparison.close();
    this.strip.close();
  }
}

/** @param {string} symbol @param {string} text @param {boolean} isQuiet */
function line(symbol, text, isQuiet) {
  return el("p", { class: isQuiet ? "quiet" : null, title: text }, icon(symbol), el("span", {}, text));
}
