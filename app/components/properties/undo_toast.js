// A sentence above the bottom bar, and how to undo what it tells. Not here: what was done.
import { el, write } from "../shared/ui/dom.js";
import { hideToast, showToast } from "../shared/ui/toasts.js";

const SHOWN_FOR = 8000;

export class Toast {
  constructor() {
    this.said = el("span", { role: "status" });
    this.undo = el("button", { type: "button", onclick: () => this.back() });
    this.node = el("div", { class: "toast", popover: "manual" }, this.said, this.undo);
    // Whoever is about to press it is given the time.
    this.node.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.node.addEventListener("pointerleave", () => this.fade());
  }

  /** @param {string} text @param {string} [label] of the undo @param {() => void} [undo] */
  say(text, label = "", undo) {
    this.back = () => {
      hideToast(this.node);
      undo?.();
    };
    write(this.said, text);
    write(this.undo, label);
    this.undo.hidden = !undo;
    showToast(this.node);
    this.fade();
  }

  fade() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => hideToast(this.node), SHOWN_FOR);
  }
}
