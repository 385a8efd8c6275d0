// The gallery: every image of a view, and one of them large. Streamlit calls the default export
// with the data of each run; only what differs is written.
import { debounced, el, set } from "../dom.js";
import { selection } from "../selection.js";
import { listen } from "./gestures.js";
import { EDGE } from "./geometry.js";
import { Grid } from "./grid.js";
import * as place from "./place.js";
import { Rows } from "./rows.js";
import { Viewer } from "./viewer.js";

// Python draws the panel of the current image: not for each of the images that keys run over.
const TELL_AFTER = 120;

/**
 * @typedef {object} Data
 * @property {string} project  tells this project's memory from another's
 * @property {string} view     address of the view
 * @property {string} version  of the catalogue; a new one fetches the rows again, in place
 * @property {number} total
 * @property {{sha1: string, name: string, index: number | null, isDamaged: boolean} | null} opened
 * @property {string | null} current  sha1 of the image that Python's panel shows
 * @property {string} language
 * @property {Record<string, string>} texts
 */

/** @type {WeakMap<object, Gallery>} */
const mounted = new WeakMap();

/** @param {{data: Data, parentElement: any, setStateValue: (name: string, value: any) => void}} component */
export default function gallery({ data, parentElement, setStateValue }) {
  const known = mounted.get(parentElement);
  const shown = known ?? new Gallery(parentElement.querySelector(".root"), data);
  mounted.set(parentElement, shown);
  shown.tell = setStateValue;
  shown.update(data);
  return () => {
    shown.close();
    mounted.delete(parentElement);
  };
}

class Gallery {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { texts, language } = data;
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.tell = () => {};
    /** @type {Data | null} */
    this.data = null;
    this.rows = new Rows();
    this.grid = new Grid(this.rows, selection, texts);
    this.viewer = new Viewer(texts, language, { close: () => this.leave(), step: (by) => this.step(by) });
    this.trouble = el(
      "p",
      { class: "message", role: "alert", hidden: true },
      texts.no_rows,
      el("button", { type: "button", onclick: () => this.rows.retry() }, texts.retry),
    );
    root.replaceChildren(this.grid.node, this.viewer.node, this.trouble);
    // Keys move through the pictures from the first moment, unless someone is elsewhere already.
    if (document.activeElement === document.body) this.grid.node.focus({ preventScroll: true });
    this.root = root;
    this.tellCurrent = debounced(() => this.tellNow(), TELL_AFTER);
    this.stopListening = listen(this.grid, (index) => this.open(index));
    this.grid.addEventListener("current", () => this.tellCurrent());
    this.grid.addEventListener("settled", () => this.remember());
    this.rows.addEventListener("change", () => this.rowsCame());
    this.back = () => this.followAddress();
    this.ask = (event) => this.openOther(event.detail);
    addEventListener("popstate", this.back);
    addEventListener("pagehide", this.leavePage = () => this.remember());
    document.addEventListener("panoptic:open", this.ask);
  }

  /** @param {Data} data */
  update(data) {
    const isOther = data.view !== this.data?.view || data.project !== this.data?.project;
    if (isOther) this.remember();
    const isChanged = isOther || data.version !== this.data?.version || data.total !== this.data?.total;
    this.data = data;
    set(this.root, "lang", data.language);
    selection.open(`panoptic.selection.${data.project}`);
    selection.within(data.view, data.total);
    if (isOther) {
      this.rows.show(data.view, data.version, data.total);
      this.grid.current = 0;
      this.grid.relayout();
      this.comeBack();
    } else if (isChanged) this.takeIn(data);
    if (data.opened) this.placeOpened(data.opened);
  }

  /** The first sight of a view: where it was left, and the image that the address names. */
  comeBack() {
    const left = JSON.parse(sessionStorage.getItem(this.memory) ?? "null");
    this.grid.current = left?.current ?? 0;
    this.grid.goTo(left ?? { index: 0, above: EDGE });
    this.told = told(this.data.current, Boolean(this.data.opened));
    this.followAddress();
  }

  /** The same view with other images in it: what is in sight stays in sight. @param {Data} data */
  async takeIn(data) {
    const { grid, rows } = this;
    const anchor = grid.scroll.offset > grid.geometry.step ? grid.anchor() : null;
    const [top, current] = await Promise.all(
      [anchor?.index, grid.current].map(async (index) => {
        const row = index == null ? null : rows.get(index);
        return row ? rows.indexOf(row.sha1).catch(() => null) : null;
      }),
    );
    if (data !== this.data) return;
    rows.show(data.view, data.version, data.total);
    if (current !== null) grid.current = current;
    if (anchor && top !== null) grid.awaited = { index: top, above: anchor.above };
    grid.relayout();
  }

  remember() {
    const at = this.data && this.grid.place();
    if (at) sessionStorage.setItem(this.memory, JSON.stringify({ ...at, current: this.grid.current }));
  }

  get memory() {
    return `panoptic.place.${this.data.project}.${this.data.view}`;
  }

  open(index) {
    const row = this.rows.get(index);
    if (!row) return;
    this.remember();
    place.open(row.sha1, this.viewer.node.hidden);
    this.show(shownFrom(row, index));
    this.tellCurrent.now();
  }

  /** Open an image that may lie outside the view, as a new step of the history. */
  openOther({ sha1, name }) {
    const index = this.rows.find(sha1);
    if (index !== null) this.grid.moveTo(index);
    place.open(sha1, true);
    this.show({ sha1, name, index, isDamaged: false });
    this.tellCurrent.now();
  }

  step(by) {
    const index = this.viewer.shown?.index;
    if (index == null || !this.rows.get(index + by)) return;
    this.grid.moveTo(index + by);
    this.open(index + by);
  }

  leave() {
    if (!place.close()) this.followAddress();
  }

  /** Show what the address says: after a step of the browser's history, or in a new view. */
  followAddress() {
    const sha1 = place.opened();
    const { opened } = this.data;
    if (!sha1) this.show(null);
    else if (sha1 === opened?.sha1) this.placeOpened(opened);
    else if (sha1 !== this.viewer.shown?.sha1) this.show({ sha1, name: "", index: this.rows.find(sha1), isDamaged: false });
    this.tellCurrent.now();
  }

  /** @param {import("./viewer.js").Shown | null} shown */
  show(shown) {
    const wasOpen = !this.viewer.node.hidden;
    const following = shown?.index == null ? null : this.rows.get(shown.index + 1)?.sha1;
    this.viewer.show(shown, this.data.total, following);
    set(this.grid.node, "inert", Boolean(shown));
    if (wasOpen && !shown) this.grid.node.focus({ preventScroll: true });
  }

  /** Python knows the name and the place of an image whose row is not here. */
  placeOpened(opened) {
    if (place.opened() !== opened.sha1) return;
    const { shown } = this.viewer;
    if (shown?.sha1 === opened.sha1 && shown.index === opened.index && shown.name === opened.name) return;
    if (opened.index !== null) this.grid.moveTo(opened.index);
    this.show(opened);
  }

  rowsCame() {
    this.trouble.hidden = !this.rows.failed;
    if (!this.viewer.shown) this.tellCurrent();
  }

  tellNow() {
    const { shown } = this.viewer;
    const row = this.rows.get(this.grid.current);
    const sha1 = shown?.sha1 ?? row?.sha1 ?? null;
    if (!sha1 || this.told === told(sha1, Boolean(shown))) return;
    this.told = told(sha1, Boolean(shown));
    this.tell("at", { sha1, opened: Boolean(shown) });
  }

  close() {
    this.remember();
    this.tellCurrent.cancel();
    this.stopListening();
    this.grid.close();
    this.viewer.close();
    removeEventListener("popstate", this.back);
    removeEventListener("pagehide", this.leavePage);
    document.removeEventListener("panoptic:open", this.ask);
  }
}

function told(sha1, isOpen) {
  return `${sha1} ${isOpen}`;
}

function shownFrom(row, index) {
  return { sha1: row.sha1, name: row.name, index, isDamaged: !row.width };
}
