// Where each tile and each header lies: a list of visual rows in typed arrays, one for squares
// and for rows of pictures, with groups and without. Pure numbers. Not here: elements, scrolling
// (virtual_scroll.js).

export const GAP = 4;
const LINE = 18;
export const EDGE = 8;
export const HEADER = 34;
// Narrower or wider pictures are shown whole in a tile of this shape.
const NARROWEST = 0.4;
const WIDEST = 5;
// The server's byte for each picture: 128 for a square, 32 more for twice as wide.
const SQUARE = 128;
const ASPECTS = Float64Array.from({ length: 256 }, (_, byte) =>
  Math.min(WIDEST, Math.max(NARROWEST, 2 ** (((byte || SQUARE) - SQUARE) / 32))),
);

/**
 * @typedef {object} Given
 * @property {number} width   of the window
 * @property {number} size    wanted side of a tile
 * @property {string[]} captions  a line each
 * @property {number} total
 * @property {"fit" | "crop" | "rows"} shape
 * @property {Uint8Array | null} aspects  of each image, for "rows"
 * @property {import("./groups.js").Groups | null} groups
 */

/**
 * A visual row is a header (`count` 0) or tiles. `first` grows from row to row: a header has that
 * of its group's first image, so the last row with `first <= index` shows an image or hides it.
 * @typedef {object} Geometry
 * @property {Given} given
 * @property {number} inner    width that tiles fill
 * @property {number} columns  of squares
 * @property {number} tile     side of a square, height of a row that is not stretched
 * @property {number} caption  height of the captions
 * @property {number} rows
 * @property {Float64Array} top   real pixel of each row, and where one more would begin
 * @property {Int32Array} first
 * @property {Int32Array} count
 * @property {Int32Array} group   of each row, -1 where there are none
 * @property {Int32Array} headers the row of each group's header, -1 inside a folded group
 * @property {number} height      of everything, in real pixels
 */

/** @param {Given} given @returns {Geometry} */
export function layout(given) {
  const { width, size, captions, total, shape, groups } = given;
  const inner = Math.max(1, width - 2 * EDGE);
  const columns = Math.max(1, Math.round((inner + GAP) / (size + GAP)));
  const isSquare = shape !== "rows";
  const tile = isSquare ? Math.floor((inner - GAP * (columns - 1)) / columns) : Math.min(size, inner);
  const caption = captionHeight(captions.length);
  const table = new Table(Math.ceil(total / columns) + 2 * (groups?.length ?? 0) + 1, groups ? 0 : EDGE);
  const headers = new Int32Array(groups?.length ?? 0).fill(-1);
  const aspects = given.aspects ?? new Uint8Array(isSquare ? 0 : total);
  const put = (from, count, group) =>
    isSquare
      ? putSquares(table, from, count, group, columns, tile + caption + GAP)
      : putRows(table, from, count, group, { aspects, inner, size: tile, extra: caption + GAP });
  if (groups) putGroups(table, groups, headers, put);
  else if (total) put(0, total, -1);
  const { rows, top, first, count, group } = table;
  const height = Math.max(0, top[rows] - GAP) + EDGE;
  return { given, inner, columns, tile, caption, rows, top, first, count, group, headers, height };
}

/** Several lines stand further from the next picture, so that it is clear whose they are. */
function captionHeight(lines) {
  if (!lines) return 0;
  return lines * LINE + (lines > 1 ? 6 : 2);
}

class Table {
  constructor(capacity, start) {
    this.rows = 0;
    this.top = new Float64Array(capacity + 1);
    this.first = new Int32Array(capacity);
    this.count = new Int32Array(capacity);
    this.group = new Int32Array(capacity);
    this.top[0] = start;
  }

  add(first, count, group, height) {
    const row = this.rows;
    if (row === this.first.length) this.grow();
    this.first[row] = first;
    this.count[row] = count;
    this.group[row] = group;
    this.top[row + 1] = this.top[row] + height;
    this.rows = row + 1;
  }

  grow() {
    const capacity = 2 * this.first.length;
    this.top = copied(new Float64Array(capacity + 1), this.top);
    this.first = copied(new Int32Array(capacity), this.first);
    this.count = copied(new Int32Array(capacity), this.count);
    this.group = copied(new Int32Array(capacity), this.group);
  }
}

function copied(larger, smaller) {
  larger.set(smaller);
  return larger;
}

function putGroups(table, groups, headers, put) {
  let foldedAt = Infinity;
  for (let group = 0; group < groups.length; group++) {
    const depth = groups.depth[group];
    if (depth > foldedAt) continue;
    foldedAt = groups.folded[group] ? depth : Infinity;
    headers[group] = table.rows;
    table.add(groups.start[group], 0, group, HEADER);
    if (!groups.folded[group] && groups.isLeaf(group)) put(groups.start[group], groups.count[group], group);
  }
}

function putSquares(table, from, count, group, columns, step) {
  const end = from + count;
  for (let first = from; first < end; first += columns) table.add(first, Math.min(columns, end - first), group, step);
}

/** Fill each row to the width; the last keeps its height. */
function putRows(table, from, count, group, { aspects, inner, size, extra }) {
  const end = from + count;
  let first = from;
  let sum = 0;
  const add = (count, height) => table.add(first, count, group, Math.max(1, Math.round(height)) + extra);
  for (let index = from; index < end; index++) {
    const aspect = ASPECTS[aspects[index] ?? SQUARE];
    const before = index - first;
    const room = inner - GAP * before;
    if ((sum + aspect) * size < room) {
      sum += aspect;
      continue;
    }
    const withIt = room / (sum + aspect);
    const without = before ? (room + GAP) / sum : Infinity;
    // Whichever leaves the row nearer to the height that is wanted.
    if (without * withIt > size * size) {
      add(before + 1, withIt);
      first = index + 1;
      sum = 0;
    } else {
      add(before, without);
      first = index;
      sum = aspect;
    }
  }
  if (first < end) add(end - first, Math.min(size, (inner - GAP * (end - first - 1)) / sum));
}

/** The last of the first `length` values that is not above `value`, at least 0. */
function lastNotAbove(values, length, value) {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The row at a real pixel. @param {Geometry} g */
export function rowAt(g, y) {
  return lastNotAbove(g.top, g.rows, y);
}

/** The row that shows an image, or the header of the folded group that hides it. @param {Geometry} g */
export function rowOf(g, index) {
  return lastNotAbove(g.first, g.rows, index);
}

/** The rows that a window of `height` pixels at `offset` touches. @param {Geometry} g */
export function rowsInSight(g, offset, height) {
  return g.rows ? { first: rowAt(g, offset), last: rowAt(g, offset + height) } : { first: 0, last: -1 };
}

/** How high the tiles of a row are, without their captions. @param {Geometry} g */
export function tall(g, row) {
  return g.top[row + 1] - g.top[row] - GAP - g.caption;
}

/**
 * Where the tiles of a row begin and how wide they are.
 * @param {Geometry} g
 * @returns {{left: number, width: number}[]}
 */
export function cells(g, row) {
  const length = g.count[row];
  if (g.given.shape !== "rows")
    return Array.from({ length }, (_, at) => ({ left: EDGE + at * (g.tile + GAP), width: g.tile }));
  const aspects = Array.from({ length }, (_, at) => ASPECTS[g.given.aspects?.[g.first[row] + at] ?? SQUARE]);
  const full = (g.inner - GAP * (length - 1)) / aspects.reduce((sum, aspect) => sum + aspect, 0);
  const height = tall(g, row);
  // A full row is as high as a whole number of pixels, and as wide as the window all the same.
  const scale = Math.abs(full - height) <= 0.5 ? full : height;
  let at = 0;
  return aspects.map((aspect, index) => {
    const left = Math.round(at);
    at += aspect * scale;
    return { left: EDGE + left + GAP * index, width: Math.max(1, Math.round(at) - left) };
  });
}

/** The indices that a rectangle of real pixels touches, as ranges. @param {Geometry} g */
export function indicesInside(g, box) {
  const { first, last } = rowsInSight(g, box.top, box.bottom - box.top);
  const ranges = [];
  for (let row = first; row <= last; row++) {
    const touched = cells(g, row).map(({ left, width }) => left <= box.right && left + width >= box.left);
    const from = touched.indexOf(true);
    if (from >= 0) join(ranges, g.first[row] + from, g.first[row] + touched.lastIndexOf(true));
  }
  return ranges;
}

/** What of a range is shown: nothing inside folded groups. @param {Geometry} g */
export function shownRanges(g, first, last) {
  const ranges = [];
  for (let row = rowOf(g, first); row < g.rows && g.first[row] <= last; row++) {
    const from = Math.max(first, g.first[row]);
    const to = Math.min(last, g.first[row] + g.count[row] - 1);
    if (from <= to) join(ranges, from, to);
  }
  return ranges;
}

function join(ranges, from, to) {
  const before = ranges.at(-1);
  if (before && before[1] === from - 1) before[1] = to;
  else ranges.push([from, to]);
}

/** The nearest image that is shown, from one on in a direction, or null. @param {Geometry} g */
export function shownFrom(g, index, by) {
  if (index < 0 || index >= g.given.total || !g.rows) return null;
  const row = rowOf(g, index);
  if (g.count[row]) return index;
  const next = tilesFrom(g, row, by);
  if (next === null) return null;
  return by > 0 ? g.first[next] : g.first[next] + g.count[next] - 1;
}

/** The next row of tiles after a row, or null. */
function tilesFrom(g, row, by) {
  for (let next = row + by; next >= 0 && next < g.rows; next += by) if (g.count[next]) return next;
  return null;
}

/** The middle of an image, across. @param {Geometry} g */
export function middle(g, index) {
  const row = rowOf(g, index);
  const cell = cells(g, row)[index - g.first[row]];
  return cell ? cell.left + cell.width / 2 : 0;
}

/** The image at `x` in the next row of tiles above or below another's, or that one. @param {Geometry} g */
export function beside(g, index, by, x) {
  const row = tilesFrom(g, rowOf(g, index), by);
  return row === null ? index : nearest(g, row, x);
}

/** The image at `x` a window further up or down. @param {Geometry} g */
export function pageFrom(g, index, by, x, height) {
  const row = rowOf(g, index);
  const wanted = rowAt(g, g.top[row] + by * Math.max(0, height - tall(g, row)));
  const reached = wanted === row ? row + by : wanted;
  if (reached >= 0 && reached < g.rows && g.count[reached]) return nearest(g, reached, x);
  const next =
    tilesFrom(g, Math.max(-1, Math.min(g.rows, reached)), by) ??
    tilesFrom(g, Math.max(-1, Math.min(g.rows, reached)), -by);
  return next === null ? index : nearest(g, next, x);
}

function nearest(g, row, x) {
  const distances = cells(g, row).map(({ left, width }) => Math.abs(left + width / 2 - x));
  return g.first[row] + distances.indexOf(Math.min(...distances));
}

/** The group around an image, or -1. @param {Geometry} g */
export function groupOf(g, index) {
  return g.rows ? g.group[rowOf(g, index)] : -1;
}

/** The group whose header comes next after an image, or before it (its own first), or -1. @param {Geometry} g */
export function groupBeside(g, index, by) {
  if (!g.rows) return -1;
  for (let row = rowOf(g, index); row >= 0 && row < g.rows; row += by) {
    const isBeyond = by > 0 ? g.first[row] > index : g.first[row] < index;
    if (!g.count[row] && isBeyond) return g.group[row];
  }
  return -1;
}
