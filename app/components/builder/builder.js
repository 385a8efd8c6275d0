// The filters of a view as a tree that can be edited. Streamlit calls the default export with the
// data of each run: the first brings the tree, later ones what was found out about it. Not here:
// the tree itself (tree), what a value is typed with (editors), counting and checking (Python).
import { debounced, el, icon, iconButton, isTyping, set, write } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { end } from "../shared/bridge/pending.js";
import { EDITORS, carried, isPattern } from "./value_editors.js";
import { trap } from "../shared/bridge/dialog_tab_order.js";
import * as tree from "./filter_tree.js";

const TELL_AFTER = 250;
const UNDONE_AT_MOST = 100;
// What a new condition asks, until somebody says otherwise.
const FIRST_FIELD = "name";

/**
 * @typedef {object} Data
 * @property {any[]} where       parts as a view writes them; some with a label, not to be edited
 * @property {{name: string, label: string, scale: number, unit: string, heading: string, operators: {name: string,
 *   label: string, editor: string}[]}[]} fields
 * @property {Record<string, import("./choice_list.js").Item[]>} choices   of each field of choices
 * @property {{encoder: string, label: string, items: import("./choice_list.js").Item[]}[]} clusters
 * @property {{id: string, label: string}[]} properties   whose authors can be asked for
 * @property {{id: string, label: string, colour: string}[]} hues
 * @property {{turn: number, count: string, problem: string, problems: Record<number, string>}} answer
 * @property {string} language
 * @property {Record<string, string>} texts
 */

export default component(
  (root, data) => new Builder(root, data),
  (shown, { press, state }) => {
    shown.tell = (where) => state("draft", { turn: shown.turn, where });
    shown.leave = press;
  },
);

class Builder {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { texts } = data;
    this.data = data;
    this.texts = texts;
    /** Streamlit's, and new with each run. @type {(where: any[]) => void} */
    this.tell = () => {};
    /** @type {(name: string, value: any) => void} */
    this.leave = () => {};
    this.tree = tree.box("all", data.where.map(tree.read));
    this.turn = data.answer.turn;
    this.isOld = false;
    this.isApplying = false;
    /** The conditions that were told of last, in order. @type {tree.Condition[]} */
    this.order = [];
    /** @type {Map<number, string>} */
    this.problems = new Map();
    /** @type {tree.Box[]} */
    this.history = [];
    this.later = debounced(() => this.tell(this.written()), TELL_AFTER);
    this.body = el("div", { class: "tree" });
    this.count = el("strong", { class: "count", role: "status" });
    this.problem = el("span", { class: "problem", role: "alert" });
    this.undo = iconButton("undo", texts.undo, () => this.back());
    root.replaceChildren(
      this.body,
      el(
        "footer",
        {},
        this.count,
        this.problem,
        el("span", { class: "spring" }),
        this.undo,
        el("button", { type: "button", class: "cancel", onclick: () => this.leave("cancel", true) }, texts.cancel),
        el("button", { type: "button", class: "apply", onclick: () => this.apply() }, texts.apply),
      ),
    );
    root.addEventListener("keydown", (event) => this.key(event));
    // A dialog hangs outside the page's own element, which is light or dark.
    root.style.colorScheme = getComputedStyle(document.querySelector(".stApp") ?? root).colorScheme;
    this.release = trap(root);
    this.written();
    this.draw();
    this.focus(this.tree.parts.length ? this.tree.parts[0] : this.tree, this.tree.parts.length ? "first" : "add");
  }

  /** @param {Data} data */
  update(data) {
    // What is asked of a property that somebody deletes meanwhile can still be seen and removed.
    const gone = this.data.fields.filter((one) => !data.fields.some(({ name }) => name === one.name));
    this.data = { ...data, fields: [...data.fields, ...gone] };
    const { answer } = data;
    if (answer.turn !== this.turn) return;
    this.isOld = false;
    write(this.count, answer.count);
    write(this.problem, answer.problem);
    this.problems = new Map(
      Object.entries(answer.problems).map(([place, text]) => [this.order[Number(place)]?.id, text]),
    );
    this.note();
    if (!this.isApplying) return;
    // Refused: what is wrong is said, and where.
    this.isApplying = false;
    end();
    const wrong = this.order.find((part) => this.problems.has(part.id));
    if (wrong) this.focus(wrong, "value");
  }

  close() {
    this.later.cancel();
    this.release();
  }

  /** What the tree says, as a view writes it. */
  written() {
    this.order = [];
    return tree.write(this.tree.parts, (part) => this.isWhole(part), this.order);
  }

  isWhole(part) {
    return Boolean(part.label) || EDITORS[this.editor(part)].isWhole(part.value);
  }

  field(part) {
    return this.data.fields.find((one) => one.name === part.field);
  }

  editor(part) {
    return this.field(part).operators.find((one) => one.name === part.op).editor;
  }

  apply() {
    if (this.isOld) this.later.now();
    this.isApplying = true;
    this.leave("apply", this.written());
  }

  /** Something is asked that has no answer yet. */
  changed() {
    this.turn += 1;
    this.isOld = true;
    this.note();
    this.later();
  }

  remember() {
    this.history.push(structuredClone(this.tree));
    if (this.history.length > UNDONE_AT_MOST) this.history.shift();
    set(this.undo, "disabled", null);
  }

  back() {
    const before = this.history.pop();
    if (!before) return;
    this.tree = before;
    this.draw();
    this.changed();
  }

  /** Change the shape of the tree; the keyboard stays where it was, or goes where `act` says. */
  reshape(act) {
    const focused = this.focused();
    this.remember();
    const [part, name] = act() ?? [];
    this.draw();
    if (part) this.focus(part, name);
    else if (focused) this.find(focused)?.focus();
    this.changed();
  }

  focused() {
    const root = /** @type {ShadowRoot} */ (this.body.getRootNode());
    const active = /** @type {HTMLElement | null} */ (root.activeElement);
    const holder = /** @type {HTMLElement | null} */ (active?.closest("[data-id]"));
    return holder && active.dataset.part
      ? `[data-id="${holder.dataset.id}"] [data-part="${active.dataset.part}"]`
      : null;
  }

  find(selector) {
    return /** @type {HTMLElement | null} */ (this.body.querySelector(selector));
  }

  focus(part, name) {
    const within = part === this.tree ? "" : `[data-id="${part.id}"] `;
    this.find(`${within}[data-part="${name}"]`)?.focus();
  }

  draw() {
    const { texts } = this;
    const isEmpty = !this.tree.parts.length;
    this.body.replaceChildren(
      el("p", { class: isEmpty ? "empty" : "all" }, isEmpty ? texts.empty : texts.all_hold),
      ...this.tree.parts.map((part, at) => this.part(part, this.tree, at)),
      this.adders(this.tree),
    );
    set(this.undo, "disabled", !this.history.length);
    this.note();
  }

  adders(box) {
    const add = (isBoxed) => () =>
      this.reshape(() => {
        const part = this.fresh();
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

  fresh() {
    const field = this.data.fields.find((one) => one.name === FIRST_FIELD) ?? this.data.fields[0];
    const [{ name, editor }] = field.operators;
    return tree.condition(field.name, name, EDITORS[editor].first(this.data));
  }

  part(part, box, at) {
    const join = el("span", { class: "join" }, at ? this.texts[box.kind] : "");
    return tree.isBox(part) ? this.box(part, join) : this.condition(part, join);
  }

  box(part, join) {
    const { texts } = this;
    const kind = el(
      "select",
      { class: "kind", "aria-label": texts.kind, "data-part": "first" },
      ...["any", "all"].map((one) => el("option", { value: one }, texts[`${one}_of`])),
    );
    kind.value = part.kind;
    kind.addEventListener("change", () =>
      this.reshape(() => {
        part.kind = /** @type {"all" | "any"} */ (kind.value);
      }),
    );
    return el(
      "div",
      { class: "box", role: "group", "aria-label": texts.box, "data-id": part.id },
      el("div", { class: "head" }, join, this.not(part), kind, el("span", { class: "spring" }), this.acts(part)),
      el("div", { class: "inside" }, ...part.parts.map((one, at) => this.part(one, part, at)), this.adders(part)),
    );
  }

  condition(part, join) {
    const node = el("div", { class: "condition", role: "group", "data-id": part.id });
    const asked = el("div", { class: "asked" });
    const note = el("p", { class: "note", id: `note-${part.id}`, hidden: true });
    node.append(el("div", { class: "head" }, join, this.not(part), asked, this.acts(part)), note);
    if (part.label) {
      set(node, "aria-label", part.label);
      asked.append(el("span", { class: "fixed", title: this.texts.fixed }, part.label));
      return node;
    }
    const { texts } = this;
    const field = el(
      "select",
      { class: "field", "aria-label": texts.field, "data-part": "first" },
      ...this.fieldOptions(),
    );
    const op = el("select", { class: "op", "aria-label": texts.operator, "data-part": "op" });
    const value = el("div", { class: "value" });
    asked.append(field, op, value);
    const fillOp = () => {
      op.replaceChildren(...this.field(part).operators.map((one) => el("option", { value: one.name }, one.label)));
      field.value = part.field;
      op.value = part.op;
      set(node, "aria-label", this.field(part).label);
    };
    const fillValue = () => value.replaceChildren(...this.made(part, fillValue));
    field.addEventListener("change", () => {
      this.remember();
      this.ask(part, field.value);
      fillOp();
      fillValue();
      this.changed();
    });
    op.addEventListener("change", () => {
      this.remember();
      part.value = carried(part.value, this.editor(part), this.editor({ ...part, op: op.value }), this.data);
      part.op = op.value;
      fillValue();
      this.changed();
    });
    fillOp();
    fillValue();
    return node;
  }

  /** The fields, under their headings where there are some. */
  fieldOptions() {
    const headings = [...new Set(this.data.fields.map((one) => one.heading))];
    return headings.flatMap((heading) => {
      const own = this.data.fields.filter((one) => one.heading === heading);
      const options = own.map((one) => el("option", { value: one.name }, one.label));
      return heading ? [el("optgroup", { label: heading }, ...options)] : options;
    });
  }

  /** Ask of another field: in the same way, of the same value, where both can be asked of it. */
  ask(part, name) {
    const before = this.field(part);
    const asked = before.operators.find((one) => one.name === part.op);
    const field = this.data.fields.find((one) => one.name === name);
    const same = field.operators.find((one) => one.name === asked.name && one.editor === asked.editor);
    const isCarried =
      same && before.scale === field.scale && !["choices", "kinds", "clusters", "authors"].includes(asked.editor);
    const { name: op, editor } = same ?? field.operators[0];
    if (!isCarried) part.value = EDITORS[editor].first(this.data);
    part.field = name;
    part.op = op;
    delete part.isOpen;
  }

  made(part, again) {
    const change = (value) => {
      this.typed(part);
      part.value = value;
      this.problems.delete(part.id);
      this.changed();
    };
    return EDITORS[this.editor(part)].make({
      part,
      field: this.field(part),
      data: this.data,
      texts: this.texts,
      change,
      again,
    });
  }

  /** Remember once what a value was before somebody typed it, not each letter. */
  typed(part) {
    const active = /** @type {ShadowRoot} */ (this.body.getRootNode()).activeElement;
    if (this.typing === active && this.typingIn === part.id) return;
    this.typing = active;
    this.typingIn = part.id;
    this.remember();
  }

  not(part) {
    return part.nots % 2 ? el("strong", { class: "not" }, this.texts.not) : null;
  }

  acts(part) {
    const { texts } = this;
    const act = (name, symbol, run) => iconButton(symbol, texts[name], () => this.reshape(run), { "data-part": name });
    const step = (by, name) => () => {
      tree.move(this.tree, part, by);
      return [part, name];
    };
    return el(
      "div",
      { class: "acts" },
      iconButton("block", texts.deny, () => this.reshape(() => tree.deny(part)), {
        "data-part": "deny",
        "aria-pressed": String(part.nots % 2 === 1),
      }),
      act("up", "arrow_upward", step(-1, "up")),
      act("down", "arrow_downward", step(1, "down")),
      tree.isBox(part)
        ? act("unwrap", "tab_unselected", () => this.unwrap(part))
        : act("wrap", "select_all", () => [tree.wrap(this.tree, part), "first"]),
      act("copy", "content_copy", () => this.copy(part)),
      act("remove", "close", () => this.remove(part)),
    );
  }

  unwrap(box) {
    const [first] = box.parts;
    tree.unwrap(this.tree, box);
    return [first, "first"];
  }

  copy(part) {
    const { box, at } = tree.find(this.tree, part);
    const made = tree.copy(part);
    box.parts.splice(at + 1, 0, made);
    return [made, "copy"];
  }

  remove(part) {
    const { box, at } = tree.find(this.tree, part);
    const beside = box.parts[at + 1] ?? box.parts[at - 1];
    tree.remove(this.tree, part);
    return beside ? [beside, "remove"] : [this.tree, "add"];
  }

  /** Say beside each condition what is wrong with it, or what is not there yet. */
  note() {
    this.count.classList.toggle("old", this.isOld);
    for (const node of /** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll(".condition"))) {
      const part = this.byId(Number(node.dataset.id));
      const isWhole = this.isWhole(part);
      const isWrong = isWhole && !part.label && this.isOld && this.editor(part) === "pattern" && !isPattern(part.value);
      const problem = isWrong ? this.texts.pattern : (this.problems.get(part.id) ?? "");
      const note = /** @type {HTMLElement} */ (node.querySelector(".note"));
      write(note, problem || (isWhole ? "" : this.texts.unfinished));
      note.hidden = !note.textContent;
      note.classList.toggle("problem", Boolean(problem));
      for (const input of node.querySelectorAll(".value input")) {
        set(input, "aria-invalid", problem ? "true" : null);
        set(input, "aria-describedby", note.textContent ? note.id : null);
      }
    }
  }

  byId(id, box = this.tree) {
    for (const part of box.parts) {
      const found = part.id === id ? part : tree.isBox(part) ? this.byId(id, part) : null;
      if (found) return found;
    }
    return null;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    // The page behind has keys of its own; only leaving is asked of what is around.
    if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
    const [target] = /** @type {HTMLElement[]} */ (event.composedPath());
    const isHeld = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && (isHeld || target.matches("input:not([type=color])"))) {
      event.preventDefault();
      this.apply();
    } else if (event.key === "z" && isHeld && !isTyping(event)) {
      event.preventDefault();
      this.back();
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const part = this.byId(Number(/** @type {HTMLElement} */ (target.closest("[data-id]"))?.dataset.id));
      if (!part) return;
      event.preventDefault();
      this.reshape(() => void tree.move(this.tree, part, event.key === "ArrowUp" ? -1 : 1));
    }
  }
}
