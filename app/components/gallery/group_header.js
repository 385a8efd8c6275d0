// The header of a group: fold it, select it, show only it, ask what else can be done with it. Not
// here: where it lies.
import { ask } from "../shared/bridge/page_requests.js";
import { el, icon, iconButton, number, set, write } from "../shared/ui/dom.js";

const CHECKED = { all: "true", some: "mixed", none: "false" };
const SIGNS = { all: "check", some: "remove", none: "check" };
// How far a level stands in from the one around it.
const INDENT = 16;

/** @param {Record<string, string>} texts @returns {HTMLElement} */
export function makeHeader(texts) {
  const tick = el("button", { type: "button", class: "tick", role: "checkbox", tabindex: "-1" }, icon("check"));
  const only = iconButton("filter_alt", texts.group_only, null, { class: "tool only", tabindex: "-1" });
  const more = iconButton("more_horiz", texts.group_more, (event) => askSheet(event), {
    class: "tool more",
    tabindex: "-1",
    "aria-haspopup": "menu",
  });
  // In the order of Tab, as no key of the grid leads to it.
  const why = iconButton("help", "", (event) => askWhy(event), { class: "tool why", hidden: true });
  const askWhy = (event) => {
    event.stopPropagation();
    const detail = { group: why.dataset.group, label: why.getAttribute("aria-label") };
    ask("why", detail);
  };
  why.addEventListener("keydown", (event) => event.stopPropagation());
  const header = el(
    "div",
    { role: "row", class: "header" },
    el(
      "div",
      { role: "gridcell", class: "parts" },
      el("span", { class: "fold", title: texts.group_fold }, icon("expand_more")),
      tick,
      el("span", { class: "path" }),
      el("span", { class: "label" }),
      el("span", { class: "count" }),
      only,
      more,
      why,
    ),
  );
  /** The sheet around says what the group is. */
  const askSheet = (event) => {
    event.stopPropagation();
    header.dispatchEvent(new CustomEvent("ask", { bubbles: true, detail: { button: more } }));
  };
  return header;
}

/**
 * @typedef {object} How
 * @property {number} group
 * @property {string[]} path     names of the groups around it, and its own
 * @property {boolean} isWhole   whether the names around it are shown as well
 * @property {number} count
 * @property {boolean} isFolded
 * @property {boolean} isCurrent
 * @property {boolean} canFilter
 * @property {string | null} why  what its lineage is asked by
 * @property {import("./group_checkboxes.js").State} ticked
 * @property {string} language
 */

/** @param {HTMLElement} header @param {Record<string, string>} texts @param {How} how */
export function showHeader(header, texts, how) {
  const [fold, tick, path, label, count, only, , why] = /** @type {HTMLElement[]} */ ([
    ...header.firstElementChild.children,
  ]);
  const name = how.path.at(-1) ?? "";
  const depth = how.path.length - 1;
  set(header, "data-group", how.group);
  set(header, "aria-level", depth + 1);
  set(header, "aria-expanded", String(!how.isFolded));
  header.classList.toggle("current", how.isCurrent);
  header.classList.toggle("ticked", how.ticked !== "none");
  header.style.setProperty("--indent", `${how.isWhole ? 0 : depth * INDENT}px`);
  write(fold.firstChild, how.isFolded ? "chevron_right" : "expand_more");
  write(tick.firstChild, SIGNS[how.ticked]);
  set(tick, "aria-checked", CHECKED[how.ticked]);
  const select = texts.group_select?.replace("{group}", () => name);
  set(tick, "title", select);
  set(tick, "aria-label", select);
  write(path, how.isWhole && depth ? `${how.path.slice(0, -1).join(" › ")} ›` : "");
  write(label, name);
  set(label, "title", how.path.join(" › "));
  write(count, number(how.count, how.language));
  only.hidden = !how.canFilter;
  why.hidden = !how.why;
  set(why, "data-group", how.why);
  const question = texts.why_of?.replace("{what}", () => name);
  set(why, "title", question);
  set(why, "aria-label", question);
}
