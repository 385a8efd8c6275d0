// The virtual grid: only the rows in sight are elements. Not here: what a press does.
import { el, set } from "../dom.js";
import { changes as displayChanges, display } from "../display.js";
import { CAPTION, EDGE, GAP, Scroll, geometry, indicesInside, rowsInSight } from "./geometry.js";
import { emptyTile, makeTile, showTile } from "./tile.js";

// Rows drawn above and below what is in sight, so that a flick of the wheel shows no edge.
const MARGIN_ROWS = 2;
// While a row stays shorter than this in sight its pictures are not asked for, only its colours.
const SETTLED_AFTER = 90;

export class Grid extends EventTarget {
  /**
   * @param {import("./rows.js").Rows} rows
   * @param {import("../selection.js").Selection} selection
   * @param {Record<string, string>} texts
   */
  constructor(rows, selection, texts) {
    super();
    this.rows = rows;
    this.selection = selection;
    this.texts = texts;
    this.current = 0;
    this.scroll = new Scroll();
    this.geometry = geometry({ width: 1, size: 1, captions: false, total: 0 });
    this.isSettled = true;
    /** @type {{index: number, above: number} | null} */
    this.awaited = null;
    /** @type {Map<number, HTMLElement>} */
    this.shown = new Map();
    this.tall = el("div", { class: "tall", role: "presentation" });
    this.rubber = el("div", { class: "rubber", hidden: true });
    this.node = el(
      "div",
      { class: "grid", role: "grid", tabindex: "0", "aria-multiselectable": "true", "aria-label": texts.label },
      this.tall,
      this.rubber,
    );
    this.draw = this.draw.bind(this);
    this.node.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.size = new ResizeObserver(() => this.relayout());
    this.size.observe(this.node);
    this.again = () => this.relayout();
    displayChanges.addEventListener("change", this.again);
    rows.addEventListener("change", this.draw);
    selection.addEventListener("change", this.draw);
  }

  /** Measure again, keeping the same image at the top (or the current one, if it is in sight). */
  relayout() {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width || !height) return;
    const kept = this.awaited ?? this.anchor();
    this.awaited = null;
    const { size, captions, crop } = display();
    this.geometry = geometry({ width, size, captions, total: this.rows.total });
    const shape = `${this.geometry.columns} ${this.geometry.width} ${captions} ${crop}`;
    const isOtherShape = shape !== this.shape;
    this.shape = shape;
    this.scroll.resize(this.geometry.height, height);
    set(this.node, "aria-rowcount", this.geometry.rows);
    set(this.node, "aria-colcount", this.geometry.columns);
    this.tall.style.height = `${this.scroll.barHeight}px`;
    if (kept) this.scroll.to(this.topOf(kept.index) - kept.above);
    this.writeBar();
    // Where tiles keep their shape they keep their pictures: nothing flashes when images come in.
    if (isOtherShape) this.clear();
    this.draw();
  }

  /** The real pixel at which an image's row begins. */
  topOf(index) {
    return EDGE + Math.floor(index / this.geometry.columns) * this.geometry.step;
  }

  /** The image that keeps its place when the layout changes. */
  anchor() {
    if (!this.rows.total || !this.scroll.window) return null;
    const { first, last } = rowsInSight(this.geometry, this.scroll.offset, this.scroll.window);
    const row = Math.floor(this.current / this.geometry.columns);
    const isSeen = row > first && row < last;
    const index = isSeen ? this.current : first * this.geometry.columns;
    return { index, above: this.topOf(index) - this.scroll.offset };
  }

  /** Where the grid stands, to come back to it. @returns {{index: number, above: number} | null} */
  place() {
    const { first } = rowsInSight(this.geometry, this.scroll.offset, this.scroll.window);
    const index = first * this.geometry.columns;
    return this.rows.total ? { index, above: this.topOf(index) - this.scroll.offset } : null;
  }

  /** @param {{index: number, above: number}} place */
  goTo(place) {
    if (!this.scroll.window) {
      // Not laid out yet: the first layout takes it up.
      this.awaited = place;
      return;
    }
    this.scroll.to(this.topOf(place.index) - place.above);
    this.writeBar();
    this.draw();
  }

  /** Scroll as little as is needed to see an image whole. */
  reveal(index) {
    if (!this.scroll.window) return;
    const top = this.topOf(index) - EDGE;
    const bottom = this.topOf(index) + this.geometry.step - GAP + EDGE;
    if (top < this.scroll.offset) this.scroll.to(top);
    else if (bottom > this.scroll.offset + this.scroll.window) this.scroll.to(bottom - this.scroll.window);
    this.writeBar();
    this.draw();
  }

  /** Make an image the current one, in sight. */
  moveTo(index) {
    this.current = Math.max(0, Math.min(this.rows.total - 1, index));
    this.reveal(this.current);
    this.dispatchEvent(new Event("current"));
  }

  get rowsPerPage() {
    return Math.max(1, Math.floor(this.scroll.window / this.geometry.step));
  }

  /** The index under a tile's inner element, or -1. */
  indexOf(target) {
    const tile = target instanceof Element ? target.closest(".tile") : null;
    return tile ? Number(tile.getAttribute("data-index")) : -1;
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
    return indicesInside(this.geometry, box, this.rows.total);
  }

  scrolled() {
    if (Math.abs(this.node.scrollTop - this.scroll.bar) < 1) return;
    this.scroll.moved(this.node.scrollTop);
    this.isSettled = false;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLED_AFTER);
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(this.draw);
  }

  settle() {
    this.isSettled = true;
    // The bar moved one to one with the pictures; at rest it says the true place again.
    this.scroll.to(this.scroll.offset);
    this.writeBar();
    this.draw();
    this.dispatchEvent(new Event("settled"));
  }

  writeBar() {
    const bar = Math.round(this.scroll.bar);
    this.scroll.bar = bar;
    if (Math.round(this.node.scrollTop) !== bar) this.node.scrollTop = bar;
    // The browser rounds and clamps: what it made of it counts.
    this.scroll.bar = this.node.scrollTop;
  }

  clear() {
    for (const row of [...this.shown.keys()]) this.drop(row);
  }

  draw() {
    if (!this.scroll.window) return;
    const { first, last } = rowsInSight(this.geometry, this.scroll.offset, this.scroll.window);
    const from = Math.max(0, first - MARGIN_ROWS);
    const to = Math.min(this.geometry.rows - 1, last + MARGIN_ROWS);
    for (const row of [...this.shown.keys()]) if (row < from || row > to) this.drop(row);
    for (let row = from; row <= to; row++) this.drawRow(row);
    const { columns } = this.geometry;
    if (this.rows.total) this.rows.want(from * columns, (to + 1) * columns - 1);
    set(this.node, "aria-activedescendant", this.shown.has(Math.floor(this.current / columns)) ? `tile-${this.current}` : null);
  }

  drop(row) {
    const node = this.shown.get(row);
    this.shown.delete(row);
    if (!node) return;
    for (const tile of node.children) emptyTile(/** @type {HTMLElement} */ (tile));
    node.remove();
  }

  drawRow(row) {
    const { columns, width } = this.geometry;
    const count = Math.min(columns, this.rows.total - row * columns);
    const node = this.shown.get(row) ?? this.makeRow(row);
    node.style.transform = `translateY(${this.topOf(row * columns) - this.scroll.offset + this.scroll.bar}px)`;
    while (node.children.length > count) node.lastChild?.remove();
    while (node.children.length < count) node.append(makeTile(this.texts));
    [...node.children].forEach((tile, column) => {
      const index = row * columns + column;
      const data = this.rows.get(index) ?? null;
      showTile(/** @type {HTMLElement} */ (tile), data, {
        index,
        columns,
        width,
        isSelected: data ? this.selection.has(data.sha1) : this.selection.all,
        isCurrent: index === this.current,
        canLoad: this.isSettled,
        id: `tile-${index}`,
      });
    });
  }

  makeRow(row) {
    const { crop, captions } = display();
    const node = el("div", { role: "row", class: "row", "aria-rowindex": row + 1 });
    node.classList.toggle("crop", crop);
    node.style.setProperty("--tile", `${this.geometry.width}px`);
    node.style.setProperty("--caption", captions ? `${CAPTION}px` : "0px");
    this.shown.set(row, node);
    this.tall.append(node);
    return node;
  }

  close() {
    this.size.disconnect();
    this.rows.stop();
    clearTimeout(this.settling);
    displayChanges.removeEventListener("change", this.again);
    this.selection.removeEventListener("change", this.draw);
  }
}
