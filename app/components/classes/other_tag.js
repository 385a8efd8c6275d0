// Another tag for an image: all tags of the property, found while one writes. Not here: what is
// written then (classes.js).
import { annotations } from "../shared/store/annotations.js";
import { el } from "../shared/ui/dom.js";
import { withoutAccents } from "../shared/ui/text.js";

const SHOWN_AT_MOST = 100;
const ROOM = 8;

export class Other {
  /** @param {import("./classes.js").Tools} tools @param {(tag: string) => void} take */
  constructor(tools, take) {
    const { say } = tools;
    this.take = take;
    this.field = el("input", {
      type: "search",
      class: "field",
      placeholder: say("find"),
      "aria-label": say("find"),
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.draw(),
    });
    this.list = el("ul", {});
    this.node = el(
      "div",
      { class: "other", popover: "auto", role: "dialog", "aria-label": say("other") },
      this.field,
      this.list,
    );
    this.node.addEventListener("keydown", (event) => this.press(event));
  }

  get isOpen() {
    return this.node.matches(":popover-open");
  }

  /** @param {Element} anchor @param {string} property @param {string} except  the tag that it is offered for */
  open(anchor, property, except) {
    this.property = property;
    this.except = except;
    this.field.value = "";
    this.draw();
    this.node.showPopover();
    const box = anchor.getBoundingClientRect();
    const { style, offsetWidth, offsetHeight } = this.node;
    style.left = `${Math.max(ROOM, Math.min(box.left, innerWidth - offsetWidth - ROOM))}px`;
    style.top = `${Math.max(ROOM, Math.min(box.bottom, innerHeight - offsetHeight - ROOM))}px`;
    this.field.focus();
  }

  draw() {
    const words = withoutAccents(this.field.value.trim());
    const found = annotations
      .tagsOf(this.property ?? "")
      .filter(({ id, name }) => id !== this.except && withoutAccents(name).includes(words));
    this.list.replaceChildren(...found.slice(0, SHOWN_AT_MOST).map((tag) => el("li", {}, this.button(tag))));
  }

  /** @param {import("../shared/store/annotations.js").Tag} tag */
  button(tag) {
    const dot = el("span", { class: "dot" });
    if (tag.colour) dot.style.background = tag.colour;
    return el("button", { type: "button", onclick: () => this.pick(tag.id) }, dot, tag.name);
  }

  pick(tag) {
    this.node.hidePopover();
    this.take(tag);
  }

  /** Enter takes the first that is found; the arrows go through them. @param {KeyboardEvent} event */
  press(event) {
    const buttons = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("button")]);
    const { target } = event;
    if (event.isComposing) return;
    if (event.key === "Enter" && target === this.field) {
      event.preventDefault();
      buttons[0]?.click();
      return;
    }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = buttons.indexOf(/** @type {HTMLElement} */ (target)) + by;
    (at < 0 ? this.field : buttons[Math.min(at, buttons.length - 1)])?.focus();
  }
}
