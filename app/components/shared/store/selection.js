// Which images are selected: one selection for the whole window, shared by all components (a
// module is loaded once), kept over reloads. Not here: how a gallery shows or changes it, which
// images "all" are (seen_images.js).
import { routeTo } from "../bridge/address.js";
import { seenImages } from "./seen_images.js";

// As many as the server takes in one question.
const IDS_A_REQUEST = 100_000;

/** @typedef {{all: boolean, ids: string[], except: string[], count: number, held: string | null}} Plain */

export class Selection extends EventTarget {
  constructor() {
    super();
    this.key = "";
    /** Grows with each change: an answer to an older question is not taken. */
    this.turn = 0;
    /** What is held still of the view that "all" means. @type {string | null} */
    this.held = null;
    this.clearQuietly();
  }

  /** Take up what was selected in a project. @param {string} key */
  open(key) {
    if (this.key === key) return;
    this.key = key;
    this.clearQuietly();
    this.restore();
    this.changed(false);
  }

  /**
   * Say which view "all" means, how many images that is, and what is held of it.
   * @param {string} view
   * @param {number} total
   * @param {string | null} [held]
   */
  within(view, total, held = null) {
    const isOther = this.all && this.view !== view;
    const isMore = this.all && this.total !== total;
    this.view = view;
    this.total = total;
    this.held = held;
    if (isOther) this.clear();
    else if (isMore) this.changed(false);
    if (this.all || seenImages.isOf(view, held)) seenImages.read(view, held, total);
  }

  /** Say which view a page shows: all images of another one are not its own. @param {string} view */
  leave(view) {
    if (this.all && this.view !== view) this.clear();
  }

  get count() {
    return this.all ? Math.max(0, this.total - this.except.size) : this.ids.size;
  }

  /** @param {string} id */
  has(id) {
    return this.all ? !this.except.has(id) : this.ids.has(id);
  }

  /** @param {string[]} ids @param {boolean} isSelected */
  put(ids, isSelected) {
    const grows = this.all ? !isSelected : isSelected;
    const held = this.all ? this.except : this.ids;
    for (const id of ids) grows ? held.add(id) : held.delete(id);
    this.changed();
  }

  /** @param {string} id */
  toggle(id) {
    this.put([id], !this.has(id));
  }

  /** Select exactly these. @param {Iterable<string>} ids */
  replace(ids) {
    this.clearQuietly();
    for (const id of ids) this.ids.add(id);
    this.changed();
  }

  selectAll() {
    this.clearQuietly();
    this.all = true;
    this.see();
    this.changed();
  }

  /**
   * Select all images of a view, whether a gallery shows them or not.
   * @param {string} view
   * @param {string | null} held
   */
  async selectWhole(view, held) {
    const { turn } = this;
    const { total } = await among(view, [], held);
    if (turn !== this.turn) return;
    this.within(view, total, held);
    this.selectAll();
  }

  /** Read which images "all" are. */
  see() {
    if (this.all && this.view !== undefined) seenImages.ensure(this.view, this.held, this.total ?? null);
  }

  /**
   * Select all images of a view that are not selected, and nothing else. What was selected
   * outside the view does not count.
   * @param {string} view
   */
  async invert(view) {
    const { turn, all } = this;
    const { total, sha1s } = await among(view, [...(all ? this.except : this.ids)], this.held);
    if (turn !== this.turn) return;
    this.clearQuietly();
    this.view = view;
    this.total = total;
    this.all = !all && sha1s.length < total;
    if (all) this.ids = new Set(sha1s);
    else if (this.all) this.except = new Set(sha1s);
    this.see();
    this.changed();
  }

  /** How many of the selected images a view shows. @param {string} view */
  async countIn(view) {
    const { sha1s } = await among(view, [...this.ids], this.held);
    return sha1s.length;
  }

  clear() {
    seenImages.forget();
    this.clearQuietly();
    this.changed();
  }

  /** What Python gets. @returns {Plain} */
  plain() {
    return { all: this.all, ids: [...this.ids], except: [...this.except], count: this.count, held: this.held };
  }

  clearQuietly() {
    this.all = false;
    /** @type {Set<string>} */
    this.ids = new Set();
    /** @type {Set<string>} */
    this.except = new Set();
  }

  changed(isNew = true) {
    this.turn += 1;
    if (isNew) this.store();
    this.dispatchEvent(new Event("change"));
  }

  store() {
    const { view = "", total = 0 } = this;
    try {
      sessionStorage.setItem(this.key, JSON.stringify({ ...this.plain(), view, total }));
    } catch {
      // Over the browser's quota (some 100,000 images): kept until the page is left.
      sessionStorage.removeItem(this.key);
    }
  }

  restore() {
    const stored = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    if (!stored) return;
    this.all = stored.all;
    this.ids = new Set(stored.ids);
    this.except = new Set(stored.except);
    this.view = stored.view;
    this.total = stored.total;
  }
}

/** Which of some images a view shows, and how many it shows in all. */
async function among(view, ids, held) {
  const images = { total: 0, sha1s: /** @type {string[]} */ ([]) };
  // Asked once even of none, for the total.
  for (let from = 0; from === 0 || from < ids.length; from += IDS_A_REQUEST) {
    const body = ids.slice(from, from + IDS_A_REQUEST).join("\n");
    const answer = await fetch(routeTo(`/among?${new URLSearchParams({ view, held: held ?? "" })}`), {
      method: "POST",
      body,
    });
    if (!answer.ok) throw new Error(`among: ${answer.status}`);
    const { total, sha1s } = await answer.json();
    images.total = total;
    images.sha1s = images.sha1s.concat(sha1s);
  }
  return images;
}

export const selection = new Selection();
