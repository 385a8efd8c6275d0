// The values of the current image, a field for each property. Streamlit calls the default export
// with the data of each run; the panel follows the current image without waiting for one. Not here:
// the fields (editors.js), reading and writing values (annotations.js).
import { annotations, cellOf } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { el, fill, iconButton, set, write } from "../shared/ui/dom.js";
import { underHeadings } from "../shared/ui/headings.js";
import { inItsLanguage, component } from "../shared/bridge/lifecycle.js";
import { selection } from "../shared/store/selection.js";
import { isVersion } from "../shared/bridge/address.js";
import { CopyToSelection } from "./copy_to_selection.js";
import { makeEditor } from "./editors.js";
import { FileChoice } from "./file_choice.js";
import { NewProperty } from "./new_property.js";

/**
 * @typedef {object} Data
 * @property {string} project
 * @property {string | null} view  address of the view that the page shows
 * @property {string} sha1      the image whose panel Python draws
 * @property {string} language
 * @property {string[]} colours
 * @property {Record<string, string>} texts
 */

export default component(
  (root, data) => new AnnotationPanel(root, data),
  undefined,
  (panel, data) => inItsLanguage(panel, data) && panel.data.project === data.project,
);

class AnnotationPanel {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { texts } = data;
    this.data = data;
    this.texts = texts;
    /** @type {string | null} */
    this.sha1 = null;
    /** The path of the current file, where a display shows files. @type {string | null} */
    this.path = null;
    /** How many writes are under way: what is read meanwhile is older than what is shown. */
    this.writesPending = 0;
    /** The key of the row used last. */
    this.lastKey = "";
    /**
     * Fields by property.
     * @type {Map<string, {editor: import("./editors.js").Editor, row: HTMLElement, label: HTMLElement,
     *   why: HTMLElement, perFile: HTMLElement}>}
     */
    this.rows = new Map();
    annotations.language = data.language;
    this.newProperty = new NewProperty(texts, (id) => this.propertyCreated(id));
    this.copyToSelection = new CopyToSelection(texts, data.language, () => ({ sha1: this.sha1, view: this.data.view }));
    this.fileChoice = new FileChoice(texts, data.language, () => this.fileChanged());
    this.title = el("h3", {}, texts.title);
    this.add = iconButton("add", texts.new_property, () => this.newProperty.open(), { class: "tool writes" });
    this.includeButton = el(
      "button",
      { type: "button", class: "writes", onclick: () => this.include() },
      texts.include,
    );
    this.excludedMessage = el("p", { class: "excluded", hidden: true }, texts.is_excluded, this.includeButton);
    this.firstProperty = el(
      "div",
      { class: "first", hidden: true },
      el("p", { class: "message" }, texts.none_defined),
      el(
        "button",
        { type: "button", class: "plain writes", onclick: () => this.newProperty.open(texts.new_suggested) },
        texts.first,
      ),
    );
    // Its fields only show what was at a version.
    this.list = el(isVersion ? "fieldset" : "div", { class: "properties", disabled: isVersion });
    this.errorMessage = el("p", { class: "trouble", role: "alert", hidden: true });
    this.node = el(
      "section",
      { class: "annotate", "aria-label": texts.title },
      el("header", {}, this.title, this.add),
      this.excludedMessage,
      this.firstProperty,
      this.list,
      this.errorMessage,
      this.newProperty.node,
      this.copyToSelection.node,
    );
    root.replaceChildren(this.node);
    this.onCurrentChange = () => this.follow();
    this.onAnnotationChange = () => this.refresh();
    this.onSelectionChange = () => this.copyToSelection.count();
    this.onEditKey = () => this.focus();
    this.stopFollowing = annotations.follow();
    current.addEventListener("change", this.onCurrentChange);
    annotations.addEventListener("change", this.onAnnotationChange);
    selection.addEventListener("change", this.onSelectionChange);
    document.addEventListener("panoptic:edit", this.onEditKey);
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    this.copyToSelection.count();
    this.follow();
  }

  /** Show the current image; where no display has one, the image of Python's panel. */
  follow() {
    const sha1 = current.sha1 ?? this.data.sha1;
    const path = current.sha1 === null ? null : current.path;
    if (sha1 === this.sha1 && path === this.path) return;
    this.discardTyped();
    this.sha1 = sha1;
    this.path = path;
    this.fileChoice.reset(path);
    this.showError("");
    this.refresh();
  }

  /** Write what was typed for the image before, and empty the fields. */
  discardTyped() {
    for (const { editor } of this.rows.values()) {
      editor.commit();
      editor.discard?.();
    }
  }

  /** Show the values of another of its files, or of all. */
  fileChanged() {
    this.discardTyped();
    const values = annotations.here(this.sha1);
    if (values) this.draw(values);
    else this.refresh();
  }

  async refresh() {
    const { sha1 } = this;
    if (!sha1 || this.writesPending) return;
    try {
      const values = await annotations.of(sha1);
      if (sha1 === this.sha1 && !this.writesPending) this.draw(values);
    } catch {
      this.showError(this.texts.no_values);
    }
  }

  /** @param {import("../shared/store/annotations.js").ImageValues} values */
  draw(values) {
    const visible = annotations.properties.filter((property) => !property.hidden);
    this.node.classList.add("here");
    this.firstProperty.hidden = annotations.properties.length > 0 || this.newProperty.isOpen;
    this.add.hidden = annotations.properties.length === 0;
    this.excludedMessage.hidden = !values.excluded;
    this.fileChoice.update(
      values,
      visible.some((property) => property.target === "file"),
    );
    this.arrangeRows(visible);
    for (const { id } of visible) this.showValue(id, values);
    this.copyToSelection.update(visible, values);
  }

  /**
   * Arrange one row a property, in their order, under their headings.
   * @param {import("../shared/store/annotations.js").Property[]} visible
   */
  arrangeRows(visible) {
    const ids = new Set(visible.map((property) => keyOf(property)));
    for (const [key, { row }] of this.rows) {
      if (ids.has(key)) continue;
      row.remove();
      this.rows.delete(key);
    }
    const nodes = [];
    for (const [heading, own] of underHeadings(visible)) {
      if (heading) nodes.push(this.headingFor(heading));
      for (const property of own) {
        // Above the first property of files.
        if (property.target === "file" && !nodes.includes(this.fileChoice.node)) nodes.push(this.fileChoice.node);
        nodes.push(this.rowOf(property));
      }
    }
    if (!nodes.includes(this.fileChoice.node)) this.fileChoice.node.remove();
    this.list.querySelectorAll("h4").forEach((heading) => nodes.includes(heading) || heading.remove());
    nodes.forEach((node, at) => {
      if (this.list.children[at] !== node) this.list.insertBefore(node, this.list.children[at] ?? null);
    });
  }

  headingFor(folder) {
    const existing = [...this.list.querySelectorAll("h4")].find((heading) => heading.textContent === folder);
    return existing ?? el("h4", {}, folder);
  }

  rowOf(property) {
    const key = keyOf(property);
    const existing = this.rows.get(key);
    if (existing) {
      write(existing.label, property.name);
      return existing.row;
    }
    const editor = makeEditor(property, {
      texts: this.texts,
      colours: this.data.colours,
      commit: (edit) => this.write(property.id, edit),
      leave: () => current.focus(),
      corrected: () => this.showError(""),
    });
    const label = el("span", { class: "label", onclick: () => editor.focus() }, property.name);
    const why = iconButton("help", this.texts.why, () => {}, { class: "why", hidden: true });
    const perFile = el("ul", { class: "each" });
    const row = el(
      "div",
      { class: "property", "data-property": property.id, onfocusin: () => (this.lastKey = key) },
      label,
      why,
      editor.node,
      perFile,
    );
    this.rows.set(key, { editor, row, label, why, perFile });
    return row;
  }

  /** @param {string} id @param {import("../shared/store/annotations.js").ImageValues} values */
  showValue(id, values) {
    const property = annotations.properties.find((other) => other.id === id);
    const row = property && this.rows.get(keyOf(property));
    if (!row) return;
    const cell = cellOf(values, property, this.fileChoice.chosen);
    const { author, at } = cell ?? {};
    set(
      row.label,
      "title",
      cell ? fill(this.texts.by, { author, at: formatTime(at, this.data.language) }) : property.name,
    );
    row.editor.show(cell?.texts ?? [], cell?.mixed ?? false);
    this.showWhy(row.why, property, Boolean(cell?.texts.length || cell?.mixed));
    row.perFile.replaceChildren(...(cell?.mixed ? this.fileChoice.eachFile(property, cell) : []));
  }

  /** Offer to say where a value comes from; the dialog is that of the component lineage. */
  showWhy(button, { id, name, type, target }, hasValue) {
    button.hidden = !hasValue;
    const label = fill(this.texts.why_of, { what: name });
    set(button, "aria-label", label);
    set(button, "title", label);
    set(button, "data-why", `${/^tags?$/.test(type) ? "tag" : "property"} ${id}`);
    set(button, "data-image", (target === "file" && this.fileChoice.chosen) || this.sha1);
  }

  /** @param {string} property @param {import("../shared/store/annotations.js").Edit} edit */
  async write(property, edit) {
    const { sha1, path } = this;
    const targets = {
      sha1s: [sha1],
      ...this.fileChoice.targetPart(annotations.properties.find(({ id }) => id === property)),
    };
    this.writesPending += 1;
    let problem = "";
    let isKept = false;
    try {
      await annotations.write("/annotate", { property, ...edit, targets });
    } catch (error) {
      problem = error.message || this.texts.not_written;
      isKept = Boolean(error.isKept);
    }
    this.writesPending -= 1;
    if (sha1 !== this.sha1 || path !== this.path) {
      // Another image became the current one meanwhile: show its values now.
      this.refresh();
      return;
    }
    this.showError(problem);
    if (!problem) this.refresh();
    // What waits to be stored stays as it was given.
    else if (!isKept) this.showRefused(property);
  }

  /** The server refused: a text field keeps what was typed, tags show what is stored. */
  showRefused(id) {
    const property = annotations.properties.find((other) => other.id === id);
    const row = property && this.rows.get(keyOf(property));
    row?.editor.refuse();
    // The message stands below the row that it is about.
    row?.row.after(this.errorMessage);
    const values = annotations.here(this.sha1);
    if (property && values && /^tags?$/.test(property.type)) this.showValue(id, values);
  }

  showError(text) {
    write(this.errorMessage, text);
    this.errorMessage.hidden = !text;
  }

  /** A property was created: its field gets the keyboard. @param {string} id */
  async propertyCreated(id) {
    await this.refresh();
    const property = annotations.properties.find((other) => other.id === id);
    if (property) this.rows.get(keyOf(property))?.editor.focus();
  }

  async include() {
    await annotations
      .write("/exclude", { targets: { sha1s: [this.sha1] }, excluded: false })
      .catch((error) => this.showError(error.message || this.texts.not_written));
  }

  /** A shortcut goes to the field that was used last, else to the first. */
  focus() {
    if (isVersion) return;
    const row = this.rows.get(this.lastKey) ?? [...this.rows.values()][0];
    if (row) row.editor.focus();
    else if (!this.firstProperty.hidden) this.newProperty.open(this.texts.new_suggested);
  }

  close() {
    this.stopFollowing();
    for (const { editor } of this.rows.values()) editor.reset?.();
    current.removeEventListener("change", this.onCurrentChange);
    annotations.removeEventListener("change", this.onAnnotationChange);
    selection.removeEventListener("change", this.onSelectionChange);
    document.removeEventListener("panoptic:edit", this.onEditKey);
  }
}

/** The key of a row: a property of another type or scale has another field. */
function keyOf({ id, type, options }) {
  return `${id} ${type} ${JSON.stringify(options)}`;
}

function formatTime(at, language) {
  const locale = language === "en" ? "en-GB" : language;
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}
