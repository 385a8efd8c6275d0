// Values for many images at once: chosen here, then given to the selection or to the view, or to each
// image that the brush touches. Not here: the fields (annotate/editors.js), writing (frame.js), the
// brush (shared/store/brush.js).
import { makeEditor } from "../annotate/editors.js";
import { goneOffers, tagNamed } from "../annotate/gone_offers.js";
import { NewProperty } from "../annotate/new_property.js";
import { levelsOf } from "../annotate/name_groups.js";
import { annotations } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { el, fill, iconButton, number, write } from "../shared/ui/dom.js";
import { seenImages } from "../shared/store/seen_images.js";
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
    this.isBusy = false;
    this.annotate = apply;
    this.view = view;
    /** @type {EditLine[]} */
    this.lines = [];
    this.list = el("div", { class: "lines" });
    this.addButton = el("button", { type: "button", class: "more", onclick: () => this.add() }, texts.another);
    this.newProperty = new NewProperty(texts, (id) => this.propertyMade(id));
    this.noProperties = el("p", { class: "message", hidden: true }, texts.none_defined);
    this.applyButton = el("button", { type: "button", class: "plain", onclick: () => this.submit() });
    this.stampButton = el(
      "button",
      { type: "button", class: "plain", title: texts.stamp_title, onclick: () => this.startBrush() },
      texts.stamp,
    );
    this.newPropertyButton = el(
      "button",
      {
        type: "button",
        onclick: () => this.newProperty.open(annotations.properties.length ? "" : texts.new_suggested),
      },
      texts.new_property,
    );
    this.groupsButton = el(
      "button",
      { type: "button", hidden: true, onclick: () => this.leaveFor(name) },
      texts.names_make,
    );
    /** Which images are annotated: those selected, or all that the view shows. */
    this.targetSelect = el(
      "select",
      { "aria-label": texts.whom, onchange: () => this.count() },
      ...["selection", "view"].map((value) => el("option", { value })),
    );
    this.problem = el("p", { class: "trouble", role: "alert", hidden: true });
    this.title = el("h2", {}, texts.tag_title);
    this.panel = el(
      "div",
      { class: "tagging", popover: "auto", role: "dialog", "aria-label": texts.tag_title },
      this.title,
      this.noProperties,
      this.list,
      el("div", { class: "acts" }, this.addButton, this.newPropertyButton, this.groupsButton),
      this.newProperty.node,
      this.problem,
      el("div", { class: "acts last" }, this.targetSelect, this.applyButton, this.stampButton),
    );
    this.panel.addEventListener("input", () => this.count());
    this.panel.addEventListener("keydown", (event) => this.onKey(event));
    this.panel.addEventListener("toggle", (event) => {
      if (/** @type {any} */ (event).newState === "closed") for (const line of this.lines) line.editor.reset?.();
    });
    this.onDefine = () => this.propertiesChanged();
    annotations.addEventListener("define", this.onDefine);
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
    this.targetSelect.value = selection.count ? "selection" : "view";
    this.propertiesChanged();
    this.showGroupsButton();
    this.lines.at(-1)?.editor.focus();
    // Others may have defined something that is not here.
    await annotations.read().catch(() => {});
    this.propertiesChanged();
    if (!annotations.properties.length && !this.newProperty.isOpen)
      this.newProperty.open(this.words.texts.new_suggested);
  }

  /** The groups of a view can become a property. */
  async showGroupsButton() {
    const view = this.view();
    this.groupsButton.hidden = true;
    this.groupsButton.hidden = !view || !(await levelsOf(view, this.words.language)).length;
  }

  /** @param {() => void} act */
  leaveFor(act) {
    this.panel.hidePopover();
    act();
  }

  /** Remove empty lines of properties that are deleted; there is always one line. */
  propertiesChanged() {
    if (!this.isOpen) return;
    const known = new Set(annotations.properties.map(({ id }) => id));
    // What was chosen stays: when it is applied, the server says what became of the property.
    this.lines = this.lines.filter((line) => known.has(line.property.id) || line.edit());
    const isNone = !annotations.properties.length;
    this.noProperties.hidden = !isNone;
    this.addButton.hidden = annotations.properties.length < 2;
    if (!this.lines.length && !isNone) this.lines.push(this.makeLine(annotations.properties[0]));
    this.draw();
  }

  add() {
    const used = new Set(this.lines.map((line) => line.property.id));
    const next = annotations.properties.find(({ id }) => !used.has(id)) ?? annotations.properties[0];
    this.lines.push(this.makeLine(next));
    this.draw();
    this.lines.at(-1)?.editor.focus();
  }

  /** @param {string} id */
  async propertyMade(id) {
    const find = () => annotations.properties.find((property) => property.id === id);
    if (!find()) await annotations.read();
    const property = find();
    if (!property) return;
    this.lines = [...this.lines.filter((line) => line.edit()), this.makeLine(property)];
    this.propertiesChanged();
    this.lines.at(-1)?.editor.focus();
  }

  /** @param {Property} property */
  makeLine(property) {
    const line = new EditLine(property, this.words, {
      changed: () => this.count(),
      changeProperty: (other) => {
        const index = this.lines.indexOf(line);
        this.lines[index] = this.makeLine(other);
        this.draw();
        this.lines[index].editor.focus();
      },
      remove: () => {
        this.lines = this.lines.filter((other) => other !== line);
        this.draw();
      },
      done: () => this.submitByEnter(),
    });
    return line;
  }

  draw() {
    const nodes = this.lines.map((line) => line.node);
    // A node that is moved loses the keyboard focus.
    const hasChanged =
      nodes.length !== this.list.children.length || nodes.some((node, at) => node !== this.list.children[at]);
    if (hasChanged) this.list.replaceChildren(...nodes);
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
    return this.targetSelect.value === "view" && this.total !== null;
  }

  count() {
    const { texts, language } = this.words;
    const { total } = this;
    if (this.isAll) seenImages.ensure(/** @type {string} */ (this.view()), selection.held, total);
    const figures = { selection: selection.count, view: total ?? 0 };
    this.targetSelect.hidden = total === null;
    [...this.targetSelect.options].forEach((option) => {
      write(option, fill(texts[`whom_${option.value}`], { count: number(figures[option.value], language) }));
      option.disabled = !figures[option.value];
    });
    const count = figures[this.isAll ? "view" : "selection"];
    const text = count === 1 ? texts.apply_one : count ? texts.apply_other : texts.apply_none;
    write(this.applyButton, fill(text, { count: number(count, language) }));
    const isEmpty = !this.edits().length;
    this.applyButton.disabled = isEmpty || !count || this.isBusy;
    this.stampButton.disabled = isEmpty;
  }

  /** Enter in a field is enough for what was selected by hand, not for a whole view. */
  submitByEnter() {
    if (!this.isAll) this.submit();
  }

  async submit() {
    const edits = this.edits();
    if (!edits.length || this.isBusy || !(this.isAll ? this.total : selection.count)) return;
    this.isBusy = true;
    this.count();
    write(this.applyButton, this.words.texts.writing);
    this.showProblem(null);
    try {
      await this.annotate(edits, this.label(), this.isAll);
      this.panel.hidePopover();
      current.focus();
    } catch (error) {
      this.showProblem(error, (id) => {
        for (const line of this.lines) line.editor.replace?.(error.gone.id, id);
        return this.submit();
      });
    }
    this.isBusy = false;
    this.count();
  }

  /** @param {any} error @param {(id: string) => unknown} [again] */
  showProblem(error, again = () => {}) {
    const { texts } = this.words;
    this.problem.hidden = !error;
    if (!error) return;
    const offers = goneOffers(error, texts, again);
    this.problem.replaceChildren(el("span", {}, error.message || texts.not_written), ...offers);
  }

  /** A stamp holds tags by their ids: those that are new are made first. */
  async startBrush() {
    const label = this.label();
    try {
      for (const line of this.lines) await line.makeTags();
    } catch (error) {
      this.showProblem(error);
      return;
    }
    brush.start(this.edits(), label);
    this.panel.hidePopover();
    current.focus();
  }

  close() {
    annotations.removeEventListener("define", this.onDefine);
  }

  onKey(event) {
    if (event.key !== "Enter" || event.defaultPrevented) return;
    const isField = event.target instanceof HTMLInputElement && event.target.role === "combobox";
    if (event.ctrlKey || event.metaKey) this.submit();
    else if (isField) this.submitByEnter();
  }
}

class EditLine {
  /**
   * @param {Property} property @param {Words} words
   * @param {{changed: () => void, changeProperty: (other: Property) => void, remove: () => void,
   *   done: () => void}} acts
   */
  constructor(property, { texts, colours }, acts) {
    this.property = property;
    this.texts = texts;
    this.acts = acts;
    const names = MODES[property.type] ?? OTHER_MODES;
    this.propertySelect = el("select", {
      class: "which",
      "aria-label": texts.property,
      onchange: () => this.propertyChanged(),
    });
    this.mode = el(
      "select",
      { "aria-label": texts.mode, onchange: () => this.modeChanged() },
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
    this.node = el("div", { class: "line" }, this.propertySelect, this.mode, this.editor.node, this.remove);
  }

  update(canGo) {
    const isKnown = annotations.properties.some(({ id }) => id === this.property.id);
    const listed = isKnown ? annotations.properties : [...annotations.properties, this.property];
    const written = JSON.stringify(listed.map(({ id, name }) => [id, name]));
    if (written !== this.written)
      this.propertySelect.replaceChildren(...listed.map(({ id, name }) => el("option", { value: id }, name)));
    this.written = written;
    this.propertySelect.value = this.property.id;
    this.remove.hidden = !canGo;
  }

  propertyChanged() {
    const other = annotations.properties.find(({ id }) => id === this.propertySelect.value);
    if (other) this.acts.changeProperty(other);
  }

  modeChanged() {
    this.editor.node.hidden = this.mode.value === "clear";
    this.acts.changed();
  }

  /** @returns {Stamped | null} */
  edit() {
    const { property, mode, editor } = this;
    if (mode.value === "clear") return { property: property.id, op: "set", value: null };
    const edit = editor.edit();
    // For a property of one tag, adding replaces the tag that is there.
    const op = property.type === "tag" && mode.value === "set" ? "add" : mode.value;
    return edit && { property: property.id, op, ...edit };
  }

  /** Make the tags that were only named. */
  async makeTags() {
    for (const tag of this.editor.tags ?? []) tag.id ??= await tagNamed(this.property.id, tag.name);
  }

  label() {
    const edit = this.edit();
    const values = this.editor.tags?.map((tag) => tag.name).join(", ") ?? edit?.value ?? "";
    const { name } = this.property;
    const sign = this.mode.value === "remove" || this.mode.value === "clear" ? "−" : "";
    return values ? `${name}: ${sign}${values}` : `${sign}${name}`;
  }
}
