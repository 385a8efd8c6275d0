// What scrolls through a view in rows of images and headings of groups: only the rows in sight are
// elements. Grid and table are sheets. Not here: what a row of images looks like, what a press
// does, where each row lies (geometry.js).
import { ask } from "../shared/bridge/page_requests.js";
import { el, numberOf, set } from "../shared/ui/dom.js";
import { Scrolling } from "../shared/ui/virtual_scroll.js";
import { brush } from "../shared/store/brush.js";
import { Thumbnails } from "../shared/store/thumbnails.js";
import { picturesWanted, rowsDrawn } from "./ahead.js";
import { HEADER, groupOf, layout, rowAt, rowOf, shownRanges } from "./geometry.js";
import { makeHeader, showHeader } from "./group_header.js";
import { Ticks } from "./group_checkboxes.js";

const NOTHING = {
  width: 1,
  size: 1,
  captions: /** @type {string[]} */ ([]),
  total: 0,
  shape: /** @type {const} */ ("fit"),
  aspects: null,
  groups: null,
};

/**
 * @typedef {{index: number, above: number, group?: number}} Place  an image, and its row's distance from
 *   the top; with a group its header's
 * @typedef {import("./geometry.js").Geometry} Geometry
 */

/** @abstract */
export class Sheet extends EventTarget {
  /**
   * @param {HTMLElement} node  what scrolls
   * @param {import("./rows.js").Rows} rows
   * @param {import("../shared/store/selection.js").Selection} selection
   * @param {Record<string, string>} texts
   */
  constructor(node, rows, selection, texts) {
    super();
    this.node = node;
    this.rows = rows;
    this.selection = selection;
    this.texts = texts;
    this.current = 0;
    /** What stands above the rows and never scrolls: pixels, and rows. */
    this.headed = { pixels: 0, rows: 0 };
    /** What is left free above and below what is brought into sight. */
    this.room = { above: 0, below: 0 };
    this.geometry = layout(NOTHING);
    /** What the layout waits for: set by what fetches it. */
    this.isAwaited = false;
    /** @type {import("./groups.js").Groups | null} */
    this.groups = null;
    /** @type {{chip?: string | null, language: string, canFilter: boolean}} */
    this.options = { language: "en", canFilter: false };
    /** @type {Place | null} */
    this.awaited = null;
    /** What was to be seen before there was a layout. @type {number | null} */
    this.sought = null;
    /** Rows by what they show: the first image, or -1 and below for headers. @type {Map<number, HTMLElement>} */
    this.shown = new Map();
    this.tall = el("div", { class: "tall", role: "rowgroup" });
    this.pinned = makeHeader(texts);
    this.pin = el("div", { class: "pin", "aria-hidden": "true", hidden: true }, this.pinned);
    node.classList.add("sheet");
    node.append(this.pin, this.tall);
    this.draw = this.draw.bind(this);
    this.scroll = new Scrolling(node, {
      draw: this.draw,
      moved: () => this.drawRows(false),
      settled: () => this.dispatchEvent(new Event("settled")),
    });
    this.thumbnails = new Thumbnails();
    this.thumbnails.addEventListener("change", () => this.scroll.drawSoon());
    this.size = new ResizeObserver(() => this.relayout());
    this.size.observe(node);
    this.redraw = () => {
      this.ticks.forget();
      this.draw();
    };
    this.ticks = new Ticks(rows, selection, this.draw);
    rows.addEventListener("change", this.redraw);
    selection.addEventListener("change", this.redraw);
    this.stamped = () => {
      node.classList.toggle("stamping", brush.isOn);
      this.draw();
    };
    brush.addEventListener("change", this.stamped);
    node.addEventListener("ask", (event) => this.askOf(/** @type {CustomEvent} */ (event)));
  }

  /** Tell the page which group something is asked of (frame/group_menu.js). */
  askOf({ target, detail }) {
    const group = this.groupUnder(target);
    if (group < 0 || !this.groups) return;
    const request = {
      ...detail,
      depth: this.groups.depth[group],
      name: this.groups.label[group],
      isUnset: this.groups.unset[group],
      select: () => this.ticks.only(group),
    };
    ask("group", request);
  }

  /** Where all rows lie; null while that cannot be said. @abstract @returns {Geometry | null} */
  measured() {
    return null;
  }

  /** Pixels drawn above and below what is in sight, so that a flick of the wheel shows no edge. @abstract */
  get margin() {
    return 0;
  }

  /** An element for a row of images. @abstract @param {number} row @returns {HTMLElement} */
  makeImages(row) {
    return el("div", { role: "row", class: "row", "data-row": row });
  }

  /** @abstract @param {HTMLElement} node @param {number} row */
  drawImages(node, row) {
    set(node, "data-row", row);
  }

  /** Free what a row of images holds, so that the browser stops fetching it. @abstract @param {HTMLElement} node */
  empty(node) {
    node.replaceChildren();
  }

  /** The id of the element of an image in sight. @abstract @param {number} index */
  idOf(index) {
    return `image-${index}`;
  }

  /** Forget the layout: another view is to be shown, once it is arranged. */
  reset() {
    this.isAwaited = true;
    this.groups = null;
    this.current = 0;
    this.awaited = this.sought = null;
    this.scroll.reset();
    this.geometry = layout(NOTHING);
    this.pin.hidden = true;
    this.clear();
  }

  /** @param {import("./groups.js").Groups | null} groups */
  arrange(groups) {
    this.isAwaited = false;
    this.groups = groups;
    this.ticks.show(groups);
    set(this.node, "role", groups ? "treegrid" : "grid");
  }

  /** Measure again, keeping the same image at the top (or the current one, if it is in sight). */
  relayout(kept = this.awaited ?? this.anchor()) {
    const height = this.node.clientHeight - this.headed.pixels;
    const isSeen = this.node.clientWidth > 0 && height > 0;
    const g = isSeen && !this.isAwaited ? this.measured() : null;
    if (!g) return;
    this.awaited = null;
    this.geometry = g;
    this.scroll.resize(g.height, height);
    set(this.node, "aria-rowcount", g.rows + this.headed.rows);
    this.tall.style.height = `${this.scroll.barHeight}px`;
    if (kept) this.scroll.to(this.topOfPlace(kept) - kept.above);
    this.scroll.write();
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
    return this.groups ? HEADER : this.room.above;
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

  /** Where the sheet stands, to come back to it. @returns {Place | null} */
  scrollPosition() {
    const { geometry: g, scroll } = this;
    if (!this.rows.total || !g.rows) return null;
    const index = g.first[rowAt(g, scroll.offset)];
    return { index, above: this.topOf(index) - scroll.offset };
  }

  /** @param {Place} position */
  goTo(position) {
    if (!this.scroll.window) {
      // Not laid out yet: the first layout takes it up.
      this.awaited = position;
      return;
    }
    this.scrollTo(this.topOf(position.index) - position.above);
  }

  /** Scroll as little as is needed to see an image whole, with the headers right above it. */
  reveal(index) {
    const { geometry: g, scroll, room } = this;
    if (!scroll.window || !g.rows) {
      this.sought = index;
      return;
    }
    const row = rowOf(g, index);
    let above = row;
    while (above > 0 && !g.count[above - 1]) above -= 1;
    const isTight = g.top[row + 1] - g.top[above] > scroll.window;
    const top = above === row || isTight ? g.top[row] - this.covered : g.top[above] - room.above;
    const bottom = row === g.rows - 1 ? g.height : g.top[row + 1] + room.below;
    const isBelow = bottom > scroll.offset + scroll.window;
    this.scrollTo(top < scroll.offset ? top : isBelow ? bottom - scroll.window : scroll.offset);
  }

  /** @param {number} offset */
  scrollTo(offset) {
    this.scroll.to(offset);
    this.scroll.write();
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
    this.scrollTo(g.top[g.headers[group]]);
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

  /** The group under a header's inner element, or -1. */
  groupUnder(target) {
    return numberOf(target, ".header", "data-group");
  }

  clear() {
    for (const key of [...this.shown.keys()]) this.drop(key);
  }

  draw() {
    this.drawRows(true);
  }

  /** @param {boolean} isWhole  else rows that are drawn stay as they are: only the bar moved */
  drawRows(isWhole) {
    const { geometry: g, scroll } = this;
    if (!scroll.window || this.isAwaited) return;
    const { first, last } = rowsDrawn(g, scroll, this.margin);
    const wanted = new Set();
    for (let row = first; row <= last; row++) wanted.add(this.keyOf(row));
    for (const key of [...this.shown.keys()]) if (!wanted.has(key)) this.drop(key);
    this.wantPictures();
    for (let row = first; row <= last; row++) this.drawRow(row, isWhole);
    this.drawPin();
    if (last >= first && this.rows.total) {
      const end = g.first[last] + Math.max(0, g.count[last] - 1);
      this.rows.want(shownRanges(g, g.first[first], end));
    }
    set(this.node, "aria-activedescendant", this.activeId());
  }

  /** Ask for the pictures in sight and for those that come next; for none while the bar flies. */
  wantPictures() {
    const { geometry: g, scroll, rows } = this;
    this.thumbnails.want(scroll.isFlying || !rows.total ? [] : picturesWanted(g, scroll, rows));
  }

  activeId() {
    const { geometry: g } = this;
    if (!g.rows) return null;
    const row = rowOf(g, this.current);
    if (!this.shown.has(this.keyOf(row))) return null;
    return g.count[row] ? this.idOf(this.current) : `group-${g.group[row]}`;
  }

  /** What a row is known by: the same row of images, or header, after others come in above it. */
  keyOf(row) {
    const { geometry: g } = this;
    return g.count[row] ? g.first[row] : -1 - g.group[row];
  }

  drop(key) {
    const node = this.shown.get(key);
    this.shown.delete(key);
    if (!node) return;
    if (key >= 0) this.empty(node);
    node.remove();
  }

  drawRow(row, isWhole) {
    const { geometry: g } = this;
    const known = this.shown.get(this.keyOf(row));
    const node = known ?? this.makeRow(row);
    const transform = `translateY(${g.top[row] - this.scroll.offset + this.scroll.bar}px)`;
    if (node.style.transform !== transform) node.style.transform = transform;
    if (known && !isWhole) return;
    set(node, "aria-rowindex", row + 1 + this.headed.rows);
    if (g.count[row]) this.drawImages(node, row);
    else this.drawHeader(node, g.group[row]);
  }

  makeRow(row) {
    const node = this.geometry.count[row] ? this.makeImages(row) : makeHeader(this.texts);
    this.shown.set(this.keyOf(row), node);
    this.tall.append(node);
    return node;
  }

  drawHeader(node, group) {
    set(node, "id", `group-${group}`);
    showHeader(node, this.texts, this.headerOf(group, false));
  }

  /** @returns {import("./group_header.js").How} */
  headerOf(group, isWhole) {
    const { groups, options: options, geometry: g } = this;
    return {
      group,
      path: groups.path(group),
      isWhole,
      count: groups.count[group],
      isFolded: Boolean(groups.folded[group]),
      isCurrent: !isWhole && g.rows > 0 && rowOf(g, this.current) === g.headers[group],
      canFilter: options.canFilter,
      why: groups.why?.[group] ?? null,
      ticked: this.ticks.of(group),
      language: options.language,
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

  close() {
    this.size.disconnect();
    this.rows.stop();
    this.thumbnails.stop();
    this.scroll.stop();
    this.rows.removeEventListener("change", this.redraw);
    this.selection.removeEventListener("change", this.redraw);
    brush.removeEventListener("change", this.stamped);
  }
}
