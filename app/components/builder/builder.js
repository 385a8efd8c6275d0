// The filters of a view as a tree that can be edited. Streamlit calls the default export with the
// data of each run: the first has the tree, later ones its count and its problems. Not here: the
// tree itself (filter_tree.js), its elements (filter_elements.js), fields for values
// (value_editors.js), counting and checking (Python).
import { debounced, el, iconButton, isTyping, set, write } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { end } from "../shared/bridge/pending.js";
import { FilterElements } from "./filter_elements.js";
import { EDITORS, isPattern } from "./value_editors.js";
import { trap } from "../shared/bridge/dialog_tab_order.js";
import * as tree from "./filter_tree.js";

const DRAFT_DELAY_MS = 250;
const UNDO_STEPS = 100;
// The field of a new condition.
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
  (builder, { press, state }) => {
    builder.sendDraft = (where) => state("draft", { turn: builder.turn, where });
    builder.press = press;
  },
);

export class Builder {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { texts } = data;
    this.data = data;
    this.texts = texts;
    /** Sends the tree to Python; new with each run. @type {(where: any[]) => void} */
    this.sendDraft = () => {};
    /** @type {(name: string, value: any) => void} */
    this.press = () => {};
    this.tree = tree.box("all", data.where.map(tree.read));
    this.turn = data.answer.turn;
    this.isStale = false;
    this.isApplying = false;
    /** The conditions of the last draft, in the order in which problems are numbered. @type {tree.Condition[]} */
    this.sentConditions = [];
    /** @type {Map<number, string>} */
    this.problems = new Map();
    /** @type {tree.Box[]} */
    this.undoStack = [];
    this.sendDraftLater = debounced(() => this.sendDraft(this.toJson()), DRAFT_DELAY_MS);
    this.elements = new FilterElements(this);
    this.body = el("div", { class: "tree" });
    this.count = el("strong", { class: "count", role: "status" });
    this.problem = el("span", { class: "problem", role: "alert" });
    this.undoButton = iconButton("undo", texts.undo, () => this.undoLast());
    root.replaceChildren(
      this.body,
      el(
        "footer",
        {},
        this.count,
        this.problem,
        el("span", { class: "spring" }),
        this.undoButton,
        el("button", { type: "button", class: "cancel", onclick: () => this.press("cancel", true) }, texts.cancel),
        el("button", { type: "button", class: "apply", onclick: () => this.apply() }, texts.apply),
      ),
    );
    root.addEventListener("keydown", (event) => this.keydown(event));
    // The dialog is outside the element of the page whose colour scheme is set.
    root.style.colorScheme = getComputedStyle(document.querySelector(".stApp") ?? root).colorScheme;
    this.release = trap(root);
    this.toJson();
    this.draw();
    this.focus(this.tree.parts.length ? this.tree.parts[0] : this.tree, this.tree.parts.length ? "first" : "add");
  }

  /** @param {Data} data */
  update(data) {
    // Conditions on a property that somebody deletes meanwhile can still be seen and removed.
    const gone = this.data.fields.filter((field) => !data.fields.some(({ name }) => name === field.name));
    this.data = { ...data, fields: [...data.fields, ...gone] };
    const { answer } = data;
    if (answer.turn !== this.turn) return;
    this.isStale = false;
    write(this.count, answer.count);
    write(this.problem, answer.problem);
    this.problems = new Map(
      Object.entries(answer.problems).map(([index, text]) => [this.sentConditions[Number(index)]?.id, text]),
    );
    this.writeNotes();
    if (!this.isApplying) return;
    // Refused: go to the first condition with a problem.
    this.isApplying = false;
    end();
    const invalid = this.sentConditions.find((part) => this.problems.has(part.id));
    if (invalid) this.focus(invalid, "value");
  }

  close() {
    this.sendDraftLater.cancel();
    this.release();
  }

  /** The tree as a view writes it, without unfinished conditions. */
  toJson() {
    this.sentConditions = [];
    return tree.write(this.tree.parts, (part) => this.isComplete(part), this.sentConditions);
  }

  /** Whether a condition can be counted. @param {tree.Condition} part */
  isComplete(part) {
    return Boolean(part.label) || EDITORS[this.editorOf(part)].isComplete(part.value);
  }

  /** @param {tree.Condition} part */
  fieldOf(part) {
    return this.data.fields.find((field) => field.name === part.field);
  }

  /** The name of the editor of a condition's value. @param {tree.Condition} part */
  editorOf(part) {
    return this.fieldOf(part).operators.find((operator) => operator.name === part.op).editor;
  }

  apply() {
    if (this.isStale) this.sendDraftLater.now();
    this.isApplying = true;
    this.press("apply", this.toJson());
  }

  /** The tree is another: what was counted is out of date. */
  changed() {
    this.turn += 1;
    this.isStale = true;
    this.writeNotes();
    this.sendDraftLater();
  }

  /** Make a step of undo. */
  remember() {
    this.undoStack.push(structuredClone(this.tree));
    if (this.undoStack.length > UNDO_STEPS) this.undoStack.shift();
    set(this.undoButton, "disabled", null);
  }

  undoLast() {
    const before = this.undoStack.pop();
    if (!before) return;
    this.tree = before;
    this.draw();
    this.changed();
  }

  /**
   * Change the shape of the tree; the keyboard stays where it was, or goes where `change` returns.
   * @param {() => [tree.Part, string] | void} change
   */
  reshape(change) {
    const focusedSelector = this.focusedSelector();
    this.remember();
    const target = change();
    this.draw();
    if (target) this.focus(...target);
    else if (focusedSelector) this.query(focusedSelector)?.focus();
    this.changed();
  }

  /** A selector of the element that has the keyboard, to find it again after drawing. */
  focusedSelector() {
    const root = /** @type {ShadowRoot} */ (this.body.getRootNode());
    const active = /** @type {HTMLElement | null} */ (root.activeElement);
    const holder = /** @type {HTMLElement | null} */ (active?.closest("[data-id]"));
    return holder && active.dataset.part
      ? `[data-id="${holder.dataset.id}"] [data-part="${active.dataset.part}"]`
      : null;
  }

  query(selector) {
    return /** @type {HTMLElement | null} */ (this.body.querySelector(selector));
  }

  /** @param {tree.Part} part @param {string} name of its element */
  focus(part, name) {
    const within = part === this.tree ? "" : `[data-id="${part.id}"] `;
    this.query(`${within}[data-part="${name}"]`)?.focus();
  }

  draw() {
    const { texts } = this;
    const isEmpty = !this.tree.parts.length;
    this.body.replaceChildren(
      el("p", { class: isEmpty ? "empty" : "all" }, isEmpty ? texts.empty : texts.all_hold),
      ...this.tree.parts.map((part, index) => this.elements.part(part, this.tree, index)),
      this.elements.adders(this.tree),
    );
    set(this.undoButton, "disabled", !this.undoStack.length);
    this.writeNotes();
  }

  /** The condition that a press on "add" begins with. */
  newCondition() {
    const field = this.data.fields.find(({ name }) => name === FIRST_FIELD) ?? this.data.fields[0];
    const [{ name, editor }] = field.operators;
    return tree.condition(field.name, name, EDITORS[editor].first(this.data));
  }

  /**
   * Give a condition another field; operator and value stay where the new field has them.
   * @param {tree.Condition} part @param {string} fieldName
   */
  changeField(part, fieldName) {
    const before = this.fieldOf(part);
    const operator = before.operators.find(({ name }) => name === part.op);
    const field = this.data.fields.find(({ name }) => name === fieldName);
    const same = field.operators.find(({ name, editor }) => name === operator.name && editor === operator.editor);
    const isCarried =
      same &&
      before.scale === field.scale &&
      !["choices", "kinds", "clusters", "authors", "proposers"].includes(operator.editor);
    const { name: op, editor } = same ?? field.operators[0];
    if (!isCarried) part.value = EDITORS[editor].first(this.data);
    part.field = fieldName;
    part.op = op;
    delete part.isOpen;
  }

  /** Make one step of undo for all that is typed into a field, not one a letter. @param {tree.Condition} part */
  rememberTyping(part) {
    const active = /** @type {ShadowRoot} */ (this.body.getRootNode()).activeElement;
    if (this.typingIn === active && this.typingPartId === part.id) return;
    this.typingIn = active;
    this.typingPartId = part.id;
    this.remember();
  }

  // Changes for `reshape`: each returns where the keyboard goes.

  /** @param {tree.Box} box @returns {[tree.Part, string]} */
  unwrap(box) {
    const [first] = box.parts;
    tree.unwrap(this.tree, box);
    return [first, "first"];
  }

  /** @param {tree.Part} part @returns {[tree.Part, string]} */
  copy(part) {
    const { box, index } = tree.locate(this.tree, part);
    const copy = tree.copy(part);
    box.parts.splice(index + 1, 0, copy);
    return [copy, "copy"];
  }

  /** @param {tree.Part} part @returns {[tree.Part, string]} */
  remove(part) {
    const { box, index } = tree.locate(this.tree, part);
    const neighbour = box.parts[index + 1] ?? box.parts[index - 1];
    tree.remove(this.tree, part);
    return neighbour ? [neighbour, "remove"] : [this.tree, "add"];
  }

  /** Write below each condition what is wrong with it, or that it is unfinished. */
  writeNotes() {
    this.count.classList.toggle("old", this.isStale);
    for (const node of /** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll(".condition"))) {
      const part = /** @type {tree.Condition} */ (this.partById(Number(node.dataset.id)));
      const isComplete = this.isComplete(part);
      const isInvalid =
        isComplete && !part.label && this.isStale && this.editorOf(part) === "pattern" && !isPattern(part.value);
      const problem = isInvalid ? this.texts.pattern : (this.problems.get(part.id) ?? "");
      const note = /** @type {HTMLElement} */ (node.querySelector(".note"));
      write(note, problem || (isComplete ? "" : this.texts.unfinished));
      note.hidden = !note.textContent;
      note.classList.toggle("problem", Boolean(problem));
      for (const input of node.querySelectorAll(".value input")) {
        set(input, "aria-invalid", problem ? "true" : null);
        set(input, "aria-describedby", note.textContent ? note.id : null);
      }
    }
  }

  /** @returns {tree.Part | null} */
  partById(id, box = this.tree) {
    for (const part of box.parts) {
      const result = part.id === id ? part : tree.isBox(part) ? this.partById(id, part) : null;
      if (result) return result;
    }
    return null;
  }

  /** @param {KeyboardEvent} event */
  keydown(event) {
    // The page behind has shortcuts of its own; Escape and Tab belong to the dialog around.
    if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
    const [target] = /** @type {HTMLElement[]} */ (event.composedPath());
    const isControl = event.ctrlKey || event.metaKey;
    if (event.key === "Enter" && (isControl || target.matches("input:not([type=color])"))) {
      event.preventDefault();
      this.apply();
    } else if (event.key === "z" && isControl && !isTyping(event)) {
      event.preventDefault();
      this.undoLast();
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const part = this.partById(Number(/** @type {HTMLElement} */ (target.closest("[data-id]"))?.dataset.id));
      if (!part) return;
      event.preventDefault();
      this.reshape(() => void tree.move(this.tree, part, event.key === "ArrowUp" ? -1 : 1));
    }
  }
}
