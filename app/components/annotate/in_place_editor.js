// A field over the place where a value stands, in a sheet of images: in a cell of the table, under
// a picture. Not here: the fields themselves (editors.js), which places there are (table/cell_editing.js,
// gallery/caption_editing.js).
import { annotations, cellOf } from "../shared/store/annotations.js";
import { el, write } from "../shared/ui/dom.js";
import { makeEditor } from "./editors.js";

// A field is usable from this width on.
const NARROWEST = 160;

/**
 * @typedef {import("../shared/store/annotations.js").Property} Property
 * @typedef {{texts: Record<string, string>, colours: string[]}} How
 * @typedef {{index: number, name: string}} Spot  an image of the sheet, and which of its values
 * @typedef {import("../gallery/rows.js").Row} Row
 */

/** @abstract */
export class InPlace {
  /** @param {import("../gallery/virtual_sheet.js").Sheet} sheet @param {How} how */
  constructor(sheet, how) {
    this.sheet = sheet;
    this.how = how;
    /** Whether the rows are files: a value of files is written to the one that is meant. */
    this.byFile = false;
    /** @type {{row: Row, spot: Spot, property: Property, editor: import("./editors.js").Editor} | null} */
    this.now = null;
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    this.place = el("div", {});
    this.node = el("div", { class: "editing", hidden: true }, this.place, this.trouble);
    this.node.addEventListener("keydown", (event) => this.key(event), true);
    this.node.addEventListener("keydown", (event) => event.stopPropagation());
    this.node.addEventListener("focusout", (event) => this.left(event));
    sheet.node.addEventListener("scroll", () => this.follow());
    sheet.rows.addEventListener("change", () => this.follow());
    // After the sheet's own: what it lays out anew stands elsewhere.
    new ResizeObserver(() => this.follow()).observe(sheet.node);
  }

  /** The property that a value belongs to. @abstract @param {string} name @returns {Property | undefined} */
  propertyOf(name) {
    return annotations.properties.find((one) => one.id === name);
  }

  /** The element that shows a value, while it is drawn. @abstract @param {Spot} spot @returns {Element | null} */
  elementOf(spot) {
    return this.sheet.node.querySelector(`#${this.sheet.idOf(spot.index)}`);
  }

  /** Where Tab goes on; null at the end. @abstract @param {Spot} spot @param {1 | -1} by @returns {Spot | null} */
  beside(spot, by) {
    const index = spot.index + by;
    return index < 0 || index >= this.sheet.rows.total ? null : { ...spot, index };
  }

  /** Bring a value into sight, and in hand. @abstract @param {Spot} spot */
  show(spot) {
    this.sheet.moveTo(spot.index);
  }

  /** How wide the sheet's own part of the window is, and where it begins. */
  get outer() {
    return this.sheet.node.getBoundingClientRect();
  }

  /** The file that a row is, where rows are files. @param {Row} row */
  fileOf(row) {
    return this.byFile ? row.place : null;
  }

  /** The file in hand, where rows are files. @param {string | null} sha1  of the image in hand */
  fileInHand(sha1) {
    const { rows, current } = this.sheet;
    const row = rows.get(current);
    return row && row.sha1 === sha1 ? this.fileOf(row) : null;
  }

  /** @param {Row} row @returns {import("../shared/store/annotations.js").Targets} */
  targetsOf(row) {
    const place = this.fileOf(row);
    return { sha1s: [row.sha1], ...(place === null ? {} : { places: [place] }) };
  }

  /** Edit a value; a checkbox is turned at once. @param {Spot} spot */
  async begin(spot) {
    if (annotations.position < 0) await annotations.read().catch(() => {});
    const property = this.propertyOf(spot.name);
    const row = this.sheet.rows.get(spot.index);
    if (!property || !row) return;
    const said = await annotations.of(row.sha1).catch(() => null);
    if (!said) return;
    const cell = cellOf(said, property, this.fileOf(row));
    if (property.type === "checkbox") {
      await this.write(row, property, { value: cell?.texts[0] === "true" ? "false" : "true" });
      return;
    }
    this.open(spot, row, property, cell);
  }

  open(spot, row, property, cell) {
    const editor = makeEditor(property, {
      ...this.how,
      commit: (edit) => this.write(row, property, edit),
      leave: () => this.end(),
      done: () => this.end(),
    });
    this.now = { row, spot, property, editor };
    this.trouble.hidden = true;
    this.place.replaceChildren(editor.node);
    this.node.hidden = false;
    this.follow();
    editor.show(cell?.texts ?? [], cell?.mixed ?? false);
    editor.focus();
  }

  /** @param {Row} row @param {Property} property @param {import("../shared/store/annotations.js").Edit} edit */
  async write(row, property, edit) {
    const { now } = this;
    try {
      await annotations.write("/annotate", { property: property.id, op: "set", ...edit, targets: this.targetsOf(row) });
      this.trouble.hidden = true;
    } catch (error) {
      this.refuse(now, error.message || this.how.texts.not_written);
    }
  }

  /** What could not be written is shown again, to be mended. */
  refuse(was, message) {
    if (was && this.now !== was) {
      this.now = was;
      this.place.replaceChildren(was.editor.node);
      this.node.hidden = false;
      this.follow();
    }
    was?.editor.refuse();
    was?.editor.focus();
    write(this.trouble, message);
    this.trouble.hidden = false;
    this.node.hidden = false;
  }

  /** Take a value away. @param {Spot} spot */
  empty(spot) {
    const property = this.propertyOf(spot.name);
    const row = this.sheet.rows.get(spot.index);
    if (property && row) this.write(row, property, { value: null });
  }

  /**
   * Stand over the value. Where that is out of sight, or another image's by now, what was typed is
   * kept and the field goes.
   */
  follow() {
    if (!this.now) return;
    const { row, spot } = this.now;
    const shown = this.sheet.rows.get(spot.index);
    const element = this.elementOf(spot);
    const { outer } = this;
    const box = element?.getBoundingClientRect();
    const isOther = shown && (shown.sha1 !== row.sha1 || shown.place !== row.place);
    if (!box || isOther || box.bottom < outer.top || box.top > outer.bottom) {
      this.end();
      return;
    }
    const { style } = this.node;
    const width = Math.max(box.width, NARROWEST);
    style.left = `${Math.max(0, Math.min(box.left - outer.left, outer.width - width))}px`;
    style.top = `${box.top - outer.top}px`;
    style.width = `${width}px`;
    style.minHeight = `${box.height}px`;
  }

  key(event) {
    const { now } = this;
    if (!now || event.isComposing) return;
    // Of tags, Enter takes one; with nothing typed and nothing chosen it is the end.
    const isEmpty = event.target.value === "" && !event.target.getAttribute("aria-activedescendant");
    if (event.key === "Enter" && now.property.type.startsWith("tag") && isEmpty) {
      event.preventDefault();
      this.end();
    } else if (event.key === "Tab") {
      event.preventDefault();
      this.goOn(event.shiftKey ? -1 : 1);
    }
  }

  /** Go on with the next value that can be edited. @param {1 | -1} by */
  goOn(by) {
    const next = this.beside(this.now.spot, by);
    this.end();
    if (!next) return;
    this.show(next);
    // A press on a checkbox turns it: Tab only comes by.
    if (this.propertyOf(next.name)?.type !== "checkbox") this.begin(next);
  }

  left(event) {
    const to = event.relatedTarget;
    if (this.now && to && !this.node.contains(to)) this.end(false);
  }

  /** Keep what was typed and give the keys back. */
  end(isFocused = true) {
    const { now } = this;
    if (!now) return;
    this.now = null;
    this.trouble.hidden = true;
    now.editor.commit();
    this.node.hidden = true;
    if (isFocused) this.sheet.node.focus({ preventScroll: true });
  }
}
