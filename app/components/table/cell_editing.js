// A field over one cell of the table: what it says of an image is changed in place. Not here: the
// field (annotate/in_place_editor.js), which cell is in hand (body.js).
import { InPlaceEditor } from "../annotate/in_place_editor.js";

// A cell of a rule is this high at least.
const LOW = 36;

export class Editing extends InPlaceEditor {
  /** @param {import("./body.js").Body} body @param {import("../annotate/in_place_editor.js").EditorContext} how */
  constructor(body, how) {
    super(body, how);
    this.body = body;
  }

  propertyOf(name) {
    return this.body.layout.editable.find((column) => column.name === name)?.property;
  }

  elementOf({ index, name }) {
    const cell = this.body.tall.querySelector(`#${this.body.idOf(index)}-${name}`);
    // What lies under the headings is out of sight.
    return cell && cell.getBoundingClientRect().bottom < this.outer.top + LOW ? null : cell;
  }

  /** The next cell of the row, and after the last the first of the next row. */
  neighbourOf({ index, name }, by) {
    const { editable } = this.body.layout;
    const at = editable.findIndex((column) => column.name === name) + by;
    const isOver = at < 0 || at >= editable.length;
    const next = isOver ? index + by : index;
    if (next < 0 || next >= this.body.rows.total) return null;
    return { index: next, name: editable[(at + editable.length) % editable.length].name };
  }

  show({ index, name }) {
    this.body.moveTo(index);
    this.body.focusColumn(name);
    this.body.showCell();
  }
}
