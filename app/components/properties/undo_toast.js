// A message above the bottom bar, with an undo button. Not here: undoing.
import { el, write } from "../shared/ui/dom.js";
import { hideToast, showToast } from "../shared/ui/toasts.js";

const SHOWN_FOR_MS = 8000;

export class UndoToast {
  constructor() {
    this.message = el("span", { role: "status" });
    this.undo = el("button", { type: "button", onclick: () => this.runUndo() });
    this.node = el("div", { class: "toast", popover: "manual" }, this.message, this.undo);
    // It stays while the pointer is on it: somebody may be about to press Undo.
    this.node.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.node.addEventListener("pointerleave", () => this.hideLater());
  }

  /** @param {string} text @param {string} [label] of the undo @param {() => void} [undo] */
  show(text, label = "", undo) {
    this.runUndo = () => {
      hideToast(this.node);
      undo?.();
    };
    write(this.message, text);
    write(this.undo, label);
    this.undo.hidden = !undo;
    showToast(this.node);
    this.hideLater();
  }

  hideLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => hideToast(this.node), SHOWN_FOR_MS);
  }
}
