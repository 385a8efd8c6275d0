// Keys of stars and flags: 0 to 5, p, x, u. A digit that a tag has for its key gives that tag. Not
// here: keys of tags (tag_shortcuts.js), what a mark changes (Python).
import { annotations } from "../shared/store/annotations.js";
import { starsText } from "../shared/store/marks.js";
import { isVersion } from "../shared/bridge/address.js";
import { isTyping } from "../shared/ui/dom.js";

const FLAGS = { p: "pick", x: "reject", u: "clear" };

export class RatingKeys {
  /**
   * @param {{texts: Record<string, string>, isOff: () => boolean, begin: () => void,
   *   targets: () => import("../shared/store/annotations.js").Targets | null,
   *   done: (what: string, changed: number, batch: string | null) => void}} acts
   *   off where other keys have a say
   */
  constructor(acts) {
    this.acts = acts;
    this.onKeyDown = (event) => this.onKey(event);
    document.addEventListener("keydown", this.onKeyDown);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const isHeld = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
    if (event.defaultPrevented || isHeld || isTyping(event) || this.acts.isOff()) return;
    const mark = markOf(event);
    if (!mark) return;
    event.preventDefault();
    this.rate(mark);
  }

  /** Give the selection, or the image in hand, stars or a flag. @param {string} mark */
  async rate(mark) {
    const { texts, begin, done } = this.acts;
    const targets = this.acts.targets();
    if (isVersion) annotations.say(texts.at_version, null);
    if (isVersion || !targets) return;
    begin();
    try {
      const { changed, batch, op } = await annotations.write("/rate", { targets, mark });
      const stars = op === "remove" ? `− ${starsText(mark)}` : starsText(mark);
      done(texts[`mark_${mark}`] ?? stars, changed, batch);
    } catch (error) {
      annotations.say(error.message || texts.not_written, null);
    }
  }

  close() {
    document.removeEventListener("keydown", this.onKeyDown);
  }
}

/** @param {KeyboardEvent} event @returns {string | null} */
function markOf(event) {
  // On keyboards whose digits need Shift the same keys give other signs.
  const digit = /^(?:Digit|Numpad)([0-5])$/.exec(event.code)?.[1];
  const isOther = /^[-+=/?[\]a-z]$/i.test(event.key);
  const star = digit && !isOther ? digit : /^[0-5]$/.test(event.key) ? event.key : null;
  if (star) return annotations.tags.some((tag) => tag.key === star) ? null : star;
  return event.shiftKey ? null : (FLAGS[event.key] ?? null);
}
