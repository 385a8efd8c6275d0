// The folders as a tree, with arrows as keys. Only open branches are elements.
import { el, icon, number, set, write } from "../dom.js";

const KEY = "panoptic.folders";

export function makeTree() {
  const node = el("div", { role: "tree", class: "tree" });
  const opened = new Set(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
  let isFresh = !opened.size;
  let current = "";
  let given = null;
  let how = null;

  const rows = () => /** @type {HTMLElement[]} */ ([...node.children]);
  const rowOf = (event) => event.target.closest("[role=treeitem]");

  function draw() {
    const items = visible(given.items, opened);
    if (!items.some((item) => item.id === current)) current = items[0]?.id ?? "";
    while (node.children.length > items.length) node.lastChild.remove();
    while (node.children.length < items.length) node.append(makeBranch());
    items.forEach((item, at) => writeBranch(node.children[at], item, at));
    set(node, "aria-label", given.title);
  }

  function writeBranch(row, item, at) {
    const isChosen = given.selected.includes(item.id);
    const [arrow, glyph, label, count] = row.children;
    row.style.setProperty("--depth", item.depth);
    set(row, "data-id", item.id);
    set(row, "aria-level", item.depth + 1);
    set(row, "aria-expanded", item.isParent ? String(opened.has(item.id)) : null);
    set(row, "aria-selected", isChosen ? "true" : "false");
    set(row, "tabindex", item.id === current ? "0" : "-1");
    set(row, "title", item.id);
    arrow.classList.toggle("leaf", !item.isParent);
    write(glyph.firstChild ?? glyph, isChosen ? "folder_check_2" : "folder");
    write(label, item.label);
    write(count, number(item.count, how.language));
    row.classList.toggle("empty", item.count === 0);
    row.dataset.at = at;
  }

  function toggle(id, isOpen = !opened.has(id)) {
    if (isOpen) opened.add(id);
    else opened.delete(id);
    sessionStorage.setItem(KEY, JSON.stringify([...opened]));
    draw();
  }

  function choose(id, isAdded) {
    const isChosen = given.selected.includes(id);
    const others = given.selected.filter((one) => one !== id);
    if (isAdded) how.change(isChosen ? others : [...given.selected, id]);
    else how.change(isChosen && !others.length ? [] : [id]);
  }

  function focus(id) {
    current = id;
    draw();
    rows().find((row) => row.dataset.id === id)?.focus();
  }

  node.addEventListener("click", (event) => {
    const row = rowOf(event);
    const arrow = /** @type {Element} */ (event.target).closest(".arrow");
    if (!row) return;
    focus(row.dataset.id);
    if (arrow && row.hasAttribute("aria-expanded")) toggle(row.dataset.id);
    else choose(row.dataset.id, event.ctrlKey || event.metaKey);
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
    ArrowRight: (row) => (row.getAttribute("aria-expanded") === "false" ? toggle(row.dataset.id, true) : beside(row, 1)),
    ArrowLeft: (row) => {
      if (row.getAttribute("aria-expanded") === "true") toggle(row.dataset.id, false);
      else focusParent(row);
    },
    Enter: (row, event) => choose(row.dataset.id, event.ctrlKey),
    " ": (row) => choose(row.dataset.id, true),
  };

  function focusParent(row) {
    const parent = row.dataset.id.split("/").slice(0, -1).join("/");
    if (given.items.some((item) => item.id === parent)) focus(parent);
  }

  return {
    node,
    update(section, tools) {
      given = section;
      how = tools;
      // A corpus of one source opens at its folders; a chosen folder is never hidden.
      const [root, ...others] = roots(section.items);
      if (isFresh && root && !others.length) opened.add(root.id);
      isFresh &&= !section.items.length;
      for (const id of section.selected) for (const up of above(id)) opened.add(up);
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

function roots(items) {
  return items.filter((item) => !item.id.includes("/"));
}

function above(id) {
  const parts = id.split("/");
  return parts.slice(1).map((_, depth) => parts.slice(0, depth + 1).join("/"));
}

/** The items whose parents are all open, in order, with their depth. */
function visible(items, opened) {
  const parents = new Set(items.flatMap((item) => above(item.id).slice(-1)));
  return items
    .filter((item) => above(item.id).every((up) => opened.has(up)))
    .map((item) => ({ ...item, depth: item.id.split("/").length - 1, isParent: parents.has(item.id) }));
}
