// Keys that give tags: digits at any time, letters while they are switched on. Not here: the other
// keys of the page (frame.js).
import { annotations } from "../shared/store/annotations.js";
import { isTyping } from "../shared/ui/dom.js";
import { brush } from "../shared/store/brush.js";

// On keyboards whose digits need Shift the same keys are these, which mean something else here.
const OTHER_KEYS = new Set(["-", "+", "=", "/", "?", "[", "]"]);

/** @typedef {import("../shared/store/annotations.js").Tag} Tag */

/** Keys that change something; at a corpus version they only say that nothing can be changed. */
export const WRITING_KEYS = new Set(["s", "k", "e", "Delete"]);

export class TagShortcuts extends EventTarget {
  /** @param {{apply: (tag: Tag) => void, isAway: () => boolean}} acts */
  constructor({ apply, isAway }) {
    super();
    this.apply = apply;
    this.isAway = isAway;
    /** Whether letters give tags before they mean anything else. */
    this.letters = false;
    /** Tags that had a key when somebody deleted them: the server says what became of them. @type {Map<string, Tag>} */
    this.gone = new Map();
    /** @type {Tag[]} */
    this.known = [];
    this.onDefine = () => this.remember();
    annotations.addEventListener("define", this.onDefine);
    this.remember();
    this.onKeyDown = (event) => this.onKey(event);
    // In the capture phase: displays have keys of their own.
    document.addEventListener("keydown", this.onKeyDown, true);
  }

  /** Tags that have a key, in the order of the keys. */
  get tags() {
    return annotations.tags
      .filter((tag) => tag.key)
      .sort((first, second) => (String(first.key) < String(second.key) ? -1 : 1));
  }

  toggle(isOn = !this.letters) {
    if (isOn === this.letters) return;
    this.letters = isOn;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || this.isAway()) return;
    const act = event.key === "Escape" ? this.stopAction() : this.tagAction(event);
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) act();
  }

  stopAction() {
    if (brush.isOn) return () => brush.stop();
    return this.letters ? () => this.toggle(false) : null;
  }

  tagAction(event) {
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
    const isOther = OTHER_KEYS.has(event.key) || /^[a-z]$/i.test(event.key);
    const key = digit && !isOther ? digit : event.key.toLowerCase();
    if (key.length !== 1 || (!/^\d$/.test(key) && !this.letters)) return null;
    // Tags are not read yet on a page that has just opened.
    if (!annotations.version) return () => this.applyOnceRead(key);
    const tag = this.tagOf(key);
    return tag ? () => this.apply(tag) : null;
  }

  tagOf(key) {
    return annotations.tags.find((tag) => tag.key === key) ?? this.gone.get(key);
  }

  remember() {
    for (const tag of this.known) if (!annotations.tagOf.has(tag.id)) this.gone.set(String(tag.key), tag);
    this.known = this.tags;
    for (const tag of this.known) this.gone.delete(String(tag.key));
  }

  async applyOnceRead(key) {
    await annotations.read().catch(() => {});
    const tag = this.tagOf(key);
    if (tag) this.apply(tag);
  }

  close() {
    document.removeEventListener("keydown", this.onKeyDown, true);
    annotations.removeEventListener("define", this.onDefine);
  }
}
