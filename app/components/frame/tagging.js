// Values for many images at once: chosen here, then given to the selection or to the view, or to each
// image that the brush touches. Not here: a line of it (edit_line.js), writing (frame.js), the
// brush (shared/store/brush.js).
import { goneOffers } from "../annotate/gone_offers.js";
import { NewProperty } from "../annotate/new_property.js";
import { levelsOf } from "../annotate/name_groups.js";
import { annotations } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { el, fill, number, write } from "../shared/ui/dom.js";
import { seenImages } from "../shared/store/seen_images.js";
import { selection } from "../shared/store/selection.js";
import { brush } from "../shared/store/brush.js";
import { EditLine } from "./edit_line.js";
import { ExistingValues } from "./existing_values.js";

// Which property of tags was used last, by project.
const LAST_USED = "panoptic.tagged.";

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
   *   name: () => void, targets: (isAll: boolean) => object}} acts
   */
  constructor(words, { apply, view, name, targets }) {
    const { texts } = words;
    this.words = words;
    this.isBusy = false;
    this.annotate = apply;
    this.view = view;
    this.targets = targets;
    this.existing = new ExistingValues((counts) => this.warn(counts));
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
    /** Which images are annotated: those selected, or, where a person says so, all that the view shows. */
    this.targetSelect = el(
      "select",
      { "aria-label": texts.whom, onchange: () => this.count() },
      el("option", { value: "" }, texts.whom_choose),
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
    this.targetSelect.value = "";
    this.propertiesChanged();
    this.showGroupsButton();
    this.lines.at(-1)?.editor.focus();
    // Others may have defined something that is not here.
    await annotations.read().catch(() => {});
    this.propertiesChanged();
    if (!this.lines.length && !this.newProperty.isOpen) this.newProperty.open(this.words.texts.new_suggested);
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
    this.addButton.hidden = annotations.properties.length <= this.lines.length;
    const usual = this.usualProperty();
    if (!this.lines.length && usual) this.lines.push(this.makeLine(usual));
    this.draw();
  }

  /** The property of tags that was used last, else the first: adding a tag takes nothing away. */
  usualProperty() {
    const ofTags = annotations.properties.filter(({ type }) => type === "tags");
    const last = localStorage.getItem(LAST_USED + selection.key);
    return ofTags.find(({ id }) => id === last) ?? ofTags[0] ?? null;
  }

  /** Tags that were added may be added to more; what replaces values is chosen anew each time. */
  keepWhatAdds() {
    const used = this.lines.find(({ property }) => property.type === "tags");
    if (used) localStorage.setItem(LAST_USED + selection.key, used.property.id);
    this.lines = this.lines.filter((line) => line.mode.value === "add");
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
      leave: () => this.leaveFor(() => current.focus()),
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
    if (!this.targetSelect.value && selection.count) this.targetSelect.value = "selection";
    this.targetSelect.hidden = total === null;
    const [choose, ...options] = this.targetSelect.options;
    choose.hidden = selection.count > 0;
    for (const option of options) {
      write(option, fill(texts[`whom_${option.value}`], { count: number(figures[option.value], language) }));
      option.disabled = !figures[option.value];
    }
    const count = figures[this.isAll ? "view" : "selection"];
    const text = count === 1 ? texts.apply_one : count ? texts.apply_other : texts.apply_none;
    write(this.applyButton, fill(text, { count: number(count, language) }));
    const isEmpty = !this.edits().length;
    this.applyButton.disabled = isEmpty || !count || this.isBusy;
    this.stampButton.disabled = isEmpty;
    this.countExisting(count);
  }

  /** Ask how many values would be replaced. @param {number} count  of images */
  countExisting(count) {
    const replacing = this.lines.filter((line) => line.edit() && line.isReplacing).map((line) => line.property.id);
    const key = count && replacing.length ? [selection.turn, this.isAll && this.view(), ...replacing].join(" ") : "";
    this.existing.ask(key, () => ({ targets: this.targets(this.isAll), properties: replacing }));
  }

  /** @param {Record<string, number>} counts */
  warn(counts) {
    for (const line of this.lines) line.warn((line.isReplacing && counts[line.property.id]) || 0);
  }

  /** Enter in a field is enough for what was selected by hand, and where nothing is replaced. */
  async submitByEnter() {
    if (this.isAll) return;
    const counts = await this.existing.known();
    if (Object.values(counts).some((count) => count > 0)) this.applyButton.focus();
    else this.submit();
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
      this.keepWhatAdds();
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
    this.keepWhatAdds();
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
