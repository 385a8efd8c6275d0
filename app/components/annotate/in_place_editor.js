// A field over the value that it edits, in a sheet of images: over a cell of the table, over a caption
// of a picture. Not here: the fields (editors.js), which values can be edited (table/cell_editing.js,
// gallery/caption_editing.js).
import { annotations, cellOf } from "../shared/store/annotations.js";
import { el, write } from "../shared/ui/dom.js";
import { isVersion } from "../shared/bridge/address.js";
import { makeEditor } from "./editors.js";

// Narrower fields could not be used.
const NARROWEST = 160;

/**
 * @typedef {import("../shared/store/annotations.js").Property} Property
 * @typedef {{texts: Record<string, string>, colours: string[]}} EditorContext
 * @typedef {{index: number, name: string}} Spot  an image of the sheet, and which of its values
 * @typedef {import("../gallery/rows.js").Row} Row
 */

/** @abstract */
export class InPlaceEditor {
  /** @param {import("../gallery/virtual_sheet.js").Sheet} sheet @param {EditorContext} context */
  constructor(sheet, context) {
    this.sheet = sheet;
    this.context = context;
    /** Whether the rows are files: values are written to the row's file. */
    this.byFile = false;
    /** @type {{row: Row, spot: Spot, property: Property, editor: import("./editors.js").Editor} | null} */
    this.editing = null;
    this.errorMessage = el("p", { class: "trouble", role: "alert", hidden: true });
    this.editorSlot = el("div", {});
    this.node = el("div", { class: "editing", hidden: true }, this.editorSlot, this.errorMessage);
    this.node.addEventListener("keydown", (event) => this.keydown(event), true);
    this.node.addEventListener("keydown", (event) => event.stopPropagation());
    this.node.addEventListener("focusout", (event) => this.focusLeft(event));
    sheet.node.addEventListener("scroll", () => this.reposition());
    sheet.rows.addEventListener("change", () => this.reposition());
    // After the sheet's own observer, which lays the rows out anew.
    new ResizeObserver(() => this.reposition()).observe(sheet.node);
  }

  /** The property that a value belongs to. @abstract @param {string} name @returns {Property | undefined} */
  propertyOf(name) {
    return annotations.properties.find((property) => property.id === name);
  }

  /** The element that shows a value, while it is drawn. @abstract @param {Spot} spot @returns {Element | null} */
  elementOf(spot) {
    return this.sheet.node.querySelector(`#${this.sheet.idOf(spot.index)}`);
  }

  /** Where Tab goes on; null at the end. @abstract @param {Spot} spot @param {1 | -1} by @returns {Spot | null} */
  neighbourOf(spot, by) {
    const index = spot.index + by;
    return index < 0 || index >= this.sheet.rows.total ? null : { ...spot, index };
  }

  /** Scroll to a value and make its image the current one. @abstract @param {Spot} spot */
  show(spot) {
    this.sheet.moveTo(spot.index);
  }

  /** The box of the sheet in the window. */
  get outer() {
    return this.sheet.node.getBoundingClientRect();
  }

  /** The file that a row is, where rows are files. @param {Row} row */
  fileOf(row) {
    return this.byFile ? row.place : null;
  }

  /** The current file, where rows are files. @param {string | null} sha1  of the current image */
  fileInHand(sha1) {
    const { rows, current } = this.sheet;
    const row = rows.get(current);
    return row && row.sha1 === sha1 ? this.fileOf(row) : null;
  }

  /** @param {Row} row @returns {import("../shared/store/annotations.js").Targets} */
  targetsOf(row) {
    const path = this.fileOf(row);
    return { sha1s: [row.sha1], ...(path === null ? {} : { places: [path] }) };
  }

  /** Edit a value; a checkbox is toggled at once. @param {Spot} spot */
  async begin(spot) {
    if (isVersion) return annotations.say(this.context.texts.at_version, null);
    if (annotations.position < 0) await annotations.read().catch(() => {});
    const property = this.propertyOf(spot.name);
    const row = this.sheet.rows.get(spot.index);
    if (!property || !row) return;
    const values = await annotations.of(row.sha1).catch(() => null);
    if (!values) return;
    const cell = cellOf(values, property, this.fileOf(row));
    if (property.type === "checkbox") {
      await this.write(row, property, { value: cell?.texts[0] === "true" ? "false" : "true" });
      return;
    }
    this.open(spot, row, property, cell);
  }

  open(spot, row, property, cell) {
    const editor = makeEditor(property, {
      ...this.context,
      commit: (edit) => this.write(row, property, edit),
      leave: () => this.close(),
      done: () => this.close(),
    });
    this.editing = { row, spot, property, editor };
    this.errorMessage.hidden = true;
    this.editorSlot.replaceChildren(editor.node);
    this.node.hidden = false;
    this.reposition();
    editor.show(cell?.texts ?? [], cell?.mixed ?? false);
    editor.focus();
  }

  /** @param {Row} row @param {Property} property @param {import("../shared/store/annotations.js").Edit} edit */
  async write(row, property, edit) {
    const { editing } = this;
    try {
      await annotations.write("/annotate", { property: property.id, op: "set", ...edit, targets: this.targetsOf(row) });
      this.errorMessage.hidden = true;
    } catch (error) {
      if (error.isKept) annotations.say(error.message, null);
      else this.refuse(editing, error.message || this.context.texts.not_written);
    }
  }

  /** Show again what could not be written, to be corrected. */
  refuse(refused, message) {
    if (refused && this.editing !== refused) {
      this.editing = refused;
      this.editorSlot.replaceChildren(refused.editor.node);
      this.node.hidden = false;
      this.reposition();
    }
    refused?.editor.refuse();
    refused?.editor.focus();
    write(this.errorMessage, message);
    this.errorMessage.hidden = false;
    this.node.hidden = false;
  }

  /** Remove a value. @param {Spot} spot */
  clear(spot) {
    const property = this.propertyOf(spot.name);
    const row = this.sheet.rows.get(spot.index);
    if (property && row) this.write(row, property, { value: null });
  }

  /**
   * Move over the value. Where that is out of sight, or of another image by now, write what was typed
   * and close the field.
   */
  reposition() {
    if (!this.editing) return;
    const { row, spot } = this.editing;
    const shown = this.sheet.rows.get(spot.index);
    const element = this.elementOf(spot);
    const { outer } = this;
    const box = element?.getBoundingClientRect();
    const isMoved = shown && (shown.sha1 !== row.sha1 || shown.place !== row.place);
    if (!box || isMoved || box.bottom < outer.top || box.top > outer.bottom) {
      this.close();
      return;
    }
    const { style } = this.node;
    const width = Math.max(box.width, NARROWEST);
    style.left = `${Math.max(0, Math.min(box.left - outer.left, outer.width - width))}px`;
    style.top = `${box.top - outer.top}px`;
    style.width = `${width}px`;
    style.minHeight = `${box.height}px`;
  }

  keydown(event) {
    const { editing } = this;
    if (!editing || event.isComposing) return;
    // In a field of tags Enter adds the chosen one; with nothing typed or chosen it closes the field.
    const isEmpty = event.target.value === "" && !event.target.getAttribute("aria-activedescendant");
    if (event.key === "Enter" && editing.property.type.startsWith("tag") && isEmpty) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Tab") {
      event.preventDefault();
      this.editNext(event.shiftKey ? -1 : 1);
    }
  }

  /** Continue with the next value that can be edited. @param {1 | -1} by */
  editNext(by) {
    const next = this.neighbourOf(this.editing.spot, by);
    this.close();
    if (!next) return;
    this.show(next);
    // `begin` would toggle a checkbox: Tab only passes it.
    if (this.propertyOf(next.name)?.type !== "checkbox") this.begin(next);
  }

  focusLeft(event) {
    const target = event.relatedTarget;
    if (this.editing && target && !this.node.contains(target)) this.close(false);
  }

  /** Write what was typed and give the keyboard back to the sheet. */
  close(isFocused = true) {
    const { editing } = this;
    if (!editing) return;
    this.editing = null;
    this.errorMessage.hidden = true;
    editing.editor.commit();
    this.node.hidden = true;
    if (isFocused) this.sheet.node.focus({ preventScroll: true });
  }
}
