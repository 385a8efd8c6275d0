// The headings of the table: order by a column, make it wider, choose which are shown. Not here:
// what a column says (columns.js).
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";
import { NARROWEST, TAIL } from "./columns.js";

// What one press of Shift and an arrow adds to a column.
const STEP = 16;

/** @typedef {import("./columns.js").Column} Column */

export class Head {
  /**
   * @param {import("./columns.js").Layout} layout
   * @param {import("../shared/store/selection.js").Selection} selection
   * @param {Record<string, string>} texts
   * @param {{sort: (field: string, descending: boolean) => void, widest: (name: string) => number,
   *   leave: () => void}} acts
   */
  constructor(layout, selection, texts, acts) {
    this.layout = layout;
    this.selection = selection;
    this.texts = texts;
    this.acts = acts;
    /** @type {{field: string, descending: boolean}} */
    this.sort = { field: "", descending: false };
    /** @type {Map<string, HTMLElement>} */
    this.cells = new Map();
    this.reached = "name";
    this.node = el("div", { class: "head", role: "row", "aria-rowindex": "1" });
    this.list = el("ul", {});
    this.panel = el(
      "div",
      { class: "panel", popover: "auto", role: "dialog", "aria-label": texts.columns },
      this.list,
      el("button", { type: "button", class: "again", onclick: () => layout.reset() }, texts.reset),
    );
    this.menu = iconButton("view_column", texts.columns, () => this.toggleMenu(), {
      class: "tool columns",
      "aria-haspopup": "dialog",
      "aria-expanded": "false",
    });
    this.panel.addEventListener("toggle", (event) =>
      set(this.menu, "aria-expanded", String(/** @type {any} */ (event).newState === "open")),
    );
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.again = () => this.draw();
    this.selected = () => this.drawTick();
    layout.addEventListener("change", this.again);
    selection.addEventListener("change", this.selected);
    this.draw();
  }

  /** @param {{field: string, descending: boolean}} sort */
  update(sort) {
    this.sort = sort;
    this.draw();
  }

  draw() {
    const { shown } = this.layout;
    const cells = shown.map((column, index) => {
      const known = this.cells.get(column.name);
      // A property may have another name by now.
      const cell = known && known.dataset.label === (column.label ?? "") ? known : this.make(column);
      set(cell, "aria-colindex", index + 1);
      this.write(cell, column);
      return cell;
    });
    // Put back where they are, the headings would lose the focus.
    const isSame =
      cells.length === this.node.children.length && cells.every((cell, index) => cell === this.node.children[index]);
    if (!isSame) this.node.replaceChildren(...cells);
    if (!shown.some((column) => column.name === this.reached)) this.reach("name");
    this.drawTick();
    this.drawMenu();
  }

  /** The widths of all columns, for the style of the whole table. */
  get widths() {
    return this.layout.shown.map((column) => this.layout.width(column));
  }

  make(column) {
    const cell = el("div", {
      role: "columnheader",
      class: `cell ${column.name}${column.isFigure ? " figure" : ""}`,
      "data-label": column.label ?? "",
    });
    if (column.name === "tick") cell.append(this.makeTick());
    else if (column.name === "picture") cell.append(el("span", { class: "unseen" }, this.texts.picture));
    else cell.append(this.makeButton(column), this.makeHandle(column));
    this.cells.set(column.name, cell);
    return cell;
  }

  makeTick() {
    return el(
      "button",
      { type: "button", class: "tick-box", tabindex: "-1", onclick: () => this.toggleAll() },
      icon("check"),
    );
  }

  makeButton(column) {
    const keys = column.sort === undefined ? [this.texts.key_width] : [this.texts.key_sort, this.texts.key_width];
    const title = [this.full(column), ...keys].join("\n");
    const tabindex = column.name === this.reached ? "0" : "-1";
    return el(
      "button",
      {
        type: "button",
        class: "heading",
        tabindex,
        title,
        onclick: () => this.press(column),
        onfocus: () => this.reach(column.name),
      },
      el("span", { class: "name" }, column.label ?? this.texts[`column_${column.name}`]),
      icon(""),
    );
  }

  /** What a column is called where there is room. */
  full(column) {
    return column.label ?? this.texts[`full_${column.name}`] ?? this.texts[`column_${column.name}`];
  }

  makeHandle(column) {
    const handle = el("span", { class: "handle", "aria-hidden": "true", title: this.texts.resize });
    handle.addEventListener("pointerdown", (event) => this.drag(event, column));
    handle.addEventListener("dblclick", () => this.fit(column));
    return handle;
  }

  write(cell, column) {
    const sign = cell.querySelector(".heading .icon");
    if (!sign) return;
    const isSorted = column.sort !== undefined && column.sort === this.sort.field;
    const direction = this.sort.descending ? "descending" : "ascending";
    set(cell, "aria-sort", column.sort === undefined ? null : isSorted ? direction : "none");
    write(sign, isSorted ? (this.sort.descending ? "arrow_downward" : "arrow_upward") : "");
    cell.classList.toggle("fixed", column.sort === undefined);
  }

  /** Order by a column; pressed again, turn the order round. @param {Column} column */
  press(column) {
    const { sort: field } = column;
    if (field === undefined) return;
    const descending = field === this.sort.field ? !this.sort.descending : Boolean(column.isDown);
    this.update({ field, descending });
    this.acts.sort(field, descending);
  }

  toggleAll() {
    if (this.selection.count) this.selection.clear();
    else this.selection.selectAll();
  }

  drawTick() {
    const tick = this.cells.get("tick")?.firstElementChild;
    if (!tick) return;
    const label = this.selection.count ? this.texts.clear : this.texts.select_all;
    set(tick, "title", label);
    set(tick, "aria-label", label);
    tick.classList.toggle("some", this.selection.count > 0);
    write(
      /** @type {Element} */ (tick.firstElementChild),
      this.selection.all && !this.selection.except.size ? "check" : "remove",
    );
  }

  /** One heading at a time is a stop of Tab; arrows go to the others. */
  reach(name) {
    this.reached = name;
    for (const [other, cell] of this.cells) {
      const button = cell.querySelector(".heading");
      if (button) set(button, "tabindex", other === name ? "0" : "-1");
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const stops = this.layout.shown.filter((column) => !column.isFixed);
    const index = stops.findIndex((column) => column.name === this.reached);
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && event.shiftKey) this.layout.resize(stops[index], this.layout.width(stops[index]) + by * STEP);
    else if (by) this.focus(stops[Math.max(0, Math.min(stops.length - 1, index + by))]);
    else if (event.key === "Home") this.focus(stops[0]);
    else if (event.key === "End") this.focus(stops[stops.length - 1]);
    else if (event.key === "ArrowDown" || event.key === "Escape") this.acts.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  focus(column) {
    const button = /** @type {HTMLElement} */ (this.cells.get(column.name)?.querySelector(".heading"));
    button.focus();
    button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  drag(event, column) {
    if (event.button !== 0) return;
    event.preventDefault();
    const handle = event.currentTarget;
    const from = this.layout.width(column) - event.clientX;
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (moved) => this.layout.resize(column, from + moved.clientX);
    handle.onpointerup = handle.onpointercancel = () => {
      handle.onpointermove = null;
    };
  }

  /** As wide as what is in sight needs. */
  fit(column) {
    this.layout.resize(column, NARROWEST);
    const button = /** @type {HTMLElement} */ (this.cells.get(column.name)?.querySelector(".name"));
    this.layout.resize(column, Math.max(this.acts.widest(column.name), button.scrollWidth + TAIL));
  }

  drawMenu() {
    const { possible } = this.layout;
    const choices = possible.filter((column) => !column.isFixed && column.name !== "name");
    const names = choices.map((column) => `${column.name} ${column.label ?? ""}`).join();
    if (names !== this.listed) this.list.replaceChildren(...choices.map((column) => this.makeChoice(column)));
    this.listed = names;
    choices.forEach((column, index) => {
      /** @type {HTMLInputElement} */ (this.list.children[index].querySelector("input")).checked =
        this.layout.isShown(column);
    });
  }

  makeChoice(column) {
    const box = el("input", { type: "checkbox", onchange: () => this.layout.toggle(column) });
    return el("li", {}, el("label", {}, box, el("span", {}, this.full(column))));
  }

  toggleMenu() {
    const box = this.menu.getBoundingClientRect();
    this.panel.style.top = `${box.bottom + 4}px`;
    this.panel.style.right = `${Math.max(8, innerWidth - box.right)}px`;
    this.panel.togglePopover();
  }

  close() {
    this.selection.removeEventListener("change", this.selected);
  }
}
