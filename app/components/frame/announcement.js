// What was done, said for a while at the bottom of the page, with its undoing. Not here: what says it
// (shared/store/annotations.js).
import { annotations } from "../shared/store/annotations.js";
import { el } from "../shared/ui/dom.js";
import { hideToast, showToast } from "../shared/ui/toasts.js";

const SHOWN_FOR = 8000;
// There is something to choose in it.
const OFFERED_FOR = 30_000;
const BUSY_AFTER = 400;

export class Announcement {
  /** @param {Record<string, string>} texts */
  constructor(texts) {
    this.texts = texts;
    this.node = el("div", { class: "toast", role: "status", popover: "manual" });
    this.onSay = () => this.show();
    annotations.addEventListener("say", this.onSay);
  }

  /** Writing many images takes a moment. */
  comesLater() {
    clearTimeout(this.busyTimer);
    this.busyTimer = setTimeout(() => annotations.say(this.texts.writing, null), BUSY_AFTER);
  }

  show() {
    clearTimeout(this.busyTimer);
    const { word, batch, offers } = annotations;
    const undo = batch ? el("button", { type: "button", onclick: () => this.undo(batch) }, this.texts.undo) : null;
    this.node.replaceChildren(el("span", { title: word }, word), ...(undo ? [undo] : []), ...offers);
    showToast(this.node);
    clearTimeout(this.hideTimer);
    this.hideTimer = setTimeout(() => hideToast(this.node), offers.length ? OFFERED_FOR : SHOWN_FOR);
  }

  /** @param {string} batch */
  async undo(batch) {
    hideToast(this.node);
    await annotations
      .write("/switch", { batch, on: false })
      .catch((error) => annotations.say(error.message || this.texts.not_written, null));
  }

  close() {
    clearTimeout(this.hideTimer);
    clearTimeout(this.busyTimer);
    annotations.removeEventListener("say", this.onSay);
  }
}
