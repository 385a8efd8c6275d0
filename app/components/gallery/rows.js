// The rows of a view, fetched in blocks as they come into sight, and what its layout needs as a
// whole: groups and shapes. Not here: drawing them.

import { routeTo } from "../shared/bridge/address.js";

const BLOCK = 200;
// Enough for some twenty screens of small tiles; older blocks are dropped and fetched again.
const KEPT_BLOCKS = 60;
const AT_ONCE = 3;
const IDS_AT_ONCE = 100_000;
// What was not answered after so long is asked for again, after twice as long the next time.
const LATE_AFTER = 25_000;

/**
 * @typedef {object} Row
 * @property {string} sha1
 * @property {string} name
 * @property {string} place
 * @property {number} width
 * @property {number} height
 * @property {string | null} colour
 * @property {number} copies
 * @property {string} status
 * @property {string | null} [taken_at]
 * @property {string} [added]
 * @property {number} [size]
 * @property {string | null} [camera]
 * @property {number} [similarity]
 * @property {string | null} [hue]      of its colour, if asked for
 * @property {number | null} [cluster]  if asked for
 * @property {Record<string, string>} [values]  of properties, if asked for
 * @property {Record<string, string>} [described]  what the file says of itself, if asked for
 * @property {number} [here]   its rank by likeness, if another view stands beside
 * @property {number} [there]  its rank there, 0 for none
 * @property {boolean} [gone]  shown only because the view is held still
 * @property {boolean} [unclear]  not clearly like the words that are searched for
 * @property {string} [away]  the folder that is not there, where no file of the image is
 */

export class Rows extends EventTarget {
  constructor() {
    super();
    this.view = "";
    this.version = "";
    this.total = 0;
    /** What is held still of the view. @type {string | null} */
    this.held = null;
    /** What rows are to say besides. @type {Record<string, string>} */
    this.also = {};
    /** How far the log of annotations had come when these rows were wanted. */
    this.position = 0;
    /** @type {Map<number, {rows: Row[], edition: string}>} */
    this.blocks = new Map();
    /** @type {Map<number, AbortController>} */
    this.loading = new Map();
    /** @type {number[]} */
    this.wanted = [];
    this.failed = false;
    /** How many requests in a row were not answered in time. */
    this.late = 0;
  }

  /** Show a view at a version, or as it is held. Rows of an older version stay until the new ones are here. */
  show(view, version, total, held = null) {
    if (view !== this.view) {
      this.stop();
      this.blocks.clear();
    }
    this.view = view;
    this.version = version;
    this.total = total;
    this.held = held;
    this.failed = false;
  }

  /**
   * Let rows say more, or less; those that are here stay until the others come.
   * @param {Record<string, string>} also @returns {boolean} whether that is new
   */
  requestFields(also) {
    const before = this.edition;
    this.also = also;
    return this.edition !== before;
  }

  /** Something was annotated: rows that are here stay until they come again. @param {number} position */
  touch(position) {
    this.position = Math.max(this.position, position);
  }

  /** What tells rows from older ones, and from those that say something else. */
  get edition() {
    return `${this.version} ${this.held} ${this.position} ${new URLSearchParams(this.also)}`;
  }

  /** @param {number} index @returns {Row | undefined} */
  get(index) {
    return this.blocks.get(Math.floor(index / BLOCK))?.rows[index % BLOCK];
  }

  /** Fetch what is in sight, and one block either side of it. @param {[number, number][]} ranges in order */
  want(ranges) {
    const seen = new Set();
    for (const [first, last] of ranges) {
      const to = Math.floor(Math.min(this.total - 1, last) / BLOCK);
      for (let block = Math.floor(Math.max(0, first) / BLOCK); block <= to; block++) seen.add(block);
    }
    const inSight = [...seen];
    const [from, to] = [inSight[0] ?? 0, inSight.at(-1) ?? -1];
    this.wanted = [...inSight, to + 1, from - 1].filter((block) => this.isMissing(block));
    for (const [block, request] of this.loading) {
      if (!seen.has(block) && block !== from - 1 && block !== to + 1) request.abort();
    }
    this.next();
  }

  /** The sha1s of a range, whether their rows are here or not. @returns {Promise<string[]>} */
  async ids(first, last) {
    const here = [];
    for (let index = first; index <= last && this.get(index); index++) here.push(this.get(index).sha1);
    if (here.length === last - first + 1) return here;
    const rows = [];
    for (let start = first; start <= last; start += IDS_AT_ONCE) {
      const count = Math.min(IDS_AT_ONCE, last - start + 1);
      const answer = await this.fetchWindow({ start, count, only: "sha1" }, null);
      rows.push(...answer.rows);
    }
    return rows;
  }

  /** The index of an image whose row is here, or null. @param {string} sha1 */
  find(sha1) {
    for (const [block, { rows }] of this.blocks) {
      const at = rows.findIndex((row) => row.sha1 === sha1);
      if (at >= 0) return block * BLOCK + at;
    }
    return null;
  }

  /** The index that an image has in the view, or null. @param {string} sha1 */
  async indexOf(sha1) {
    return (await this.first([sha1], 0, this.held))?.index ?? null;
  }

  /**
   * The first of some images that the view shows, as it is now or as it is held: its index, the
   * one nearest to another, and its place among them; null where it shows none.
   * @param {string[]} sha1s @param {number} near @param {string | null} held
   * @returns {Promise<{index: number, of: number} | null>}
   */
  async first(sha1s, near, held) {
    const { at, of } = await this.fetchWindow({ start: 0, count: 0, at: sha1s.join(), near, held: held ?? "" }, null);
    return at === null ? null : { index: at, of };
  }

  retry() {
    this.failed = false;
    this.dispatchEvent(new Event("change"));
  }

  stop() {
    this.wanted = [];
    for (const request of this.loading.values()) request.abort();
    this.loading.clear();
  }

  isMissing(block) {
    if (block < 0 || block * BLOCK >= this.total || this.loading.has(block)) return false;
    return this.blocks.get(block)?.edition !== this.edition;
  }

  next() {
    while (this.loading.size < AT_ONCE && this.wanted.length && !this.failed) {
      const block = /** @type {number} */ (this.wanted.shift());
      if (this.isMissing(block)) this.load(block);
    }
  }

  async load(block) {
    const request = new AbortController();
    this.loading.set(block, request);
    const { view, edition, also } = this;
    const timer = setTimeout(() => this.giveUp(request), LATE_AFTER * 2 ** this.late);
    try {
      const answer = await this.fetchWindow({ start: block * BLOCK, count: BLOCK, ...also }, request.signal);
      this.late = 0;
      if (view === this.view) this.keep(block, answer.rows, edition);
    } catch {
      if (!request.signal.aborted) this.failed = true;
    } finally {
      clearTimeout(timer);
      if (this.loading.get(block) === request) this.loading.delete(block);
    }
    this.dispatchEvent(new Event("change"));
    this.next();
  }

  /** An answer may be lost on the way: whoever still wants the rows asks again. @param {AbortController} request */
  giveUp(request) {
    this.late += 1;
    request.abort();
  }

  async fetchWindow(what, signal) {
    return (await request("rows", { view: this.view, ...(this.held && { held: this.held }), ...what }, signal)).json();
  }

  keep(block, rows, edition) {
    this.blocks.delete(block);
    this.blocks.set(block, { rows, edition });
    const [oldest] = this.blocks.keys();
    if (this.blocks.size > KEPT_BLOCKS) this.blocks.delete(oldest);
  }
}

/** The groups of a view. @param {string | null} held @returns {Promise<import("./groups.js").Answer>} */
export async function groupsOf(view, held, language) {
  return (await request("groups", { view, held: held ?? "", lang: language })).json();
}

/**
 * The shape of each image of a view, in a byte (geometry.js).
 * @param {string | null} held
 * @returns {Promise<Uint8Array>}
 */
export async function aspectsOf(view, held) {
  return new Uint8Array(await (await request("aspects", { view, held: held ?? "" })).arrayBuffer());
}

async function request(route, what, signal = null) {
  const answer = await fetch(routeTo(`/${route}?${new URLSearchParams(what)}`), { signal });
  if (answer.status !== 200) throw new Error(`${route}: ${answer.status}`);
  return answer;
}
