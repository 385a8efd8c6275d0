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
    /** Why the last press was refused, and the images it was on. @type {any} */
    this.refusal = null;
    /** @type {string[]} */
    this.refused = [];
  }

  get isOn() {
    return this.edits !== null;
  }

  /** @param {Stamped[]} edits @param {string} label  what they are, in words */
  start(edits, label) {
    this.edits = edits;
    this.label = label;
    this.done = new Set();
    this.accept();
    this.dispatchEvent(new Event("change"));
  }

  /** Nothing was refused. */
  accept() {
    this.trouble = "";
    this.refusal = null;
    this.refused = [];
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
    const refused = this.refused;
    this.accept();
    this.dispatchEvent(new Event("change"));
    try {
      await annotations.write("/annotate", { edits, targets: { sha1s }, act: "stamp" });
    } catch (error) {
      // One that is kept in this browser will be stored: a line of its own says how many are.
      if (error.isKept) return;
      this.trouble = error.message;
      this.refuse(error, [...refused, ...sha1s]);
      this.dispatchEvent(new Event("change"));
    }
  }

  /** @param {any} error @param {string[]} sha1s */
  refuse(error, sha1s) {
    for (const sha1 of sha1s) this.done.delete(sha1);
    this.refusal = error;
    this.refused = sha1s;
  }

  /** Go on with other edits, first on the images that were refused. @param {Stamped[]} edits */
  goOn(edits) {
    this.edits = edits;
    return this.press(this.refused);
  }
}

export const brush = new Stamp();
