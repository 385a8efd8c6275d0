// The tags of a property: a tree where a tag stands under each of its parents, or a list; what is
// open, selected and searched. Not here: the bar above it (tag_toolbar.js), the line of new tags
// (new_tag_line.js), the panel of the selected tags (tag_panel.js), changing tags (tag_changes.js),
// the graph (tag_graph.js), drawing the rows in sight (virtual_list.js), mouse and keys (gestures.js).
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { rename } from "../shared/ui/inline_rename.js";
import { isVersion } from "../shared/bridge/address.js";
import { Gestures } from "./gestures.js";
import { NewTagLine } from "./new_tag_line.js";
import { TagChanges } from "./tag_changes.js";
import { buildGraph, listRows, matchingTags, pathTo, treeRows } from "./tag_graph.js";
import { TagPanel } from "./tag_panel.js";
import { TagToolbar } from "./tag_toolbar.js";
import { VirtualList } from "./virtual_list.js";

/** @typedef {import("./tag_graph.js").Tag} Tag */
/** @typedef {import("./tag_graph.js").Row} Row */
/** @typedef {import("../shared/store/property_definitions.js").Property} Property */

const INDENT = 16;
const HEADS = ["tag", "all", "itself"];

export class TagTree {
  /** @param {import("../properties/properties.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    /** @type {Map<string, Tag>} */
    this.tags = new Map();
    /** @type {Row[]} */
    this.rows = [];
    /** The index of each row by its key. @type {Map<string, number>} */
    this.indexOfKey = new Map();
    /** Keys of open rows; a branch that a search opened and somebody closed is kept as "-" and its key. */
    this.openKeys = new Set();
    /** Keys of selected rows, in the order of selecting. @type {Set<string>} */
    this.selectedKeys = new Set();
    /** The row that has the keyboard. @type {string | null} */
    this.currentKey = null;
    this.mode = "tree";
    /** @type {import("./tag_graph.js").Order} */
    this.orderBy = "name";

    this.toolbar = new TagToolbar(this);
    this.newTag = new NewTagLine(this);
    this.heads = HEADS.map((name) => el("span", { class: name }));
    this.columns = el("div", { class: "columns", "aria-hidden": "true" }, ...this.heads);
    this.body = el("div", { class: "branches", role: "tree", tabindex: 0, "aria-multiselectable": "true" });
    this.virtualList = new VirtualList(this.body, {
      make: makeRow,
      write: (node, row, index) => this.writeRow(node, row, index),
    });
    this.emptyMessage = el("p", { class: "message" });
    this.status = el("p", { class: "status", role: "status" });
    this.changes = new TagChanges(this);
    this.panel = new TagPanel(tools, this);
    this.node = el(
      "div",
      { class: "tagtree", hidden: true },
      el(
        "div",
        { class: "left" },
        this.toolbar.node,
        this.newTag.node,
        this.columns,
        this.emptyMessage,
        this.body,
        this.status,
      ),
      this.panel.node,
    );
    this.gestures = new Gestures(this);
  }

  /** Show the tags of a property; resolves when they are drawn. @param {Property} property */
  async show(property) {
    const isOther = this.property?.id !== property.id;
    this.property = property;
    this.writeTexts();
    if (isOther) this.reset();
    // One load after the other: whoever awaits this one sees what it built.
    this.loading = (this.loading ?? Promise.resolve()).then(() => this.load(property));
    return this.loading;
  }

  /** @param {Property} property */
  async load(property) {
    if (this.property.id !== property.id) return;
    const response = await this.tools.definitions.of(property.id, "tags").catch(() => null);
    const etag = response?.headers.get("ETag");
    const isSame = this.etag === etag && this.language === this.tools.language;
    if (!response || this.property.id !== property.id || isSame) return;
    /** @type {Record<string, any[]> | null} what the server sent last: one list a field */
    const lists = await response.json().catch(() => null);
    if (!lists || this.property.id !== property.id) return;
    this.lists = lists;
    this.etag = etag;
    this.language = this.tools.language;
    this.rebuild();
  }

  /** Another property is shown: forget all of the one before. */
  reset() {
    this.etag = null;
    this.openKeys.clear();
    this.selectedKeys.clear();
    this.currentKey = null;
    this.newTag.close();
    this.lists = null;
    this.tags = new Map();
    this.virtualList.show([]);
    this.emptyMessage.hidden = true;
    this.body.scrollTop = 0;
    this.panel.draw([]);
    this.toolbar.reset();
  }

  writeTexts() {
    const { t } = this.tools;
    this.toolbar.writeTexts();
    HEADS.forEach((name, index) => {
      write(this.heads[index], t(name));
      set(this.heads[index], "title", index ? t(`${name}_help`) : null);
    });
    set(this.body, "aria-label", this.property.name);
    set(this.body, "title", null);
    set(this.body, "aria-description", t("tree_keys"));
    this.newTag.writeTexts();
  }

  /** Build the graph and the rows from the lists of the server. */
  rebuild() {
    this.tags = buildGraph(this.lists, this.orderBy, this.tools.language);
    this.updateRows();
    this.panel.draw(this.selectedIds());
    if (!this.tags.size && !this.newTag.isOpen && !isVersion) this.newTag.open(null, false);
  }

  /** Make the rows anew after what is open, searched or sorted has changed. */
  updateRows() {
    const { t, language } = this.tools;
    const hits = matchingTags(this.tags, this.toolbar.search.value);
    this.hits = hits;
    this.rows = this.mode === "tree" ? treeRows(this.tags, this.openKeys, hits) : listRows(this.tags, hits);
    this.indexOfKey = new Map(this.rows.map((row, index) => [row.key, index]));
    this.repairSelection();
    this.virtualList.show(this.rows);
    this.writeActiveDescendant();
    this.emptyMessage.hidden = this.rows.length > 0;
    this.body.hidden = this.columns.hidden = !this.rows.length;
    write(this.emptyMessage, t(this.tags.size ? "none_found" : "no_tags"));
    this.countText = hits
      ? t("of_tags", { count: hits.size, total: number(this.tags.size, language) })
      : t("tags", { count: this.tags.size });
    write(this.status, this.tags.size ? this.countText : "");
  }

  /** A selected row that is gone is replaced by another row of its tag, where there is one. */
  repairSelection() {
    if ([...this.selectedKeys].every((key) => this.indexOfKey.has(key))) return;
    const first = new Map();
    for (const row of this.rows) if (!first.has(row.tag.id)) first.set(row.tag.id, row.key);
    const keys = [...this.selectedKeys].map((key) => (this.indexOfKey.has(key) ? key : first.get(idOf(key))));
    this.selectedKeys = new Set(keys.filter(Boolean));
    if (this.currentKey !== null && !this.indexOfKey.has(this.currentKey))
      this.currentKey = [...this.selectedKeys].pop() ?? null;
  }

  // Rows

  /** @param {HTMLElement} node @param {Row} row @param {number} index */
  writeRow(node, row, index) {
    const { language } = this.tools;
    const { tag } = row;
    const [arrow, colour, name, key, all, itself] = /** @type {HTMLElement[]} */ ([...node.children]);
    node.id = `row-${index}`;
    node.style.paddingLeft = `${8 + row.depth * INDENT}px`;
    set(node, "aria-level", row.depth + 1);
    set(node, "aria-posinset", row.position);
    set(node, "aria-setsize", row.siblings);
    set(node, "aria-expanded", row.isParent ? String(row.isOpen) : null);
    set(node, "aria-selected", String(this.selectedKeys.has(row.key)));
    node.classList.toggle("current", row.key === this.currentKey);
    // What only leads to what was found.
    node.classList.toggle("leading", Boolean(this.hits && !this.hits.has(tag.id)));
    arrow.classList.toggle("leaf", !row.isParent);
    arrow.hidden = this.mode === "list";
    colour.style.setProperty("--colour", tag.colour ?? "transparent");
    write(name, tag.name);
    set(name, "title", tag.name);
    write(key, tag.key ?? "");
    key.hidden = !tag.key;
    write(all, number(tag.all, language));
    write(itself, tag.children.length || tag.all !== tag.itself ? number(tag.itself, language) : "");
  }

  /** Tell screen readers which row has the keyboard. */
  writeActiveDescendant() {
    const index = this.currentKey === null ? undefined : this.indexOfKey.get(this.currentKey);
    const isInSight = index !== undefined && this.virtualList.nodeOf(index);
    set(this.body, "aria-activedescendant", isInSight ? `row-${index}` : null);
  }

  // Selection

  /** The ids of the selected tags, each once, in the order of selecting. */
  selectedIds() {
    return [...new Set([...this.selectedKeys].map(idOf))];
  }

  /** @returns {Row[]} */
  selectedRows() {
    return [...this.selectedKeys].map((key) => this.rows[this.indexOfKey.get(key)]).filter(Boolean);
  }

  /** The row that has the keyboard. @returns {Row | undefined} */
  currentRow() {
    return this.currentKey === null ? undefined : this.rows[this.indexOfKey.get(this.currentKey)];
  }

  /** @param {string} key */
  select(key, { isAdded = false, isRange = false } = {}) {
    if (isRange) this.selectRange(key);
    else if (isAdded && this.selectedKeys.has(key)) this.selectedKeys.delete(key);
    else if (isAdded) this.selectedKeys.add(key);
    else this.selectedKeys = new Set([key]);
    if (!isRange) this.anchorKey = key;
    this.currentKey = key;
    this.virtualList.draw();
    this.reveal(key);
    this.panel.draw(this.selectedIds());
  }

  /** Select all rows from the anchor to this one. @param {string} key */
  selectRange(key) {
    const from = this.indexOfKey.get(this.anchorKey ?? key) ?? this.indexOfKey.get(key);
    const to = this.indexOfKey.get(key);
    const keys = this.rows.slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.key);
    // The row that was selected first stays the first.
    this.selectedKeys = new Set(from <= to ? keys : keys.reverse());
  }

  selectAll() {
    this.selectedKeys = new Set(this.rows.map((row) => row.key));
    this.virtualList.draw();
    this.panel.draw(this.selectedIds());
  }

  clearSelection() {
    this.selectedKeys.clear();
    this.virtualList.draw();
    this.panel.draw([]);
  }

  /** Select a tag on the first path to it, and open what leads there. @param {string} id */
  selectTag(id) {
    const path = pathTo(this.tags, id);
    if (this.mode === "tree") path.slice(0, -1).forEach((key) => this.openKeys.add(key));
    this.updateRows();
    const key = this.mode === "tree" ? path[path.length - 1] : `/${id}`;
    if (this.indexOfKey.has(key)) this.select(key);
  }

  /** Select a tag that was just created; a search might not show it and ends. @param {string} id */
  selectCreated(id) {
    if (this.toolbar.search.value) this.toolbar.search.value = "";
    this.selectTag(id);
  }

  /** Scroll to a row. @param {string} key */
  reveal(key) {
    const index = this.indexOfKey.get(key);
    if (index !== undefined) this.virtualList.reveal(index);
    this.writeActiveDescendant();
  }

  // What is shown

  /** @param {Row} row */
  toggle(row, isOpen = !row.isOpen) {
    if (!row.isParent || row.isOpen === isOpen) return;
    if (isOpen) this.openKeys.add(row.key).delete(`-${row.key}`);
    else this.openKeys.add(`-${row.key}`).delete(row.key);
    this.updateRows();
  }

  openAll() {
    const all = treeRows(this.tags, { has: () => true }, null);
    this.openKeys = new Set(all.filter((row) => row.isParent).map((row) => row.key));
    this.updateRows();
  }

  closeAll() {
    this.openKeys.clear();
    this.updateRows();
  }

  searchChanged() {
    for (const key of [...this.openKeys]) if (key.startsWith("-")) this.openKeys.delete(key);
    this.body.scrollTop = 0;
    this.updateRows();
  }

  /** @param {string} mode "tree" or "list" */
  setMode(mode) {
    const [id] = this.selectedIds();
    this.mode = mode;
    this.writeTexts();
    this.updateRows();
    if (id) this.selectTag(id);
  }

  sortChanged() {
    this.orderBy = /** @type {import("./tag_graph.js").Order} */ (this.toolbar.sort.value);
    if (this.lists) this.rebuild();
    if (this.currentKey !== null) this.reveal(this.currentKey);
  }

  /** From the next reading on, show the order that people gave. */
  sortByHand() {
    this.orderBy = "hand";
    this.toolbar.sort.value = "hand";
  }

  /** Rename the current tag where it stands. */
  rename() {
    if (isVersion) return;
    const index = this.currentKey === null ? undefined : this.indexOfKey.get(this.currentKey);
    if (index === undefined) return;
    this.virtualList.reveal(index);
    const { tag } = this.rows[index];
    const nameNode = /** @type {HTMLElement} */ (this.virtualList.nodeOf(index)?.children[2]);
    const { parentElement } = nameNode;
    set(parentElement, "draggable", null);
    rename(nameNode, tag.name, this.tools.t("name"), (name) => {
      set(parentElement, "draggable", "true");
      this.virtualList.draw();
      this.body.focus();
      if (name !== null) this.changes.alter([tag.id], { name });
    });
  }

  close() {
    this.virtualList.close();
  }
}

/** The id of the tag that a row shows. @param {string} key */
function idOf(key) {
  return key.slice(key.lastIndexOf("/") + 1);
}

function makeRow() {
  return el(
    "div",
    { role: "treeitem", class: "branch", draggable: String(!isVersion) },
    el("span", { class: "arrow" }, icon("chevron_right")),
    el("span", { class: "swatch" }),
    el("span", { class: "name" }),
    el("kbd", {}),
    el("span", { class: "number all" }),
    el("span", { class: "number itself" }),
  );
}
