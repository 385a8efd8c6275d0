// The line that says how many edits wait in this browser to be stored, and what can be done with
// them. Not here: keeping and sending them (shared/store/kept_edits.js).
import { annotations } from "../shared/store/annotations.js";
import { seenImages } from "../shared/store/seen_images.js";
import { el, fill, icon, set, write } from "../shared/ui/dom.js";
import { translator } from "../shared/ui/translate.js";

// A second press within this time discards.
const SURE_WITHIN = 6000;

export class KeptLine {
  /** @param {Record<string, string>} texts @param {string} language */
  constructor(texts, language) {
    this.texts = texts;
    this.t = translator(texts, language);
    this.isSure = false;
    this.text = el("span", { class: "what" });
    this.retry = el("button", { type: "button", onclick: () => annotations.kept.flush() });
    this.discard = el("button", { type: "button", onclick: () => this.discardPressed() });
    this.node = el(
      "div",
      { class: "under kept", role: "status", hidden: true },
      icon("cloud_off"),
      this.text,
      this.retry,
      this.discard,
    );
    const { kept } = annotations;
    kept.texts = { here: texts.kept_here, page: texts.kept_page };
    seenImages.texts = { unread: texts.seen_unread, changed: texts.seen_changed };
    this.draw = () => this.write();
    this.onFlushed = (event) => annotations.say(this.t("kept_done", { count: detailOf(event) }), null);
    this.onRefused = (event) =>
      annotations.say(fill(texts.kept_refused, { why: detailOf(event) || texts.not_written }), null);
    // Those that the storage does not take go with the page.
    this.onLeave = (event) => kept.unsaved.size && event.preventDefault();
    kept.addEventListener("change", this.draw);
    kept.addEventListener("flushed", this.onFlushed);
    kept.addEventListener("refused", this.onRefused);
    // Another page of this browser keeps or stores some.
    window.addEventListener("storage", this.draw);
    window.addEventListener("beforeunload", this.onLeave);
    this.write();
  }

  write() {
    const { kept } = annotations;
    const count = kept.waiting.length;
    const isTrying = kept.flushing !== null;
    if (this.node.hidden && (!count || isTrying)) return;
    this.node.hidden = !count && !isTrying;
    if (!count) {
      this.isSure = false;
      return;
    }
    const text = this.t("kept", { count });
    write(this.text, kept.why ? fill(this.texts.kept_why, { count: text, why: kept.why }) : text);
    set(this.text, "title", this.text.textContent);
    write(this.retry, isTrying ? this.texts.kept_trying : this.texts.kept_try);
    this.retry.disabled = isTrying;
    write(this.discard, this.isSure ? this.t("kept_sure", { count }) : this.texts.kept_discard);
  }

  /** Nothing brings them back: a second press is needed. */
  discardPressed() {
    clearTimeout(this.timer);
    if (this.isSure) {
      this.isSure = false;
      annotations.kept.discard();
      return;
    }
    this.isSure = true;
    this.timer = setTimeout(() => this.unsure(), SURE_WITHIN);
    this.write();
  }

  unsure() {
    this.isSure = false;
    this.write();
  }

  close() {
    clearTimeout(this.timer);
    const { kept } = annotations;
    kept.removeEventListener("change", this.draw);
    kept.removeEventListener("flushed", this.onFlushed);
    kept.removeEventListener("refused", this.onRefused);
    window.removeEventListener("storage", this.draw);
    window.removeEventListener("beforeunload", this.onLeave);
  }
}

/**
 * What is kept in this browser for now is as good as done; the page says that it is not stored.
 * @param {Promise<import("../shared/store/annotations.js").Written>} written
 * @returns {Promise<any>}
 */
export async function orKept(written) {
  try {
    return await written;
  } catch (error) {
    if (!error.isKept) throw error;
    annotations.say(error.message, null);
    return {};
  }
}

/** @param {Event} event */
function detailOf(event) {
  return /** @type {CustomEvent} */ (event).detail;
}
