// A menu that opens below what was pressed. Not here: what its items do.
import { el, icon } from "../shared/ui/dom.js";

// Pixels from the window's edges, and from what was pressed.
const MARGIN = 8;
const GAP = 2;

/**
 * @typedef {object} MenuItem
 * @property {string} icon
 * @property {string} text
 * @property {string} [title]
 * @property {string} [hint]  the key that does the same
 * @property {() => void} act
 * @property {{icon: string, text: string, act: () => void}} [aside]  a second action in the same row
 */

/**
 * Fill `menu` (a popover) with items and open it below `anchor`.
 * @param {HTMLElement} menu @param {HTMLElement} anchor @param {string} heading @param {MenuItem[]} items
 */
export function openMenu(menu, anchor, heading, items) {
  const rows = items.map((item) => makeRow(menu, item));
  menu.replaceChildren(...(heading ? [el("h2", { role: "none" }, heading)] : []), ...rows);
  menu.setAttribute("aria-label", heading || (anchor.textContent ?? ""));
  menu.onkeydown = (event) => moveFocus(menu, event);
  menu.showPopover();
  const { left, bottom } = anchor.getBoundingClientRect();
  menu.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - menu.offsetWidth - MARGIN))}px`;
  menu.style.top = `${bottom + GAP}px`;
  buttonsOf(menu)[0]?.focus();
}

/** @param {HTMLElement} menu @param {MenuItem} item */
function makeRow(menu, { icon: symbol, text, title, hint, act, aside }) {
  const choose = (action) => {
    menu.hidePopover();
    action();
  };
  const first = el(
    "button",
    { type: "button", role: "menuitem", title, onclick: () => choose(act) },
    icon(symbol),
    el("span", {}, text),
    hint ? el("kbd", { "aria-hidden": "true" }, hint) : null,
  );
  const second =
    aside &&
    el(
      "button",
      {
        type: "button",
        class: "tool",
        role: "menuitem",
        title: aside.text,
        "aria-label": aside.text,
        onclick: () => choose(aside.act),
      },
      icon(aside.icon),
    );
  return el("div", { class: "row", role: "none" }, first, second);
}

/** @param {HTMLElement} menu @param {KeyboardEvent} event */
function moveFocus(menu, event) {
  const buttons = buttonsOf(menu);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const { activeElement } = /** @type {ShadowRoot} */ (menu.getRootNode());
  const current = buttons.indexOf(/** @type {HTMLElement} */ (activeElement));
  const ends = { Home: 0, End: buttons.length - 1 };
  const target = step ? (current + step + buttons.length) % buttons.length : ends[event.key];
  if (target === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  buttons[target]?.focus();
}

/** @param {HTMLElement} menu @returns {HTMLElement[]} */
function buttonsOf(menu) {
  return [...menu.querySelectorAll("[role=menuitem]")].filter((node) => node instanceof HTMLElement);
}
