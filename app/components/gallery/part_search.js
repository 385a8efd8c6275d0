// A rectangle on the open image, drawn with the mouse or moved with the keys, for a search by this part
// of it: for images that look like it, or for those in which the very same thing occurs. Not here:
// what is found (searchline hears of it).
import { ask } from "../shared/bridge/page_requests.js";
import { el } from "../shared/ui/dom.js";

// Smaller was a click, not a rectangle; in parts of the picture.
const LEAST = 0.02;
const STEP = 0.02;
const DIGITS = 4;
// Pixels between the rectangle and what can be done with it.
const GAP = 8;

/** @typedef {[number, number, number, number]} Box  left, top, width, height, parts of the picture */

export class PartSearch {
  /**
   * @param {HTMLElement} stage  holds the pictures @param {() => {box: DOMRect, sha1: string} | null} shown
   * @param {(is: boolean) => void} turned @param {Record<string, string>} texts
   */
  constructor(stage, shown, turned, texts) {
    this.stage = stage;
    this.shown = shown;
    this.turned = turned;
    this.isOn = false;
    /** @type {Box} */
    this.box = [0, 0, 0, 0];
    this.frame = el("div", { class: "part", hidden: true, "aria-hidden": "true" });
    const choice = (kind, key) =>
      el(
        "button",
        { type: "button", title: texts[`part_${kind}_title`], onclick: () => this.seek(kind) },
        texts[`part_${kind}`],
        el("kbd", {}, key),
      );
    this.choices = el("div", { class: "choices", hidden: true }, choice("like", "⏎"), choice("same", "⇧⏎"));
    this.choices.addEventListener("pointerdown", (event) => event.stopPropagation());
    this.cover = el("div", { class: "cover", hidden: true }, this.frame, this.choices);
    stage.append(this.cover);
    this.cover.addEventListener("pointerdown", (event) => this.begin(event));
    this.cover.addEventListener("pointermove", (event) => this.stretch(event));
    this.cover.addEventListener("pointerup", (event) => this.finish(event));
    this.cover.addEventListener("pointercancel", () => (this.from = null));
    // A click would enlarge the picture.
    this.cover.addEventListener("click", (event) => event.stopPropagation());
  }

  /** @param {boolean} isOn */
  turn(isOn) {
    if (isOn && !this.shown()) return;
    this.isOn = isOn;
    this.from = null;
    this.cover.hidden = !isOn;
    this.frame.hidden = this.choices.hidden = true;
    if (isOn) this.put([0.25, 0.25, 0.5, 0.5]);
    this.turned(isOn);
  }

  /** Whether a key was for the rectangle. @param {KeyboardEvent} event */
  key({ key, shiftKey, target }) {
    if (!this.isOn) return false;
    // A button that has the keys is pressed by itself.
    if (key === "Enter" && target instanceof Node && this.choices.contains(target)) return false;
    const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[key];
    if (by) this.move(by, shiftKey);
    else if (key === "Enter") this.seek(shiftKey ? "same" : "like");
    else if (key === "Escape") this.turn(false);
    else return false;
    return true;
  }

  move([across, down], isSize) {
    const [left, top, width, height] = this.box;
    const at = isSize ? [left, top] : [between(left + across, 0, 1 - width), between(top + down, 0, 1 - height)];
    const size = isSize
      ? [between(width + across, LEAST, 1 - left), between(height + down, LEAST, 1 - top)]
      : [width, height];
    this.put([at[0], at[1], size[0], size[1]]);
  }

  /** @param {Box} box */
  put(box) {
    const shown = this.shown();
    if (!shown) return;
    this.box = box;
    const around = this.stage.getBoundingClientRect();
    const [left, top, width, height] = box;
    this.frame.hidden = false;
    Object.assign(this.frame.style, {
      left: `${shown.box.left - around.left + left * shown.box.width}px`,
      top: `${shown.box.top - around.top + top * shown.box.height}px`,
      width: `${width * shown.box.width}px`,
      height: `${height * shown.box.height}px`,
    });
    this.choices.hidden = this.from != null;
    this.putChoices(shown.box, around, box);
  }

  /** Below the rectangle, or above it, or in it where there is no room. */
  putChoices(picture, around, [left, top, width, height]) {
    const { offsetWidth, offsetHeight } = this.choices;
    const first = picture.top - around.top + top * picture.height;
    const last = first + height * picture.height;
    const fits = [last + GAP, first - GAP - offsetHeight].find((at) => at >= 0 && at + offsetHeight <= around.height);
    const middle = picture.left - around.left + (left + width / 2) * picture.width;
    Object.assign(this.choices.style, {
      left: `${between(middle - offsetWidth / 2, 0, Math.max(0, around.width - offsetWidth))}px`,
      top: `${fits ?? last - GAP - offsetHeight}px`,
    });
  }

  begin(event) {
    if (event.button) return;
    this.from = this.at(event);
    this.cover.setPointerCapture(event.pointerId);
    event.preventDefault();
  }

  stretch(event) {
    if (this.from) this.put(this.between(this.from, this.at(event)));
  }

  finish(event) {
    if (!this.from) return;
    const box = this.between(this.from, this.at(event));
    this.from = null;
    // A click: the rectangle stays what it was before.
    if (Math.min(box[2], box[3]) < LEAST) return;
    this.put(box);
  }

  /** Where in the picture the mouse is. @param {PointerEvent} event @returns {[number, number]} */
  at(event) {
    const box = this.shown()?.box ?? this.stage.getBoundingClientRect();
    return [
      between((event.clientX - box.left) / box.width, 0, 1),
      between((event.clientY - box.top) / box.height, 0, 1),
    ];
  }

  /** @returns {Box} */
  between([fromX, fromY], [toX, toY]) {
    return [Math.min(fromX, toX), Math.min(fromY, toY), Math.abs(toX - fromX), Math.abs(toY - fromY)];
  }

  /** Search for what looks like it, or for the same thing. @param {"like" | "same"} kind */
  seek(kind) {
    const shown = this.shown();
    if (!shown) return;
    const [left, top, width, height] = this.box.map((part) => Math.round(part * 10 ** DIGITS));
    // Rounded edges never reach beyond the picture.
    const scale = 10 ** DIGITS;
    const edges = [left, top, Math.min(width, scale - left), Math.min(height, scale - top)];
    this.turn(false);
    const crop = `crop:${shown.sha1}@${edges.map((edge) => edge / scale).join(",")}`;
    ask("seek", kind === "same" ? `part-of:${crop}` : crop);
  }
}

function between(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
