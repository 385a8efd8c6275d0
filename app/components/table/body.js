// The rows of the table: a sheet of one image a row. Not here: the headings of its columns, what
// a press does, what a cell says (columns.js), scrolling and groups (virtual_sheet.js).
import { emptyPicture, makePicture, showPicture } from "../shared/ui/picture.js";
import { el, fill, icon, numberOf, set, write } from "../shared/ui/dom.js";
import { Sheet } from "../gallery/virtual_sheet.js";
import { brush } from "../shared/store/brush.js";
import { pictured } from "../gallery/tile.js";
import { ROW, lines } from "./row_geometry.js";

const HEAD = 30;
// Where the names begin: after ticks and pictures.
const NAME_AT = 84;
// Rows kept ready above and below what is in sight.
const MARGIN = 6;

export class Body extends Sheet {
  /**
   * @param {HTMLElement} node  what scrolls: headings and rows
   * @param {import("../gallery/rows.js").Rows} rows
   * @param {import("../shared/store/selection.js").Selection} selection
   * @param {import("./columns.js").Layout} layout
   * @param {Record<string, string>} texts
   */
  constructor(node, rows, selection, layout, texts) {
    super(node, rows, selection, texts);
    this.headed = { pixels: HEAD, rows: 1 };
    this.layout = layout;
    /** The column of the cell in hand, one that can be edited. @type {string | null} */
    this.column = null;
    layout.addEventListener("change", () => {
      this.clear();
      this.draw();
    });
  }

  measured() {
    return lines(this.rows.total, this.groups);
  }

  get margin() {
    return MARGIN * ROW;
  }

  idOf(index) {
    return `row-${index}`;
  }

  /** Take a cell of the current row in hand, by its column. @param {string | null} name */
  focusColumn(name) {
    if (name === this.column) return;
    this.column = name;
    this.draw();
  }

  /** The cell in hand, if its row is drawn. */
  get cell() {
    const id = `${this.idOf(this.current)}-${this.column}`;
    return this.column ? /** @type {HTMLElement | null} */ (this.tall.querySelector(`#${id}`)) : null;
  }

  /** Bring the cell in hand into sight, beside the columns that stay there. */
  showCell() {
    const { cell, node } = this;
    if (!cell) return;
    const name = /** @type {HTMLElement} */ (cell.parentElement?.querySelector(".name"));
    const covered = name.offsetWidth + NAME_AT;
    const over = cell.offsetLeft + cell.offsetWidth - node.scrollLeft - node.clientWidth;
    if (over > 0) node.scrollLeft += over;
    if (cell.offsetLeft - covered < node.scrollLeft) node.scrollLeft = cell.offsetLeft - covered;
  }

  activeId() {
    const id = super.activeId();
    return id && this.cell ? this.cell.id : id;
  }

  /** The column of an inner element that can be edited, or null. */
  columnOf(target) {
    const cell = target instanceof Element ? target.closest(".row .cell.property") : null;
    return cell?.getAttribute("data-column") ?? null;
  }

  /** The index of the row around an element, or -1. */
  indexOf(target) {
    return numberOf(target, ".row", "data-index");
  }

  /** How wide a column's cells in sight would like to be. @param {string} name */
  widest(name) {
    const cells = [...this.tall.querySelectorAll(`.row .${name}`)];
    return Math.max(0, ...cells.map((cell) => cell.scrollWidth));
  }

  /** @param {HTMLElement} node */
  empty(node) {
    const image = node.querySelector("img");
    if (image) emptyPicture(image);
  }

  drawImages(node, position) {
    const { geometry: g, groups, layout, selection } = this;
    const index = g.first[position];
    const row = /** @type {import("./columns.js").Row | undefined} */ (this.rows.get(index));
    const isSelected = row ? selection.has(row.sha1) : selection.all;
    set(node, "aria-selected", isSelected ? "true" : "false");
    set(node, "aria-level", groups ? groups.depth[g.group[position]] + 2 : null);
    set(node, "data-sha1", row?.sha1 ?? null);
    node.classList.toggle("current", index === this.current);
    this.mark(node, row);
    node.classList.toggle("skeleton", !row);
    if (!row) return;
    layout.shown.forEach((column, at) => {
      const cell = /** @type {HTMLElement} */ (node.children[at]);
      if (column.property) cell.classList.toggle("in-hand", index === this.current && column.name === this.column);
      if (column.isOwn) this.drawOwn(cell, column, row);
      else writeCell(cell, column.text(row));
    });
  }

  /** Show what sets an image apart: stamped, gone, unclear, away. */
  mark(node, row) {
    node.classList.toggle("stamped", Boolean(row && brush.done.has(row.sha1)));
    node.classList.toggle("gone", Boolean(row?.gone));
    node.classList.toggle("unclear", Boolean(row?.unclear));
    const away = row?.away ? fill(this.texts.away, { path: row.away }) : "";
    node.classList.toggle("is-away", Boolean(away));
    const marks = [row?.gone ? this.texts.gone : "", row?.unclear ? this.texts.unclear : "", away];
    set(node, "aria-description", marks.filter(Boolean).join(". ") || null);
    set(node, "title", away || null);
  }

  drawOwn(cell, column, row) {
    const { name } = column;
    if (name === "picture") {
      const frame = /** @type {HTMLElement} */ (cell.firstElementChild);
      // The dominant colour stands in until the picture is here.
      frame.style.setProperty("--colour", row.colour ?? "transparent");
      const image = /** @type {HTMLImageElement} */ (frame.firstElementChild);
      showPicture(image, pictured(row), { pixels: ROW, canLoad: !this.scroll.isFlying });
    }
    if (name === "colour" || column.property)
      showColour(/** @type {HTMLElement} */ (cell.firstElementChild), column.text(row) || null);
  }

  makeImages(position) {
    const index = this.geometry.first[position];
    const cells = this.layout.shown.map((column, at) => {
      const kinds = `${column.isFigure ? " figure" : ""}${column.property ? " property" : ""}`;
      const id = column.property ? `${this.idOf(index)}-${column.name}` : null;
      return el(
        "div",
        {
          role: "gridcell",
          class: `cell ${column.name}${kinds}`,
          id,
          "aria-colindex": at + 1,
          "data-column": column.property ? column.name : null,
        },
        MAKERS[column.property?.type === "colour" ? "colour" : column.name]?.(this.texts),
      );
    });
    return el("div", { role: "row", class: "row", id: this.idOf(index), "data-index": index }, ...cells);
  }

  drawHeader(node, group) {
    super.drawHeader(node, group);
    set(node.firstElementChild, "aria-colspan", this.layout.shown.length);
  }
}

/**
 * What stands in the cells that are not just text.
 * @type {Record<string, (texts: Record<string, string>) => HTMLElement>}
 */
const MAKERS = {
  tick: (texts) =>
    el(
      "button",
      { type: "button", class: "tick-box", tabindex: "-1", title: texts.select, "aria-label": texts.select },
      icon("check"),
    ),
  picture: () =>
    el(
      "span",
      { class: "frame" },
      makePicture(),
      icon("broken_image"),
      el("span", { class: "away" }, icon("folder_off")),
    ),
  folder: () => el("bdi"),
  colour: () => el("span", { class: "swatch", role: "img" }),
};

function writeCell(cell, text) {
  write(cell.firstElementChild ?? cell, text);
  if (cell.title !== text) cell.title = text;
}

function showColour(swatch, colour) {
  swatch.hidden = !colour;
  swatch.style.background = colour ?? "transparent";
  if (swatch.title === (colour ?? "")) return;
  swatch.title = colour ?? "";
  set(swatch, "aria-label", colour);
}
