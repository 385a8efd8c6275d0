// The rows of the table: only those in sight are elements. Not here: the headings, what a press
// does, what a cell says (columns.js).
import { el, icon, set, write } from "../dom.js";
import { Scroll } from "../gallery/scroll.js";

export const ROW = 36;
export const HEAD = 30;
// Rows kept ready above and below what is in sight.
const MARGIN = 6;
// While the bar flies, pictures are not asked for, only their colours.
const SETTLED_AFTER = 90;

export class Body extends EventTarget {
  /**
   * @param {HTMLElement} node  what scrolls: headings and rows
   * @param {import("../gallery/rows.js").Rows} rows
   * @param {import("../selection.js").Selection} selection
   * @param {import("./columns.js").Layout} layout
   * @param {Record<string, string>} texts
   */
  constructor(node, rows, selection, layout, texts) {
    super();
    this.node = node;
    this.rows = rows;
    this.selection = selection;
    this.layout = layout;
    this.texts = texts;
    this.current = 0;
    this.scroll = new Scroll();
    this.isSettled = true;
    /** @type {{index: number, above: number} | null} */
    this.awaited = null;
    // Whether the first layout brings the current row into sight.
    this.isSought = false;
    /** @type {Map<number, HTMLElement>} */
    this.shown = new Map();
    this.tall = el("div", { class: "tall", role: "rowgroup" });
    node.append(this.tall);
    this.draw = this.draw.bind(this);
    node.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.size = new ResizeObserver(() => this.relayout());
    this.size.observe(node);
    this.again = () => this.clear();
    rows.addEventListener("change", this.draw);
    selection.addEventListener("change", this.draw);
    layout.addEventListener("change", this.again);
  }

  /** Measure again, keeping the same row at the top. */
  relayout() {
    const height = this.node.clientHeight - HEAD;
    if (!this.node.clientWidth || height <= 0) return;
    const kept = this.awaited ?? this.place();
    this.awaited = null;
    this.scroll.resize(this.rows.total * ROW, height);
    set(this.node, "aria-rowcount", this.rows.total + 1);
    this.tall.style.height = `${this.scroll.barHeight}px`;
    if (kept) this.scroll.to(kept.index * ROW - kept.above);
    this.writeBar();
    this.draw();
    if (this.isSought) this.reveal(this.current);
    this.isSought = false;
  }

  /** Where the table stands, to come back to it. @returns {{index: number, above: number} | null} */
  place() {
    if (!this.rows.total || !this.scroll.window) return null;
    const index = Math.floor(this.scroll.offset / ROW);
    return { index, above: index * ROW - this.scroll.offset };
  }

  /** @param {{index: number, above: number}} place */
  goTo(place) {
    if (!this.scroll.window) {
      // Not laid out yet: the first layout takes it up.
      this.awaited = place;
      return;
    }
    this.scroll.to(place.index * ROW - place.above);
    this.writeBar();
    this.draw();
  }

  /** Scroll as little as is needed to see a row whole. */
  reveal(index) {
    if (!this.scroll.window) return;
    const top = index * ROW;
    if (top < this.scroll.offset) this.scroll.to(top);
    else if (top + ROW > this.scroll.offset + this.scroll.window) this.scroll.to(top + ROW - this.scroll.window);
    this.writeBar();
    this.draw();
  }

  /** Make a row the current one, in sight. */
  moveTo(index) {
    this.current = Math.max(0, Math.min(this.rows.total - 1, index));
    this.reveal(this.current);
    this.dispatchEvent(new Event("current"));
  }

  get rowsPerPage() {
    return Math.max(1, Math.floor(this.scroll.window / ROW) - 1);
  }

  /** The index of the row around an element, or -1. */
  indexOf(target) {
    const row = target instanceof Element ? target.closest(".row") : null;
    return row ? Number(row.getAttribute("data-index")) : -1;
  }

  /** How wide a column's cells in sight would like to be. @param {string} name */
  widest(name) {
    const cells = [...this.shown.values()].map((row) => /** @type {HTMLElement} */ (row.querySelector(`.${name}`)));
    return Math.max(0, ...cells.map((cell) => cell.scrollWidth));
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
    // The bar moved one to one with the rows; at rest it says the true place again.
    this.scroll.to(this.scroll.offset);
    this.writeBar();
    this.draw();
    this.dispatchEvent(new Event("settled"));
  }

  writeBar() {
    const bar = Math.round(this.scroll.bar);
    if (Math.round(this.node.scrollTop) !== bar) this.node.scrollTop = bar;
    // The browser rounds and clamps: what it made of it counts.
    this.scroll.bar = this.node.scrollTop;
  }

  clear() {
    for (const index of [...this.shown.keys()]) this.drop(index);
    this.draw();
  }

  draw() {
    if (!this.scroll.window) return;
    const { offset, window } = this.scroll;
    const from = Math.max(0, Math.floor(offset / ROW) - MARGIN);
    const to = Math.min(this.rows.total - 1, Math.floor((offset + window) / ROW) + MARGIN);
    for (const index of [...this.shown.keys()]) if (index < from || index > to) this.drop(index);
    for (let index = from; index <= to; index++) this.drawRow(index);
    if (this.rows.total) this.rows.want([[from, to]]);
    set(this.node, "aria-activedescendant", this.shown.has(this.current) ? `row-${this.current}` : null);
  }

  drop(index) {
    const node = this.shown.get(index);
    this.shown.delete(index);
    // The browser stops fetching what is no longer asked for.
    node?.querySelector("img")?.removeAttribute("src");
    node?.remove();
  }

  drawRow(index) {
    const row = /** @type {import("./columns.js").Row | undefined} */ (this.rows.get(index));
    const node = this.shown.get(index) ?? this.makeRow(index);
    node.style.transform = `translateY(${index * ROW - this.scroll.offset + this.scroll.bar}px)`;
    const isSelected = row ? this.selection.has(row.sha1) : this.selection.all;
    set(node, "aria-selected", isSelected ? "true" : "false");
    set(node, "data-sha1", row?.sha1 ?? null);
    node.classList.toggle("current", index === this.current);
    node.classList.toggle("skeleton", !row);
    if (!row) return;
    this.layout.shown.forEach((column, place) => {
      const cell = /** @type {HTMLElement} */ (node.children[place]);
      if (column.isOwn) this.drawOwn(cell, column.name, row);
      else writeCell(cell, column.text(row));
    });
  }

  drawOwn(cell, name, row) {
    if (name === "picture") showPicture(/** @type {HTMLElement} */ (cell.firstElementChild), row, this.isSettled);
    if (name === "colour") showColour(/** @type {HTMLElement} */ (cell.firstElementChild), row.colour);
  }

  makeRow(index) {
    const cells = this.layout.shown.map((column, place) =>
      el(
        "div",
        { role: "gridcell", class: `cell ${column.name}${column.isFigure ? " figure" : ""}`, "aria-colindex": place + 1 },
        MAKERS[column.name]?.(this.texts),
      ),
    );
    const node = el("div", { role: "row", class: "row", id: `row-${index}`, "data-index": index, "aria-rowindex": index + 2 }, ...cells);
    this.shown.set(index, node);
    this.tall.append(node);
    return node;
  }

  close() {
    this.size.disconnect();
    this.rows.stop();
    clearTimeout(this.settling);
    this.selection.removeEventListener("change", this.draw);
  }
}

/** What stands in the cells that are not just text. @type {Record<string, (texts: Record<string, string>) => HTMLElement>} */
const MAKERS = {
  tick: (texts) => el("button", { type: "button", class: "tick-box", tabindex: "-1", title: texts.select, "aria-label": texts.select }, icon("check")),
  picture: () => {
    const image = el("img", { alt: "", draggable: "false", decoding: "async" });
    image.addEventListener("load", () => image.classList.add("here"));
    image.addEventListener("error", () => image.parentElement?.classList.add("broken"));
    return el("span", { class: "frame" }, image, icon("broken_image"));
  },
  folder: () => el("bdi"),
  colour: () => el("span", { class: "swatch", role: "img" }),
};

function writeCell(cell, text) {
  write(cell.firstElementChild ?? cell, text);
  if (cell.title !== text) cell.title = text;
}

function showPicture(frame, row, canLoad) {
  const image = frame.firstElementChild;
  const isDamaged = row.status !== "ok" && !row.width;
  const source = isDamaged ? null : `/thumb/${row.sha1}`;
  if (image.dataset.sha1 !== row.sha1) {
    image.removeAttribute("src");
    image.classList.remove("here");
    image.dataset.sha1 = row.sha1;
    frame.classList.toggle("broken", isDamaged);
  }
  // The dominant colour stands in until the picture is here.
  frame.style.setProperty("--colour", row.colour ?? "transparent");
  if (source && canLoad && image.getAttribute("src") !== source) image.src = source;
}

function showColour(swatch, colour) {
  swatch.hidden = !colour;
  swatch.style.background = colour ?? "transparent";
  if (swatch.title === (colour ?? "")) return;
  swatch.title = colour ?? "";
  set(swatch, "aria-label", colour);
}
