// The virtual grid: only the rows in sight are elements. Not here: what a press does, where each
// row lies (geometry.js).
import { el, set } from "../dom.js";
import { changes as displayChanges, display } from "../display.js";
import { EDGE, GAP, HEADER, cells, groupOf, indicesInside, layout, rowAt, rowOf, rowsInSight, shownRanges, tall } from "./geometry.js";
import { makeHeader, showHeader } from "./header.js";
import { Scroll } from "./scroll.js";
import { Ticks } from "./ticks.js";
import { emptyTile, makeTile, showTile } from "./tile.js";

// Rows of tiles drawn above and below what is in sight, so that a flick of the wheel shows no edge.
const MARGIN_ROWS = 2;
// While a row stays shorter than this in sight its pictures are not asked for, only its colours.
const SETTLED_AFTER = 90;
const NOTHING = { width: 1, size: 1, captions: /** @type {string[]} */ ([]), total: 0, shape: /** @type {const} */ ("fit"), aspects: null, groups: null };

/** @typedef {{index: number, above: number}} Place  an image, and its row's distance from the top */

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
    this.geometry = layout(NOTHING);
    this.isSettled = true;
    /** What the layout waits for: set by what fetches it. */
    this.isAwaited = false;
    /** @type {import("./groups.js").Groups | null} */
    this.groups = null;
    /** `undefined` while not fetched. @type {Uint8Array | null | undefined} */
    this.aspects = undefined;
    /** @type {{chip: string | null, language: string, canFilter: boolean}} */
    this.says = { chip: null, language: "en", canFilter: false };
    /** @type {Place | null} */
    this.awaited = null;
    /** What was to be seen before there was a layout. @type {number | null} */
    this.sought = null;
    /** Rows by what they show: the first image, or -1 and below for headers. @type {Map<number, HTMLElement>} */
    this.shown = new Map();
    this.tall = el("div", { class: "tall", role: "presentation" });
    this.rubber = el("div", { class: "rubber", hidden: true });
    this.pinned = makeHeader(texts);
    this.pin = el("div", { class: "pin", "aria-hidden": "true", hidden: true }, this.pinned);
    this.node = el(
      "div",
      { class: "grid", role: "grid", tabindex: "0", "aria-multiselectable": "true", "aria-label": texts.label },
      this.pin,
      this.tall,
      this.rubber,
    );
    this.draw = this.draw.bind(this);
    this.node.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.size = new ResizeObserver(() => this.relayout());
    this.size.observe(this.node);
    this.again = () => this.relayout();
    this.redraw = () => {
      this.ticks.forget();
      this.draw();
    };
    this.ticks = new Ticks(rows, selection, this.draw);
    displayChanges.addEventListener("change", this.again);
    rows.addEventListener("change", this.redraw);
    selection.addEventListener("change", this.redraw);
  }

  /** Forget the layout: another view is to be shown, once it is arranged. */
  reset() {
    this.isAwaited = true;
    this.groups = null;
    this.aspects = undefined;
    this.current = 0;
    this.awaited = this.sought = null;
    this.scroll = new Scroll();
    this.geometry = layout(NOTHING);
    this.pin.hidden = true;
    this.clear();
  }

  /** @param {import("./groups.js").Groups | null} groups @param {Uint8Array | null | undefined} aspects */
  arrange(groups, aspects) {
    this.isAwaited = false;
    this.groups = groups;
    this.aspects = aspects;
    this.ticks.show(groups);
    set(this.node, "role", groups ? "treegrid" : "grid");
  }

  /** Whether the shapes of all images must be known first. */
  get needsAspects() {
    return display().shape === "rows" && this.aspects === undefined;
  }

  /** Measure again, keeping the same image at the top (or the current one, if it is in sight). */
  relayout(kept = this.awaited ?? this.anchor()) {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!width || !height || this.isAwaited || this.needsAspects) return;
    this.awaited = null;
    const { size, captions, shape } = display();
    const { groups } = this;
    const aspects = shape === "rows" ? (this.aspects ?? null) : null;
    const g = layout({ width, size, captions, shape, total: this.rows.total, aspects, groups });
    this.geometry = g;
    const drawn = `${g.columns} ${g.tile} ${captions} ${shape}`;
    const isOtherShape = drawn !== this.drawn;
    this.drawn = drawn;
    this.scroll.resize(g.height, height);
    set(this.node, "aria-rowcount", g.rows);
    set(this.node, "aria-colcount", shape === "rows" ? -1 : g.columns);
    this.tall.style.height = `${this.scroll.barHeight}px`;
    if (kept) this.scroll.to(this.topOfPlace(kept) - kept.above);
    this.writeBar();
    // Where tiles keep their shape they keep their pictures: nothing flashes when images come in.
    if (isOtherShape) this.clear();
    this.draw();
    const { sought } = this;
    this.sought = null;
    if (sought !== null && g.rows) this.reveal(sought);
  }

  /** The real pixel at which an image's row begins, or the header that hides it. */
  topOf(index) {
    return this.geometry.rows ? this.geometry.top[rowOf(this.geometry, index)] : 0;
  }

  /** @param {Place & {group?: number}} place */
  topOfPlace({ index, group = -1 }) {
    const row = group < 0 ? -1 : this.geometry.headers[group];
    return row < 0 ? this.topOf(index) : this.geometry.top[row];
  }

  /** How much of the top is covered by the header that stays there. */
  get covered() {
    return this.groups ? HEADER : EDGE;
  }

  /** The image that keeps its place when the layout changes. @returns {Place | null} */
  anchor() {
    const { geometry: g, scroll } = this;
    if (!this.rows.total || !scroll.window || !g.rows) return null;
    const row = rowOf(g, this.current);
    const isSeen = g.top[row] > scroll.offset && g.top[row + 1] < scroll.offset + scroll.window;
    const index = isSeen ? this.current : g.first[rowAt(g, scroll.offset)];
    return { index, above: this.topOf(index) - scroll.offset };
  }

  /** Where the grid stands, to come back to it. @returns {Place | null} */
  place() {
    const { geometry: g, scroll } = this;
    if (!this.rows.total || !g.rows) return null;
    const index = g.first[rowAt(g, scroll.offset)];
    return { index, above: this.topOf(index) - scroll.offset };
  }

  /** @param {Place} place */
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

  /** Scroll as little as is needed to see an image whole, with the headers right above it. */
  reveal(index) {
    const { geometry: g, scroll } = this;
    if (!scroll.window || !g.rows) {
      this.sought = index;
      return;
    }
    const row = rowOf(g, index);
    let above = row;
    while (above > 0 && !g.count[above - 1]) above -= 1;
    const isTight = g.top[row + 1] - g.top[above] > scroll.window;
    const top = above === row || isTight ? g.top[row] - this.covered : g.top[above] - EDGE;
    const bottom = row === g.rows - 1 ? g.height : g.top[row + 1] - GAP + EDGE;
    if (top < scroll.offset) scroll.to(top);
    else if (bottom > scroll.offset + scroll.window) scroll.to(bottom - scroll.window);
    this.writeBar();
    this.draw();
  }

  /** Make an image the current one, in sight. */
  moveTo(index) {
    this.current = Math.max(0, Math.min(this.rows.total - 1, index));
    this.reveal(this.current);
    this.dispatchEvent(new Event("current"));
  }

  /** Put a group's header at the top and its first image in hand. */
  moveToGroup(group) {
    const { groups, geometry: g } = this;
    this.current = groups.start[group];
    this.scroll.to(g.top[g.headers[group]]);
    this.writeBar();
    this.draw();
    this.dispatchEvent(new Event("current"));
  }

  /** Fold or open a group, or all of its level; its header stays where it is seen. */
  fold(group, isLevel = false) {
    const { groups, geometry: g, scroll } = this;
    const above = Math.max(0, g.top[g.headers[group]] - scroll.offset);
    if (isLevel) groups.toggleLevel(group);
    else groups.toggle(group);
    this.relayout({ index: groups.start[group], above, group });
    this.dispatchEvent(new Event("settled"));
  }

  /** The group in hand: the one around the current image, or the folded one that hides it; or -1. */
  get currentGroup() {
    return groupOf(this.geometry, this.current);
  }

  /** The index under a tile's inner element, or -1. */
  indexOf(target) {
    return numberOf(target, ".tile", "data-index");
  }

  /** The group under a header's inner element, or -1. */
  groupUnder(target) {
    return numberOf(target, ".header", "data-group");
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
    for (const key of [...this.shown.keys()]) this.drop(key);
  }

  draw() {
    const { geometry: g, scroll } = this;
    if (!scroll.window || this.isAwaited) return;
    const margin = MARGIN_ROWS * (g.tile + g.caption + GAP);
    const { first, last } = rowsInSight(g, scroll.offset - margin, scroll.window + 2 * margin);
    const wanted = new Set();
    for (let row = first; row <= last; row++) wanted.add(this.keyOf(row));
    for (const key of [...this.shown.keys()]) if (!wanted.has(key)) this.drop(key);
    for (let row = first; row <= last; row++) this.drawRow(row);
    this.drawPin();
    if (last >= first && this.rows.total) {
      const end = g.first[last] + Math.max(0, g.count[last] - 1);
      this.rows.want(shownRanges(g, g.first[first], end));
    }
    set(this.node, "aria-activedescendant", this.activeId());
  }

  activeId() {
    const { geometry: g } = this;
    if (!g.rows) return null;
    const row = rowOf(g, this.current);
    if (!this.shown.has(this.keyOf(row))) return null;
    return g.count[row] ? `tile-${this.current}` : `group-${g.group[row]}`;
  }

  /** What a row is known by: the same row of tiles, or header, after others come in above it. */
  keyOf(row) {
    const { geometry: g } = this;
    return g.count[row] ? g.first[row] : -1 - g.group[row];
  }

  drop(key) {
    const node = this.shown.get(key);
    this.shown.delete(key);
    if (!node) return;
    for (const tile of node.children) if (tile.classList.contains("tile")) emptyTile(/** @type {HTMLElement} */ (tile));
    node.remove();
  }

  drawRow(row) {
    const { geometry: g } = this;
    const node = this.shown.get(this.keyOf(row)) ?? this.makeRow(row);
    set(node, "aria-rowindex", row + 1);
    node.style.transform = `translateY(${g.top[row] - this.scroll.offset + this.scroll.bar}px)`;
    if (g.count[row]) this.drawTiles(node, row);
    else this.drawHeader(node, g.group[row]);
  }

  drawTiles(node, row) {
    const { geometry: g, selection, says, texts } = this;
    const count = g.count[row];
    const height = tall(g, row);
    const places = cells(g, row);
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
      const { width } = places[column];
      if (isOtherLayout) tile.style.setProperty("--wide", `${width}px`);
      showTile(tile, data, {
        index,
        column,
        width,
        height,
        isSelected: data ? selection.has(data.sha1) : selection.all,
        isCurrent: index === this.current,
        canLoad: this.isSettled,
        chip: says.chip,
        captions: g.given.captions,
        words,
      });
    });
  }

  drawHeader(node, group) {
    set(node, "id", `group-${group}`);
    showHeader(node, this.texts, this.headerOf(group, false));
  }

  /** @returns {import("./header.js").How} */
  headerOf(group, isWhole) {
    const { groups, says, geometry: g } = this;
    return {
      group,
      path: groups.path(group),
      isWhole,
      count: groups.count[group],
      isFolded: Boolean(groups.folded[group]),
      isCurrent: !isWhole && g.rows > 0 && rowOf(g, this.current) === g.headers[group],
      canFilter: says.canFilter,
      ticked: this.ticks.of(group),
      language: says.language,
    };
  }

  /** The header of the group in sight stays at the top, until the next one pushes it out. */
  drawPin() {
    const { geometry: g, scroll } = this;
    const row = g.rows && this.groups ? rowAt(g, scroll.offset) : 0;
    const group = g.rows && this.groups ? g.group[row] : -1;
    const isAbove = group >= 0 && g.top[g.headers[group]] < scroll.offset;
    this.pin.hidden = !isAbove;
    if (!isAbove) return;
    let next = row + 1;
    while (next < g.rows && g.count[next] && g.top[next] < scroll.offset + HEADER) next += 1;
    const isPushed = next < g.rows && !g.count[next];
    const by = isPushed ? Math.min(0, g.top[next] - scroll.offset - HEADER) : 0;
    this.pinned.style.transform = by ? `translateY(${by}px)` : "";
    showHeader(this.pinned, this.texts, this.headerOf(group, true));
  }

  makeRow(row) {
    const { geometry: g } = this;
    const node = g.count[row] ? el("div", { role: "row", class: `row ${g.given.shape}` }) : makeHeader(this.texts);
    node.style.setProperty("--caption", `${g.caption}px`);
    this.shown.set(this.keyOf(row), node);
    this.tall.append(node);
    return node;
  }

  close() {
    this.size.disconnect();
    this.rows.stop();
    clearTimeout(this.settling);
    displayChanges.removeEventListener("change", this.again);
    this.rows.removeEventListener("change", this.redraw);
    this.selection.removeEventListener("change", this.redraw);
  }
}

function numberOf(target, selector, attribute) {
  const found = target instanceof Element ? target.closest(selector) : null;
  return found ? Number(found.getAttribute(attribute)) : -1;
}
