// One image of a class: how well it fits, its two answers, and the way to another tag. Not here:
// writing answers (classes.js), where the tile is (class_section.js).
import { el, iconButton, set, write } from "../shared/ui/dom.js";
import { formatScore } from "../suggest/tile.js";
import { routeTo } from "../shared/bridge/address.js";

export class Tile {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools @param {string} id
   * @param {{select: () => void, decide: (belongs: boolean) => void, enlarge: () => void,
   *   chooseOtherTag: (anchor: Element) => void}} actions
   */
  constructor(tools, id, { select, decide, enlarge, chooseOtherTag }) {
    const { t } = tools;
    this.tools = tools;
    const button = (symbol, name, action) => {
      const onclick = (event) => {
        event.stopPropagation();
        action();
      };
      return iconButton(symbol, t(name), onclick, { class: `tool ${name}`, tabindex: "-1" });
    };
    this.accept = button("check", "accept", () => decide(true));
    this.refuse = button("close", "refuse", () => decide(false));
    this.otherTag = button("swap_horiz", "other", () => chooseOtherTag(this.otherTag));
    this.buttons = [this.accept, this.refuse, this.otherTag];
    this.mark = el("span", { class: "icon sign", "aria-hidden": "true" });
    this.image = el("img", { alt: "", decoding: "async", draggable: "false", hidden: true });
    this.score = el("span", { class: "score" });
    this.presentTag = el("span", { class: "has" });
    this.node = el(
      "div",
      { class: "tile", role: "gridcell", id, onclick: select, ondblclick: enlarge },
      el("div", { class: "picture" }, this.image, this.mark, this.presentTag),
      el("div", { class: "about" }, this.score, this.otherTag, this.refuse, this.accept),
    );
    // A press must not take the keyboard focus from the sheet.
    for (const node of this.buttons) node.addEventListener("pointerdown", (event) => event.preventDefault());
    /** What was drawn last. @type {any[]} */
    this.drawn = [];
  }

  /**
   * @param {import("./sorted_images.js").Image | undefined} image  undefined while it is being fetched
   * @param {import("./sorted_images.js").Class} itsClass
   * @param {boolean | null} answer
   * @param {string} otherTag  the name of another tag that it has
   * @param {boolean} isCurrent
   */
  draw(image, itsClass, answer, otherTag, isCurrent) {
    const state = [image, itsClass.name, answer, otherTag, isCurrent];
    if (this.drawn.length && this.drawn.every((value, index) => value === state[index])) return;
    this.drawn = state;
    set(this.node, "aria-selected", String(isCurrent));
    set(this.node, "data-sha1", image?.sha1 ?? null);
    this.node.classList.toggle("skeleton", !image);
    this.image.hidden = !image;
    for (const button of this.buttons) button.disabled = !image;
    if (!image) return;
    set(this.image, "src", routeTo(`/thumb/${image.sha1}`));
    this.drawScore(image, itsClass.name, answer, otherTag);
    this.node.classList.toggle("accepted", answer === true);
    this.node.classList.toggle("refused", answer === false);
    set(this.accept, "aria-pressed", String(answer === true));
    set(this.refuse, "aria-pressed", String(answer === false));
    write(this.mark, answer === null ? "" : answer ? "check" : "close");
  }

  /**
   * @param {import("./sorted_images.js").Image} image @param {string} name  of the class
   * @param {boolean | null} answer @param {string} otherTag
   */
  drawScore(image, name, answer, otherTag) {
    const { t, language } = this.tools;
    const { short } = formatScore(this.tools, image);
    const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 }).format(
      image.probability,
    );
    const cosine = new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(
      image.similarity,
    );
    write(this.score, short);
    set(this.score, "title", t("fits", { value: percent, name, cosine }));
    const present = otherTag ? t("has_other", { name: otherTag }) : "";
    write(this.presentTag, otherTag);
    set(this.presentTag, "title", present || null);
    const status = answer === null ? "" : t(answer ? "is_accepted" : "is_refused");
    set(this.node, "aria-label", [name, short, present, status].filter(Boolean).join(", "));
  }
}
