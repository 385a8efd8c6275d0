// How much of each group is selected, and selecting all of it. Not here: the selection itself
// (selection.js).

// Groups larger than this are known to be selected only when everything is.
const COMPARED_AT_MOST = 100_000;
// Enough of the rows that are here to see that some are selected.
const LOOKED_AT = 2_000;

/** @typedef {"all" | "some" | "none"} State */

export class Ticks {
  /**
   * @param {import("./rows.js").Rows} rows
   * @param {import("../shared/store/selection.js").Selection} selection
   * @param {() => void} changed
   */
  constructor(rows, selection, changed) {
    this.rows = rows;
    this.selection = selection;
    this.changed = changed;
    this.show(null);
  }

  /** @param {import("./groups.js").Groups | null} groups */
  show(groups) {
    this.groups = groups;
    /** @type {Map<number, State>} */
    this.known = new Map();
    /** @type {Map<number, string[] | null>} */
    this.ids = new Map();
  }

  /** Rows or the selection have changed. */
  forget() {
    this.known.clear();
  }

  /** @returns {State} */
  of(group) {
    const { selection } = this;
    if (selection.all && !selection.except.size) return "all";
    if (!selection.count) return "none";
    const state = this.known.get(group) ?? this.look(group);
    this.known.set(group, state);
    return state;
  }

  /** @returns {State} */
  look(group) {
    const { start, count } = this.groups;
    const size = count[group];
    const first = start[group];
    const ids = this.selection.count >= size && size <= COMPARED_AT_MOST ? this.fullIds(group) : null;
    if (ids) return some(ids, (id) => this.selection.has(id));
    for (let index = first; index < first + Math.min(size, LOOKED_AT); index++) {
      const row = this.rows.get(index);
      if (row && this.selection.has(row.sha1)) return "some";
    }
    return "none";
  }

  /** The sha1s of a group; null while they are fetched. */
  fullIds(group) {
    if (!this.ids.has(group)) {
      this.ids.set(group, null);
      this.fetch(group).then(this.changed, () => this.ids.delete(group));
    }
    return this.ids.get(group);
  }

  async fetch(group) {
    const { groups } = this;
    const first = groups.start[group];
    const ids = await this.rows.ids(first, first + groups.count[group] - 1);
    if (groups === this.groups) this.ids.set(group, ids);
    this.known.delete(group);
    return ids;
  }

  /** Select all images of a group, or none where all are. */
  async toggle(group) {
    const ids = this.ids.get(group) ?? (await this.fetch(group));
    this.selection.put(ids, some(ids, (id) => this.selection.has(id)) !== "all");
  }

  /** Select all images of a group, and no others. */
  async only(group) {
    this.selection.replace(this.ids.get(group) ?? (await this.fetch(group)));
  }
}

/** @returns {State} */
function some(ids, isSelected) {
  const first = isSelected(ids[0]);
  if (ids.every((id) => isSelected(id) === first)) return first ? "all" : "none";
  return "some";
}
