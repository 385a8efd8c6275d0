// Which images a view shows, read while all of them are selected: what is done to all is done to
// those that were seen, also where it is stored later, and the view has others by then. One for the
// whole window. Not here: what is selected (selection.js), sending edits (annotations.js).
import { routeTo } from "../bridge/address.js";

const DIGITS = 40;

/**
 * @typedef {object} Seen  digest: of both, sha1s: one text, places: of a view of files
 * @property {string} digest
 * @property {string} [sha1s]
 * @property {string[]} [places]
 * @typedef {(view: string, held: string | null, known: string) => Promise<Seen>} Request
 */

export class SeenImages {
  /** @param {Request} request */
  constructor(request = fetchSeen) {
    this.request = request;
    /** What is said where images cannot be known. */
    this.texts = { unread: "", changed: "" };
    this.forget();
  }

  /** Read nothing until it is wanted again. */
  forget() {
    this.key = "";
    /** @type {Seen | null} */
    this.images = null;
    /** How many the page shows. @type {number | null} */
    this.total = null;
    /** @type {Promise<void>} */
    this.reading = Promise.resolve();
  }

  /** Whether a view is followed. @param {string} view @param {string | null} held */
  isOf(view, held) {
    return this.key === keyOf(view, held);
  }

  /**
   * Read what a view shows that was drawn just now.
   * @param {string} view @param {string | null} held @param {number | null} total
   */
  read(view, held, total) {
    const key = keyOf(view, held);
    if (this.key !== key) this.forget();
    this.key = key;
    this.total = total;
    const reading = this.request(view, held, this.images?.digest ?? "").then(
      (images) => {
        if (reading === this.reading && images.sha1s !== undefined) this.images = images;
      },
      // What was read before is still shown, where it is as many.
      () => {},
    );
    this.reading = reading;
  }

  /**
   * As `read`, where that was not done yet.
   * @param {string} view @param {string | null} held @param {number | null} total
   */
  ensure(view, held, total) {
    if (!this.isOf(view, held) || this.total !== total) this.read(view, held, total);
  }

  /**
   * The images of a view but some, each by its sha1. Throws what a person can read where they are not known.
   * @param {string} view @param {{held: string | null, except: string[]}} selection
   * @returns {Promise<{sha1s: string[], places?: string[]}>}
   */
  async targets(view, { held, except }) {
    if (!this.isOf(view, held)) this.read(view, held, null);
    await this.reading;
    const { images } = this;
    if (images?.sha1s === undefined || !this.isOf(view, held)) throw new Error(this.texts.unread);
    const sha1s = parted(images.sha1s);
    if (this.total !== null && this.total !== sha1s.length) throw new Error(this.texts.changed);
    const leftOut = new Set(except);
    const { places } = images;
    return { sha1s: sha1s.filter((sha1) => !leftOut.has(sha1)), ...(places ? { places } : {}) };
  }
}

/** @param {string} view @param {string | null} held */
function keyOf(view, held) {
  return `${view}\n${held ?? ""}`;
}

/** @param {string} text @returns {string[]} */
function parted(text) {
  return Array.from({ length: text.length / DIGITS }, (_, index) => text.slice(index * DIGITS, (index + 1) * DIGITS));
}

/** @type {Request} */
async function fetchSeen(view, held, known) {
  const answer = await fetch(routeTo(`/seen?${new URLSearchParams({ view, held: held ?? "", known })}`));
  if (answer.status !== 200) throw new Error(`seen: ${answer.status}`);
  return answer.json();
}

export const seenImages = new SeenImages();
