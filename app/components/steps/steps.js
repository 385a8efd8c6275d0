// Undo and redo: two buttons, their keys, and a sentence that says what was undone. Streamlit
// calls the default export with the data of each run.
import { annotations } from "../shared/store/annotations.js";
import { el, fill, iconButton, isTyping, set, write } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { hideToast, showToast } from "../shared/ui/toasts.js";
import { latest } from "../shared/store/undo_state.js";

const TOAST_FOR = 8000;

/**
 * @typedef {"undo" | "redo"} Step
 * @typedef {{language: string, texts: Record<string, string>}} Data
 */

export default component((root) => new Steps(root));

class Steps {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.buttons = {
      undo: iconButton("undo", "", () => this.go("undo")),
      redo: iconButton("redo", "", () => this.go("redo")),
    };
    this.message = el("span", { role: "status" });
    this.reverse = el("button", { type: "button" });
    this.toast = el("div", { class: "toast", popover: "manual" }, this.message, this.reverse);
    this.group = el("div", { class: "steps", role: "group" }, this.buttons.undo, this.buttons.redo);
    root.replaceChildren(this.group, this.toast);
    // Whoever is about to press it is given the time.
    this.toast.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.toast.addEventListener("pointerleave", () => this.fade());
    /** Presses are done one after the other. */
    this.turn = Promise.resolve();
    this.changed = () => this.write();
    this.key = (event) => this.press(event);
    latest.addEventListener("change", this.changed);
    document.addEventListener("keydown", this.key);
    this.unfollow = latest.follow();
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    annotations.language = data.language;
    set(this.group, "aria-label", data.texts.label);
    this.write();
  }

  write() {
    const { texts } = this.data;
    for (const step of /** @type {Step[]} */ (["undo", "redo"])) {
      const next = latest.state?.[step];
      const title = next ? fill(texts[step], { said: next.said }) : texts[`no_${step}`];
      set(this.buttons[step], "title", title);
      set(this.buttons[step], "aria-label", title);
      // Still reached by keys, so that the reason is heard.
      set(this.buttons[step], "aria-disabled", String(!next));
    }
  }

  /** @param {Step} step */
  go(step) {
    this.turn = this.turn.then(() => this.send(step));
  }

  /** @param {Step} step */
  async send(step) {
    const { texts } = this.data;
    const other = step === "undo" ? "redo" : "undo";
    try {
      const { batch, said: message, [step]: next } = await latest.go(step);
      if (batch) this.show(fill(texts[`${step}ne`], { said: message ?? "" }), other);
      else this.show(next ? fill(texts[`${step}_changed`], { said: next.said }) : texts[`no_${step}`]);
    } catch {
      this.show(texts.failed);
    }
  }

  /** @param {string} text @param {Step} [reverse] */
  show(text, reverse) {
    write(this.message, text);
    this.reverse.hidden = !reverse;
    if (reverse) {
      write(this.reverse, this.data.texts[`${reverse}_short`]);
      this.reverse.onclick = () => this.go(reverse);
    }
    showToast(this.toast);
    this.fade();
  }

  fade() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => hideToast(this.toast), TOAST_FOR);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (isTyping(event) || event.altKey || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    const isUndo = key === "z" && !event.shiftKey;
    const isRedo = (key === "z" && event.shiftKey) || (key === "y" && !event.shiftKey);
    if (!isUndo && !isRedo) return;
    event.preventDefault();
    this.go(isUndo ? "undo" : "redo");
  }

  close() {
    clearTimeout(this.timer);
    latest.removeEventListener("change", this.changed);
    document.removeEventListener("keydown", this.key);
    this.unfollow();
  }
}
