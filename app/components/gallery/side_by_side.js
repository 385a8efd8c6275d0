// One of two galleries side by side: the heading that tells it from the other, and where the image
// that is pointed at, in either of them, stands in both. Not here: what they show (Python).
import { el, fill, number, set, write } from "../shared/ui/dom.js";

/**
 * @typedef {object} How
 * @property {number} place   0 or 1
 * @property {string} other   address of the other's view, "" where it shows nothing
 * @property {string} name
 * @property {string} count
 * @property {string} common  how many of the first are in both, in few words
 * @property {string} title   and in more
 *
 * @typedef {{of: SideBySide, row: import("./rows.js").Row}} Seen
 */

/** The image under the pointer, else the one in hand: one for the two of them. */
class Pointed extends EventTarget {
  constructor() {
    super();
    /** @type {Seen | null} */
    this.hovered = null;
    /** @type {Seen | null} */
    this.inHand = null;
  }

  get seen() {
    return this.hovered ?? this.inHand;
  }

  /** @param {Seen | null} seen */
  hover(seen) {
    if (this.hovered?.row === seen?.row) return;
    this.hovered = seen;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {Seen | null} seen */
  take(seen) {
    if (this.inHand?.row === seen?.row && this.inHand?.of === seen?.of) return;
    this.inHand = seen;
    this.dispatchEvent(new Event("taken"));
    this.dispatchEvent(new Event("change"));
  }

  /** @param {SideBySide} of  the one that goes */
  forget(of) {
    if (this.hovered?.of === of) this.hover(null);
    if (this.inHand?.of === of) this.take(null);
  }
}

const pointed = new Pointed();

export class SideBySide {
  /** @param {import("./grid.js").Grid} grid @param {() => void} keep  goes on with this one alone */
  constructor(grid, keep) {
    this.grid = grid;
    this.name = el("strong", {});
    this.count = el("span", { class: "count" });
    this.common = el("span", {});
    this.rank = el("span", { class: "rank" });
    this.keep = el("button", { type: "button", class: "plain", onclick: keep });
    this.none = el("p", { class: "message none", hidden: true });
    this.node = el(
      "header",
      { class: "beside", hidden: true },
      this.name,
      this.count,
      this.common,
      this.rank,
      el("span", { class: "spring" }),
      this.keep,
    );
    this.over = (event) => this.hover(event.composedPath()[0]);
    this.out = () => pointed.hover(null);
    grid.node.addEventListener("pointerover", this.over);
    grid.node.addEventListener("pointerleave", this.out);
    this.changed = () => this.writeRank();
    this.taken = () => this.follow();
    pointed.addEventListener("change", this.changed);
    pointed.addEventListener("taken", this.taken);
  }

  get isOn() {
    return !this.node.hidden;
  }

  /** @param {How | null} how @param {number} total  how many it shows @param {string} language */
  update(how, total, language) {
    this.node.hidden = !how;
    this.none.hidden = !how || total > 0;
    this.language = language;
    this.plural = new Intl.PluralRules(language, { type: "ordinal" });
    this.grid.ranked = how ? (row) => this.ranks(row) : null;
    if (!how) {
      pointed.forget(this);
      this.grid.twin = null;
      return;
    }
    const { texts } = this.grid;
    write(this.name, how.name);
    set(this.name, "title", how.name);
    write(this.count, how.count);
    write(this.common, how.common);
    set(this.common, "title", how.title);
    write(this.keep, texts.keep);
    write(this.none, texts.none_alike);
    set(this.keep, "aria-label", `${texts.keep}: ${how.name}`);
    this.writeRank();
  }

  hover(target) {
    const index = this.isOn ? this.grid.indexOf(target) : -1;
    const row = index < 0 ? null : this.grid.rows.get(index);
    pointed.hover(row ? { of: this, row } : null);
  }

  /** The person went to an image of this one. */
  take() {
    const row = this.isOn && this.grid.rows.get(this.grid.current);
    if (row) pointed.take({ of: this, row });
  }

  /** The image in hand in the other one comes into sight here, if it is here. */
  async follow() {
    const seen = pointed.inHand;
    if (!this.isOn || !seen || seen.of === this) return;
    const { rows } = this.grid;
    const index = rows.find(seen.row.sha1) ?? (await rows.indexOf(seen.row.sha1).catch(() => null));
    // The person may have gone on meanwhile.
    if (index !== null && pointed.inHand === seen) this.grid.reveal(index);
  }

  writeRank() {
    if (!this.isOn) return;
    const { seen } = pointed;
    const isOwn = seen?.of === this;
    this.count.hidden = Boolean(seen);
    this.rank.hidden = !seen;
    const { here, there } = seen?.row ?? {};
    write(this.rank, seen ? (isOwn ? this.ranksText(here, there) : this.ranksText(there, here)) : "");
    const twin = seen && !isOwn ? seen.row.sha1 : null;
    if (twin === this.grid.twin) return;
    this.grid.twin = twin;
    this.grid.draw();
  }

  /** Where a row stands, here and there. @param {import("./rows.js").Row} row */
  ranks(row) {
    return this.ranksText(row.here, row.there);
  }

  /** @param {number | undefined} here @param {number | undefined} there  0: not at all */
  ranksText(here, there) {
    if (here === undefined || there === undefined) return "";
    const { texts } = this.grid;
    const text = !there ? texts.rank_here : !here ? texts.rank_there : texts.rank_both;
    return fill(text, { here: this.nth(here), there: this.nth(there) });
  }

  nth(rank) {
    return fill(this.grid.texts[`nth_${this.plural.select(rank)}`], { number: number(rank, this.language) });
  }

  close() {
    pointed.forget(this);
    pointed.removeEventListener("change", this.changed);
    pointed.removeEventListener("taken", this.taken);
  }
}
