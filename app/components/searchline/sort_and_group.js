// The panel in which order and groups are chosen: several keys, several levels. A choice is sent at
// once. Not here: what can be chosen (Python).
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";

const LINES_AT_MOST = 3;

/**
 * @typedef {object} Choice
 * @property {string} id
 * @property {string} label
 * @property {{value: any, label: string}[]} [bys]  how its values can be grouped; the first is usual
 *
 * @typedef {object} Arrangement
 * @property {Choice[]} sorts
 * @property {Choice[]} levels
 * @property {{field: string, descending: boolean}[]} sort   empty: the view's own order
 * @property {{field: string, by: any, order: string, descending: boolean}[]} group
 * @property {string} mode  "image" or "file"
 */

export class SortAndGroup {
  /**
   * @param {Record<string, string>} texts
   * @param {(arrangement: {sort: any[], group: any[], mode: string}) => void} send
   */
  constructor(texts, send) {
    this.texts = texts;
    this.send = send;
    /** @type {Arrangement} */
    this.data = { sorts: [], levels: [], sort: [], group: [], mode: "image" };
    this.written = "";
    this.label = el("span", {}, texts.arrange);
    this.button = el(
      "button",
      {
        type: "button",
        class: "arrange",
        title: texts.arrange_title,
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        onclick: () => this.toggle(),
      },
      icon("segment"),
      this.label,
    );
    this.groups = el("ul", {});
    this.sorts = el("ul", {});
    this.moreGroups = el(
      "button",
      { type: "button", class: "more", onclick: () => this.addLine("group") },
      icon("add"),
      el("span", {}, texts.add_level),
    );
    this.moreSorts = el(
      "button",
      { type: "button", class: "more", onclick: () => this.addLine("sort") },
      icon("add"),
      el("span", {}, texts.add_key),
    );
    this.files = el("input", {
      type: "checkbox",
      onchange: () => this.change({ mode: this.files.checked ? "file" : "image" }),
    });
    this.panel = el(
      "div",
      { class: "panel", popover: "auto", role: "dialog", "aria-label": texts.arrange_title },
      el("h3", {}, texts.groups),
      this.groups,
      this.moreGroups,
      el("h3", {}, texts.order),
      this.sorts,
      this.moreSorts,
      el("h3", {}, texts.copies),
      el("label", { class: "files", title: texts.files_title }, this.files, el("span", {}, texts.files)),
    );
    this.panel.addEventListener("toggle", (event) =>
      set(this.button, "aria-expanded", String(/** @type {any} */ (event).newState === "open")),
    );
  }

  toggle() {
    const box = this.button.getBoundingClientRect();
    this.panel.style.top = `${box.bottom + 4}px`;
    this.panel.style.right = `${Math.max(8, innerWidth - box.right)}px`;
    this.panel.togglePopover();
  }

  /** @param {Arrangement} data */
  update(data) {
    const written = JSON.stringify(data);
    if (written === this.written) return;
    this.written = written;
    this.data = data;
    const names = data.group.map(({ field }) => label(data.levels, field));
    write(this.label, names.join(" › ") || this.texts.arrange);
    set(this.button, "aria-pressed", String(names.length > 0 || data.mode === "file"));
    this.groups.replaceChildren(...data.group.map((level, index) => this.makeLevel(level, index)));
    this.sorts.replaceChildren(...data.sort.map((key, index) => this.makeKey(key, index)));
    this.moreGroups.hidden = data.group.length >= LINES_AT_MOST;
    this.moreSorts.hidden = data.sort.length >= LINES_AT_MOST;
    this.files.checked = data.mode === "file";
  }

  makeLevel(level, index) {
    const { texts, data } = this;
    const bys = data.levels.find(({ id }) => id === level.field)?.bys ?? [];
    const by = select(
      texts.by,
      bys.map(({ value, label }) => [JSON.stringify(value), label]),
      JSON.stringify(level.by),
      (value) => this.changeLine("group", index, { by: JSON.parse(value) }),
    );
    by.hidden = bys.length < 2;
    const field = select(texts.level, this.availableFields("group", data.levels, index), level.field, (value) =>
      this.changeLine("group", index, initialLevel(data.levels, value)),
    );
    const order = select(
      texts.level_order,
      [
        ["value", texts.by_value],
        ["size", texts.by_size],
      ],
      level.order,
      (value) => this.changeLine("group", index, { order: value, descending: value === "size" }),
    );
    return el(
      "li",
      {},
      field,
      by,
      order,
      this.directionButton("group", index, level.descending),
      this.removeButton("group", index),
    );
  }

  makeKey(key, index) {
    const field = select(this.texts.key, this.availableFields("sort", this.data.sorts, index), key.field, (value) =>
      this.changeLine("sort", index, { field: value }),
    );
    return el("li", {}, field, this.directionButton("sort", index, key.descending), this.removeButton("sort", index));
  }

  /** The fields that no other line uses. */
  availableFields(list, choices, index) {
    const used = this.data[list].filter((_, other) => other !== index).map(({ field }) => field);
    return choices.filter(({ id }) => !used.includes(id)).map(({ id, label }) => [id, label]);
  }

  directionButton(list, index, descending) {
    return iconButton(
      descending ? "arrow_downward" : "arrow_upward",
      this.texts.direction,
      () => this.changeLine(list, index, { descending: !descending }),
      { "aria-pressed": String(descending) },
    );
  }

  removeButton(list, index) {
    return iconButton("close", this.texts.remove_line, () =>
      this.change({ [list]: this.data[list].filter((_, other) => other !== index) }),
    );
  }

  addLine(list) {
    const choices = list === "group" ? this.data.levels : this.data.sorts;
    const [first] = this.availableFields(list, choices, -1);
    if (!first) return;
    const line = list === "group" ? initialLevel(choices, first[0]) : { field: first[0], descending: false };
    this.change({ [list]: [...this.data[list], line] });
  }

  changeLine(list, index, patch) {
    this.change({ [list]: this.data[list].map((line, other) => (other === index ? { ...line, ...patch } : line)) });
  }

  change(patch) {
    const { sort, group, mode } = { ...this.data, ...patch };
    // Shown at once; Python confirms it.
    this.update({ ...this.data, sort, group, mode });
    this.send({ sort, group, mode });
  }
}

/** A level as it is added. @param {Choice[]} levels @param {string} field */
function initialLevel(levels, field) {
  const bys = levels.find(({ id }) => id === field)?.bys ?? [];
  return { field, by: bys[0]?.value ?? null, order: "value", descending: false };
}

function label(choices, id) {
  return choices.find((choice) => choice.id === id)?.label ?? id;
}

function select(name, choices, chosen, change) {
  const node = el(
    "select",
    { "aria-label": name, title: name },
    ...choices.map(([id, label]) => el("option", { value: id }, label)),
  );
  node.value = chosen;
  node.addEventListener("change", () => change(node.value));
  return node;
}
