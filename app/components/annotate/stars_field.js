// A field of stars: a press gives as many, the same again takes them away. Not here: fields of other
// types (editors.js), the keys of stars (frame/rating_keys.js).
import { MOST, REJECTED } from "../shared/store/marks.js";
import { el, fill, iconButton, set } from "../shared/ui/dom.js";

/** @typedef {import("../shared/store/annotations.js").Property} Property */

export class StarsField {
  /** @param {Property} property @param {import("./editors.js").EditorContext} context */
  constructor(property, context) {
    this.context = context;
    /** @type {string | null} */
    this.value = null;
    const { texts } = context;
    this.stars = Array.from({ length: MOST }, (_, index) => {
      const value = String(index + 1);
      const label = fill(texts[index ? "stars_other" : "stars_one"], { count: value });
      return el(
        "button",
        { type: "button", class: "star", title: label, "aria-label": label, onclick: () => this.choose(value) },
        "★",
      );
    });
    this.rejectButton = iconButton("block", texts.stars_reject, () => this.choose(REJECTED), { class: "tool reject" });
    this.node = el(
      "div",
      { class: "editor stars", role: "group", "aria-label": property.name },
      ...this.stars,
      this.rejectButton,
    );
    this.node.addEventListener("keydown", (event) => event.key === "Escape" && this.context.leave());
    this.show([]);
  }

  /** @param {string[]} texts @param {boolean} isMixed */
  show(texts, isMixed = false) {
    this.value = isMixed ? null : (texts[0] ?? null);
    this.draw();
  }

  draw() {
    const value = Number(this.value ?? 0);
    this.stars.forEach((star, index) => {
      star.classList.toggle("on", index < value);
      set(star, "aria-pressed", String(index + 1 === value));
    });
    set(this.rejectButton, "aria-pressed", String(this.value === REJECTED));
  }

  /** @param {string} value */
  choose(value) {
    this.value = value === this.value ? null : value;
    this.draw();
    this.context.commit({ op: "set", value: this.value });
  }

  refuse() {}

  commit() {}

  edit() {
    return this.value === null ? null : { value: this.value };
  }

  focus() {
    this.stars[0].focus();
  }
}
