// Where each view was left, kept for this tab of the browser. Not here: going there again (gallery.js).

/** @typedef {{project: string, view: string}} Place */

/** @param {Place} place @param {import("./grid.js").Grid} grid */
export function remember(place, grid) {
  const at = grid.isAwaited ? null : grid.scrollPosition();
  if (at) sessionStorage.setItem(key(place), JSON.stringify({ ...at, current: grid.current }));
}

/** Where it was, and which image was in hand; null where it was not shown yet. @param {Place} place */
export function placeLeft(place) {
  return JSON.parse(sessionStorage.getItem(key(place)) ?? "null");
}

/** @param {Place} place */
function key({ project, view }) {
  return `panoptic.place.${project}.${view}`;
}
