// Choosing another tag for an image: all tags of the property, filtered while someone types. Not
// here: what is written then (classes.js).
import { annotations } from "../shared/store/annotations.js";
import { el } from "../shared/ui/dom.js";
import { typedOrFirst, withoutAccents } from "../shared/ui/text.js";

const SHOWN_AT_MOST = 100;
// Pixels from the window's edges.
const MARGIN = 8;

export class OtherTag {
  /** @param {import("../shared/ui/review_page.js").PageTools} tools @param {(tag: string) => void} choose */
  constructor(tools, choose) {
    const { t } = tools;
    this.choose = choose;
    this.property = "";
    /** The tag that is left out. */
    this.except = "";
    this.field = el("input", {
      type: "search",
      class: "field",
      placeholder: t("find"),
      "aria-label": t("find"),
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.draw(),
    });
    /** The tags of the list in its order. @type {import("../shared/store/annotations.js").Tag[]} */
    this.listed = [];
    this.list = el("ul", {});
    this.node = el(
      "div",
      { class: "other", popover: "auto", role: "dialog", "aria-label": t("other") },
      this.field,
      this.list,
    );
    this.node.addEventListener("keydown", (event) => this.onKey(event));
  }

  get isOpen() {
    return this.node.matches(":popover-open");
  }

  /** @param {Element} anchor @param {string} property @param {string} except  the tag that is left out */
  open(anchor, property, except) {
    this.property = property;
    this.except = except;
    this.field.value = "";
    this.draw();
    this.node.showPopover();
    const box = anchor.getBoundingClientRect();
    const { style, offsetWidth, offsetHeight } = this.node;
    style.left = `${Math.max(MARGIN, Math.min(box.left, innerWidth - offsetWidth - MARGIN))}px`;
    style.top = `${Math.max(MARGIN, Math.min(box.bottom, innerHeight - offsetHeight - MARGIN))}px`;
    this.field.focus();
  }

  draw() {
    const query = withoutAccents(this.field.value.trim());
    const matches = annotations
      .tagsOf(this.property)
      .filter(({ id, name }) => id !== this.except && withoutAccents(name).includes(query));
    this.listed = matches.slice(0, SHOWN_AT_MOST);
    this.list.replaceChildren(...this.listed.map((tag) => el("li", {}, this.tagButton(tag))));
  }

  /** @param {import("../shared/store/annotations.js").Tag} tag */
  tagButton({ id, name, colour }) {
    const dot = el("span", { class: "dot" });
    if (colour) dot.style.background = colour;
    return el("button", { type: "button", onclick: () => this.take(id) }, dot, name);
  }

  /** @param {string} id  of the tag */
  take(id) {
    this.node.hidePopover();
    this.choose(id);
  }

  /** Enter takes the tag that was typed, or the first; the arrows go through them. @param {KeyboardEvent} event */
  onKey(event) {
    const buttons = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("button")]);
    const { target } = event;
    if (event.isComposing) return;
    if (event.key === "Enter" && target === this.field) {
      event.preventDefault();
      const tag = typedOrFirst(this.listed, this.field.value);
      if (tag) this.take(tag.id);
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const index = buttons.indexOf(/** @type {HTMLElement} */ (target)) + step;
    (index < 0 ? this.field : buttons[Math.min(index, buttons.length - 1)])?.focus();
  }
}
