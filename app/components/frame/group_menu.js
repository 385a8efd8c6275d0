// What can be done with a group, from its heading: tag its images, find more like them, make a
// property of all groups.
// Not here: tagging (tagging.js), the property (annotate/name_groups.js), the heading (gallery).
import { el, icon, write } from "../shared/ui/dom.js";

const ROOM = 8;

/**
 * @typedef {{button: HTMLElement, depth: number, name: string, isUnset: boolean, select: () => Promise<void>}} Asked
 */

export class Grouping {
  /**
   * @param {Record<string, string>} texts
   * @param {{tag: () => void, name: (depth: number, anchor: Element) => void, like: (anchor: Element,
   *   name: string) => void}} acts
   */
  constructor(texts, { tag, name, like }) {
    /** @type {Asked | null} */
    this.asked = null;
    this.title = el("p", { class: "message" });
    this.first = item("sell", texts.names_group, async () => {
      const { asked } = this;
      this.list.hidePopover();
      await asked?.select();
      tag();
    });
    const more = item("join_inner", texts.more, async () => {
      const { asked } = this;
      this.list.hidePopover();
      await asked?.select();
      // What has no value has no name of its own.
      if (asked) like(asked.button, asked.isUnset ? "" : asked.name);
    });
    const all = item("new_label", texts.names_make, () => {
      const { asked } = this;
      this.list.hidePopover();
      if (asked) name(asked.depth, asked.button);
    });
    this.list = el("div", { class: "grouping", popover: "auto", role: "menu" }, this.title, this.first, more, all);
    this.list.addEventListener("keydown", (event) => this.press(event));
    this.open = (event) => this.show(/** @type {CustomEvent} */ (event).detail);
    document.addEventListener("panoptic:group", this.open);
  }

  /** @param {Asked} asked */
  show(asked) {
    this.asked = asked;
    write(this.title, asked.name);
    this.list.setAttribute("aria-label", asked.name);
    this.list.showPopover();
    const box = asked.button.getBoundingClientRect();
    const { style, offsetWidth, offsetHeight } = this.list;
    style.left = `${Math.max(ROOM, Math.min(box.left, innerWidth - offsetWidth - ROOM))}px`;
    style.top = `${Math.min(box.bottom, innerHeight - offsetHeight - ROOM)}px`;
    this.first.focus();
  }

  press(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const items = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role=menuitem]")]);
    const at = items.findIndex((one) => one.matches(":focus"));
    items[(at + by + items.length) % items.length].focus();
  }

  close() {
    document.removeEventListener("panoptic:group", this.open);
  }
}

function item(sign, text, onclick) {
  return el("button", { type: "button", role: "menuitem", onclick }, icon(sign), el("span", {}, text));
}
