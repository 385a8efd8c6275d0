// Values for many images at once: chosen here, then applied to the selection or made a stamp.
// Not here: the fields (annotate/editors.js), which images are selected.
import { makeEditor } from "../annotate/editors.js";
import { NewProperty } from "../annotate/new_property.js";
import { levelsOf } from "../annotate/name_groups.js";
import { annotations } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { el, fill, iconButton, number, write } from "../shared/ui/dom.js";
import { selection } from "../shared/store/selection.js";
import { brush } from "../shared/store/brush.js";

/** What can be done with the values of a type. @type {Record<string, string[]>} */
const MODES = { tags: ["add", "set", "remove"], tag: ["set", "remove"] };
const OTHER_MODES = ["set", "clear"];

/**
 * @typedef {import("../shared/store/annotations.js").Property} Property
 * @typedef {import("../shared/store/brush.js").Stamped} Stamped
 * @typedef {object} Words
 * @property {Record<string, string>} texts
 * @property {string[]} colours
 * @property {string} language
 */

export class Tagging {
  /**
   * @param {Words} words
   * @param {{apply: (edits: Stamped[], label: string, isAll: boolean) => Promise<void>, view: () => string | null,
   *   name: () => void}} acts
   */
  constructor(words, { apply, view, name }) {
    const { texts } = words;
    this.words = words;
    this.act = apply;
    this.view = view;
    /** @type {Line[]} */
    this.lines = [];
    this.list = el("div", { class: "lines" });
    this.more = el("button", { type: "button", class: "more", onclick: () => this.add() }, texts.another);
    this.making = new NewProperty(texts, (id) => this.made(id));
    this.none = el("p", { class: "message", hidden: true }, texts.none_defined);
    this.apply = el("button", { type: "button", class: "plain", onclick: () => this.submit() });
    this.stamp = el(
      "button",
      { type: "button", class: "plain", title: texts.stamp_title, onclick: () => this.begin() },
      texts.stamp,
    );
    this.fresh = el(
      "button",
      { type: "button", onclick: () => this.making.open(annotations.properties.length ? "" : texts.new_suggested) },
      texts.new_property,
    );
    this.groups = el("button", { type: "button", hidden: true, onclick: () => this.leaveFor(name) }, texts.names_make);
    /** Whose images are meant: those selected, or all that the view shows. */
    this.whom = el(
      "select",
      { "aria-label": texts.whom, onchange: () => this.count() },
      ...["selection", "view"].map((value) => el("option", { value })),
    );
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    this.title = el("h2", {}, texts.tag_title);
    this.panel = el(
      "div",
      { class: "tagging", popover: "auto", role: "dialog", "aria-label": texts.tag_title },
      this.title,
      this.none,
      this.list,
      el("div", { class: "acts" }, this.more, this.fresh, this.groups),
      this.making.node,
      this.trouble,
      el("div", { class: "acts last" }, this.whom, this.apply, this.stamp),
    );
    this.panel.addEventListener("input", () => this.count());
    this.panel.addEventListener("keydown", (event) => this.press(event));
    this.panel.addEventListener("toggle", (event) => {
      if (/** @type {any} */ (event).newState === "closed") for (const line of this.lines) line.editor.reset?.();
    });
    this.redefined = () => this.defined();
    annotations.addEventListener("define", this.redefined);
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  /** @param {Element} anchor  above which it opens */
  async toggle(anchor) {
    if (this.isOpen) {
      this.panel.hidePopover();
      return;
    }
    const box = anchor.getBoundingClientRect();
    this.panel.style.left = `${Math.max(8, box.left)}px`;
    this.panel.style.bottom = `${innerHeight - box.top + 8}px`;
    this.panel.showPopover();
    this.whom.value = selection.count ? "selection" : "view";
    this.defined();
    this.lookForGroups();
    this.lines.at(-1)?.editor.focus();
    // Others may have defined something that is not here.
    await annotations.read().catch(() => {});
    this.defined();
    if (!annotations.properties.length && !this.making.isOpen) this.making.open(this.words.texts.new_suggested);
  }

  /** Where the view has groups they can become a property. */
  async lookForGroups() {
    const view = this.view();
    this.groups.hidden = true;
    this.groups.hidden = !view || !(await levelsOf(view, this.words.language)).length;
  }

  /** @param {() => void} act */
  leaveFor(act) {
    this.panel.hidePopover();
    act();
  }

  /** Lines of what is not defined any more go; there is always one. */
  defined() {
    if (!this.isOpen) return;
    const known = new Set(annotations.properties.map((one) => one.id));
    this.lines = this.lines.filter((line) => known.has(line.property.id));
    const isNone = !annotations.properties.length;
    this.none.hidden = !isNone;
    this.more.hidden = annotations.properties.length < 2;
    if (!this.lines.length && !isNone) this.lines.push(this.line(annotations.properties[0]));
    this.draw();
  }

  add() {
    const used = new Set(this.lines.map((line) => line.property.id));
    const next = annotations.properties.find((one) => !used.has(one.id)) ?? annotations.properties[0];
    this.lines.push(this.line(next));
    this.draw();
    this.lines.at(-1)?.editor.focus();
  }

  made(id) {
    const property = annotations.properties.find((one) => one.id === id);
    const made = async () => {
      if (!property) await annotations.read();
      const found = annotations.properties.find((one) => one.id === id);
      if (!found) return;
      this.lines = [...this.lines.filter((line) => line.edit()), this.line(found)];
      this.defined();
      this.lines.at(-1)?.editor.focus();
    };
    made();
  }

  /** @param {Property} property */
  line(property) {
    const line = new Line(property, this.words, {
      changed: () => this.count(),
      turn: (other) => {
        const at = this.lines.indexOf(line);
        this.lines[at] = this.line(other);
        this.draw();
        this.lines[at].editor.focus();
      },
      remove: () => {
        this.lines = this.lines.filter((one) => one !== line);
        this.draw();
      },
      done: () => this.enter(),
    });
    return line;
  }

  draw() {
    const nodes = this.lines.map((line) => line.node);
    // One that is moved loses the keys.
    const isOther =
      nodes.length !== this.list.children.length || nodes.some((node, at) => node !== this.list.children[at]);
    if (isOther) this.list.replaceChildren(...nodes);
    for (const line of this.lines) line.update(this.lines.length > 1);
    this.count();
  }

  /** @returns {Stamped[]} */
  edits() {
    return this.lines.flatMap((line) => line.edit() ?? []);
  }

  label() {
    return this.lines
      .filter((line) => line.edit())
      .map((line) => line.label())
      .join("; ");
  }

  /** How many images the page shows, as its display says; null where it shows none. */
  get total() {
    const view = this.view();
    return view !== null && selection.view === view ? (selection.total ?? null) : null;
  }

  get isAll() {
    return this.whom.value === "view" && this.total !== null;
  }

  count() {
    const { texts, language } = this.words;
    const { total } = this;
    const figures = { selection: selection.count, view: total ?? 0 };
    this.whom.hidden = total === null;
    [...this.whom.options].forEach((option) => {
      write(option, fill(texts[`whom_${option.value}`], { count: number(figures[option.value], language) }));
      option.disabled = !figures[option.value];
    });
    const count = figures[this.isAll ? "view" : "selection"];
    const text = count === 1 ? texts.apply_one : count ? texts.apply_other : texts.apply_none;
    write(this.apply, fill(text, { count: number(count, language) }));
    const isEmpty = !this.edits().length;
    this.apply.disabled = isEmpty || !count || this.isBusy;
    this.stamp.disabled = isEmpty;
  }

  /** Enter in a field is enough for what was selected by hand, not for a whole view. */
  enter() {
    if (!this.isAll) this.submit();
  }

  async submit() {
    const edits = this.edits();
    if (!edits.length || this.isBusy || !(this.isAll ? this.total : selection.count)) return;
    this.isBusy = true;
    this.count();
    write(this.apply, this.words.texts.writing);
    let trouble = "";
    try {
      await this.act(edits, this.label(), this.isAll);
      this.panel.hidePopover();
      current.focus();
    } catch (error) {
      trouble = error.message || this.words.texts.not_written;
    }
    this.isBusy = false;
    write(this.trouble, trouble);
    this.trouble.hidden = !trouble;
    this.count();
  }

  begin() {
    brush.start(this.edits(), this.label());
    this.panel.hidePopover();
    current.focus();
  }

  close() {
    annotations.removeEventListener("define", this.redefined);
  }

  press(event) {
    if (event.key !== "Enter" || event.defaultPrevented) return;
    const isField = event.target instanceof HTMLInputElement && event.target.role === "combobox";
    if (event.ctrlKey || event.metaKey) this.submit();
    else if (isField) this.enter();
  }
}

class Line {
  /**
   * @param {Property} property @param {Words} words
   * @param {{changed: () => void, turn: (other: Property) => void, remove: () => void, done: () => void}} acts
   */
  constructor(property, { texts, colours }, acts) {
    this.property = property;
    this.texts = texts;
    this.acts = acts;
    const names = MODES[property.type] ?? OTHER_MODES;
    this.which = el("select", { class: "which", "aria-label": texts.property, onchange: () => this.turn() });
    this.mode = el(
      "select",
      { "aria-label": texts.mode, onchange: () => this.moded() },
      ...names.map((name) => el("option", { value: name }, texts[`mode_${name}`])),
    );
    this.editor = makeEditor(property, {
      texts,
      colours,
      commit: () => acts.changed(),
      leave: () => {},
      done: acts.done,
    });
    this.remove = iconButton("close", texts.without, acts.remove);
    this.node = el("div", { class: "line" }, this.which, this.mode, this.editor.node, this.remove);
  }

  update(canGo) {
    const written = JSON.stringify(annotations.properties.map(({ id, name }) => [id, name]));
    if (written !== this.written)
      this.which.replaceChildren(...annotations.properties.map(({ id, name }) => el("option", { value: id }, name)));
    this.written = written;
    this.which.value = this.property.id;
    this.remove.hidden = !canGo;
  }

  turn() {
    const other = annotations.properties.find((one) => one.id === this.which.value);
    if (other) this.acts.turn(other);
  }

  moded() {
    this.editor.node.hidden = this.mode.value === "clear";
    this.acts.changed();
  }

  /** @returns {Stamped | null} */
  edit() {
    const { property, mode, editor } = this;
    if (mode.value === "clear") return { property: property.id, op: "set", value: null };
    const edit = editor.edit();
    // One tag takes the place of the one that is there.
    const op = property.type === "tag" && mode.value === "set" ? "add" : mode.value;
    return edit && { property: property.id, op, ...edit };
  }

  label() {
    const edit = this.edit();
    const said = edit?.names?.join(", ") ?? edit?.value ?? "";
    const { name } = this.property;
    const sign = this.mode.value === "remove" || this.mode.value === "clear" ? "−" : "";
    return said ? `${name}: ${sign}${said}` : `${sign}${name}`;
  }
}
