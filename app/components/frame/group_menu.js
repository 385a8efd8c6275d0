// The menu of a group, opened from its heading: tag its images, find more like them, make a property
// of all groups.
// Not here: tagging (tagging.js), the property (annotate/name_groups.js), the heading (gallery).
import { answerTo } from "../shared/bridge/page_requests.js";
import { el, icon, write } from "../shared/ui/dom.js";
import { isVersion } from "../shared/bridge/address.js";
import { annotations } from "../shared/store/annotations.js";

// Pixels from the window's edges.
const MARGIN = 8;

/**
 * A group whose menu is wanted.
 * @typedef {object} GroupRequest
 * @property {HTMLElement} button  beside which the menu opens
 * @property {number} depth        level of the group
 * @property {string} name
 * @property {boolean} isUnset     whether it holds images without a value
 * @property {() => Promise<void>} select  selects its images
 */

export class GroupMenu {
  /**
   * @param {Record<string, string>} texts
   * @param {{tag: () => void, name: (depth: number, anchor: Element) => void, like: (anchor: Element,
   *   name: string) => void}} acts
   */
  constructor(texts, { tag, name, like }) {
    this.texts = texts;
    /** @type {GroupRequest | null} */
    this.group = null;
    this.title = el("p", { class: "message" });
    this.first = item("sell", texts.names_group, async () => {
      const { group } = this;
      this.list.hidePopover();
      await group?.select();
      tag();
    });
    const more = item("join_inner", texts.more, async () => {
      const { group } = this;
      this.list.hidePopover();
      await group?.select();
      // A group of images without a value has no name of its own.
      if (group) like(group.button, group.isUnset ? "" : group.name);
    });
    const all = item("new_label", texts.names_make, () => {
      const { group } = this;
      this.list.hidePopover();
      if (group) name(group.depth, group.button);
    });
    this.list = el("div", { class: "grouping", popover: "auto", role: "menu" }, this.title, this.first, more, all);
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.unanswer = answerTo("group", (group) => this.show(group));
  }

  /** @param {GroupRequest} group */
  show(group) {
    if (isVersion) return annotations.say(this.texts.at_version, null);
    this.group = group;
    write(this.title, group.name);
    this.list.setAttribute("aria-label", group.name);
    this.list.showPopover();
    const box = group.button.getBoundingClientRect();
    const { style, offsetWidth, offsetHeight } = this.list;
    style.left = `${Math.max(MARGIN, Math.min(box.left, innerWidth - offsetWidth - MARGIN))}px`;
    style.top = `${Math.min(box.bottom, innerHeight - offsetHeight - MARGIN)}px`;
    this.first.focus();
  }

  onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role=menuitem]")]);
    const index = items.findIndex((button) => button.matches(":focus"));
    items[(index + step + items.length) % items.length].focus();
  }

  close() {
    this.unanswer();
  }
}

function item(sign, text, onclick) {
  return el("button", { type: "button", role: "menuitem", onclick }, icon(sign), el("span", {}, text));
}
