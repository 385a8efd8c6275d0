// The table: every image of a view as a row of its properties. Streamlit calls the default export
// with the data of each run; only what differs is written. Not here: an image large (gallery).
import { ask } from "../shared/bridge/page_requests.js";
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { current } from "../shared/store/current_image.js";
import { debounced, el, set } from "../shared/ui/dom.js";
import { Groups } from "../gallery/groups.js";
import { Cursor, positionOf, trailOf } from "../gallery/cursor.js";
import * as imageAddress from "../shared/bridge/image_address.js";
import { Rows, groupsOf } from "../gallery/rows.js";
import { inItsLanguage, component } from "../shared/bridge/lifecycle.js";
import { selection } from "../shared/store/selection.js";
import { begin } from "../shared/bridge/pending.js";
import { Body } from "./body.js";
import { Layout, TAIL, columns } from "./columns.js";
import { Editing } from "./cell_editing.js";
import { Head } from "./column_headings.js";
import { listen } from "./keyboard.js";

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
 * @property {import("./columns.js").Property[]} [properties]  those that have a column
 * @property {string[]} [described]  fields of what files say of themselves that have a column
 * @property {import("../annotate/in_place_editor.js").EditorContext} [editing]
 * @property {"image" | "file"} [mode]  what the rows are
 * @property {boolean} grouped    whether the view has groups
 * @property {boolean} canFilter  whether a group can be shown alone
 * @property {string | null} current  sha1 of the image that Python's panel shows
 * @property {{field: string, descending: boolean}} sort
 * @property {string} language
 * @property {Record<string, string>} texts
 */

export default component(
  (root, data) => new Table(root, data),
  (shown, { send }) => (shown.send = send),
  inItsLanguage,
);

class Table {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { texts } = data;
    this.root = root;
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.send = () => {};
    /** @type {Data | null} */
    this.data = null;
    /** Whether the groups could not be fetched. */
    this.isStale = false;
    /** The row that is to be opened once it is here. @type {number | null} */
    this.pendingIndex = null;
    this.rows = new Rows();
    this.layout = new Layout(columns(data.language, data.properties ?? [], texts, data.described));
    this.node = el("div", {
      class: "table",
      role: "grid",
      tabindex: "0",
      "aria-multiselectable": "true",
      "aria-label": texts.label,
    });
    this.head = new Head(this.layout, selection, texts, {
      sort: (field, descending) => this.order(field, descending),
      widest: (name) => this.body.widest(name),
      leave: () => this.node.focus({ preventScroll: true }),
    });
    this.node.append(this.head.node);
    this.layout.addEventListener("change", () => {
      this.sayAlso();
      this.writeWidths();
    });
    this.body = new Body(this.node, this.rows, selection, this.layout, texts);
    this.cursor = new Cursor(this.body);
    this.isSeeking = false;
    this.editing = new Editing(this.body, data.editing ?? { texts: {}, colours: [] });
    this.trouble = el(
      "p",
      { class: "message", role: "alert", hidden: true },
      texts.no_rows,
      el("button", { type: "button", onclick: () => this.retry() }, texts.retry),
    );
    root.replaceChildren(this.node, this.head.menu, this.head.panel, this.editing.node, this.trouble);
    // Keys move through the rows from the first moment, unless someone is elsewhere already.
    if (document.activeElement === document.body) this.node.focus({ preventScroll: true });
    this.tellCurrent = debounced(() => this.tellNow(false), TELL_AFTER);
    listen(this.body, {
      open: (index) => this.open(index),
      only: (group) => this.only(group),
      edit: (index, name) => this.editing.begin({ index, name }),
      empty: (index, name) => this.editing.clear({ index, name }),
    });
    this.unfollow = onAnnotationChange((position) => this.annotated(position));
    this.body.addEventListener("current", () => this.moved());
    this.body.addEventListener("settled", () => this.remember());
    this.rows.addEventListener("change", () => this.rowsCame());
    addEventListener("pagehide", (this.leavePage = () => this.remember()));
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    const isOther = data.view !== before?.view || data.project !== before?.project;
    if (isOther) this.remember();
    const isChanged = isOther || !isSame(data, before);
    this.data = data;
    set(this.root, "lang", data.language);
    selection.open(`panoptic.selection.${data.project}`);
    selection.within(data.view, data.images ?? data.total, data.held);
    this.layout.open(`panoptic.table.${data.project}`);
    this.layout.offer(columns(data.language, data.properties ?? [], data.texts, data.described));
    this.sayAlso();
    this.body.options = { language: data.language, canFilter: data.canFilter };
    this.editing.byFile = data.mode === "file";
    this.head.update(data.sort);
    this.writeWidths();
    if (isOther) this.comeTo(data);
    else if (isChanged) this.takeIn(data);
    else if (data.current !== before?.current) this.follow(data.current);
  }

  /** The first sight of a view: where it was left, here or in another display of it. */
  comeTo(data) {
    const { body } = this;
    const [left, top] = [this.memory, this.ownMemory].map((key) => JSON.parse(sessionStorage.getItem(key) ?? "null"));
    this.pendingIndex = null;
    this.rows.show(data.view, data.version, data.total, data.held);
    this.cursor.forget();
    body.reset();
    body.current = Math.max(0, Math.min(left?.current ?? 0, data.total - 1));
    body.goTo(top ?? BEGINNING);
    if (left && !left.isTable) body.sought = body.current;
    this.reported = data.current;
    this.begin(data);
  }

  /** Lay the rows out, as soon as their groups are here. @param {Data} data */
  async begin(data) {
    // Most views have none: they are there at once.
    const groups = data.grouped ? await this.fetched(data) : null;
    if (groups === undefined || !isSame(data, this.data)) return;
    this.body.arrange(groups);
    this.body.relayout();
  }

  /** Fetch the groups of a view; undefined where that fails. @param {Data} data */
  async fetched(data) {
    try {
      const answer = await groupsOf(data.view, data.held, data.language);
      return answer.depth.length ? new Groups(answer, `panoptic.folds.${data.project}.${data.view}`) : null;
    } catch {
      if (!isSame(data, this.data)) return undefined;
      this.rows.failed = this.isStale = true;
      this.rowsCame();
      return undefined;
    }
  }

  retry() {
    this.rows.retry();
    if (!this.isStale) return;
    this.isStale = false;
    if (this.body.isAwaited) this.begin(this.data);
    else this.takeIn(this.data);
  }

  /** The same view with other images in it: what is in sight stays in sight. @param {Data} data */
  async takeIn(data) {
    const { body, rows } = this;
    const anchor = body.scroll.offset > 0 ? body.anchor() : null;
    const [groups, top, position] = await Promise.all([
      data.grouped ? this.fetched(data) : null,
      anchor ? positionOf(rows, trailOf(rows, anchor.index), anchor.index, data.held) : null,
      this.cursor.position(data.held),
    ]);
    if (groups === undefined || !isSame(data, this.data)) return;
    this.pendingIndex = null;
    rows.show(data.view, data.version, data.total, data.held);
    body.arrange(groups);
    this.cursor.take(position, data.total);
    this.noteCurrent();
    if (anchor && top !== null) body.awaited = { index: top.index, above: anchor.above };
    body.relayout();
  }

  /** Rows of other images came: what was in hand stays in hand, or what followed it. */
  async seek() {
    if (this.isSeeking) return;
    this.isSeeking = true;
    const { data } = this;
    const position = await this.cursor.position(data.held);
    this.isSeeking = false;
    if (!isSame(data, this.data) || !this.cursor.isElsewhere) return;
    this.cursor.take(position, data.total);
    this.noteCurrent();
    this.body.draw();
  }

  /** Another display went to an image: its row comes into sight. @param {string | null} sha1 */
  async follow(sha1) {
    const isHere = /** @type {ShadowRoot} */ (this.root.getRootNode()).activeElement;
    // What comes back while someone is at work here is only what was told from here.
    if (isHere || !sha1 || sha1 === this.reported) return;
    this.reported = sha1;
    const { data } = this;
    const index = this.rows.find(sha1) ?? (await this.rows.indexOf(sha1).catch(() => null));
    if (index !== null && isSame(data, this.data)) this.body.moveTo(index);
  }

  /** Let rows say what the columns of properties, and of what files say, need. */
  sayAlso() {
    const fields = this.layout.requested;
    this.rows.requestFields(fields.length ? { also: fields.join() } : {});
  }

  /** What was said of the images is another: their rows come again, in place. */
  annotated(position) {
    // Groups change with their images: both come with the next run of the page.
    if (this.data?.grouped) return;
    this.rows.touch(position);
    this.body.draw();
  }

  remember() {
    const at = this.data && !this.body.isAwaited && this.body.scrollPosition();
    if (!at) return;
    sessionStorage.setItem(this.memory, JSON.stringify({ ...at, current: this.body.current, isTable: true }));
    sessionStorage.setItem(this.ownMemory, JSON.stringify(at));
  }

  /** Where the view was left, shared with the gallery. */
  get memory() {
    return `panoptic.place.${this.data.project}.${this.data.view}`;
  }

  get ownMemory() {
    return `panoptic.table.place.${this.data.project}.${this.data.view}`;
  }

  /** Show an image large: in the gallery beside, or in the one that Python draws then. */
  open(index) {
    const row = this.rows.get(index);
    this.pendingIndex = row ? null : index;
    if (!row) return;
    const { sha1, name } = row;
    this.remember();
    ask("open", { sha1, name });
    if (imageAddress.opened() !== sha1) imageAddress.open(sha1, true);
    this.tellCurrent.cancel();
    this.tellNow(true);
  }

  /** Ask for the view of one group alone. */
  only(group) {
    if (!this.data.canFilter) return;
    begin();
    this.send("group", { group, version: this.data.version });
  }

  order(field, descending) {
    begin();
    this.send("sort", { field, descending });
  }

  rowsCame() {
    this.trouble.hidden = !this.rows.failed;
    const row = this.rows.get(this.body.current);
    if (row) this.layout.rank(row.similarity != null);
    if (this.cursor.isElsewhere) this.seek();
    else this.note();
    if (this.pendingIndex !== null && this.rows.get(this.pendingIndex)) this.open(this.pendingIndex);
  }

  moved() {
    if (this.pendingIndex !== this.body.current) this.pendingIndex = null;
    this.note();
  }

  note() {
    this.cursor.note();
    this.noteCurrent();
  }

  /** Say at once which image is in hand, to Python a moment later. */
  noteCurrent() {
    const { sha1 } = this.cursor;
    // An image that is open beside is in hand before those of the rows.
    if (sha1 && !current.isOpen) current.put(this, sha1, false, this.editing.fileInHand(sha1));
    this.tellCurrent();
  }

  /** Take the keys. */
  focus() {
    this.node.focus({ preventScroll: true });
  }

  tellNow(isOpened) {
    const { sha1 } = this.cursor;
    if (!sha1 || (this.reported === sha1 && !isOpened)) return;
    this.reported = sha1;
    this.send("at", { sha1, opened: isOpened });
  }

  writeWidths() {
    const { widths } = this.head;
    const style = this.node.style;
    style.setProperty("--columns", `${widths.map((width) => `${width}px`).join(" ")} minmax(${TAIL}px, 1fr)`);
    style.setProperty("--total", `${widths.reduce((sum, width) => sum + width, TAIL)}px`);
    set(this.node, "aria-colcount", widths.length);
  }

  close() {
    this.remember();
    current.leave(this);
    this.tellCurrent.cancel();
    this.unfollow();
    this.head.close();
    this.body.close();
    removeEventListener("pagehide", this.leavePage);
  }
}

/** Whether two runs of the page show the same images in the same words. */
function isSame(data, other) {
  return /** @type {const} */ (["project", "view", "version", "held", "total", "grouped", "language"]).every(
    (name) => data[name] === other?.[name],
  );
}
