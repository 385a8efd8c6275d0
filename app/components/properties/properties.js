// The page where properties are defined: their list, and the selected one beside it. Streamlit
// calls the default export with the data of each run; definitions are read and written over HTTP.
// Not here: the list (property_list.js), the head of a property (property_header.js), tags
// (tagtree), values (value_histogram.js).
import { el, icon } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { extras } from "../tagtree/tag_toolbar.js";
import { TagTree } from "../tagtree/tagtree.js";
import { Definitions } from "../shared/store/property_definitions.js";
import { PropertyHeader } from "./property_header.js";
import { PropertyList } from "./property_list.js";
import { PropertyForm } from "./property_form.js";
import { translator } from "../shared/ui/translate.js";
import { UndoToast } from "./undo_toast.js";
import { ICONS, hasTags } from "../shared/ui/property_types.js";
import { ValueHistogram } from "./value_histogram.js";

const KEY = "panoptic.property";
// The name of the property whose tags come from a file: the page Import reads it.
const IMPORT_INTO = "panoptic.import.into";
const EXAMPLES = [
  { type: "tags" },
  { type: "date" },
  { type: "number", options: { least: 1, most: 5, step: 1, slider: true } },
];

/**
 * @typedef {object} Data
 * @property {string} language
 * @property {string[]} types
 * @property {string[]} colours  offered for tags
 * @property {Record<string, string>} texts
 */
/**
 * What the parts of the page need.
 * @typedef {object} Tools
 * @property {import("../shared/ui/translate.js").Translate} t
 * @property {string} language
 * @property {string[]} types
 * @property {string[]} colours
 * @property {Definitions} definitions
 * @property {(command: Record<string, any>, message?: string) => Promise<any>} change changes something
 *   and shows a message with an undo; resolves to null where it failed, and shows why
 * @property {(id: string | null) => void} select
 * @property {(property: string, tags: string[]) => void} explore
 * @property {(into?: string) => void} importFile  opens the page Import, for tags of the property of this name
 * @property {(property: string) => void} sortByWords  opens the page that sorts images into its tags
 */

extras.push(({ id }, tools) =>
  el(
    "button",
    { type: "button", class: "add writes", title: tools.t("sort_by_words_help"), onclick: () => tools.sortByWords(id) },
    icon("text_fields_alt"),
    el("span", {}, tools.t("sort_by_words")),
  ),
);
extras.push(({ name }, tools) =>
  el(
    "button",
    { type: "button", class: "add writes", title: tools.t("import_tags"), onclick: () => tools.importFile(name) },
    icon("upload_file"),
    el("span", {}, tools.t("import_tags")),
  ),
);

export default component(
  (root) => new PropertiesPage(root),
  (page, { press }) => (page.press = press),
);

class PropertiesPage {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** Sends an event to Python; new with each run. @type {(name: string, value: any) => void} */
    this.press = () => {};
    this.definitions = new Definitions();
    this.toast = new UndoToast();
    this.isFormOpen = false;
    /** @type {string | null} */
    this.selectedId = sessionStorage.getItem(KEY);
    /** @type {Tools} */
    this.tools = {
      t: (name) => name,
      language: "en",
      types: [],
      colours: [],
      definitions: this.definitions,
      change: (command, message) => this.change(command, message),
      select: (id) => this.select(id),
      explore: (property, tags) => this.press("explore", { property, tags }),
      importFile: (into) => this.importFile(into),
      sortByWords: (property) => this.press("sort", property),
    };
    this.list = new PropertyList(this.tools, {
      openForm: () => this.openForm(),
      remove: (property) => this.remove(property),
    });
    this.form = new PropertyForm(this.tools, { done: (id) => this.finishForm(id) });
    this.header = new PropertyHeader(this.tools, { remove: (property) => this.remove(property) });
    this.tree = new TagTree(this.tools);
    this.values = new ValueHistogram(this.tools);
    this.emptyState = el("div", { class: "none" });
    this.propertyPage = el("div", { class: "shown" }, this.header.node, this.tree.node, this.values.node);
    this.stage = el("div", { class: "stage" }, this.emptyState, this.form.node, this.propertyPage);
    root.replaceChildren(this.list.node, this.stage, this.toast.node);
    this.onChange = () => this.draw();
    this.definitions.addEventListener("change", this.onChange);
  }

  /** @param {Data} data */
  update(data) {
    const lastData = JSON.stringify(data);
    if (lastData === this.lastData) return;
    this.lastData = lastData;
    const { language, texts, types, colours } = data;
    Object.assign(this.tools, { t: translator(texts, language), language, types, colours });
    this.definitions.language = language;
    if (this.definitions.position < 0) this.definitions.refresh().catch((error) => this.toast.show(error.message));
    else this.draw();
  }

  draw() {
    const { properties } = this.definitions;
    if (!properties.some((property) => property.id === this.selectedId)) this.selectedId = properties[0]?.id ?? null;
    const property = this.selectedId === null ? null : this.definitions.get(this.selectedId);
    this.list.draw(properties, this.isFormOpen ? null : this.selectedId);
    this.form.node.hidden = !this.isFormOpen;
    this.emptyState.hidden = this.isFormOpen || Boolean(property);
    this.propertyPage.hidden = this.isFormOpen || !property;
    if (!property) this.writeEmptyState();
    if (!property || this.isFormOpen) return;
    this.header.draw(property);
    this.tree.node.hidden = !hasTags(property.type);
    this.values.node.hidden = hasTags(property.type);
    if (hasTags(property.type)) this.tree.show(property);
    else this.values.show(property);
  }

  /** What a property is, and three examples that a click creates. */
  writeEmptyState() {
    const { t } = this.tools;
    if (this.emptyState.dataset.language === this.tools.language) return;
    this.emptyState.dataset.language = this.tools.language;
    const examples = EXAMPLES.map(({ type, options }, index) => {
      const name = t(`example_${index + 1}`);
      const create = async () => this.finishForm((await this.change({ do: "create", name, type, options }))?.id);
      return el(
        "button",
        { type: "button", class: "example writes", onclick: create },
        icon(ICONS[type]),
        el("strong", {}, name),
        el("span", {}, t(`example_${index + 1}_help`)),
      );
    });
    this.emptyState.replaceChildren(
      el("h1", {}, t("empty")),
      el("p", {}, t("empty_help")),
      ...examples,
      el("button", { type: "button", class: "link writes", onclick: () => this.openForm() }, icon("add"), t("new")),
      el(
        "button",
        { type: "button", class: "link writes", onclick: () => this.importFile() },
        icon("upload_file"),
        t("import"),
      ),
    );
  }

  /** @param {string} [into] */
  importFile(into) {
    if (into) sessionStorage.setItem(IMPORT_INTO, into);
    else sessionStorage.removeItem(IMPORT_INTO);
    this.press("import", true);
  }

  openForm() {
    this.isFormOpen = true;
    this.form.open();
    this.draw();
    this.form.focus();
  }

  /** @param {string} [id] of the new property; undefined where none was created */
  finishForm(id) {
    this.isFormOpen = false;
    if (id) this.select(id);
    else this.draw();
    if (id) this.list.focus(id);
  }

  /** @param {string | null} id */
  select(id) {
    this.isFormOpen = false;
    this.selectedId = id;
    if (id) sessionStorage.setItem(KEY, id);
    this.draw();
  }

  /** @param {import("../shared/store/property_definitions.js").Property} property */
  async remove(property) {
    const { t } = this.tools;
    const what = this.header.describeTouched(property);
    const { properties } = this.definitions;
    const index = properties.indexOf(property);
    if (this.selectedId === property.id) this.selectedId = (properties[index + 1] ?? properties[index - 1])?.id ?? null;
    await this.change({ do: "delete", id: property.id }, t("deleted", { name: property.name, what }));
  }

  /**
   * Change something; show the message with an undo, or why it failed.
   * @param {Record<string, any>} command @param {string} [message]
   * @returns {Promise<{batch: string | null, id?: string, ids?: string[]} | null>} null where it failed
   */
  async change(command, message) {
    const { t } = this.tools;
    try {
      const result = await this.definitions.change(command);
      if (message && result.batch) this.toast.show(message, t("undo"), () => this.undo(result.batch));
      return result;
    } catch (error) {
      this.toast.show(error.message || t("not_written"));
      // Shows the stored state again in place of the change.
      this.definitions.dispatchEvent(new Event("change"));
      // Nothing is left to do where it waits in this browser.
      return error.isKept ? { batch: null } : null;
    }
  }

  /** @param {string} batch */
  async undo(batch) {
    await this.definitions.off(batch).catch((error) => this.toast.show(error.message || this.tools.t("not_written")));
  }

  close() {
    this.definitions.close();
    this.tree.close();
  }
}
