// The virtual grid: a sheet of tiles. Not here: what a press does, where each row lies
// (geometry.js), scrolling and headings (virtual_sheet.js).
import { el, numberOf, set } from "../shared/ui/dom.js";
import { changes as displayChanges, display } from "../shared/ui/display_settings.js";
import { brush } from "../shared/store/brush.js";
import { known } from "./captions.js";
import { EDGE, GAP, cells, indicesInside, layout, tall } from "./geometry.js";
import { Sheet } from "./virtual_sheet.js";
import { emptyTile, makeTile, showTile } from "./tile.js";

// Rows of tiles drawn above and below what is in sight.
const MARGIN_ROWS = 2;

export class Grid extends Sheet {
  /**
   * @param {import("./rows.js").Rows} rows
   * @param {import("../shared/store/selection.js").Selection} selection
   * @param {Record<string, string>} texts
   */
  constructor(rows, selection, texts) {
    const node = el("div", {
      class: "grid",
      role: "grid",
      tabindex: "0",
      "aria-multiselectable": "true",
      "aria-label": texts.label,
    });
    super(node, rows, selection, texts);
    this.room = { above: EDGE, below: EDGE - GAP };
    /** `undefined` while not fetched. @type {Uint8Array | null | undefined} */
    this.aspects = undefined;
    /** The image that is pointed at in a gallery beside. @type {string | null} */
    this.twin = null;
    /** Says where a row stands in both. @type {((row: import("./rows.js").Row) => string) | null} */
    this.ranked = null;
    /** Says the stars and the flag of a row. @type {(row: import("./rows.js").Row | null) => string} */
    this.marks = () => "";
    this.rubber = el("div", { class: "rubber", hidden: true });
    node.append(this.rubber);
    this.again = () => this.relayout();
    displayChanges.addEventListener("change", this.again);
  }

  reset() {
    super.reset();
    this.aspects = undefined;
  }

  /** @param {import("./groups.js").Groups | null} groups @param {Uint8Array | null} [aspects] */
  arrange(groups, aspects) {
    super.arrange(groups);
    this.aspects = aspects;
  }

  /** Whether the shapes of all images must be known first. */
  get needsAspects() {
    return display().shape === "rows" && this.aspects === undefined;
  }

  measured() {
    if (this.needsAspects) return null;
    const { size, shape } = display();
    const captions = known(display().captions, this.texts);
    const aspects = shape === "rows" ? (this.aspects ?? null) : null;
    const g = layout({
      width: this.node.clientWidth,
      size,
      captions,
      shape,
      total: this.rows.total,
      aspects,
      groups: this.groups,
    });
    set(this.node, "aria-colcount", shape === "rows" ? -1 : g.columns);
    const drawn = `${g.columns} ${g.tile} ${captions} ${shape}`;
    // Where tiles keep their shape they keep their pictures: nothing flashes when images come in.
    if (drawn !== this.drawn) this.clear();
    this.drawn = drawn;
    return g;
  }

  get margin() {
    const { geometry: g } = this;
    return MARGIN_ROWS * (g.tile + g.caption + GAP);
  }

  /** The index under a tile's inner element, or -1. */
  indexOf(target) {
    return numberOf(target, ".tile", "data-index");
  }

  idOf(index) {
    return `tile-${index}`;
  }

  /** A point of the window in real pixels of the grid. */
  point(event) {
    const box = this.node.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top + this.scroll.offset };
  }

  /** Show a rectangle of real pixels (`null`: none) and return the index ranges that it touches. */
  stretch(box) {
    this.rubber.hidden = !box;
    if (!box) return [];
    const style = this.rubber.style;
    style.transform = `translate(${box.left}px, ${box.top - this.scroll.offset + this.scroll.bar}px)`;
    style.width = `${box.right - box.left}px`;
    style.height = `${box.bottom - box.top}px`;
    return indicesInside(this.geometry, box);
  }

  makeImages() {
    const { geometry: g } = this;
    const node = el("div", { role: "row", class: `row ${g.given.shape}` });
    node.style.setProperty("--caption", `${g.caption}px`);
    return node;
  }

  drawImages(node, row) {
    const { geometry: g, selection, options: says, texts } = this;
    const count = g.count[row];
    const height = tall(g, row);
    const boxes = cells(g, row);
    const words = { language: says.language, texts };
    while (node.children.length > count) node.lastChild?.remove();
    while (node.children.length < count) node.append(makeTile(texts));
    const isOtherLayout = node.geometry !== g;
    node.geometry = g;
    if (isOtherLayout) node.style.setProperty("--high", `${height}px`);
    [...node.children].forEach((child, column) => {
      const tile = /** @type {HTMLElement} */ (child);
      const index = g.first[row] + column;
      const data = this.rows.get(index) ?? null;
      const { width } = boxes[column];
      if (isOtherLayout) tile.style.setProperty("--wide", `${width}px`);
      showTile(tile, data, {
        index,
        column,
        width,
        height,
        isSelected: data ? selection.has(data.sha1) : selection.all,
        isCurrent: index === this.current,
        isStamped: Boolean(data && brush.done.has(data.sha1)),
        canLoad: !this.scroll.isFlying,
        isTwin: Boolean(data && data.sha1 === this.twin),
        ranked: this.ranked,
        chip: says.chip,
        marks: this.marks,
        captions: g.given.captions,
        words,
      });
    });
  }

  empty(node) {
    for (const tile of node.children) emptyTile(/** @type {HTMLElement} */ (tile));
  }

  close() {
    super.close();
    displayChanges.removeEventListener("change", this.again);
  }
}
