// A list of acts that opens below what was pressed. Not here: what the acts do.
import { el, icon } from "../shared/ui/dom.js";

/**
 * @typedef {object} Line
 * @property {string} icon
 * @property {string} text
 * @property {string} [title]
 * @property {string} [hint]
 * @property {() => void} act
 * @property {{icon: string, text: string, act: () => void}} [aside]
 * `aside` is a second act of the same line.
 */

/**
 * Fill `menu` (a popover) with lines and open it below `under`.
 * @param {HTMLElement} menu @param {HTMLElement} under @param {string} heading @param {Line[]} lines
 */
export function openMenu(menu, under, heading, lines) {
  const rows = lines.map((line) => row(menu, line));
  menu.replaceChildren(...(heading ? [el("h2", { role: "none" }, heading)] : []), ...rows);
  menu.setAttribute("aria-label", heading || under.textContent);
  menu.onkeydown = (event) => move(menu, event);
  menu.showPopover();
  const { left, bottom } = under.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${bottom + 2}px`;
  items(menu)[0]?.focus();
}

function row(menu, line) {
  const second =
    line.aside &&
    el(
      "button",
      {
        type: "button",
        class: "tool",
        role: "menuitem",
        title: line.aside.text,
        "aria-label": line.aside.text,
        onclick: () => choose(menu, line.aside.act),
      },
      icon(line.aside.icon),
    );
  const first = el(
    "button",
    { type: "button", role: "menuitem", title: line.title, onclick: () => choose(menu, line.act) },
    icon(line.icon),
    el("span", {}, line.text),
    line.hint ? el("kbd", { "aria-hidden": "true" }, line.hint) : null,
  );
  return el("div", { class: "row", role: "none" }, first, second);
}

function choose(menu, act) {
  menu.hidePopover();
  act();
}

function move(menu, event) {
  const all = items(menu);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const now = all.indexOf(/** @type {ShadowRoot} */ (menu.getRootNode()).activeElement);
  const to = step ? (now + step + all.length) % all.length : { Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  all[to]?.focus();
}

function items(menu) {
  return [...menu.querySelectorAll("[role=menuitem]")];
}
