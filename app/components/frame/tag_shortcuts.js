// Keys that put tags on: digits at any time, letters too while they are let. Not here: the other
// keys of the page (frame.js).
import { annotations } from "../shared/store/annotations.js";
import { isTyping } from "../shared/ui/dom.js";
import { brush } from "../shared/store/brush.js";

// What a key says on a keyboard whose digits need Shift, and means elsewhere.
const TAKEN = new Set(["-", "+", "=", "/", "?", "[", "]"]);

export class Shortcuts extends EventTarget {
  /** @param {{apply: (tag: import("../shared/store/annotations.js").Tag) => void, isAway: () => boolean}} acts */
  constructor({ apply, isAway }) {
    super();
    this.apply = apply;
    this.isAway = isAway;
    /** Whether letters are tags' keys first. */
    this.letters = false;
    this.press = (event) => this.key(event);
    // Before any display takes the key for its own.
    document.addEventListener("keydown", this.press, true);
  }

  /** Tags that have a key, in the order of the keys. */
  get tags() {
    return annotations.tags
      .filter((tag) => tag.key)
      .sort((one, other) => (String(one.key) < String(other.key) ? -1 : 1));
  }

  toggle(isOn = !this.letters) {
    if (isOn === this.letters) return;
    this.letters = isOn;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || this.isAway()) return;
    const act = event.key === "Escape" ? this.end() : this.tagged(event);
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) act();
  }

  end() {
    if (brush.isOn) return () => brush.stop();
    return this.letters ? () => this.toggle(false) : null;
  }

  tagged(event) {
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
    const isOther = TAKEN.has(event.key) || /^[a-z]$/i.test(event.key);
    const key = digit && !isOther ? digit : event.key.toLowerCase();
    if (key.length !== 1 || (!/^\d$/.test(key) && !this.letters)) return null;
    // On a page that has just opened no tag is known yet.
    if (!annotations.version) return () => this.applyOnceRead(key);
    const tag = this.tagOf(key);
    return tag ? () => this.apply(tag) : null;
  }

  tagOf(key) {
    return annotations.tags.find((one) => one.key === key);
  }

  async applyOnceRead(key) {
    await annotations.read().catch(() => {});
    const tag = this.tagOf(key);
    if (tag) this.apply(tag);
  }

  close() {
    document.removeEventListener("keydown", this.press, true);
  }
}
