// The open groups of a kind: of however many only those in sight are in the document, and they are
// fetched then. Not here: fetching them (group_pages.js), the current group (duplicates.js).
import { el, icon, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { formatBytes, formatSimilarity } from "./image_facts.js";

// Pixels.
export const ROW_HEIGHT = 60;
// Rows out of sight that are drawn in advance, above and below.
const OVERSCAN = 6;

/** @typedef {import("./api.js").GroupRow} GroupRow */
/**
 * @typedef {object} ListState
 * @property {number} total
 * @property {number} index  of the current group
 * @property {string} kind
 * @property {(index: number) => GroupRow | undefined} row  undefined while it is not fetched
 * @property {Map<string, string>} outcomes  of groups that are still listed, by id
 */

export class GroupList {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {{open: (index: number) => void, fetchRange: (start: number, end: number) => void}} actions
   */
  constructor(tools, { open, fetchRange }) {
    this.tools = tools;
    this.open = open;
    this.fetchRange = fetchRange;
    /** @type {ListState} */
    this.state = { total: 0, index: 0, kind: "", row: () => undefined, outcomes: new Map() };
    /** Rows in the document. @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    this.content = el("div", { class: "tall", role: "presentation" });
    this.node = el(
      "div",
      { class: "groups", role: "listbox", tabindex: "0", "aria-label": tools.t("list"), onscroll: () => this.draw() },
      this.content,
    );
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.node);
  }

  focus() {
    this.node.focus({ preventScroll: true });
  }

  /** @param {ListState} state */
  show(state) {
    const { total, index, kind } = this.state;
    const hasMoved = index !== state.index || total !== state.total || kind !== state.kind;
    this.state = state;
    this.content.style.height = `${state.total * ROW_HEIGHT}px`;
    if (hasMoved) this.reveal();
    this.draw();
  }

  /** Scroll to the current group, and to the one after it. */
  reveal() {
    const top = this.state.index * ROW_HEIGHT;
    const { scrollTop, clientHeight } = this.node;
    const bottom = top + 2 * ROW_HEIGHT;
    if (top < scrollTop) this.node.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.node.scrollTop = bottom - clientHeight;
  }

  draw() {
    const { scrollTop, clientHeight } = this.node;
    const { total, index: current } = this.state;
    const start = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - OVERSCAN);
    const end = Math.min(total, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT) + OVERSCAN);
    for (const [index, node] of this.rows) {
      if (index >= start && index < end) continue;
      node.remove();
      this.rows.delete(index);
    }
    for (let index = start; index < end; index += 1) this.drawRow(index);
    set(this.node, "aria-activedescendant", this.rows.get(current)?.id ?? null);
    if (end > start) this.fetchRange(start, end);
  }

  /** @param {number} index */
  drawRow(index) {
    const row = this.state.row(index);
    let node = this.rows.get(index);
    if (!node || node.dataset.group !== (row?.group ?? "")) {
      node?.remove();
      node = this.makeRow(index, row);
      this.rows.set(index, node);
      this.content.append(node);
    }
    const outcome = row && this.state.outcomes.get(row.group);
    node.classList.toggle("done", Boolean(outcome));
    const about = node.querySelector(".about");
    if (row && about) write(about, outcome ? this.tools.t(`done_${outcome}`) : this.describe(row));
    set(node, "aria-selected", String(index === this.state.index));
  }

  /** @param {number} index @param {GroupRow | undefined} row */
  makeRow(index, row) {
    const attributes = {
      role: "option",
      id: `group-${index}`,
      style: `top:${index * ROW_HEIGHT}px`,
      "aria-setsize": this.state.total,
      "aria-posinset": index + 1,
    };
    if (!row) return el("div", { class: "group skeleton", "data-group": "", ...attributes });
    const { group, place, sha1s } = row;
    const images = sha1s
      .slice(0, 2)
      .map((sha1) => el("img", { src: routeTo(`/thumb/${sha1}`), alt: "", decoding: "async", draggable: "false" }));
    return el(
      "div",
      { class: "group", "data-group": group, title: place, onclick: () => this.open(index), ...attributes },
      el("span", { class: "few" }, ...images),
      el(
        "span",
        { class: "texts" },
        el("span", { class: "name" }, place.replace(/^.*\//, "")),
        el("span", { class: "about" }, this.describe(row)),
      ),
      icon("check"),
    );
  }

  /** How many images it has, and how similar or how large they are. @param {GroupRow} row */
  describe({ count, bytes, distance, sure }) {
    const { t, language } = this.tools;
    const { kind } = this.state;
    if (kind === "exact") return `${t("copies", { count })} · ${formatBytes(bytes, language)}`;
    if (sure) return `${t("images", { count })} · ${t(`part_short_${sure}`)}`;
    return `${t("images", { count })} · ${formatSimilarity(this.tools, kind, distance).short}`;
  }

  close() {
    this.observer.disconnect();
  }
}
