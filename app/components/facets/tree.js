// Folders, or tags, as a tree, with arrows as keys. Only open branches are elements.
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { ancestors, pathOf, roots, visibleRows } from "./tree_rows.js";

/**
 * @typedef {object} Branches
 * @property {string} key        where the browser keeps which branches are open
 * @property {boolean} isAdding  whether a press adds to what is chosen, as Ctrl and a press does
 * @property {(row: HTMLElement, item: any, isChosen: boolean) => void} mark  what stands before a label
 */

/** @type {Branches} */
export const FOLDERS = {
  key: "panoptic.folders",
  isAdding: false,
  mark: (row, _, isChosen) =>
    write(row.children[1].firstChild ?? row.children[1], isChosen ? "folder_check_2" : "folder"),
};

export function makeFolders() {
  return makeTree(FOLDERS);
}

/** @param {Branches} how */
export function makeTree({ key: memory, isAdding, mark }) {
  const node = el("div", { role: "tree", class: "tree" });
  const opened = new Set(JSON.parse(sessionStorage.getItem(memory) ?? "[]"));
  let isFresh = !opened.size;
  let current = "";
  let given = null;
  let how = null;

  const rows = () => /** @type {HTMLElement[]} */ ([...node.children]);
  const rowOf = (event) => event.target.closest("[role=treeitem]");

  function draw() {
    const items = visibleRows(given.items, opened);
    if (!items.some((item) => pathOf(item) === current)) current = items[0] ? pathOf(items[0]) : "";
    while (node.children.length > items.length) node.lastChild.remove();
    while (node.children.length < items.length) node.append(makeBranch());
    items.forEach((item, at) => writeBranch(node.children[at], item, at));
    set(node, "aria-label", given.title);
    set(node, "aria-multiselectable", isAdding ? "true" : null);
  }

  function writeBranch(row, item, at) {
    const isChosen = given.selected.includes(item.id);
    const path = pathOf(item);
    const [arrow, , label, count] = row.children;
    row.style.setProperty("--depth", item.depth);
    set(row, "data-id", path);
    set(row, "aria-level", item.depth + 1);
    set(row, "aria-expanded", item.isParent ? String(opened.has(path)) : null);
    set(row, "aria-selected", isChosen ? "true" : "false");
    set(row, "tabindex", path === current ? "0" : "-1");
    set(row, "title", item.title ?? item.id ?? item.label);
    arrow.classList.toggle("leaf", !item.isParent);
    mark(row, item, isChosen);
    write(label, item.label);
    write(count, number(item.count, how.language));
    row.classList.toggle("empty", item.count === 0);
    row.dataset.at = at;
  }

  function toggle(id, isOpen = !opened.has(id)) {
    if (isOpen) opened.add(id);
    else opened.delete(id);
    sessionStorage.setItem(memory, JSON.stringify([...opened]));
    draw();
  }

  function choose(path, isAdded) {
    const { id } = given.items.find((item) => pathOf(item) === path);
    const isChosen = given.selected.includes(id);
    const others = given.selected.filter((selected) => selected !== id);
    if (isAdded) how.change(isChosen ? others : [...given.selected, id]);
    else how.change(isChosen && !others.length ? [] : [id]);
  }

  function focus(id) {
    current = id;
    draw();
    rows()
      .find((row) => row.dataset.id === id)
      ?.focus();
  }

  node.addEventListener("click", (event) => {
    const row = rowOf(event);
    const arrow = /** @type {Element} */ (event.target).closest(".arrow");
    if (!row) return;
    focus(row.dataset.id);
    if (arrow && row.hasAttribute("aria-expanded")) toggle(row.dataset.id);
    else choose(row.dataset.id, isAdding || event.ctrlKey || event.metaKey);
  });

  node.addEventListener("keydown", (event) => {
    const row = rowOf(event);
    const act = row && keys[event.key];
    if (!act || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    act(row, event);
  });

  const beside = (row, by) => {
    const other = rows()[Number(row.dataset.at) + by];
    if (other) focus(other.dataset.id);
  };
  const keys = {
    ArrowDown: (row) => beside(row, 1),
    ArrowUp: (row) => beside(row, -1),
    Home: () => focus(rows()[0].dataset.id),
    End: () => focus(rows().at(-1).dataset.id),
    ArrowRight: (row) =>
      row.getAttribute("aria-expanded") === "false" ? toggle(row.dataset.id, true) : beside(row, 1),
    ArrowLeft: (row) => {
      if (row.getAttribute("aria-expanded") === "true") toggle(row.dataset.id, false);
      else focusParent(row);
    },
    Enter: (row, event) => choose(row.dataset.id, isAdding || event.ctrlKey),
    " ": (row) => choose(row.dataset.id, true),
  };

  function focusParent(row) {
    const parent = row.dataset.id.split("/").slice(0, -1).join("/");
    if (given.items.some((item) => pathOf(item) === parent)) focus(parent);
  }

  return {
    node,
    update(section, tools) {
      given = section;
      how = tools;
      // A corpus of one source opens at its folders; what is chosen, or sought, is never hidden.
      const [root, ...others] = roots(section.items);
      if (isFresh && root && !others.length) opened.add(pathOf(root));
      isFresh &&= !section.items.length;
      const isSought = Boolean(section.sought);
      const seen = section.items.filter((item) => isSought || section.selected.includes(item.id));
      for (const item of seen) for (const up of ancestors(pathOf(item))) opened.add(up);
      draw();
    },
  };
}

function makeBranch() {
  return el(
    "div",
    { role: "treeitem", class: "branch" },
    el("span", { class: "arrow" }, icon("chevron_right")),
    el("span", { class: "glyph" }, icon("folder")),
    el("span", { class: "label" }),
    el("span", { class: "number" }),
  );
}
