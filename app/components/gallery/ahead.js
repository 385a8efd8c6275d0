// Which pictures of a sheet are asked for before they are seen: those in sight, then those that the
// scroll comes to, further ahead the faster it goes. Pure. Not here: fetching them
// (shared/store/thumbnails.js).
import { reach } from "../shared/ui/scroll_speed.js";
import { BATCH } from "../shared/store/thumbnails.js";
import { rowsInSight } from "./geometry.js";
import { pictured } from "./tile.js";

// Seconds before it is seen: a picture is fetched, and its row drawn and its picture decoded.
const FETCHED_BEFORE = 1;
const DRAWN_BEFORE = 0.15;
// Where someone is about to scroll, so much of a window either side is there before the next move.
const BESIDE_WINDOWS = 0.75;

const NONE = { first: 0, last: -1 };

/** @typedef {import("./geometry.js").Geometry} Geometry */
/** @typedef {{offset: number, window: number, speed: {value: number}, isUsed: boolean}} Scrolled */

/** The rows that are drawn. @param {Geometry} g @param {Scrolled} scroll @param {number} margin  pixels */
export function rowsDrawn(g, scroll, margin) {
  const { above, below } = reach(scroll.speed.value, DRAWN_BEFORE, margin);
  return rowsInSight(g, scroll.offset - above, scroll.window + above + below);
}

/**
 * The images whose pictures are wanted, the most urgent first: in batches that are the same wherever
 * the window stands, so that the browser knows an answer again.
 * @param {Geometry} g @param {Scrolled} scroll @returns {[number, number][]}
 */
export function batchesWanted(g, scroll) {
  const isUp = scroll.speed.value < 0;
  const least = scroll.isUsed ? BESIDE_WINDOWS * scroll.window : 0;
  const { above, below } = reach(scroll.speed.value, FETCHED_BEFORE, least);
  const { offset, window } = scroll;
  const wanted = new Set();
  addBatches(wanted, g, rowsInSight(g, offset, window), isUp);
  const up = above ? rowsInSight(g, offset - above, above) : NONE;
  const down = below ? rowsInSight(g, offset + window, below) : NONE;
  addBatches(wanted, g, isUp ? up : down, isUp);
  addBatches(wanted, g, isUp ? down : up, !isUp);
  return [...wanted].map((batch) => [batch * BATCH, Math.min(g.given.total, (batch + 1) * BATCH) - 1]);
}

/**
 * Those images by their sha1s, as far as their rows are here and have a picture.
 * @param {Geometry} g @param {Scrolled} scroll @param {import("./rows.js").Rows} rows
 */
export function picturesWanted(g, scroll, rows) {
  return batchesWanted(g, scroll).map(([first, last]) => {
    const sha1s = new Set();
    for (let index = first; index <= last; index++) {
      const picture = pictured(rows.get(index) ?? null);
      if (picture && !picture.isDamaged) sha1s.add(picture.sha1);
    }
    return [...sha1s];
  });
}

/** Add the batches of some rows, from the top down or from the bottom up. */
function addBatches(wanted, g, { first, last }, isUp) {
  for (let step = 0; step <= last - first; step++) {
    const row = isUp ? last - step : first + step;
    if (!g.count[row]) continue;
    const [from, to] = [g.first[row], g.first[row] + g.count[row] - 1].map((index) => Math.floor(index / BATCH));
    for (let batch = isUp ? to : from; isUp ? batch >= from : batch <= to; batch += isUp ? -1 : 1) wanted.add(batch);
  }
}
