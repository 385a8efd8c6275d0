// The stamp: values chosen once, that each press on a picture then applies. One for the whole
// window: a module is loaded once. Not here: choosing them (frame), what a press is (gallery, table).
import { annotations } from "./annotations.js";

/** @typedef {import("./annotations.js").Edit & {property: string}} Stamped */

class Stamp extends EventTarget {
  constructor() {
    super();
    /** @type {Stamped[] | null} */
    this.edits = null;
    this.label = "";
    /** Images that were pressed. @type {Set<string>} */
    this.done = new Set();
    this.trouble = "";
  }

  get isOn() {
    return this.edits !== null;
  }

  /** @param {Stamped[]} edits @param {string} label  what they are, in words */
  start(edits, label) {
    this.edits = edits;
    this.label = label;
    this.done = new Set();
    this.trouble = "";
    this.dispatchEvent(new Event("change"));
  }

  stop() {
    if (!this.isOn) return;
    this.edits = null;
    this.done = new Set();
    this.dispatchEvent(new Event("change"));
  }

  /** Apply it to some images. @param {string[]} sha1s */
  async press(sha1s) {
    if (!this.edits || !sha1s.length) return;
    const { edits, done } = this;
    for (const sha1 of sha1s) done.add(sha1);
    this.trouble = "";
    this.dispatchEvent(new Event("change"));
    try {
      await annotations.write("/annotate", { edits, targets: { sha1s }, act: "stamp" });
    } catch (error) {
      for (const sha1 of sha1s) done.delete(sha1);
      this.trouble = error.message;
      this.dispatchEvent(new Event("change"));
    }
  }
}

export const brush = new Stamp();
