// Undo and redo: two buttons, their keys, and a sentence that says what was undone. Streamlit
// calls the default export with the data of each run.
import { annotations } from "../shared/store/annotations.js";
import { el, fill, iconButton, isTyping, set, write } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { hideToast, showToast } from "../shared/ui/toasts.js";
import { latest } from "../shared/store/undo_state.js";
import { isVersion } from "../shared/bridge/address.js";

const TOAST_FOR = 8000;
// What can be pressed beside what came back is read first.
const OFFER_FOR = 20_000;

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
    this.merge = el("button", { type: "button" });
    this.toast = el("div", { class: "toast", popover: "manual" }, this.message, this.merge, this.reverse);
    this.group = el("div", { class: "steps writes", role: "group" }, this.buttons.undo, this.buttons.redo);
    root.replaceChildren(this.group, this.toast);
    // Whoever is about to press it is given the time.
    this.toast.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.toast.addEventListener("pointerleave", () => this.fade());
    /** Presses are done one after the other. */
    this.turn = Promise.resolve();
    this.changed = () => this.write();
    this.key = (event) => this.press(event);
    latest.addEventListener("change", this.changed);
    this.renamed = (event) => this.showRenamed(/** @type {CustomEvent} */ (event).detail);
    annotations.addEventListener("renamed", this.renamed);
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
      const { batch, said: message, [step]: next, renamed } = await latest.go(step);
      if (renamed?.length) this.showRenamed(renamed, other);
      else if (batch) this.show(fill(texts[`${step}ne`], { said: message ?? "" }), other);
      else this.show(next ? fill(texts[`${step}_changed`], { said: next.said }) : texts[`no_${step}`]);
    } catch {
      this.show(texts.failed);
    }
  }

  /**
   * Say what came back under another name. One tag can be merged with the other right away.
   * @param {import("../shared/store/annotations.js").Renamed[]} renamed @param {Step} [reverse]
   */
  showRenamed(renamed, reverse) {
    this.show(renamed.map((line) => line.said).join(" "), reverse, OFFER_FOR);
    const [{ id, namesake }] = renamed;
    if (renamed.length !== 1 || !namesake) return;
    this.merge.hidden = false;
    write(this.merge, this.data.texts.merge);
    this.merge.onclick = () => this.mergeTags(namesake, id);
  }

  /** @param {string} keep @param {string} other */
  async mergeTags(keep, other) {
    try {
      await annotations.write("/define", { do: "tag_merge", keep, others: [other] });
      this.show(this.data.texts.merged, "undo");
    } catch (error) {
      this.show(error.message || this.data.texts.failed);
    }
  }

  /** @param {string} text @param {Step} [reverse] @param {number} [time] */
  show(text, reverse, time = TOAST_FOR) {
    write(this.message, text);
    this.merge.hidden = true;
    this.reverse.hidden = !reverse;
    if (reverse) {
      write(this.reverse, this.data.texts[`${reverse}_short`]);
      this.reverse.onclick = () => this.go(reverse);
    }
    showToast(this.toast);
    this.shownFor = time;
    this.fade();
  }

  fade() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => hideToast(this.toast), this.shownFor);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (isVersion || isTyping(event) || event.altKey || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
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
    annotations.removeEventListener("renamed", this.renamed);
    document.removeEventListener("keydown", this.key);
    this.unfollow();
  }
}
