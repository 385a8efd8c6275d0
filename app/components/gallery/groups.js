// The groups of a view, and which of them are folded. Not here: where they lie (geometry.js),
// their headers (group_header.js), what of them is selected (group_checkboxes.js).

/**
 * What the server says, in lists beside each other; a parent stands before its children.
 * @typedef {object} Answer  unset: of what has no value
 * @property {number[]} depth
 * @property {number[]} start
 * @property {number[]} count
 * @property {string[]} label
 * @property {boolean[]} unset
 * @property {(string | null)[]} why  what its lineage is asked by
 */

/**
 * What is folded: whole levels, and the groups that are not as their level.
 * @typedef {{levels: boolean[], others: string[]}} Folds
 */

export class Groups {
  /** @param {Answer} answer @param {string} memory  where the session keeps what is folded */
  constructor(answer, memory) {
    this.depth = Uint8Array.from(answer.depth);
    this.start = Int32Array.from(answer.start);
    this.count = Int32Array.from(answer.count);
    this.label = answer.label;
    this.unset = answer.unset;
    this.why = answer.why;
    this.length = this.depth.length;
    this.parent = parents(this.depth);
    this.memory = memory;
    this.folded = new Uint8Array(this.length);
    this.restore();
  }

  isLeaf(group) {
    return !(this.depth[group + 1] > this.depth[group]);
  }

  /** The names from the top down to a group. @returns {string[]} */
  path(group) {
    const names = [];
    for (let at = group; at >= 0; at = this.parent[at]) names.push(this.label[at]);
    return names.reverse();
  }

  /** Whether none of the groups around one is folded. */
  isShown(group) {
    for (let at = this.parent[group]; at >= 0; at = this.parent[at]) if (this.folded[at]) return false;
    return true;
  }

  toggle(group) {
    this.folded[group] ^= 1;
    const key = this.key(group);
    if (!this.others.delete(key)) this.others.add(key);
    this.store();
  }

  /** Fold or open every group of a level, as one of them now would be. */
  toggleLevel(group) {
    const depth = this.depth[group];
    const isFolded = !this.folded[group];
    this.levels[depth] = isFolded;
    for (let other = 0; other < this.length; other++) {
      if (this.depth[other] !== depth) continue;
      this.folded[other] = Number(isFolded);
      if (this.others.size) this.others.delete(this.key(other));
    }
    this.store();
  }

  key(group) {
    return JSON.stringify(this.path(group));
  }

  store() {
    try {
      sessionStorage.setItem(this.memory, JSON.stringify({ levels: this.levels, others: [...this.others] }));
    } catch {
      // Over the browser's quota: kept until the page is left.
      sessionStorage.removeItem(this.memory);
    }
  }

  restore() {
    const { levels = [], others = [] } = JSON.parse(sessionStorage.getItem(this.memory) ?? "{}");
    /** @type {boolean[]} */
    this.levels = levels;
    /** @type {Set<string>} */
    this.others = new Set(others);
    if (!levels.some(Boolean) && !others.length) return;
    for (let group = 0; group < this.length; group++) {
      const isOther = this.others.size > 0 && this.others.has(this.key(group));
      this.folded[group] = Number(Boolean(levels[this.depth[group]]) !== isOther);
    }
  }
}

/** The group around each, -1 at the top. @param {Uint8Array} depth */
function parents(depth) {
  const positions = new Int32Array(depth.length);
  /** @type {number[]} */
  const open = [];
  depth.forEach((at, group) => {
    open.length = at;
    positions[group] = open[at - 1] ?? -1;
    open.push(group);
  });
  return positions;
}
