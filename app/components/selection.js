// Which images are selected: one selection for the whole window, shared by all components (a
// module is loaded once), kept over reloads. Not here: how a gallery shows or changes it.

/** @typedef {{all: boolean, ids: string[], except: string[], count: number}} Plain */

export class Selection extends EventTarget {
  constructor() {
    super();
    this.key = "";
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

  /** Say which view "all" means, and how many images that is. @param {string} view @param {number} total */
  within(view, total) {
    const isOther = this.all && this.view !== view;
    const isMore = this.all && this.total !== total;
    this.view = view;
    this.total = total;
    if (isOther) this.clear();
    else if (isMore) this.changed(false);
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
    this.changed();
  }

  clear() {
    this.clearQuietly();
    this.changed();
  }

  /** What Python gets. @returns {Plain} */
  plain() {
    return { all: this.all, ids: [...this.ids], except: [...this.except], count: this.count };
  }

  clearQuietly() {
    this.all = false;
    /** @type {Set<string>} */
    this.ids = new Set();
    /** @type {Set<string>} */
    this.except = new Set();
  }

  changed(isNew = true) {
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

export const selection = new Selection();
