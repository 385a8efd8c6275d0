// The tags of a property: a tree where a tag stands under each of its parents, or a list; a search;
// what was chosen beside it (tag_panel.js). Not here: the graph (tag_graph.js), drawing what is in sight
// (virtual_list.js), hands and keys (gestures.js).
import { el, icon, iconButton, number, set, write } from "../shared/ui/dom.js";
import { rename } from "../shared/ui/inline_rename.js";
import { Gestures } from "./gestures.js";
import { Panel } from "./tag_panel.js";
import { found, graph, listRows, movedBefore, siblings, treeRows, wayTo, withBelow } from "./tag_graph.js";
import { Sheet } from "./virtual_list.js";

/** @typedef {import("./tag_graph.js").Tag} Tag */
/** @typedef {import("./tag_graph.js").Row} Row */

/**
 * More tools above the tree: each makes an element for a property, or null. Import of a tree from
 * a file adds itself here.
 * @type {((property: import("../shared/store/property_definitions.js").Property, tools: any) => Node | null)[]}
 */
export const extras = [];

const SORTS = /** @type {const} */ (["name", "hand", "count", "made"]);
const INDENT = 16;

export class TagTree {
  /** @param {import("../properties/properties.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    /** @type {Map<string, Tag>} */
    this.tags = new Map();
    /** @type {Row[]} */
    this.rows = [];
    /** Keys of open rows; those of branches that a search opened and a hand closed begin with "-". */
    this.opened = new Set();
    /** Keys of chosen rows, in the order of choosing. @type {Set<string>} */
    this.chosen = new Set();
    /** @type {string | null} */
    this.current = null;
    this.mode = "tree";
    /** @type {import("./tag_graph.js").Order} */
    this.orderBy = "name";
    /** Under which tag a new one is being written; undefined for none. @type {string | null | undefined} */
    this.under = undefined;

    this.search = el("input", {
      type: "search",
      class: "field",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.seek(),
      onkeydown: (event) => this.leaveSearch(event),
    });
    this.modes = ["tree", "list"].map((mode) =>
      el("button", { type: "button", class: "mode", onclick: () => this.turn(mode) }),
    );
    this.modeGroup = el("div", { class: "modes", role: "group" }, ...this.modes);
    this.sort = el("select", { onchange: () => this.reorder() });
    this.openAll = iconButton("unfold_more", "", () => this.unfold());
    this.foldAll = iconButton("unfold_less", "", () => this.fold());
    this.add = el(
      "button",
      { type: "button", class: "add", onclick: () => this.write(null) },
      icon("add"),
      el("span", {}),
    );
    this.extra = el("span", { class: "extra" });
    this.bar = el(
      "div",
      { class: "bar" },
      this.search,
      this.modeGroup,
      this.sort,
      this.openAll,
      this.foldAll,
      el("span", { class: "gap" }),
      this.extra,
      this.add,
    );

    this.newName = el("input", {
      type: "text",
      class: "field",
      maxlength: 500,
      autocomplete: "off",
      onkeydown: (event) => this.newKey(event),
      onpaste: (event) => this.paste(event),
    });
    this.newHint = el("span", { class: "quiet" });
    this.newClose = iconButton("close", "", () => this.endNew());
    this.newLine = el(
      "div",
      { class: "new", hidden: true },
      icon("new_label"),
      this.newName,
      this.newHint,
      this.newClose,
    );

    this.heads = ["tag", "all", "itself"].map((name) => el("span", { class: name }));
    this.columns = el("div", { class: "columns", "aria-hidden": "true" }, ...this.heads);
    this.body = el("div", { class: "branches", role: "tree", tabindex: 0, "aria-multiselectable": "true" });
    this.sheet = new Sheet(this.body, { make: makeRow, write: (node, row, at) => this.writeRow(node, row, at) });
    this.nothing = el("p", { class: "message" });
    this.status = el("p", { class: "status", role: "status" });
    this.panel = new Panel(tools, this);
    this.node = el(
      "div",
      { class: "tagtree", hidden: true },
      el("div", { class: "left" }, this.bar, this.newLine, this.columns, this.nothing, this.body, this.status),
      this.panel.node,
    );
    this.gestures = new Gestures(this);
  }

  /** @param {import("../shared/store/property_definitions.js").Property} one */
  async show(one) {
    const isOther = this.property?.id !== one.id;
    this.property = one;
    this.texts();
    if (isOther) this.begin();
    // One after the other: who waits for it finds what was built.
    this.loading = (this.loading ?? Promise.resolve()).then(() => this.load(one));
    return this.loading;
  }

  /** @param {import("../shared/store/property_definitions.js").Property} one */
  async load(one) {
    if (this.property.id !== one.id) return;
    const answer = await this.tools.definitions.of(one.id, "tags").catch(() => null);
    const tag = answer?.headers.get("ETag");
    if (!answer || this.property.id !== one.id || (this.tag === tag && this.language === this.tools.language)) return;
    /** @type {Record<string, any[]> | null} what the server told last */
    const lists = await answer.json().catch(() => null);
    if (!lists || this.property.id !== one.id) return;
    this.lists = lists;
    this.tag = tag;
    this.language = this.tools.language;
    this.build();
  }

  /** Another property: nothing of the one before holds. */
  begin() {
    this.tag = null;
    this.opened.clear();
    this.chosen.clear();
    this.current = null;
    this.search.value = "";
    this.under = undefined;
    this.newLine.hidden = true;
    this.lists = null;
    this.tags = new Map();
    this.sheet.show([]);
    this.nothing.hidden = true;
    this.body.scrollTop = 0;
    this.panel.draw([]);
    this.extra.replaceChildren(
      ...extras.map((make) => make(this.property, this.tools)).filter((node) => node !== null),
    );
  }

  texts() {
    const { say } = this.tools;
    for (const name of ["aria-label", "placeholder"]) set(this.search, name, say("find"));
    set(this.modeGroup, "aria-label", say("view"));
    ["tree", "list"].forEach((mode, at) => {
      write(this.modes[at], say(mode));
      set(this.modes[at], "aria-pressed", String(this.mode === mode));
    });
    set(this.sort, "aria-label", say("sort"));
    if (this.sort.dataset.language !== this.tools.language) {
      this.sort.dataset.language = this.tools.language;
      this.sort.replaceChildren(
        ...SORTS.map((name) => el("option", { value: name, selected: name === this.orderBy }, say(`by_${name}`))),
      );
    }
    const buttons = /** @type {const} */ ([
      [this.openAll, "open_all"],
      [this.foldAll, "fold_all"],
      [this.newClose, "close"],
    ]);
    for (const [button, name] of buttons) for (const part of ["title", "aria-label"]) set(button, part, say(name));
    this.openAll.hidden = this.foldAll.hidden = this.mode === "list";
    write(this.add.lastChild, say("new_tag"));
    ["tag", "all", "itself"].forEach((name, at) => {
      write(this.heads[at], say(name));
      set(this.heads[at], "title", at ? say(`${name}_help`) : null);
    });
    set(this.body, "aria-label", this.property.name);
    set(this.body, "title", null);
    set(this.body, "aria-description", say("tree_keys"));
    this.writeNew();
  }

  /** Take up the lists of the server. */
  build() {
    this.tags = graph(this.lists, this.orderBy, this.tools.language);
    this.arrange();
    this.panel.draw(this.ids());
    if (!this.tags.size && this.under === undefined) this.write(null, false);
  }

  /** Make the rows anew: what is open, sought or ordered is another. */
  arrange() {
    const { say, language } = this.tools;
    const hits = found(this.tags, this.search.value);
    this.hits = hits;
    this.rows = this.mode === "tree" ? treeRows(this.tags, this.opened, hits) : listRows(this.tags, hits);
    this.at = new Map(this.rows.map((row, at) => [row.key, at]));
    this.settle();
    this.sheet.show(this.rows);
    this.point();
    this.nothing.hidden = this.rows.length > 0;
    this.body.hidden = this.columns.hidden = !this.rows.length;
    write(this.nothing, say(this.tags.size ? "none_found" : "no_tags"));
    this.count = hits
      ? say("of_tags", { count: hits.size, total: number(this.tags.size, language) })
      : say("tags", { count: this.tags.size });
    write(this.status, this.tags.size ? this.count : "");
  }

  /** Chosen rows that are gone: their tags stand elsewhere now, or no more. */
  settle() {
    const lost = [...this.chosen].filter((key) => !this.at.has(key));
    if (!lost.length) return;
    const first = new Map();
    for (const row of this.rows) if (!first.has(row.tag.id)) first.set(row.tag.id, row.key);
    const kept = [...this.chosen].map((key) => (this.at.has(key) ? key : first.get(idOf(key))));
    this.chosen = new Set(kept.filter(Boolean));
    if (this.current !== null && !this.at.has(this.current)) this.current = [...this.chosen].pop() ?? null;
  }

  // Rows

  /** @param {HTMLElement} node @param {Row} row @param {number} at */
  writeRow(node, row, at) {
    const { language } = this.tools;
    const { tag } = row;
    const [arrow, colour, name, key, all, itself] = /** @type {HTMLElement[]} */ ([...node.children]);
    node.id = `row-${at}`;
    node.style.paddingLeft = `${8 + row.depth * INDENT}px`;
    set(node, "aria-level", row.depth + 1);
    set(node, "aria-posinset", row.place);
    set(node, "aria-setsize", row.siblings);
    set(node, "aria-expanded", row.isParent ? String(row.isOpen) : null);
    set(node, "aria-selected", String(this.chosen.has(row.key)));
    node.classList.toggle("current", row.key === this.current);
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

  /** Tell screen readers where the keys are. */
  point() {
    const at = this.current === null ? undefined : this.at.get(this.current);
    const isInSight = at !== undefined && this.sheet.nodeOf(at);
    set(this.body, "aria-activedescendant", isInSight ? `row-${at}` : null);
  }

  // Choosing

  /** The chosen tags, each once, in the order of choosing. */
  ids() {
    return [...new Set([...this.chosen].map(idOf))];
  }

  /** The chosen rows. @returns {Row[]} */
  chosenRows() {
    return [...this.chosen].map((key) => this.rows[this.at.get(key)]).filter(Boolean);
  }

  /** @param {string} key */
  choose(key, { adds = false, extends: isRange = false } = {}) {
    if (isRange) this.extend(key);
    else if (adds && this.chosen.has(key)) this.chosen.delete(key);
    else if (adds) this.chosen.add(key);
    else this.chosen = new Set([key]);
    if (!isRange) this.anchor = key;
    this.current = key;
    this.sheet.draw();
    this.reveal(key);
    this.panel.draw(this.ids());
  }

  extend(key) {
    const from = this.at.get(this.anchor ?? key) ?? this.at.get(key);
    const to = this.at.get(key);
    const keys = this.rows.slice(Math.min(from, to), Math.max(from, to) + 1).map((row) => row.key);
    // The first that was chosen stays the first.
    this.chosen = new Set(from <= to ? keys : keys.reverse());
  }

  chooseAll() {
    this.chosen = new Set(this.rows.map((row) => row.key));
    this.sheet.draw();
    this.panel.draw(this.ids());
  }

  clear() {
    this.chosen.clear();
    this.sheet.draw();
    this.panel.draw([]);
  }

  /** Choose a tag wherever it stands, and open what leads there. @param {string} id */
  find(id) {
    const way = wayTo(this.tags, id);
    if (this.mode === "tree") way.slice(0, -1).forEach((key) => this.opened.add(key));
    this.arrange();
    const key = this.mode === "tree" ? way[way.length - 1] : `/${id}`;
    if (this.at.has(key)) this.choose(key);
  }

  reveal(key) {
    const at = this.at.get(key);
    if (at !== undefined) this.sheet.reveal(at);
    this.point();
  }

  // What is shown

  /** @param {Row} row */
  toggle(row, isOpen = !row.isOpen) {
    if (!row.isParent || row.isOpen === isOpen) return;
    if (isOpen) this.opened.add(row.key).delete(`-${row.key}`);
    else this.opened.add(`-${row.key}`).delete(row.key);
    this.arrange();
  }

  unfold() {
    const all = treeRows(this.tags, { has: () => true }, null);
    this.opened = new Set(all.filter((row) => row.isParent).map((row) => row.key));
    this.arrange();
  }

  fold() {
    this.opened.clear();
    this.arrange();
  }

  seek() {
    for (const key of [...this.opened]) if (key.startsWith("-")) this.opened.delete(key);
    this.body.scrollTop = 0;
    this.arrange();
  }

  leaveSearch(event) {
    event.stopPropagation();
    if (event.key === "Escape" && this.search.value) {
      event.preventDefault();
      this.search.value = "";
      this.seek();
    }
    if (!["Enter", "ArrowDown"].includes(event.key) || !this.rows.length) return;
    event.preventDefault();
    this.body.focus();
    const row = this.rows.find((one) => !this.hits || this.hits.has(one.tag.id));
    if (row) this.choose(row.key);
  }

  turn(mode) {
    const [id] = this.ids();
    this.mode = mode;
    this.texts();
    this.arrange();
    if (id) this.find(id);
  }

  reorder() {
    this.orderBy = /** @type {import("./tag_graph.js").Order} */ (this.sort.value);
    if (this.lists) this.build();
    if (this.current !== null) this.reveal(this.current);
  }

  // New tags

  /** Open the line where a new tag is written. @param {string | null} under */
  write(under, isFocused = true) {
    this.under = under;
    this.newLine.hidden = false;
    this.writeNew();
    if (isFocused) this.newName.focus();
  }

  writeNew() {
    const { say } = this.tools;
    if (this.under === undefined) return;
    const parent = this.under === null ? null : this.tags.get(this.under);
    const text = parent ? say("new_tag_under", { name: parent.name }) : say("new_tag");
    for (const name of ["aria-label", "placeholder"]) set(this.newName, name, text);
    write(this.newHint, say("new_tag_hint"));
  }

  endNew() {
    this.under = undefined;
    this.newLine.hidden = true;
    this.newName.value = "";
    this.body.focus();
  }

  newKey(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Escape") this.endNew();
    if (event.key !== "Enter" || !this.newName.value.trim()) return;
    event.preventDefault();
    this.create([this.newName.value]);
  }

  paste(event) {
    const lines = (event.clipboardData?.getData("text/plain") ?? "").split(/\r?\n/).filter((line) => line.trim());
    if (lines.length < 2) return;
    event.preventDefault();
    this.create(lines);
  }

  /** @param {string[]} names */
  async create(names) {
    const parents = this.under ? [this.under] : [];
    this.newName.value = "";
    const done = await this.tools.tell({ do: "tag", id: this.property.id, names, parents });
    if (!done) {
      this.newName.value = names.length === 1 ? names[0] : "";
      return;
    }
    await this.show(this.property);
    const last = done.ids[done.ids.length - 1];
    if (!last || !this.tags.has(last)) return;
    if (this.search.value) this.search.value = "";
    this.find(last);
  }

  // Changes

  /** Change parts of tags; shown at once. @param {string[]} ids @param {Record<string, any>} parts */
  alter(ids, parts) {
    for (const id of ids) Object.assign(this.tags.get(id) ?? {}, parts);
    this.sheet.draw();
    this.panel.draw(this.ids(), true);
    return this.tools.tell({ do: "tag_alter", ids, parts });
  }

  /** Give the current tag another name where it stands. */
  rename() {
    const at = this.current === null ? undefined : this.at.get(this.current);
    if (at === undefined) return;
    this.sheet.reveal(at);
    const { tag } = this.rows[at];
    const shown = /** @type {HTMLElement} */ (this.sheet.nodeOf(at)?.children[2]);
    const { parentElement } = shown;
    set(parentElement, "draggable", null);
    rename(shown, tag.name, this.tools.say("name"), (name) => {
      set(parentElement, "draggable", "true");
      this.sheet.draw();
      this.body.focus();
      if (name !== null) this.alter([tag.id], { name });
    });
  }

  /** What is told of some tags. @param {string[]} ids */
  named(ids) {
    const { say } = this.tools;
    return ids.length === 1
      ? say("quoted", { name: this.tags.get(ids[0])?.name ?? "" })
      : say("tags", { count: ids.length });
  }

  /** Whether tags can stand under another one. @param {string[]} ids @param {string} parent */
  canPut(ids, parent) {
    return !withBelow(this.tags, ids).has(parent);
  }

  /**
   * Put tags under another one, or at the top. @param {Row[]} rows @param {string | null} parent
   * @param {boolean} keep whether they stay where they are, too
   */
  async put(rows, parent, keep = false) {
    const { say, tell } = this.tools;
    const moves = rows.map((row) => ({ id: row.tag.id, from: row.parent }));
    const what = this.named([...new Set(moves.map((move) => move.id))]);
    const said =
      parent === null ? say("put_top", { what }) : say("put_done", { what, parent: this.tags.get(parent).name });
    if (parent !== null) wayTo(this.tags, parent).forEach((key) => this.opened.add(key));
    await tell({ do: "tag_put", moves, parent, keep }, said);
  }

  /** The tags that a row stands among. @param {Row} row */
  among(row) {
    return this.mode === "list" ? [...this.tags.keys()] : siblings(this.tags, row.parent);
  }

  /**
   * Put tags before a row, or after it, among those that stand there; from then on the tree shows
   * the order that hands gave. @param {Row[]} rows @param {Row} row @param {boolean} isAfter
   */
  async order(rows, row, isAfter, keep = false) {
    const { say, tell } = this.tools;
    const ids = [...new Set(rows.map((one) => one.tag.id))];
    const stay = this.among(row).filter((id) => !ids.includes(id));
    const at = stay.indexOf(row.tag.id) + Number(isAfter);
    const order = movedBefore(this.among(row), ids, stay[at] ?? null);
    const isTree = this.mode === "tree";
    const isMove = isTree && rows.some((one) => one.parent !== row.parent);
    const moves = rows.map((one) => ({ id: one.tag.id, from: one.parent }));
    this.turnByHand();
    await tell(
      { do: "tag_put", moves, order, ...(isMove ? { parent: row.parent, keep } : {}) },
      say("placed", { what: this.named(ids) }),
    );
    await this.show(this.property);
  }

  /** One place up or down among those that stand together. @param {1 | -1} by */
  move(by) {
    // Each begins where the one before ended.
    this.moving = (this.moving ?? Promise.resolve()).then(async () => {
      const here = this.current === null ? undefined : this.rows[this.at.get(this.current)];
      if (!here || this.hits) return;
      const chosen = this.chosenRows().filter((one) => one.parent === here.parent);
      const rows = chosen.includes(here) ? chosen.sort((one, other) => one.place - other.place) : [here];
      const ids = rows.map((one) => one.tag.id);
      const together = this.among(here);
      const [first, last] = [together.indexOf(ids[0]), together.indexOf(/** @type {string} */ (ids.at(-1)))];
      const next = together[by < 0 ? first - 1 : last + 1];
      const beside = this.rows.find((one) => one.tag.id === next && one.parent === here.parent);
      if (beside) await this.order(rows, beside, by > 0);
      if (this.current !== null) this.reveal(this.current);
    });
  }

  turnByHand() {
    this.orderBy = "hand";
    this.sort.value = "hand";
  }

  async unlink(id, parent) {
    const { say, tell } = this.tools;
    const names = { name: this.tags.get(id).name, parent: this.tags.get(parent).name };
    await tell({ do: "tag_unlink", id, parent }, say("unlinked", names));
  }

  async merge() {
    const [keep, ...others] = this.ids();
    const { name } = this.tags.get(keep);
    await this.tools.tell({ do: "tag_merge", keep, others }, this.tools.say("merged", { name }));
  }

  async remove() {
    const ids = this.ids();
    if (!ids.length) return;
    const said = this.tools.say("deleted_plain", {
      name: ids.length === 1 ? this.tags.get(ids[0]).name : this.named(ids),
    });
    await this.tools.tell({ do: "tag_delete", ids }, said);
  }

  close() {
    this.sheet.close();
  }
}

/** @param {string} key */
function idOf(key) {
  return key.slice(key.lastIndexOf("/") + 1);
}

function makeRow() {
  return el(
    "div",
    { role: "treeitem", class: "branch", draggable: "true" },
    el("span", { class: "arrow" }, icon("chevron_right")),
    el("span", { class: "swatch" }),
    el("span", { class: "name" }),
    el("kbd", {}),
    el("span", { class: "number all" }),
    el("span", { class: "number itself" }),
  );
}
