// Acts in a row, of which those that have no room go into a menu, the last ones first. Not here: what
// they do (frame.js).
import { el, iconButton, set } from "../shared/ui/dom.js";

// Pixels above the bar.
const GAP = 8;

export class FoldingBar {
  /**
   * @param {HTMLElement[]} first  stay, before the acts
   * @param {HTMLElement[]} acts   by how often they are wanted
   * @param {HTMLElement[]} last   stay, after the acts
   */
  constructor(first, acts, last) {
    this.acts = acts;
    this.menu = el("div", { class: "folded", popover: "auto", role: "menu" });
    this.more = iconButton("more_horiz", "", () => this.openMenu(), { "aria-haspopup": "menu", hidden: true });
    this.node = el("div", { class: "selected", hidden: true }, ...first, ...acts, this.more, ...last, this.menu);
    this.menu.addEventListener("click", () => this.menu.hidePopover());
    this.size = new ResizeObserver(() => this.fold());
    this.size.observe(this.node);
    this.drawn = "";
  }

  get isOpen() {
    return this.menu.matches(":popover-open");
  }

  /** What a panel of an act opens above. @param {HTMLElement} act */
  anchorOf(act) {
    return this.menu.contains(act) ? this.more : act;
  }

  /** @param {string} label  of the menu */
  update(label) {
    set(this.more, "title", label);
    set(this.more, "aria-label", label);
    this.fold();
  }

  fold() {
    const { node, menu, more, acts } = this;
    const shown = acts.filter((act) => !act.hidden);
    const wanted = [innerWidth, node.parentElement?.clientWidth, node.textContent, shown.length].join("|");
    // A node that is moved loses the keyboard focus.
    if (node.hidden || wanted === this.drawn) return;
    this.drawn = wanted;
    more.hidden = true;
    for (const act of acts) node.insertBefore(act, more);
    if (this.hasRoom) return;
    more.hidden = false;
    while (!this.hasRoom && shown.length) menu.prepend(/** @type {HTMLElement} */ (shown.pop()));
  }

  get hasRoom() {
    return this.node.scrollWidth <= this.node.clientWidth;
  }

  openMenu() {
    this.menu.showPopover();
    const box = this.more.getBoundingClientRect();
    this.menu.style.left = `${Math.max(GAP, Math.min(box.left, innerWidth - this.menu.offsetWidth - GAP))}px`;
    this.menu.style.bottom = `${innerHeight - box.top + GAP}px`;
    /** @type {HTMLElement | null} */ (this.menu.querySelector("button:not([hidden])"))?.focus();
  }

  close() {
    this.size.disconnect();
  }
}
