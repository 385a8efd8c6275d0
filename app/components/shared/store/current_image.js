// The image in hand: the open one, else where the person is in a display. One value for the whole
// window: a module is loaded once. Python hears of it a moment later. Not here: any display.

/** @typedef {{focus: () => void}} Display */

class Current extends EventTarget {
  constructor() {
    super();
    /** @type {string | null} */
    this.sha1 = null;
    /** Its file, where a display shows files. @type {string | null} */
    this.path = null;
    this.isOpen = false;
    /** Which display it is in. @type {Display | null} */
    this.display = null;
  }

  /** @param {Display} display @param {string | null} sha1 @param {boolean} isOpen @param {string | null} [path] */
  put(display, sha1, isOpen, path = null) {
    this.display = display;
    if (sha1 === this.sha1 && isOpen === this.isOpen && path === this.path) return;
    this.sha1 = sha1;
    this.path = path;
    this.isOpen = isOpen;
    this.dispatchEvent(new Event("change"));
  }

  /** A display goes: what it had in hand is in hand no more. @param {Display} display */
  leave(display) {
    if (this.display !== display) return;
    this.put(display, null, false);
    this.display = null;
  }

  /** Give the keys back to the pictures. */
  focus() {
    this.display?.focus();
  }
}

export const current = new Current();
