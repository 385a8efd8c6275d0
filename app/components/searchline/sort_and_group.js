// The panel in which order and groups are built: several keys, several levels. It asks at once
// for what is chosen. Not here: what can be chosen, which Python says.
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";

const MOST = 3;

/**
 * @typedef {object} Choice
 * @property {string} id
 * @property {string} label
 * @property {{value: any, label: string}[]} [bys]  how groups of it can be made; the first is proposed
 *
 * @typedef {object} Arrangement
 * @property {Choice[]} sorts
 * @property {Choice[]} levels
 * @property {{field: string, descending: boolean}[]} sort   empty: the view's own order
 * @property {{field: string, by: any, order: string, descending: boolean}[]} group
 * @property {string} mode  "image" or "file"
 */

export class Arrange {
  /** @param {Record<string, string>} texts @param {(asked: {sort: any[], group: any[], mode: string}) => void} ask */
  constructor(texts, ask) {
    this.texts = texts;
    this.ask = ask;
    /** @type {Arrangement | null} */
    this.data = null;
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
      { type: "button", class: "more", onclick: () => this.add("group") },
      icon("add"),
      el("span", {}, texts.add_level),
    );
    this.moreSorts = el(
      "button",
      { type: "button", class: "more", onclick: () => this.add("sort") },
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
    this.groups.replaceChildren(...data.group.map((level, at) => this.level(level, at)));
    this.sorts.replaceChildren(...data.sort.map((key, at) => this.key(key, at)));
    this.moreGroups.hidden = data.group.length >= MOST;
    this.moreSorts.hidden = data.sort.length >= MOST;
    this.files.checked = data.mode === "file";
  }

  level(level, at) {
    const { texts, data } = this;
    const bys = data.levels.find(({ id }) => id === level.field)?.bys ?? [];
    const by = select(
      texts.by,
      bys.map(({ value, label }) => [JSON.stringify(value), label]),
      JSON.stringify(level.by),
      (value) => this.put("group", at, { by: JSON.parse(value) }),
    );
    by.hidden = bys.length < 2;
    const field = select(texts.level, this.open("group", data.levels, at), level.field, (value) =>
      this.put("group", at, proposed(data.levels, value)),
    );
    const order = select(
      texts.level_order,
      [
        ["value", texts.by_value],
        ["size", texts.by_size],
      ],
      level.order,
      (value) => this.put("group", at, { order: value, descending: value === "size" }),
    );
    return el("li", {}, field, by, order, this.direction("group", at, level.descending), this.remove("group", at));
  }

  key(key, at) {
    const field = select(this.texts.key, this.open("sort", this.data.sorts, at), key.field, (value) =>
      this.put("sort", at, { field: value }),
    );
    return el("li", {}, field, this.direction("sort", at, key.descending), this.remove("sort", at));
  }

  /** What is not taken by another line. */
  open(list, choices, at) {
    const taken = this.data[list].filter((_, other) => other !== at).map(({ field }) => field);
    return choices.filter(({ id }) => !taken.includes(id)).map(({ id, label }) => [id, label]);
  }

  direction(list, at, descending) {
    return iconButton(
      descending ? "arrow_downward" : "arrow_upward",
      this.texts.direction,
      () => this.put(list, at, { descending: !descending }),
      { "aria-pressed": String(descending) },
    );
  }

  remove(list, at) {
    return iconButton("close", this.texts.remove_line, () =>
      this.change({ [list]: this.data[list].filter((_, other) => other !== at) }),
    );
  }

  add(list) {
    const choices = list === "group" ? this.data.levels : this.data.sorts;
    const [first] = this.open(list, choices, -1);
    if (!first) return;
    const line = list === "group" ? proposed(choices, first[0]) : { field: first[0], descending: false };
    this.change({ [list]: [...this.data[list], line] });
  }

  put(list, at, patch) {
    this.change({ [list]: this.data[list].map((line, other) => (other === at ? { ...line, ...patch } : line)) });
  }

  change(patch) {
    const { sort, group, mode } = { ...this.data, ...patch };
    // Shown at once; Python confirms.
    this.update({ ...this.data, sort, group, mode });
    this.ask({ sort, group, mode });
  }
}

function proposed(levels, field) {
  const bys = levels.find(({ id }) => id === field)?.bys ?? [];
  return { field, by: bys[0]?.value ?? null, order: "value", descending: false };
}

function label(choices, id) {
  return choices.find((one) => one.id === id)?.label ?? id;
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
