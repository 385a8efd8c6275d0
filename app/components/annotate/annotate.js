// What is said of the image in hand, each property a field. Streamlit calls the default export
// with the data of each run; the panel follows the image without waiting for one. Not here: the
// fields (editors.js), what is kept (annotations.js).
import { annotations, cellOf } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { el, fill, iconButton, set, write } from "../shared/ui/dom.js";
import { inItsLanguage, component } from "../shared/bridge/lifecycle.js";
import { selection } from "../shared/store/selection.js";
import { Copying } from "./copy_to_selection.js";
import { makeEditor } from "./editors.js";
import { Files } from "./file_choice.js";
import { Making } from "./new_property.js";

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
  (root, data) => new Annotate(root, data),
  undefined,
  (shown, data) => inItsLanguage(shown, data) && shown.data.project === data.project,
);

class Annotate {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { texts } = data;
    this.data = data;
    this.texts = texts;
    /** @type {string | null} */
    this.sha1 = null;
    /** The file in hand, where a display shows files. @type {string | null} */
    this.place = null;
    /** How many writes are under way: what is read meanwhile is older than what is shown. */
    this.writing = 0;
    /** The field used last. */
    this.last = "";
    /**
     * Fields by property.
     * @type {Map<string, {editor: import("./editors.js").Editor, row: HTMLElement, label: HTMLElement,
     *   each: HTMLElement}>}
     */
    this.rows = new Map();
    annotations.language = data.language;
    this.making = new Making(texts, (made) => this.made(made));
    this.copying = new Copying(texts, data.language, () => ({ sha1: this.sha1, view: this.data.view }));
    this.files = new Files(texts, data.language, () => this.turnFile());
    this.title = el("h3", {}, texts.title);
    this.add = iconButton("add", texts.new_property, () => this.making.open());
    this.back = el("button", { type: "button", onclick: () => this.include() }, texts.include);
    this.excluded = el("p", { class: "excluded", hidden: true }, texts.is_excluded, this.back);
    this.first = el(
      "div",
      { class: "first", hidden: true },
      el("p", { class: "message" }, texts.none_defined),
      el(
        "button",
        { type: "button", class: "plain", onclick: () => this.making.open(texts.new_suggested) },
        texts.first,
      ),
    );
    this.list = el("div", { class: "properties" });
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    this.node = el(
      "section",
      { class: "annotate", "aria-label": texts.title },
      el("header", {}, this.title, this.add),
      this.excluded,
      this.first,
      this.list,
      this.trouble,
      this.making.node,
      this.copying.node,
    );
    root.replaceChildren(this.node);
    this.followed = () => this.follow();
    this.changed = () => this.refresh();
    this.selected = () => this.copying.count();
    this.wanted = () => this.focus();
    this.stopFollowing = annotations.follow();
    current.addEventListener("change", this.followed);
    annotations.addEventListener("change", this.changed);
    selection.addEventListener("change", this.selected);
    document.addEventListener("panoptic:edit", this.wanted);
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    this.copying.count();
    this.follow();
  }

  /** Show the image in hand; where no display has one, the image of Python's panel. */
  follow() {
    const sha1 = current.sha1 ?? this.data.sha1;
    const place = current.sha1 === null ? null : current.path;
    if (sha1 === this.sha1 && place === this.place) return;
    this.forget();
    this.sha1 = sha1;
    this.place = place;
    this.files.begin(place);
    this.tell("");
    this.refresh();
  }

  /** What was typed belongs to what was in hand. */
  forget() {
    for (const { editor } of this.rows.values()) {
      editor.commit();
      editor.forget?.();
    }
  }

  /** The values of another of its files, or of all, are to be seen. */
  turnFile() {
    this.forget();
    const said = annotations.here(this.sha1);
    if (said) this.draw(said);
    else this.refresh();
  }

  async refresh() {
    const { sha1 } = this;
    if (!sha1 || this.writing) return;
    try {
      const said = await annotations.of(sha1);
      if (sha1 === this.sha1 && !this.writing) this.draw(said);
    } catch {
      this.tell(this.texts.no_values);
    }
  }

  /** @param {import("../shared/store/annotations.js").ImageValues} said */
  draw(said) {
    const shown = annotations.properties.filter((one) => !one.hidden);
    this.node.classList.add("here");
    this.first.hidden = annotations.properties.length > 0 || this.making.isOpen;
    this.add.hidden = annotations.properties.length === 0;
    this.excluded.hidden = !said.excluded;
    this.files.update(
      said,
      shown.some((one) => one.target === "file"),
    );
    this.arrange(shown);
    for (const { id } of shown) this.show(id, said);
    this.copying.update(shown, said);
  }

  /** One row a property, in their order, under the headings they stand under. */
  arrange(shown) {
    const ids = new Set(shown.map((one) => keyOf(one)));
    for (const [key, { row }] of this.rows) {
      if (ids.has(key)) continue;
      row.remove();
      this.rows.delete(key);
    }
    const wanted = [];
    let folder = null;
    for (const one of shown) {
      if (one.folder !== folder) {
        folder = one.folder;
        if (folder) wanted.push(this.heading(folder));
      }
      // Above the first that it is about.
      if (one.target === "file" && !wanted.includes(this.files.node)) wanted.push(this.files.node);
      wanted.push(this.rowOf(one));
    }
    if (!wanted.includes(this.files.node)) this.files.node.remove();
    this.list.querySelectorAll("h4").forEach((heading) => wanted.includes(heading) || heading.remove());
    wanted.forEach((node, at) => {
      if (this.list.children[at] !== node) this.list.insertBefore(node, this.list.children[at] ?? null);
    });
  }

  heading(folder) {
    const known = [...this.list.querySelectorAll("h4")].find((one) => one.textContent === folder);
    return known ?? el("h4", {}, folder);
  }

  rowOf(property) {
    const key = keyOf(property);
    const known = this.rows.get(key);
    if (known) {
      write(known.label, property.name);
      return known.row;
    }
    const editor = makeEditor(property, {
      texts: this.texts,
      colours: this.data.colours,
      commit: (edit) => this.write(property.id, edit),
      leave: () => current.focus(),
      mended: () => this.tell(""),
    });
    const label = el("span", { class: "label", onclick: () => editor.focus() }, property.name);
    const each = el("ul", { class: "each" });
    const row = el(
      "div",
      { class: "property", "data-property": property.id, onfocusin: () => (this.last = key) },
      label,
      editor.node,
      each,
    );
    this.rows.set(key, { editor, row, label, each });
    return row;
  }

  /** @param {string} id @param {import("../shared/store/annotations.js").ImageValues} said */
  show(id, said) {
    const property = annotations.properties.find((one) => one.id === id);
    const row = property && this.rows.get(keyOf(property));
    if (!row) return;
    const cell = cellOf(said, property, this.files.chosen);
    const { author, at } = cell ?? {};
    set(row.label, "title", cell ? fill(this.texts.by, { author, at: moment(at, this.data.language) }) : property.name);
    row.editor.show(cell?.texts ?? [], cell?.mixed ?? false);
    row.each.replaceChildren(...(cell?.mixed ? this.files.each(property, cell) : []));
  }

  /** @param {string} property @param {import("../shared/store/annotations.js").Edit} edit */
  async write(property, edit) {
    const { sha1, place } = this;
    const targets = { sha1s: [sha1], ...this.files.meant(annotations.properties.find(({ id }) => id === property)) };
    this.writing += 1;
    let refused = "";
    try {
      await annotations.write("/annotate", { property, ...edit, targets });
    } catch (error) {
      refused = error.message || this.texts.not_written;
    }
    this.writing -= 1;
    if (sha1 !== this.sha1 || place !== this.place) {
      // Another image came in hand meanwhile and waited: its values are shown now.
      this.refresh();
      return;
    }
    this.tell(refused);
    if (!refused) this.refresh();
    else this.refuse(property);
  }

  /** What was asked cannot be: a field keeps what was typed, anything else shows what is kept. */
  refuse(id) {
    const property = annotations.properties.find((one) => one.id === id);
    const row = property && this.rows.get(keyOf(property));
    row?.editor.refuse();
    // Beneath what it is about.
    row?.row.after(this.trouble);
    const said = annotations.here(this.sha1);
    if (property && said && /^tags?$/.test(property.type)) this.show(id, said);
  }

  tell(text) {
    write(this.trouble, text);
    this.trouble.hidden = !text;
  }

  /** A property was made: its field has the keys. @param {string} id */
  async made(id) {
    await this.refresh();
    const property = annotations.properties.find((one) => one.id === id);
    if (property) this.rows.get(keyOf(property))?.editor.focus();
  }

  async include() {
    await annotations
      .write("/exclude", { targets: { sha1s: [this.sha1] }, excluded: false })
      .catch((error) => this.tell(error.message || this.texts.not_written));
  }

  /** A key asks for the fields: the one used last, else the first. */
  focus() {
    const row = this.rows.get(this.last) ?? [...this.rows.values()][0];
    if (row) row.editor.focus();
    else if (!this.first.hidden) this.making.open(this.texts.new_suggested);
  }

  close() {
    this.stopFollowing();
    for (const { editor } of this.rows.values()) editor.rest?.();
    current.removeEventListener("change", this.followed);
    annotations.removeEventListener("change", this.changed);
    selection.removeEventListener("change", this.selected);
    document.removeEventListener("panoptic:edit", this.wanted);
  }
}

/** A property of another type or scale has another field. */
function keyOf({ id, type, options }) {
  return `${id} ${type} ${JSON.stringify(options)}`;
}

function moment(at, language) {
  const locale = language === "en" ? "en-GB" : language;
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));
}
