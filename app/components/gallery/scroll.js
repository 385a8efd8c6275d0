// How a list taller than a browser can scroll is scrolled. Pure numbers. Not here: elements.

// Chromium stops at some 33 million pixels, Firefox at 17.8 million: stay below both.
export const TALLEST = 15_000_000;

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
