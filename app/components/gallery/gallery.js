// The gallery: every image of a view, and one of them large. Streamlit calls the default export
// with the data of each run; only what differs is written. Not here: the grid (grid.js), one image
// large (viewer.js), the layout (arrangement.js, geometry.js), keys and mouse (gestures.js).
import { answerTo } from "../shared/bridge/page_requests.js";
import { current } from "../shared/store/current_image.js";
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { changes as displayChanges, display } from "../shared/ui/display_settings.js";
import { debounced, el, set } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { annotations } from "../shared/store/annotations.js";
import { markFields, marksOf } from "../shared/store/marks.js";
import { selection } from "../shared/store/selection.js";
import { isProperty } from "../shared/ui/format_value.js";
import { SideBySide } from "./side_by_side.js";
import { EMPTY, fetchArrangement, isImmediate } from "./arrangement.js";
import { alsoFor, known } from "./captions.js";
import { isSame, reported, shownFrom } from "./data.js";
import { listen } from "./gestures.js";
import { Grid } from "./grid.js";
import { placeLeft, remember } from "./place_left.js";
import { Cursor, positionOf, trailOf } from "./cursor.js";
import { CaptionEditing } from "./caption_editing.js";
import * as imageAddress from "../shared/bridge/image_address.js";
import { Rows, aspectsOf } from "./rows.js";
import { Viewer } from "./viewer.js";

// Python draws the panel of the current image: not for each of the images that keys run over.
const TELL_AFTER = 120;
const BEGINNING = { index: 0, above: Infinity };

/** @typedef {import("./data.js").Data} Data */
/** @typedef {(name: string, value: any) => void} Send */

export default component(
  (root, data) => new Gallery(root, data),
  (shown, { send, state }) => {
    shown.sendState = state;
    shown.send = send;
  },
);

class Gallery {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { texts, language } = data;
    /** Streamlit's, and new with each run. @type {Send} */
    this.sendState = () => {};
    /** @type {Send} */
    this.send = () => {};
    /** @type {Data | null} */
    this.data = null;
    /** Whether what the layout needs could not be fetched. */
    this.isStale = false;
    /** An image that is to open once its row is here. @type {number | null} */
    this.pendingIndex = null;
    this.rows = new Rows();
    this.grid = new Grid(this.rows, selection, texts);
    this.cursor = new Cursor(this.grid);
    this.isSeeking = false;
    const marks = (index) => this.grid.marks(this.rows.get(index));
    this.viewer = new Viewer(texts, language, { close: () => this.leave(), step: (by) => this.step(by), marks });
    this.failureNotice = el(
      "p",
      { class: "message", role: "alert", hidden: true },
      texts.no_rows,
      el("button", { type: "button", onclick: () => this.retry() }, texts.retry),
    );
    this.captionEditing = new CaptionEditing(this.grid, data.editing ?? { texts: {}, colours: [] });
    this.sideBySide = new SideBySide(this.grid, () => this.send("keep", true));
    root.replaceChildren(
      this.sideBySide.node,
      this.sideBySide.none,
      this.grid.node,
      this.captionEditing.node,
      this.viewer.node,
      this.failureNotice,
    );
    // Keys move through the pictures from the first moment, unless someone is elsewhere already.
    if (document.activeElement === document.body && data.beside?.place !== 1)
      this.grid.node.focus({ preventScroll: true });
    this.root = root;
    this.reportCurrent = debounced(() => this.reportNow(), TELL_AFTER);
    const [open, only] = [(index) => this.open(index), (group) => this.only(group)];
    this.stopListening = listen(this.grid, { open, only, all: () => this.selectAll() });
    this.grid.addEventListener("current", () => this.onMove());
    this.grid.addEventListener("settled", () => this.remember());
    this.rows.addEventListener("change", () => this.onRows());
    this.unfollow = onAnnotationChange((position) => this.onAnnotated(position));
    this.mounted = new AbortController();
    const { signal } = this.mounted;
    current.addEventListener("change", () => this.yieldToOther(), { signal });
    displayChanges.addEventListener("change", () => this.onDisplayChange(), { signal });
    // Properties came, maybe those of stars and flags.
    annotations.addEventListener("define", () => this.data && this.onDisplayChange(), { signal });
    addEventListener("popstate", () => this.followAddress(), { signal });
    addEventListener("pagehide", () => this.remember(), { signal });
    signal.onabort = answerTo("open", (image) => this.isSecond || this.openOther(image));
  }

  /** @param {Data} data */
  update(data) {
    const isOther = data.view !== this.data?.view || data.project !== this.data?.project;
    if (isOther) this.remember();
    const isChanged = isOther || !isSame(data, this.data);
    const isOtherChip = data.chip !== this.data?.chip;
    this.data = data;
    set(this.root, "lang", data.language);
    this.openSelection(data);
    this.grid.texts = data.texts;
    this.sideBySide.update(data.beside ?? null, data.total, data.language);
    const isOtherSay = this.requestCaptionFields();
    this.captionEditing.byFile = data.mode === "file";
    this.grid.options = { chip: data.chip ?? null, language: data.language, canFilter: Boolean(data.canFilter) };
    if (isOther) {
      this.pendingIndex = null;
      this.rows.show(data.view, data.version, data.total, data.held);
      this.cursor.forget();
      this.grid.reset();
      this.layOut(data);
    } else if (isChanged) this.refresh(data);
    else if (isOtherSay) this.grid.relayout();
    else if (isOtherChip) this.grid.draw();
    if (data.opened) this.placeOpened(data.opened);
  }

  /** @param {Data} data */
  openSelection(data) {
    selection.open(`panoptic.selection.${data.project}`);
    // "All" means the first of two.
    if (!this.isSecond) selection.within(data.view, data.images ?? data.total, data.held);
  }

  /** Lay a view out for the first time, as soon as what its layout needs is here. @param {Data} data */
  async layOut(data) {
    this.restorePosition();
    // Most views need nothing: they are there at once.
    const arrangement = isImmediate(data) ? EMPTY : await this.fetched(data);
    if (!arrangement || !isSame(data, this.data)) return;
    this.grid.arrange(...arrangement);
    this.grid.relayout();
    // The shape may have been changed meanwhile.
    this.fetchAspects();
  }

  /** Let rows say what their captions need; whether that is new. */
  requestCaptionFields() {
    const chip = this.data?.chip;
    const marks = markFields();
    this.grid.marks = (row) => marksOf(row, marks);
    const fields = [...known(display().captions, this.grid.texts), ...(isProperty(chip) ? [chip] : []), ...marks];
    const other = this.data?.beside?.other;
    return this.rows.requestFields({
      ...alsoFor(fields, this.data?.encoder ?? null),
      ...(other && { beside: other }),
    });
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
  yieldToOther() {
    const isElsewhere = this.data?.beside && current.isOpen && current.display !== this;
    if (isElsewhere && this.viewer.shown) this.show(null);
  }

  async selectAll() {
    if (!this.isSecond) selection.selectAll();
    else if (this.rows.total) selection.replace(await this.rows.ids(0, this.rows.total - 1));
  }

  /** What was said of the pictures is another: their rows come again, in place. */
  onAnnotated(position) {
    // Groups change with their images: both come with the next run of the page.
    if (this.data?.grouped) return;
    this.rows.touch(position);
    this.grid.draw();
  }

  /**
   * Fetch what the layout waits for; null where that fails.
   * @param {Data} data
   */
  async fetched(data) {
    try {
      return await fetchArrangement(data);
    } catch {
      this.rows.failed = this.isStale = true;
      this.onRows();
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

  onDisplayChange() {
    this.fetchAspects();
    if (this.requestCaptionFields()) this.grid.draw();
  }

  retry() {
    this.rows.retry();
    if (!this.isStale) return;
    this.isStale = false;
    if (this.grid.isAwaited) this.layOut(this.data);
    else this.refresh(this.data);
  }

  /** Ask for the view of one group alone. */
  only(group) {
    if (this.data.canFilter) this.send("group", { group, version: this.data.version });
  }

  /** The first sight of a view: where it was left, and the image that the address names. */
  restorePosition() {
    const left = placeLeft(this.data);
    this.grid.current = left?.current ?? 0;
    this.grid.goTo(left ?? BEGINNING);
    this.reported = reported(this.data.current, Boolean(this.data.opened));
    this.followAddress();
  }

  /** The same view with other images in it: what is in sight stays in sight. @param {Data} data */
  async refresh(data) {
    const { grid, rows } = this;
    const anchor = grid.scroll.offset > grid.geometry.tile ? grid.anchor() : null;
    const [arrangement, top, hand] = await Promise.all([
      this.fetched(data),
      anchor ? positionOf(rows, trailOf(rows, anchor.index), anchor.index, data.held) : null,
      this.cursor.position(data.held),
    ]);
    if (!isSame(data, this.data) || !arrangement) return;
    rows.show(data.view, data.version, data.total, data.held);
    grid.arrange(arrangement[0], arrangement[1]);
    this.restoreCursor(hand);
    if (anchor && top !== null) grid.awaited = { index: top.index, above: anchor.above };
    grid.relayout();
    this.fetchAspects();
  }

  /** Rows of other images came: what was in hand stays in hand, or what followed it. */
  async seek() {
    if (this.isSeeking) return;
    this.isSeeking = true;
    const { data } = this;
    const hand = await this.cursor.position(data.held);
    this.isSeeking = false;
    if (!isSame(data, this.data) || !this.cursor.isElsewhere) return;
    this.restoreCursor(hand);
    this.grid.draw();
  }

  /** @param {import("./cursor.js").Place | null} hand  where what was in hand is by now */
  restoreCursor(hand) {
    const { shown } = this.viewer;
    const isOpen = shown !== null && shown.sha1 === this.cursor.sha1;
    this.cursor.take(hand, this.data.total);
    // An open image stays open, also where the view does not show it any more.
    if (isOpen && hand) this.show({ ...shown, index: hand.of ? null : hand.index, gap: hand.gap });
    this.noteCurrent();
  }

  remember() {
    if (this.data) remember(this.data, this.grid);
  }

  open(index) {
    const row = this.rows.get(index);
    // Pressed before its row is here: it opens when it comes, unless the person went on.
    this.pendingIndex = row ? null : index;
    if (!row) return;
    this.remember();
    imageAddress.open(row.sha1, this.viewer.node.hidden);
    this.show(shownFrom(row, index));
    this.reportCurrent.now();
  }

  /** Open an image that may lie outside the view, as a new step of the history. */
  openOther({ sha1, name }) {
    const index = this.rows.find(sha1);
    if (index !== null) this.grid.moveTo(index);
    imageAddress.open(sha1, true);
    this.show({ sha1, name, index, isDamaged: false });
    this.reportCurrent.now();
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
    this.reportCurrent.now();
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

  onRows() {
    this.failureNotice.hidden = !this.rows.failed;
    this.viewer.showMarks();
    if (this.cursor.isElsewhere) this.seek();
    else this.cursor.note();
    if (!this.viewer.shown && this.isInHand) this.noteCurrent();
    if (this.pendingIndex !== null && this.rows.get(this.pendingIndex)) this.open(this.pendingIndex);
  }

  onMove() {
    if (this.pendingIndex !== this.grid.current) this.pendingIndex = null;
    this.cursor.note();
    this.noteCurrent();
    this.sideBySide.take();
  }

  /** Say at once which image is in hand, to Python a moment later. */
  noteCurrent() {
    const { sha1, isOpen } = this.currentImage;
    if (sha1) current.put(this, sha1, isOpen, this.captionEditing.fileInHand(sha1));
    this.reportCurrent();
  }

  get currentImage() {
    return { sha1: this.viewer.shown?.sha1 ?? this.cursor.sha1, isOpen: Boolean(this.viewer.shown) };
  }

  /** Take the keys. */
  focus() {
    (this.viewer.shown ? this.viewer.stage : this.grid.node).focus({ preventScroll: true });
  }

  reportNow() {
    if (!this.isInHand) return;
    const { sha1, isOpen } = this.currentImage;
    if (sha1) current.put(this, sha1, isOpen, this.captionEditing.fileInHand(sha1));
    if (!sha1 || this.reported === reported(sha1, isOpen)) return;
    this.reported = reported(sha1, isOpen);
    this.sendState("at", { sha1, opened: isOpen });
  }

  close() {
    this.remember();
    this.mounted.abort();
    this.sideBySide.close();
    current.leave(this);
    this.reportCurrent.cancel();
    this.stopListening();
    this.unfollow();
    this.grid.close();
    this.viewer.close();
  }
}
