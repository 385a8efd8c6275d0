// One class in the sheet: its heading, and those of its images that are in sight. It is as high as
// all of its images are. Not here: which images there are (sorted_images.js), which of them is
// current (class_sheet.js), one of them (tile.js).
import { annotations } from "../shared/store/annotations.js";
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { Tile } from "./tile.js";

// In pixels.
const HEAD = 40;
// Between the heading and the first images, for the outline of the current one.
const INSET = 4;
const FOOT = 12;
const GAP = 8;
const EDGE = 12;
// What stands below an image, and its edges.
const BELOW = 44;
// Rows out of sight that are drawn in advance.
const OVERSCAN = 1;

/** @typedef {{columns: number, width: number, row: number}} Grid  width of a tile, height of a row, in pixels */

/** How tiles stand beside each other. @param {number} available @param {number} size  pixels @returns {Grid} */
export function gridOf(available, size) {
  const inside = Math.max(available - 2 * EDGE, size);
  const columns = Math.max(1, Math.floor((inside + GAP) / (size + GAP)));
  const width = (inside - GAP * (columns - 1)) / columns;
  return { columns, width, row: Math.ceil(width + BELOW - GAP) + GAP };
}

export class ClassSection {
  /** @param {import("./class_sheet.js").ClassSheet} sheet @param {number} classIndex */
  constructor(sheet, classIndex) {
    const { decideClass } = sheet.actions;
    this.sheet = sheet;
    this.classIndex = classIndex;
    this.tag = sheet.classes[classIndex].tag;
    /** @type {Map<number, Tile>} */
    this.tiles = new Map();
    this.isFolded = false;
    this.count = 0;
    /** @type {Grid | null} */
    this.grid = null;
    this.fold = el("button", { type: "button", class: "tool fold", onclick: () => this.toggle() });
    this.dot = el("span", { class: "dot", "aria-hidden": "true" });
    this.name = el("h2", {});
    this.figures = el("span", { class: "quiet" });
    this.refuse = el("button", { type: "button", tabindex: "-1", onclick: () => decideClass(classIndex, false) });
    this.accept = el("button", {
      type: "button",
      class: "accept-class",
      tabindex: "-1",
      onclick: () => decideClass(classIndex, true),
    });
    // A press must not take the keyboard focus from the sheet.
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
        this.figures,
        el("span", { class: "gap" }),
        this.refuse,
        this.accept,
      ),
    );
    this.cells = el("div", { class: "row-of", role: "row" });
    this.node = el("div", { class: "class", role: "rowgroup" }, this.head, this.cells);
  }

  /** The class itself. */
  get item() {
    return this.sheet.classes[this.classIndex];
  }

  toggle() {
    this.isFolded = !this.isFolded;
    this.sheet.actions.measure();
  }

  /** Compute its height, and write its heading. @param {Grid} grid */
  measure(grid) {
    this.grid = grid;
    this.count = this.sheet.countOf(this.classIndex);
    const rows = this.isFolded ? 0 : Math.ceil(this.count / grid.columns);
    this.node.style.height = `${HEAD + (rows ? INSET + rows * grid.row + FOOT : 0)}px`;
    this.node.hidden = !this.count;
    this.writeHeading();
  }

  writeHeading() {
    const { sheet, item, count } = this;
    const { name } = item;
    const { t, language } = sheet.tools;
    set(this.node, "aria-label", name);
    write(this.name, name);
    set(this.name, "title", item.prompts.map((prompt) => `“${prompt}”`).join(" + "));
    const colour = sheet.colourOf(this.classIndex);
    this.dot.style.background = colour ?? "";
    this.dot.hidden = !colour;
    const unanswered = sheet.unansweredOf(this.classIndex);
    const images = t("count_images", { count });
    write(this.figures, unanswered === count ? images : `${images} · ${t("answered", { count: count - unanswered })}`);
    const label = t(this.isFolded ? "unfold" : "fold", { name });
    this.fold.replaceChildren(icon(this.isFolded ? "chevron_right" : "expand_more"));
    for (const attribute of ["title", "aria-label"]) set(this.fold, attribute, label);
    set(this.fold, "aria-expanded", String(!this.isFolded));
    write(this.accept, t("accept_class", { number: number(unanswered, language) }));
    write(this.refuse, t("refuse_class"));
    set(this.accept, "aria-label", t("accept_class_of", { count: unanswered, name }));
    set(this.refuse, "aria-label", t("refuse_class_of", { count: unanswered, name }));
    this.accept.disabled = this.refuse.disabled = !unanswered;
  }

  /** Pixels from the top of the sheet to the first row. */
  get imagesTop() {
    return this.node.offsetTop + HEAD + INSET;
  }

  /** Pixels from the top of the sheet to an image. @param {number} index */
  topOf(index) {
    const { columns, row } = /** @type {Grid} */ (this.grid);
    return this.imagesTop + Math.floor(index / columns) * row;
  }

  /** Draw the images in a stretch of the sheet. @param {number} from @param {number} to  pixels */
  draw(from, to) {
    if (!this.grid) return;
    const { columns, row } = this.grid;
    const top = this.imagesTop;
    const start = Math.max(0, Math.floor((from - top) / row) - OVERSCAN) * columns;
    const end = Math.min(this.count, (Math.ceil((to - top) / row) + OVERSCAN) * columns);
    const isSeen = !this.isFolded && end > start;
    for (const [index, tile] of this.tiles) {
      if (isSeen && index >= start && index < end) continue;
      tile.node.remove();
      this.tiles.delete(index);
    }
    // An element with the role of a row must have cells.
    this.cells.hidden = !isSeen;
    if (!isSeen) return;
    for (let index = start; index < end; index += 1) this.drawTile(index, this.grid);
    this.sheet.sorted.fetchRange(this.classIndex, start, end);
  }

  /** @param {number} index @param {Grid} grid */
  drawTile(index, { columns, row, width }) {
    const { sheet, classIndex } = this;
    const { sorted } = sheet;
    const tile = this.tiles.get(index) ?? this.makeTile(index);
    const { style } = tile.node;
    style.width = `${width}px`;
    style.height = `${row - GAP}px`;
    const left = EDGE + (index % columns) * (width + GAP);
    const top = Math.floor(index / columns) * row + INSET;
    style.transform = `translate(${left}px, ${top}px)`;
    const image = sorted.image(classIndex, index);
    const otherTag = image?.other ? (annotations.tagOf.get(image.other)?.name ?? "") : "";
    const answer = image ? sorted.answerOf(image) : null;
    tile.draw(image, this.item, answer, otherTag, sheet.isCurrent(classIndex, index));
  }

  /** @param {number} index */
  makeTile(index) {
    const { sheet, classIndex } = this;
    const { decideAt, chooseOtherTag, enlarge } = sheet.actions;
    const tile = new Tile(sheet.tools, `classed-${classIndex}-${index}`, {
      select: () => sheet.select(classIndex, index),
      decide: (belongs) => decideAt(classIndex, index, belongs),
      enlarge,
      chooseOtherTag: (anchor) => chooseOtherTag(classIndex, index, anchor),
    });
    this.tiles.set(index, tile);
    this.cells.append(tile.node);
    return tile;
  }
}
