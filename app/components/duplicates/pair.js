// The group in hand: who stays, who else does, which two are compared, and what would be taken over.
// Not here: which group that is, writing what was chosen (duplicates.js).
import { annotations } from "../shared/store/annotations.js";
import { el, icon, set, write } from "../shared/ui/dom.js";
import { Compare, MODES } from "./comparison.js";
import { Facts } from "./image_facts.js";
import { Members } from "./group_strip.js";

/**
 * @typedef {import("./duplicates.js").Group} Group
 * @typedef {import("./duplicates.js").Member} Member
 * @typedef {import("./duplicates.js").Preview} Preview
 */

export class Pair {
  /** @param {import("./duplicates.js").Tools} tools @param {() => void} changed  something else was chosen */
  constructor(tools, changed) {
    const { say } = tools;
    this.tools = tools;
    this.changed = changed;
    /** @type {Group | null} */
    this.group = null;
    this.keeper = "";
    /** No duplicates of the one that stays. @type {Set<string>} */
    this.stay = new Set();
    /** The one that is compared with it. */
    this.other = "";
    /** @type {Preview | null} */
    this.preview = null;
    this.why = el("span", {});
    this.reason = el("span", { class: "reason" }, icon("star"), this.why);
    this.modes = MODES.map((mode, at) =>
      el(
        "button",
        { type: "button", "data-mode": mode, onclick: () => this.turnTo(mode) },
        say(`mode_${mode}`),
        el("kbd", {}, String(at + 1)),
      ),
    );
    this.compare = new Compare(tools);
    this.facts = [new Facts(tools), new Facts(tools)];
    this.members = new Members(tools, (at) => this.beside(at));
    this.happens = el("div", { class: "happens", "aria-live": "polite" });
    this.node = el(
      "div",
      { class: "pair" },
      el(
        "div",
        { class: "bar" },
        this.reason,
        el("span", { class: "gap" }),
        el("span", { class: "quiet hint" }, say("zoom")),
        el("div", { class: "modes", role: "group", "aria-label": say("modes") }, ...this.modes),
      ),
      this.compare.node,
      el("div", { class: "both" }, ...this.facts.map((one) => one.node)),
      this.members.node,
      this.happens,
    );
    this.drawModes();
  }

  /** @param {Group | null} group @param {boolean} isSame  the one that was in hand, read anew: what was chosen holds */
  take(group, isSame) {
    this.group = group;
    if (!group) return;
    const known = new Set(group.members.map(({ sha1 }) => sha1));
    const holds = isSame && known.has(this.keeper);
    if (!holds) this.keeper = group.members[0].sha1;
    this.stay = new Set(holds ? [...this.stay].filter((sha1) => known.has(sha1)) : []);
    if (!holds || !known.has(this.other)) this.other = this.others[0].sha1;
    this.preview = { given: group.given, lost: group.lost };
    // What the server said is of the image that it suggests, and of all others leaving.
    if (this.stay.size || this.keeper !== group.members[0].sha1) this.ask();
  }

  /** All but the one that stays, whatever becomes of them. @returns {Member[]} */
  get others() {
    return (this.group?.members ?? []).filter(({ sha1 }) => sha1 !== this.keeper);
  }

  /** Who leaves. @returns {string[]} */
  get out() {
    return this.others.map(({ sha1 }) => sha1).filter((sha1) => !this.stay.has(sha1));
  }

  /** Whether the one that is compared stays as well. */
  get isStaying() {
    return this.stay.has(this.other);
  }

  /** @param {Member} member @returns {"keeps" | "leaves" | "stays"} */
  fate({ sha1 }) {
    if (sha1 === this.keeper) return "keeps";
    return this.stay.has(sha1) ? "stays" : "leaves";
  }

  /** Compare another one with the one that stays. @param {number} at  its place in the group */
  beside(at) {
    const member = this.group?.members[at];
    if (!member || member.sha1 === this.keeper) return;
    this.other = member.sha1;
    this.changed();
  }

  /** @param {1 | -1} by */
  step(by) {
    const { others } = this;
    const next = others[others.findIndex(({ sha1 }) => sha1 === this.other) + by];
    if (!next) return;
    this.other = next.sha1;
    this.changed();
  }

  /** The other one stays instead. */
  keep() {
    const before = this.keeper;
    this.keeper = this.other;
    this.stay.delete(this.keeper);
    this.other = before;
    this.ask();
    this.changed();
  }

  toggleStay() {
    if (!this.stay.delete(this.other)) this.stay.add(this.other);
    this.ask();
    this.changed();
  }

  /** Learn what would be taken over. */
  async ask() {
    const { keeper, out, group } = this;
    this.preview = null;
    if (!out.length) return;
    const told = await annotations.post("/clearing/preview", { keeper, out }).catch(() => null);
    const isNow = group === this.group && keeper === this.keeper && String(out) === String(this.out);
    if (!told || !isNow) return;
    this.preview = told;
    this.drawHappens();
  }

  /** @param {typeof MODES[number]} mode */
  turnTo(mode) {
    this.compare.turnTo(mode);
    this.drawModes();
  }

  /** See the one, then the other. */
  flip() {
    if (this.compare.mode !== "blink") this.turnTo("blink");
    else this.compare.turnOver();
  }

  drawModes() {
    for (const button of this.modes) set(button, "aria-pressed", String(button.dataset.mode === this.compare.mode));
  }

  draw() {
    const { group } = this;
    this.node.hidden = !group;
    if (!group) return;
    const { members, kind } = group;
    const at = members.findIndex(({ sha1 }) => sha1 === this.other);
    const keeper = /** @type {Member} */ (members.find(({ sha1 }) => sha1 === this.keeper));
    this.compare.show([keeper, members[at]]);
    this.facts[0].draw(keeper, members[at], "keeps", kind);
    this.facts[1].draw(members[at], keeper, this.fate(members[at]), kind);
    this.members.show(members, at, (member) => this.fate(member));
    this.reason.hidden = keeper !== members[0];
    write(this.why, group.reason);
    set(this.reason, "title", group.reason);
    this.drawHappens();
  }

  /** What would be taken over, and what cannot be. */
  drawHappens() {
    const { say } = this.tools;
    const { preview, out } = this;
    const quoted = (values) => values.join(", ");
    const lines = [];
    if (preview && out.length) {
      const given = preview.given.map(({ property, values }) => `${property}: ${quoted(values)}`).join(" · ");
      const lost = preview.lost
        .map(({ property, values, own = [] }) =>
          say("lost_one", { property, values: quoted(values), own: quoted(own) }),
        )
        .join(" · ");
      lines.push(line("call_merge", given ? `${say("given")} ${given}` : say("nothing_given"), !given));
      if (lost) lines.push(line("warning", `${say("lost")} ${lost}`, false));
    }
    this.happens.replaceChildren(...lines);
  }

  close() {
    this.compare.close();
    this.members.close();
  }
}

function line(sign, text, isQuiet) {
  return el("p", { class: isQuiet ? "quiet" : null, title: text }, icon(sign), el("span", {}, text));
}
