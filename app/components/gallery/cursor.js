// The image in hand of a sheet while images come and go: it stays in hand, and where the view does
// not show it any more, the one that followed it. Not here: telling others (current_image.js).

// More than these go at once only where another view is asked for, in all but name.
const AFTER = 100;
const BEFORE = 50;

/**
 * @typedef {{sha1s: string[], after: number}} Trail  an image, those after it (how many), those
 *   before it, the nearest first
 * @typedef {{index: number, of: number, gap: number | null}} Place  where it is by now; `of` is 0
 *   for itself; `gap` is the index of the first image after it, where it is gone
 */

export class Cursor {
  /** @param {import("./virtual_sheet.js").Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    this.forget();
  }

  /** Another view is shown. */
  forget() {
    /** @type {Trail} */
    this.trail = { sha1s: [], after: 0 };
  }

  /** @returns {string | null} */
  get sha1() {
    return this.trail.sha1s[0] ?? null;
  }

  /** The person went to an image, or its row is here. */
  note() {
    this.trail = trailOf(this.sheet.rows, this.sheet.current);
  }

  /** Whether the rows that came are those of other images. */
  get isElsewhere() {
    const row = this.sheet.rows.get(this.sheet.current);
    return Boolean(row && this.sha1 && row.sha1 !== this.sha1);
  }

  /**
   * Where it is in the view, or as that is held; null where nothing near it is known there.
   * @param {string | null} held
   */
  async position(held) {
    for (;;) {
      const { sheet, trail } = this;
      const position = await positionOf(sheet.rows, trail, sheet.current, held);
      // Asked again if the person went on meanwhile.
      if (trail === this.trail) return position;
    }
  }

  /** Take up what was found. @param {Place | null} position @param {number} total */
  take(position, total) {
    const { sheet, trail } = this;
    sheet.current = Math.max(0, Math.min(position?.index ?? sheet.current, total - 1));
    if (position) this.trail = { sha1s: trail.sha1s.slice(position.of), after: Math.max(0, trail.after - position.of) };
    else this.forget();
  }
}

/** @param {import("./rows.js").Rows} rows @param {number} index @returns {Trail} */
export function trailOf(rows, index) {
  const here = rows.get(index);
  if (!here) return { sha1s: [], after: 0 };
  const [after, before] = [run(rows, index, 1, AFTER), run(rows, index, -1, BEFORE)];
  return { sha1s: [here.sha1, ...after, ...before], after: after.length };
}

/**
 * @param {import("./rows.js").Rows} rows
 * @param {Trail} trail
 * @param {number} near
 * @param {string | null} held
 * @returns {Promise<Place | null>}
 */
export async function positionOf(rows, { sha1s, after }, near, held) {
  if (!sha1s.length) return null;
  const match = await rows.first(sha1s, near, held).catch(() => null);
  if (!match) return null;
  const { index, of } = match;
  return { index, of, gap: of === 0 ? null : of <= after ? index : index + 1 };
}

function run(rows, from, by, most) {
  const match = [];
  for (let at = from + by; match.length < most && rows.get(at); at += by) match.push(rows.get(at).sha1);
  return match;
}
