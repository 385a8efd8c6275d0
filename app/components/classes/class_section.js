// One class in the sheet: its heading, and those of its images that are in sight. It is as high as
// all of its images are. Not here: which images there are (classes.js), one of them (tile.js).
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { Tile } from "./tile.js";

const HEAD = 40;
// Between the heading and the first pictures, for the mark around one of them.
const INSET = 4;
const FOOT = 12;
const GAP = 8;
const EDGE = 12;
// What stands below a picture, and its edges.
const BELOW = 44;
// Rows out of sight that are drawn ahead.
const AHEAD = 1;

/** @typedef {{columns: number, width: number, row: number}} Grid */

/** How tiles stand beside each other. @param {number} room @param {number} size @returns {Grid} */
export function grid(room, size) {
  const inside = Math.max(room - 2 * EDGE, size);
  const columns = Math.max(1, Math.floor((inside + GAP) / (size + GAP)));
  const width = (inside - GAP * (columns - 1)) / columns;
  return { columns, width, row: Math.ceil(width + BELOW - GAP) + GAP };
}

export class Section {
  /** @param {import("./classes.js").Page} page @param {number} place  among the classes */
  constructor(page, place) {
    this.page = page;
    this.place = place;
    this.tag = page.classes[place].tag;
    /** @type {Map<number, Tile>} */
    this.tiles = new Map();
    this.isFolded = false;
    this.count = 0;
    this.fold = el("button", { type: "button", class: "tool fold", onclick: () => this.toggle() });
    this.dot = el("span", { class: "dot", "aria-hidden": "true" });
    this.name = el("h2", {});
    this.figure = el("span", { class: "quiet" });
    this.refuse = el("button", { type: "button", tabindex: "-1", onclick: () => page.decideClass(place, false) });
    this.accept = el("button", {
      type: "button",
      class: "accept-class",
      tabindex: "-1",
      onclick: () => page.decideClass(place, true),
    });
    for (const button of [this.fold, this.refuse, this.accept])
      button.addEventListener("pointerdown", (event) => event.preventDefault());
    this.head = el(
      "div",
      { class: "class-head", role: "row" },
      el(
        "div",
        { class: "parts", role: "gridcell" },
        this.fold,
        this.dot,
        this.name,
        this.figure,
        el("span", { class: "gap" }),
        this.refuse,
        this.accept,
      ),
    );
    this.cells = el("div", { class: "row-of", role: "row" });
    this.node = el("div", { class: "class", role: "rowgroup" }, this.head, this.cells);
  }

  get of() {
    return this.page.classes[this.place];
  }

  toggle() {
    this.isFolded = !this.isFolded;
    this.page.measure();
  }

  /** @param {Grid} how  how high it is, and what its heading says */
  measure(how) {
    const { page, of } = this;
    const { say, language } = page.tools;
    this.how = how;
    this.count = page.countOf(this.place);
    this.rows = this.isFolded ? 0 : Math.ceil(this.count / how.columns);
    this.node.style.height = `${HEAD + (this.rows ? INSET + this.rows * how.row + FOOT : 0)}px`;
    set(this.node, "aria-label", of.name);
    write(this.name, of.name);
    set(this.name, "title", of.prompts.map((text) => `“${text}”`).join(" + "));
    this.dot.style.background = page.colourOf(this.place) ?? "";
    this.dot.hidden = !page.colourOf(this.place);
    const left = page.leftOf(this.place);
    const all = say("count_images", { count: this.count });
    write(this.figure, left === this.count ? all : `${all} · ${say("answered", { count: this.count - left })}`);
    const label = say(this.isFolded ? "unfold" : "fold", { name: of.name });
    this.fold.replaceChildren(icon(this.isFolded ? "chevron_right" : "expand_more"));
    for (const part of ["title", "aria-label"]) set(this.fold, part, label);
    set(this.fold, "aria-expanded", String(!this.isFolded));
    write(this.accept, say("accept_class", { number: number(left, language) }));
    write(this.refuse, say("refuse_class"));
    set(this.accept, "aria-label", say("accept_class_of", { count: left, name: of.name }));
    set(this.refuse, "aria-label", say("refuse_class_of", { count: left, name: of.name }));
    this.accept.disabled = this.refuse.disabled = !left;
    this.node.hidden = !this.count;
  }

  /** Where an image stands in the sheet. @param {number} at */
  top(at) {
    return this.node.offsetTop + HEAD + INSET + Math.floor(at / this.how.columns) * this.how.row;
  }

  /** Draw what is in sight of this stretch of the sheet. @param {number} from @param {number} to */
  draw(from, to) {
    const { columns, row, width } = this.how;
    const top = this.node.offsetTop + HEAD + INSET;
    const first = Math.max(0, Math.floor((from - top) / row) - AHEAD) * columns;
    const last = Math.min(this.count, (Math.ceil((to - top) / row) + AHEAD) * columns);
    const isSeen = !this.isFolded && last > first;
    for (const [at, tile] of this.tiles) {
      if (isSeen && at >= first && at < last) continue;
      tile.node.remove();
      this.tiles.delete(at);
    }
    // A row has cells.
    this.cells.hidden = !isSeen;
    if (!isSeen) return;
    for (let at = first; at < last; at += 1) {
      const tile = this.tiles.get(at) ?? this.make(at);
      const { style } = tile.node;
      style.width = `${width}px`;
      style.height = `${row - GAP}px`;
      const left = EDGE + (at % columns) * (width + GAP);
      const top = Math.floor(at / columns) * row + INSET;
      style.transform = `translate(${left}px, ${top}px)`;
      this.drawTile(tile, at);
    }
    this.page.sorted.want(this.place, first, last);
  }

  make(at) {
    const { page, place } = this;
    const tile = new Tile(page.tools, `classed-${place}-${at}`, {
      hold: () => page.hold(place, at),
      decide: (is) => page.pressed(place, at, is),
      enlarge: () => page.enlarge(),
      other: (anchor) => page.ask(place, at, anchor),
    });
    this.tiles.set(at, tile);
    this.cells.append(tile.node);
    return tile;
  }

  drawTile(tile, at) {
    const { page, place } = this;
    const image = page.sorted.image(place, at);
    const elsewhere = image?.other ? page.nameOf(image.other) : "";
    tile.draw(image, this.of, image ? page.sorted.answerOf(image) : null, elsewhere, page.isInHand(place, at));
  }
}
