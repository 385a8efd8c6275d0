// A field over one cell of the table: what it says of an image is changed in place. Not here: the
// fields themselves (annotate/editors.js), which cell is in hand (body.js).
import { annotations } from "../annotations.js";
import { makeEditor } from "../annotate/editors.js";
import { el, write } from "../dom.js";

// A cell of a rule is this high at least.
const LOW = 36;

/**
 * @typedef {object} How
 * @property {Record<string, string>} texts
 * @property {string[]} colours
 */

export class Editing {
  /** @param {import("./body.js").Body} body @param {How} how */
  constructor(body, how) {
    this.body = body;
    this.how = how;
    /** @type {{sha1: string, index: number, column: import("./columns.js").Column, editor: import("../annotate/editors.js").Editor} | null} */
    this.now = null;
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    this.place = el("div", {});
    this.node = el("div", { class: "editing", hidden: true }, this.place, this.trouble);
    this.node.addEventListener("keydown", (event) => this.key(event), true);
    this.node.addEventListener("keydown", (event) => event.stopPropagation());
    this.node.addEventListener("focusout", (event) => this.left(event));
    body.node.addEventListener("scroll", () => this.follow());
  }

  /** Edit a cell; a checkbox is turned at once. @param {number} index @param {string} name */
  async begin(index, name) {
    const column = this.body.layout.editable.find((one) => one.name === name);
    const row = this.body.rows.get(index);
    if (!column || !row) return;
    const { property } = column;
    const said = await annotations.of(row.sha1).catch(() => null);
    if (!said) return;
    const cell = said.values[property.id];
    if (property.type === "checkbox") {
      await this.write(row.sha1, property, { value: cell?.texts[0] === "true" ? "false" : "true" });
      return;
    }
    this.open(index, row.sha1, column, cell);
  }

  open(index, sha1, column, cell) {
    const { property } = column;
    const editor = makeEditor(property, {
      ...this.how,
      commit: (edit) => this.write(sha1, property, edit),
      leave: () => this.end(),
      done: () => this.end(),
    });
    this.now = { sha1, index, column, editor };
    this.trouble.hidden = true;
    this.place.replaceChildren(editor.node);
    this.node.hidden = false;
    this.follow();
    editor.show(cell?.texts ?? [], cell?.mixed ?? false);
    editor.focus();
  }

  /** @param {string} sha1 @param {import("./columns.js").Property} property @param {import("../annotations.js").Edit} edit */
  async write(sha1, property, edit) {
    const { now } = this;
    try {
      await annotations.write("/annotate", { property: property.id, op: "set", ...edit, targets: { sha1s: [sha1] } });
      this.trouble.hidden = true;
    } catch (error) {
      this.refuse(now, sha1, property, error.message);
    }
  }

  /** What could not be written is shown again, to be mended. */
  refuse(was, sha1, property, message) {
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

  /** Take away what a cell says. @param {number} index @param {string} name */
  empty(index, name) {
    const column = this.body.layout.editable.find((one) => one.name === name);
    const row = this.body.rows.get(index);
    if (column && row) this.write(row.sha1, column.property, { value: null });
  }

  /** Stand over the cell; where it is out of sight, what was typed is kept and the field goes. */
  follow() {
    if (!this.now) return;
    const { index, column } = this.now;
    const cell = this.body.tall.querySelector(`#${this.body.idOf(index)}-${column.name}`);
    const outer = this.body.node.getBoundingClientRect();
    const box = cell?.getBoundingClientRect();
    if (!box || box.bottom < outer.top + LOW || box.top > outer.bottom) {
      this.end();
      return;
    }
    const { style } = this.node;
    const width = Math.max(box.width, 160);
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
    if (event.key === "Enter" && now.column.property.type.startsWith("tag") && isEmpty) {
      event.preventDefault();
      this.end();
    } else if (event.key === "Tab") {
      event.preventDefault();
      this.beside(event.shiftKey ? -1 : 1);
    }
  }

  /** Go on with the next cell that can be edited, in the next row after the last. */
  beside(by) {
    const { body } = this;
    const { index, column } = this.now;
    const { editable } = body.layout;
    const at = editable.findIndex(({ name }) => name === column.name) + by;
    const isOver = at < 0 || at >= editable.length;
    const next = isOver ? index + by : index;
    this.end();
    if (next < 0 || next >= body.rows.total) return;
    const name = editable[(at + editable.length) % editable.length].name;
    body.moveTo(next);
    body.hold(name);
    body.showCell();
    // A press on a checkbox turns it: Tab only comes by.
    if (!editable.some((one) => one.name === name && one.property.type === "checkbox")) this.begin(next, name);
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
    if (isFocused) this.body.node.focus({ preventScroll: true });
  }
}
