// The thumbnails of sheets, several in one answer and kept in the window: what was seen is there at
// once. One for the whole window: a module is loaded once. Not here: which are wanted
// (gallery/ahead.js), showing one (ui/picture.js).
import { routeTo } from "../bridge/address.js";

// A few rows of tiles, and a whole part of what rows are fetched in; the server takes 64 at most.
export const BATCH = 20;
const AT_ONCE = 3;
const KEPT_BYTES = 64 * 2 ** 20;
// What was not answered after so long is asked for one by one.
const LATE_AFTER = 15_000;
const LETTERS_AT_ONCE = 8_192;

/** @typedef {{bytes: Uint8Array, address: string | null}} Kept  the address is made when it is first shown */
/** The thumbnails that are here by sha1, those used last at the end. @type {Map<string, Kept>} */
const kept = new Map();
/** What the server had none of, or did not answer: each is then asked for alone. @type {Set<string>} */
const alone = new Set();
let keptBytes = 0;

/** Where the thumbnail of an image is in this window, or null. @param {string} sha1 */
export function keptThumbnail(sha1) {
  const item = kept.get(sha1);
  if (!item) return null;
  kept.delete(sha1);
  kept.set(sha1, item);
  // Not of a blob: to make one, and to load it, the window waits for the browser's other processes.
  item.address ??= `data:image/jpeg;base64,${base64(item.bytes)}`;
  return item.address;
}

/** Whether a thumbnail does not come with others. @param {string} sha1 */
export function isAlone(sha1) {
  return alone.has(sha1);
}

/** What one sheet waits for. */
export class Thumbnails extends EventTarget {
  constructor() {
    super();
    /** @type {string[][]} */
    this.waiting = [];
    /** Requests by the images they ask for. @type {Map<string, AbortController>} */
    this.loading = new Map();
  }

  /**
   * Fetch what is not here, the first batch first, and nothing else any more; says "change" when some
   * came.
   * @param {string[][]} batches  of at most `BATCH` images
   */
  want(batches) {
    const missing = batches.map((sha1s) => sha1s.filter((sha1) => !kept.has(sha1) && !alone.has(sha1)));
    const wanted = new Map(missing.filter((sha1s) => sha1s.length).map((sha1s) => [sha1s.join(""), sha1s]));
    for (const [key, request] of this.loading) {
      if (wanted.has(key)) continue;
      this.loading.delete(key);
      request.abort();
    }
    this.waiting = [...wanted].filter(([key]) => !this.loading.has(key)).map(([, sha1s]) => sha1s);
    this.next();
  }

  stop() {
    this.want([]);
  }

  next() {
    while (this.loading.size < AT_ONCE && this.waiting.length)
      this.load(/** @type {string[]} */ (this.waiting.shift()));
  }

  /** @param {string[]} sha1s */
  async load(sha1s) {
    const request = new AbortController();
    const key = sha1s.join("");
    this.loading.set(key, request);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      request.abort();
    }, LATE_AFTER);
    try {
      const answer = await fetch(routeTo(`/thumbs?sha1s=${key}`), { signal: request.signal });
      if (answer.status !== 200) throw new Error(`thumbs: ${answer.status}`);
      keep(sha1s, await answer.arrayBuffer());
    } catch {
      // One by one they are tried again, and what never comes is seen to be missing.
      if (isLate || !request.signal.aborted) for (const sha1 of sha1s) alone.add(sha1);
    } finally {
      clearTimeout(timer);
      if (this.loading.get(key) === request) this.loading.delete(key);
    }
    if (isLate || !request.signal.aborted) this.dispatchEvent(new Event("change"));
    this.next();
  }
}

/** Take an answer apart: the length of each (uint32, little endian), then the JPEGs. */
function keep(sha1s, answer) {
  const lengths = new DataView(answer);
  let from = 4 * sha1s.length;
  sha1s.forEach((sha1, at) => {
    const bytes = lengths.getUint32(4 * at, true);
    if (bytes) put(sha1, new Uint8Array(answer, from, bytes));
    else alone.add(sha1);
    from += bytes;
  });
  for (const [sha1, { bytes }] of kept) {
    if (keptBytes <= KEPT_BYTES) return;
    kept.delete(sha1);
    keptBytes -= bytes.length;
  }
}

/** @param {string} sha1 @param {Uint8Array} bytes */
function put(sha1, bytes) {
  if (kept.has(sha1)) return;
  kept.set(sha1, { bytes, address: null });
  keptBytes += bytes.length;
}

/** @param {Uint8Array & {toBase64?: () => string}} bytes */
function base64(bytes) {
  if (bytes.toBase64) return bytes.toBase64();
  let letters = "";
  for (let at = 0; at < bytes.length; at += LETTERS_AT_ONCE)
    letters += String.fromCharCode(...bytes.subarray(at, at + LETTERS_AT_ONCE));
  return btoa(letters);
}
