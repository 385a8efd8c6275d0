// The elements of the filters: a row for a condition, a frame for a box of conditions, buttons that
// change the tree. Not here: the tree (filter_tree.js), fields for values (value_editors.js), what
// follows from a change (builder.js).
import { el, icon, iconButton, set } from "../shared/ui/dom.js";
import { EDITORS, convertValue } from "./value_editors.js";
import * as tree from "./filter_tree.js";

/** @typedef {import("./filter_tree.js").Box} Box */
/** @typedef {import("./filter_tree.js").Condition} Condition */
/** @typedef {import("./filter_tree.js").Part} Part */

export class FilterElements {
  /** @param {import("./builder.js").Builder} builder */
  constructor(builder) {
    this.builder = builder;
  }

  get texts() {
    return this.builder.texts;
  }

  get data() {
    return this.builder.data;
  }

  /** Buttons that add to a box. @param {Box} box */
  adders(box) {
    const add = (isBoxed) => () =>
      this.builder.reshape(() => {
        const part = this.builder.newCondition();
        box.parts.push(isBoxed ? tree.box(other, [part]) : part);
        return [part, "first"];
      });
    const other = box.kind === "all" ? "any" : "all";
    return el(
      "div",
      { class: "adders" },
      el("button", { type: "button", "data-part": "add", onclick: add(false) }, icon("add"), this.texts.add),
      el(
        "button",
        { type: "button", "data-part": "add_box", onclick: add(true) },
        icon("add"),
        this.texts[`add_${other}`],
      ),
    );
  }

  /** @param {Part} part @param {Box} box that holds it @param {number} index in the box */
  part(part, box, index) {
    const join = el("span", { class: "join" }, index ? this.texts[box.kind] : "");
    return tree.isBox(part) ? this.box(part, join) : this.condition(part, join);
  }

  /** @param {Box} part @param {HTMLElement} join the word before it: and, or */
  box(part, join) {
    const { texts } = this;
    const kind = el(
      "select",
      { class: "kind", "aria-label": texts.kind, "data-part": "first" },
      ...["any", "all"].map((name) => el("option", { value: name }, texts[`${name}_of`])),
    );
    kind.value = part.kind;
    kind.addEventListener("change", () =>
      this.builder.reshape(() => {
        part.kind = /** @type {"all" | "any"} */ (kind.value);
      }),
    );
    return el(
      "div",
      { class: "box", role: "group", "aria-label": texts.box, "data-id": part.id },
      el("div", { class: "head" }, join, this.notMark(part), kind, el("span", { class: "spring" }), this.actions(part)),
      el(
        "div",
        { class: "inside" },
        ...part.parts.map((inner, index) => this.part(inner, part, index)),
        this.adders(part),
      ),
    );
  }

  /** @param {Condition} part @param {HTMLElement} join the word before it */
  condition(part, join) {
    const node = el("div", { class: "condition", role: "group", "data-id": part.id });
    const fields = el("div", { class: "asked" });
    const note = el("p", { class: "note", id: `note-${part.id}`, hidden: true });
    node.append(el("div", { class: "head" }, join, this.notMark(part), fields, this.actions(part)), note);
    if (part.label) {
      set(node, "aria-label", part.label);
      fields.append(el("span", { class: "fixed", title: this.texts.fixed }, part.label));
      return node;
    }
    const { builder, texts } = this;
    const field = el(
      "select",
      { class: "field", "aria-label": texts.field, "data-part": "first" },
      ...this.fieldOptions(),
    );
    const op = el("select", { class: "op", "aria-label": texts.operator, "data-part": "op" });
    const value = el("div", { class: "value" });
    fields.append(field, op, value);
    const fillOp = () => {
      op.replaceChildren(
        ...builder.fieldOf(part).operators.map(({ name, label }) => el("option", { value: name }, label)),
      );
      field.value = part.field;
      op.value = part.op;
      set(node, "aria-label", builder.fieldOf(part).label);
    };
    const fillValue = () => value.replaceChildren(...this.valueElements(part, fillValue));
    field.addEventListener("change", () => {
      builder.remember();
      builder.changeField(part, field.value);
      fillOp();
      fillValue();
      builder.changed();
    });
    op.addEventListener("change", () => {
      builder.remember();
      const before = builder.editorOf(part);
      part.value = convertValue(part.value, before, builder.editorOf({ ...part, op: op.value }), this.data);
      part.op = op.value;
      fillValue();
      builder.changed();
    });
    fillOp();
    fillValue();
    return node;
  }

  /** The fields, under their headings where there are some. */
  fieldOptions() {
    const headings = [...new Set(this.data.fields.map((field) => field.heading))];
    return headings.flatMap((heading) => {
      const own = this.data.fields.filter((field) => field.heading === heading);
      const options = own.map(({ name, label }) => el("option", { value: name }, label));
      return heading ? [el("optgroup", { label: heading }, ...options)] : options;
    });
  }

  /** The fields of a condition's value. @param {Condition} part @param {() => void} redraw makes them anew */
  valueElements(part, redraw) {
    const change = (value) => {
      this.builder.rememberTyping(part);
      part.value = value;
      this.builder.problems.delete(part.id);
      this.builder.changed();
    };
    return EDITORS[this.builder.editorOf(part)].make({
      part,
      field: this.builder.fieldOf(part),
      data: this.data,
      texts: this.texts,
      change,
      redraw,
    });
  }

  /** @param {Part} part */
  notMark(part) {
    return part.nots % 2 ? el("strong", { class: "not" }, this.texts.not) : null;
  }

  /** The buttons that change where a part stands. @param {Part} part */
  actions(part) {
    const { builder, texts } = this;
    const button = (name, symbol, change) =>
      iconButton(symbol, texts[name], () => builder.reshape(change), { "data-part": name });
    const step = (by, name) => () => {
      tree.move(builder.tree, part, by);
      return [part, name];
    };
    return el(
      "div",
      { class: "acts" },
      iconButton("block", texts.deny, () => builder.reshape(() => tree.deny(part)), {
        "data-part": "deny",
        "aria-pressed": String(part.nots % 2 === 1),
      }),
      button("up", "arrow_upward", step(-1, "up")),
      button("down", "arrow_downward", step(1, "down")),
      tree.isBox(part)
        ? button("unwrap", "tab_unselected", () => builder.unwrap(part))
        : button("wrap", "select_all", () => [tree.wrap(builder.tree, part), "first"]),
      button("copy", "content_copy", () => builder.copy(part)),
      button("remove", "close", () => builder.remove(part)),
    );
  }
}
