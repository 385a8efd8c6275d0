// How fast something scrolls, and which way: what is asked for ahead depends on it. Pure numbers.

// Speeds are those of the last moments: an older move counts half after so many milliseconds.
const HALF_AFTER = 50;
// What passes faster is a flight: nobody sees what is in it, so no picture is asked for.
const FLIGHT_PIXELS = 6_000;
const FLIGHT_WINDOWS = 8;
// One move over so many windows is a jump of the bar.
const JUMP_WINDOWS = 2;
// Who rests so long before a move began it from rest.
const REST = 250;
const MOMENT = 4;

export class Speed {
  constructor() {
    /** Pixels a second, below zero upwards. */
    this.value = 0;
    this.isJump = false;
    this.at = -Infinity;
  }

  /** @param {number} by  pixels @param {number} now  milliseconds @param {number} windowHeight */
  moved(by, now, windowHeight) {
    const passed = now - this.at;
    this.at = now;
    this.isJump = Math.abs(by) > JUMP_WINDOWS * windowHeight;
    if (this.isJump || passed > REST) {
      this.value = 0;
      return;
    }
    const moment = (by / Math.max(MOMENT, passed)) * 1_000;
    const kept = 0.5 ** (passed / HALF_AFTER);
    this.value = this.value * kept + moment * (1 - kept);
  }

  /** @param {number} windowHeight */
  isFlight(windowHeight) {
    return this.isJump || Math.abs(this.value) > Math.max(FLIGHT_PIXELS, FLIGHT_WINDOWS * windowHeight);
  }

  rest() {
    this.value = 0;
    this.isJump = false;
  }
}

/**
 * How many pixels above and below a window are prepared, `seconds` before they are seen.
 * @param {number} speed @param {number} seconds @param {number} least  on either side
 */
export function reach(speed, seconds, least) {
  const ahead = Math.abs(speed) * seconds;
  return { above: least + (speed < 0 ? ahead : 0), below: least + (speed > 0 ? ahead : 0) };
}
