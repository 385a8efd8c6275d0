// The gallery: every image of a view, and one of them large. Streamlit calls the default export
// with the data of each run; only what differs is written.
import { current } from "../shared/store/current_image.js";
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { changes as displayChanges, display } from "../shared/ui/display_settings.js";
import { debounced, el, set } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { selection } from "../shared/store/selection.js";
import { isProperty } from "../shared/ui/format_value.js";
import { Beside } from "./side_by_side.js";
import { alsoFor, known } from "./captions.js";
import { listen } from "./gestures.js";
import { Grid } from "./grid.js";
import { Groups } from "./groups.js";
import { Cursor, positionOf, trailOf } from "./cursor.js";
import { Inline } from "./caption_editing.js";
import * as imageAddress from "../shared/bridge/image_address.js";
import { Rows, aspectsOf, groupsOf } from "./rows.js";
import { Viewer } from "./viewer.js";

// Python draws the panel of the current image: not for each of the images that keys run over.
const TELL_AFTER = 120;
// Above the first image stand the headers of its groups.
const BEGINNING = { index: 0, above: Infinity };

/**
 * @typedef {object} Data
 * @property {string} project  tells this project's memory from another's
 * @property {string} view     address of the view
 * @property {string} version  of the catalogue; a new one fetches the rows again, in place
 * @property {string | null} [held]  what is held still of the view
 * @property {number} total
 * @property {number} [images]  how many there are where some stand in several groups
 * @property {{sha1: string, name: string, index: number | null, isDamaged: boolean} | null} opened
 * @property {boolean} [grouped]    whether the view has groups
 * @property {boolean} [canFilter]  whether a group can be shown alone
 * @property {string | null} [chip] the field of a row that its tile names
 * @property {string | null} [encoder]  whose clusters are meant
 * @property {"image" | "file"} [mode]  what the tiles are
 * @property {import("../annotate/in_place_editor.js").How} [editing]
 * @property {import("./side_by_side.js").How | null} [beside]  which of two galleries it is
 * @property {string | null} current  sha1 of the image that Python's panel shows
 * @property {string} language
 * @property {Record<string, string>} texts
 */

/** @typedef {(name: string, value: any) => void} Tell */

/** @type {[null, undefined]} */
const NOTHING_NEEDED = [null, undefined];

export default component(
  (root, data) => new Gallery(root, data),
  (shown, { send, state }) => {
    shown.tell = state;
    shown.ask = send;
  },
);

class Gallery {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { texts, language } = data;
    /** Streamlit's, and new with each run. @type {Tell} */
    this.tell = () => {};
    /** @type {Tell} */
    this.ask = () => {};
    /** @type {Data | null} */
    this.data = null;
    /** Whether what the layout needs could not be fetched. */
    this.isStale = false;
    /** An image that is to open once its row is here. @type {number | null} */
    this.pendingIndex = null;
    this.rows = new Rows();
    this.grid = new Grid(this.rows, selection, texts);
    this.kept = new Cursor(this.grid);
    this.isSeeking = false;
    this.viewer = new Viewer(texts, language, { close: () => this.leave(), step: (by) => this.step(by) });
    this.trouble = el(
      "p",
      { class: "message", role: "alert", hidden: true },
      texts.no_rows,
      el("button", { type: "button", onclick: () => this.retry() }, texts.retry),
    );
    this.inline = new Inline(this.grid, data.editing ?? { texts: {}, colours: [] });
    this.beside = new Beside(this.grid, () => this.ask("keep", true));
    root.replaceChildren(
      this.beside.node,
      this.beside.none,
      this.grid.node,
      this.inline.node,
      this.viewer.node,
      this.trouble,
    );
    // Keys move through the pictures from the first moment, unless someone is elsewhere already.
    if (document.activeElement === document.body && data.beside?.place !== 1)
      this.grid.node.focus({ preventScroll: true });
    this.root = root;
    this.tellCurrent = debounced(() => this.tellNow(), TELL_AFTER);
    this.stopListening = listen(this.grid, {
      open: (index) => this.open(index),
      only: (group) => this.only(group),
      all: () => this.selectAll(),
    });
    this.grid.addEventListener("current", () => this.moved());
    this.grid.addEventListener("settled", () => this.remember());
    this.rows.addEventListener("change", () => this.rowsCame());
    this.back = () => this.followAddress();
    this.taken = () => this.giveWay();
    current.addEventListener("change", this.taken);
    this.openAsked = (event) => !this.isSecond && this.openOther(event.detail);
    this.displayed = () => {
      this.fetchAspects();
      if (this.sayAlso()) this.grid.draw();
    };
    displayChanges.addEventListener("change", this.displayed);
    this.unfollow = onAnnotationChange((position) => this.annotated(position));
    addEventListener("popstate", this.back);
    addEventListener("pagehide", (this.leavePage = () => this.remember()));
    document.addEventListener("panoptic:open", this.openAsked);
  }

  /** @param {Data} data */
  update(data) {
    const isOther = data.view !== this.data?.view || data.project !== this.data?.project;
    if (isOther) this.remember();
    const isChanged = isOther || !isSame(data, this.data);
    const isOtherChip = data.chip !== this.data?.chip;
    this.data = data;
    set(this.root, "lang", data.language);
    selection.open(`panoptic.selection.${data.project}`);
    // "All" means the first of two.
    if (!this.isSecond) selection.within(data.view, data.images ?? data.total, data.held);
    this.grid.texts = data.texts;
    this.beside.update(data.beside ?? null, data.total, data.language);
    const isOtherSay = this.sayAlso();
    this.inline.byFile = data.mode === "file";
    this.grid.says = { chip: data.chip ?? null, language: data.language, canFilter: Boolean(data.canFilter) };
    if (isOther) {
      this.pendingIndex = null;
      this.rows.show(data.view, data.version, data.total, data.held);
      this.kept.forget();
      this.grid.reset();
      this.begin(data);
    } else if (isChanged) this.takeIn(data);
    else if (isOtherSay) this.grid.relayout();
    else if (isOtherChip) this.grid.draw();
    if (data.opened) this.placeOpened(data.opened);
  }

  /** Lay a view out for the first time, as soon as what its layout needs is here. @param {Data} data */
  async begin(data) {
    this.comeBack();
    const needed = this.needed(data);
    // Most views need nothing: they are there at once.
    const arrangement = needed.length ? await this.fetched(data) : NOTHING_NEEDED;
    if (!arrangement || !isSame(data, this.data)) return;
    this.grid.arrange(...arrangement);
    this.grid.relayout();
    // The shape may have been changed meanwhile.
    this.fetchAspects();
  }

  /** Let rows say what their captions need; whether that is new. */
  sayAlso() {
    const chip = this.data?.chip;
    const fields = [...known(display().captions, this.grid.texts), ...(isProperty(chip) ? [chip] : [])];
    const other = this.data?.beside?.other;
    return this.rows.say({ ...alsoFor(fields, this.data?.encoder ?? null), ...(other && { beside: other }) });
  }

  /** Whether it is the second of two side by side, which follows only what is said to itself. */
  get isSecond() {
    return this.data?.beside?.place === 1;
  }

  /** Whether the image in hand is one of this gallery: of two, that is where the person is. */
  get isInHand() {
    if (!this.data?.beside || current.display === this) return true;
    return !this.isSecond && current.display === null;
  }

  /** Another of two has an image open: this one has none. */
  giveWay() {
    const isElsewhere = this.data?.beside && current.isOpen && current.display !== this;
    if (isElsewhere && this.viewer.shown) this.show(null);
  }

  async selectAll() {
    if (!this.isSecond) selection.selectAll();
    else if (this.rows.total) selection.replace(await this.rows.ids(0, this.rows.total - 1));
  }

  /** What was said of the pictures is another: their rows come again, in place. */
  annotated(position) {
    // Groups change with their images: both come with the next run of the page.
    if (this.data?.grouped) return;
    this.rows.touch(position);
    this.grid.draw();
  }

  /** What the layout of a view waits for. @param {Data} data */
  needed(data) {
    return [...(data.grouped ? ["groups"] : []), ...(display().shape === "rows" ? ["aspects"] : [])];
  }

  /**
   * Fetch it; null where that fails.
   * @param {Data} data
   * @returns {Promise<[Groups | null, Uint8Array | undefined] | null>}
   */
  async fetched(data) {
    const needed = this.needed(data);
    try {
      const [answer, aspects] = await Promise.all([
        needed.includes("groups") ? groupsOf(data.view, data.held, data.language) : null,
        needed.includes("aspects") ? aspectsOf(data.view, data.held) : undefined,
      ]);
      return [answer?.depth.length ? new Groups(answer, `panoptic.folds.${data.project}.${data.view}`) : null, aspects];
    } catch {
      this.rows.failed = this.isStale = true;
      this.rowsCame();
      return null;
    }
  }

  /** Pictures in their own shape were asked for: fetch the shapes, once a view. */
  async fetchAspects() {
    const { data, grid } = this;
    if (grid.isAwaited || !grid.needsAspects || this.isFetching === data.version) return;
    this.isFetching = data.version;
    // Squares are drawn where shapes cannot be had.
    const aspects = await aspectsOf(data.view, data.held).catch(() => null);
    this.isFetching = null;
    if (!isSame(data, this.data) || grid.isAwaited) return;
    grid.aspects = aspects;
    grid.relayout();
  }

  retry() {
    this.rows.retry();
    if (!this.isStale) return;
    this.isStale = false;
    if (this.grid.isAwaited) this.begin(this.data);
    else this.takeIn(this.data);
  }

  /** Ask for the view of one group alone. */
  only(group) {
    if (this.data.canFilter) this.ask("group", { group, version: this.data.version });
  }

  /** The first sight of a view: where it was left, and the image that the address names. */
  comeBack() {
    const left = JSON.parse(sessionStorage.getItem(this.memory) ?? "null");
    this.grid.current = left?.current ?? 0;
    this.grid.goTo(left ?? BEGINNING);
    this.reported = reported(this.data.current, Boolean(this.data.opened));
    this.followAddress();
  }

  /** The same view with other images in it: what is in sight stays in sight. @param {Data} data */
  async takeIn(data) {
    const { grid, rows } = this;
    const anchor = grid.scroll.offset > grid.geometry.tile ? grid.anchor() : null;
    const [arrangement, top, hand] = await Promise.all([
      this.needed(data).length ? this.fetched(data) : NOTHING_NEEDED,
      anchor ? positionOf(rows, trailOf(rows, anchor.index), anchor.index, data.held) : null,
      this.kept.position(data.held),
    ]);
    if (!isSame(data, this.data) || !arrangement) return;
    rows.show(data.view, data.version, data.total, data.held);
    grid.arrange(arrangement[0], arrangement[1]);
    this.takeUp(hand);
    if (anchor && top !== null) grid.awaited = { index: top.index, above: anchor.above };
    grid.relayout();
    this.fetchAspects();
  }

  /** Rows of other images came: what was in hand stays in hand, or what followed it. */
  async seek() {
    if (this.isSeeking) return;
    this.isSeeking = true;
    const { data } = this;
    const hand = await this.kept.position(data.held);
    this.isSeeking = false;
    if (!isSame(data, this.data) || !this.kept.isElsewhere) return;
    this.takeUp(hand);
    this.grid.draw();
  }

  /** @param {import("./cursor.js").Place | null} hand  where what was in hand is by now */
  takeUp(hand) {
    const { shown } = this.viewer;
    const isOpen = shown !== null && shown.sha1 === this.kept.sha1;
    this.kept.take(hand, this.data.total);
    // An open image stays open, also where the view does not show it any more.
    if (isOpen && hand) this.show({ ...shown, index: hand.of ? null : hand.index, gap: hand.gap });
    this.say();
  }

  remember() {
    const at = this.data && !this.grid.isAwaited && this.grid.scrollPosition();
    if (at) sessionStorage.setItem(this.memory, JSON.stringify({ ...at, current: this.grid.current }));
  }

  get memory() {
    return `panoptic.place.${this.data.project}.${this.data.view}`;
  }

  open(index) {
    const row = this.rows.get(index);
    // Pressed before its row is here: it opens when it comes, unless the person went on.
    this.pendingIndex = row ? null : index;
    if (!row) return;
    this.remember();
    imageAddress.open(row.sha1, this.viewer.node.hidden);
    this.show(shownFrom(row, index));
    this.tellCurrent.now();
  }

  /** Open an image that may lie outside the view, as a new step of the history. */
  openOther({ sha1, name }) {
    const index = this.rows.find(sha1);
    if (index !== null) this.grid.moveTo(index);
    imageAddress.open(sha1, true);
    this.show({ sha1, name, index, isDamaged: false });
    this.tellCurrent.now();
  }

  step(by) {
    const { index, gap } = this.viewer.shown ?? {};
    const to = index == null ? (by > 0 ? gap : gap && gap - 1) : index + by;
    if (to == null || !this.rows.get(to)) return;
    this.grid.moveTo(to);
    this.open(to);
  }

  leave() {
    if (!imageAddress.close()) this.followAddress();
  }

  /** Show what the address says: after a step of the browser's history, or in a new view. */
  followAddress() {
    const sha1 = imageAddress.opened();
    const { opened } = this.data;
    if (!sha1) this.show(null);
    else if (this.isSecond && sha1 !== opened?.sha1 && !this.viewer.shown) return;
    else if (sha1 === opened?.sha1) this.placeOpened(opened);
    else if (sha1 !== this.viewer.shown?.sha1)
      this.show({ sha1, name: "", index: this.rows.find(sha1), isDamaged: false });
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
    if (imageAddress.opened() !== opened.sha1) return;
    const { shown } = this.viewer;
    if (shown?.sha1 === opened.sha1 && shown.index === opened.index && shown.name === opened.name) return;
    if (opened.index !== null) this.grid.moveTo(opened.index);
    this.show(opened);
  }

  rowsCame() {
    this.trouble.hidden = !this.rows.failed;
    if (this.kept.isElsewhere) this.seek();
    else this.kept.note();
    if (!this.viewer.shown && this.isInHand) this.say();
    if (this.pendingIndex !== null && this.rows.get(this.pendingIndex)) this.open(this.pendingIndex);
  }

  moved() {
    if (this.pendingIndex !== this.grid.current) this.pendingIndex = null;
    this.note();
    this.beside.take();
  }

  note() {
    this.kept.note();
    this.say();
  }

  /** Say at once which image is in hand, to Python a moment later. */
  say() {
    const { sha1, isOpen } = this.inHand;
    if (sha1) current.put(this, sha1, isOpen, this.inline.fileInHand(sha1));
    this.tellCurrent();
  }

  get inHand() {
    const { shown } = this.viewer;
    const sha1 = shown?.sha1 ?? this.kept.sha1;
    return { sha1, isOpen: Boolean(shown) };
  }

  /** Take the keys. */
  focus() {
    (this.viewer.shown ? this.viewer.stage : this.grid.node).focus({ preventScroll: true });
  }

  tellNow() {
    if (!this.isInHand) return;
    const { shown } = this.viewer;
    const { sha1 } = this.inHand;
    if (sha1) current.put(this, sha1, Boolean(shown), this.inline.fileInHand(sha1));
    if (!sha1 || this.reported === reported(sha1, Boolean(shown))) return;
    this.reported = reported(sha1, Boolean(shown));
    this.tell("at", { sha1, opened: Boolean(shown) });
  }

  close() {
    this.remember();
    current.removeEventListener("change", this.taken);
    this.beside.close();
    current.leave(this);
    this.tellCurrent.cancel();
    this.stopListening();
    this.unfollow();
    this.grid.close();
    this.viewer.close();
    removeEventListener("popstate", this.back);
    removeEventListener("pagehide", this.leavePage);
    document.removeEventListener("panoptic:open", this.openAsked);
    displayChanges.removeEventListener("change", this.displayed);
  }
}

/** Whether two runs of the page show the same images in the same words. */
function isSame(data, other) {
  return /** @type {const} */ (["project", "view", "version", "held", "total", "grouped", "language"]).every(
    (name) => data[name] === other?.[name],
  );
}

function reported(sha1, isOpen) {
  return `${sha1} ${isOpen}`;
}

function shownFrom(row, index) {
  return { sha1: row.sha1, name: row.name, index, isDamaged: !row.width };
}
