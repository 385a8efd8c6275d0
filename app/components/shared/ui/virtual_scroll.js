// How a list taller than a browser can scroll is scrolled. Not here: what is in the list.
import { Speed } from "./scroll_speed.js";

// Chromium stops at some 33 million pixels, Firefox at 17.8 million: stay below both.
export const TALLEST = 15_000_000;
// The bar flies until it has rested so long.
const SETTLED_AFTER = 90;

/**
 * Scrolling in real pixels (`offset`) on a bar that may be shorter (`bar`, what the browser has).
 * Small moves go one to one; a jump of the bar jumps in proportion; at rest both agree again.
 * Pure numbers.
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

/** An element scrolled so: what its bar says is heard, and written. */
export class Scrolling extends Scroll {
  /**
   * @param {HTMLElement} node
   * @param {{draw: () => void, moved: () => void, settled: () => void}} acts  `moved` draws what a move
   *   brings into sight, `draw` all of it
   */
  constructor(node, { draw, moved, settled }) {
    super();
    this.node = node;
    this.draw = draw;
    this.drawMoved = moved;
    this.settled = settled;
    this.isSettled = true;
    /** Whether anyone has pointed or scrolled here: only then is it worth to fetch what is out of sight. */
    this.isUsed = false;
    this.speed = new Speed();
    this.frame = 0;
    /** Whether the next frame draws all. */
    this.isWhole = false;
    node.addEventListener("scroll", () => this.onScroll(), { passive: true });
    node.addEventListener("pointermove", () => this.use(), { passive: true, once: true });
  }

  onScroll() {
    if (Math.abs(this.node.scrollTop - this.bar) < 1) return;
    const before = this.offset;
    this.moved(this.node.scrollTop);
    this.speed.moved(this.offset - before, performance.now(), this.window);
    this.isSettled = false;
    this.isUsed = true;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.onSettled(), SETTLED_AFTER);
    this.frame ||= requestAnimationFrame(() => this.onFrame());
  }

  use() {
    this.isUsed = true;
    this.drawSoon();
  }

  /** Draw all with the next frame. */
  drawSoon() {
    this.isWhole = true;
    this.frame ||= requestAnimationFrame(() => this.onFrame());
  }

  onFrame() {
    this.frame = 0;
    const draw = this.isWhole ? this.draw : this.drawMoved;
    this.isWhole = false;
    draw();
  }

  /** While the bar flies pictures are not asked for: colours stand in for them. */
  get isFlying() {
    return !this.isSettled && this.speed.isFlight(this.window);
  }

  onSettled() {
    this.isSettled = true;
    this.speed.rest();
    // The bar moved one to one with what is shown; at rest it says the true place again.
    this.to(this.offset);
    this.write();
    this.draw();
    this.settled();
  }

  write() {
    const bar = Math.round(this.bar);
    if (Math.round(this.node.scrollTop) !== bar) this.node.scrollTop = bar;
    // The browser rounds and clamps: what it made of it counts.
    this.bar = this.node.scrollTop;
  }

  /** Begin again: nothing has been measured. */
  reset() {
    this.stop();
    this.isSettled = true;
    this.speed.rest();
    this.offset = this.bar = this.height = this.window = 0;
  }

  stop() {
    clearTimeout(this.settling);
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }
}
