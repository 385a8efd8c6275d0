// Where each tile lies, and how a list taller than a browser can scroll is scrolled. Pure
// numbers. Not here: elements.

// Chromium stops at some 33 million pixels, Firefox at 17.8 million: stay below both.
export const TALLEST = 15_000_000;
export const GAP = 4;
export const CAPTION = 20;
export const EDGE = 8;

/**
 * @typedef {object} Geometry
 * @property {number} columns
 * @property {number} rows
 * @property {number} width   of a tile
 * @property {number} step    from one row to the next
 * @property {number} height  of everything, in real pixels
 */

/** @param {{width: number, size: number, captions: boolean, total: number}} given @returns {Geometry} */
export function geometry({ width, size, captions, total }) {
  const inner = Math.max(1, width - 2 * EDGE);
  const columns = Math.max(1, Math.round((inner + GAP) / (size + GAP)));
  const tile = Math.floor((inner - GAP * (columns - 1)) / columns);
  const rows = Math.ceil(total / columns);
  const step = tile + (captions ? CAPTION : 0) + GAP;
  return { columns, rows, width: tile, step, height: Math.max(0, rows * step - GAP) + 2 * EDGE };
}

/** The rows that a window of `height` pixels at `offset` touches. @param {Geometry} g */
export function rowsInSight(g, offset, height) {
  const first = Math.max(0, Math.floor((offset - EDGE) / g.step));
  const last = Math.min(g.rows - 1, Math.floor((offset + height - EDGE) / g.step));
  return { first, last };
}

/** The indices that a rectangle of real pixels touches, by row. @param {Geometry} g */
export function indicesInside(g, box, total) {
  const across = g.width + GAP;
  const left = Math.max(0, Math.ceil((box.left - EDGE - g.width) / across));
  const right = Math.min(g.columns - 1, Math.floor((box.right - EDGE) / across));
  const { first, last } = rowsInSight(g, box.top, box.bottom - box.top);
  const ranges = [];
  for (let row = first; row <= last && left <= right; row++) {
    const from = row * g.columns + left;
    const to = Math.min(total - 1, row * g.columns + right);
    if (from <= to) ranges.push([from, to]);
  }
  return ranges;
}

/**
 * Scrolling in real pixels (`offset`) on a bar that may be shorter (`bar`, what the browser has).
 * Small moves go one to one; a jump of the bar jumps in proportion; at rest both agree again.
 */
export class Scroll {
  constructor() {
    this.offset = 0;
    this.bar = 0;
    this.height = 0;
    this.window = 0;
  }

  /** @param {number} height of everything, real pixels @param {number} windowHeight */
  resize(height, windowHeight) {
    this.height = height;
    this.window = windowHeight;
    this.to(this.offset);
  }

  get barHeight() {
    return Math.min(this.height, TALLEST);
  }

  get end() {
    return Math.max(0, this.height - this.window);
  }

  get ratio() {
    const bar = Math.max(1, this.barHeight - this.window);
    return this.end / bar || 1;
  }

  /** The bar was moved, by wheel, key or hand. */
  moved(bar) {
    const by = bar - this.bar;
    this.bar = bar;
    const isJump = Math.abs(by) > 2 * this.window;
    const isAtEnd = bar <= 0 || bar >= this.barHeight - this.window - 1;
    if (this.ratio === 1 || isJump || isAtEnd) this.offset = bar * this.ratio;
    else this.offset += by;
    this.offset = Math.min(this.end, Math.max(0, this.offset));
  }

  /** Go to a place. */
  to(offset) {
    this.offset = Math.min(this.end, Math.max(0, offset));
    this.bar = this.offset / this.ratio;
  }
}
