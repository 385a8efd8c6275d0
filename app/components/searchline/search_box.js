// The search box: a field that completes what is typed, over a panel that shows what it would find,
// in names and by meaning. Enter takes one of these, Shift Enter the other. Not here: what the panel
// shows (box_panel.js), what a text means (Python).
import { debounced, el, icon, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { BoxPanel } from "./box_panel.js";

const ASK_AFTER = 120;
// While a model is being loaded, its row looks again.
const LOOK_AGAIN_AFTER = 1000;
// A sentence about the end of a long text still has so much room.
const PROBLEM_WIDTH = 280;

/** @typedef {"" | "other" | "names" | "meaning"} Choice  "" is what is meant, "other" the other one */
/**
 * What the routes are asked with.
 * @typedef {object} Box
 * @property {string} view             address of the view that is shown
 * @property {string | null} words     encoder of searches with words
 * @property {string | null} pictures  encoder of searches with pictures alone
 * @property {string | null} encoder   encoder of clusters
 * @property {string} loading          what is loaded before words are read
 */

export class SearchBox {
  /** @param {(text: string, choice: Choice) => void} submit */
  constructor(submit) {
    this.submit = submit;
    /** @type {Record<string, string>} */
    this.texts = {};
    this.language = "en";
    /** @type {Box | null} */
    this.box = null;
    this.field = el("input", {
      type: "search",
      class: "search",
      role: "combobox",
      spellcheck: "false",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": "search-offers",
      "aria-haspopup": "listbox",
      oninput: () => this.typed(),
      onkeydown: (event) => this.onKey(event),
      onclick: () => this.open(),
      onfocus: () => this.open(),
      onblur: () => this.close(),
    });
    this.panel = new BoxPanel({
      complete: (item, span) => this.complete(item, span),
      take: (choice) => this.take(choice),
    });
    this.node = el("div", { class: "box" }, icon("search"), this.field);
    this.problem = el("p", { class: "problem", id: "search-problem", role: "alert", hidden: true });
    this.askLater = debounced(() => this.ask(), ASK_AFTER);
    this.lookLater = debounced(() => this.ask(), LOOK_AGAIN_AFTER);
    /** @type {AbortController | null} */
    this.request = null;
    /** The text whose Enter Python has not answered yet. @type {string | null} */
    this.submitted = null;
    this.shown = "";
    /** The text that the completions are of. */
    this.completed = "";
  }

  /** @param {import("./searchline.js").Data} data */
  update({ text, box, texts, language, problem, column }) {
    const isUntouched = this.field.value === this.shown;
    const isFocused = /** @type {ShadowRoot} */ (this.field.getRootNode()).activeElement === this.field;
    // What someone is typing is never overwritten by an older answer; a text that nobody has changed
    // takes the terms that were added or removed since.
    const isDone = this.submitted === this.field.value;
    this.submitted = null;
    this.shown = text;
    if ((!isFocused || isDone || isUntouched) && this.field.value !== text) this.field.value = text;
    Object.assign(this, { box, texts, language });
    set(this.field, "aria-label", texts.search);
    set(this.field, "placeholder", texts.placeholder);
    this.panel.setTexts(texts, language, box.loading);
    if (problem) this.drawProblem(problem, column);
  }

  focus() {
    this.field.focus();
    this.field.select();
    this.open();
  }

  get isOpen() {
    return this.panel.isOpen;
  }

  open() {
    if (this.isOpen || !this.box) return;
    this.panel.open(this.node);
    set(this.field, "aria-expanded", "true");
    this.ask();
  }

  close() {
    this.askLater.cancel();
    this.lookLater.cancel();
    this.request?.abort();
    this.panel.close();
    set(this.field, "aria-expanded", "false");
    set(this.field, "aria-activedescendant", null);
  }

  typed() {
    this.drawProblem(null, null);
    // What the field showed is gone with its text.
    if (!this.field.value && this.shown) this.submit("", "");
    this.open();
    this.panel.choose(-1);
    this.askLater();
  }

  /** Ask how the text can go on, and what it finds; what it finds is not waited for. */
  async ask() {
    const { box, language, field } = this;
    if (!box || !this.isOpen) return;
    this.askLater.cancel();
    this.lookLater.cancel();
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    const text = field.value;
    const at = String(field.selectionStart ?? text.length);
    const both = { text, view: box.view, lang: language };
    const completing = read("/search/complete", { ...both, at, encoder: box.encoder }, signal);
    const finding = text.trim()
      ? read("/search/typed", { ...both, words: box.words, pictures: box.pictures }, signal)
      : Promise.resolve(null);
    const completion = await completing;
    if (signal.aborted) return;
    this.completed = text;
    this.panel.drawCompletion(completion);
    finding.then((typed) => !signal.aborted && this.drawTyped(typed, signal));
  }

  /** @param {import("./box_panel.js").Typed | null} typed @param {AbortSignal} signal */
  drawTyped(typed, signal) {
    this.panel.drawTyped(typed, this.isPast(typed?.problem?.span));
    this.mark();
    if (!typed?.meaning) return;
    if (typed.meaning.is_loading) this.lookLater();
    else this.readMeaning(typed.meaning.view, signal);
  }

  /** Whether the cursor has left what was not understood: half a term is no mistake. */
  isPast(span) {
    return Boolean(span) && /\s/.test(this.field.value.slice(span[1], this.field.selectionStart ?? span[1]));
  }

  async readMeaning(view, signal) {
    const answer = await read("/rows", { view, start: 0, count: BoxPanel.SHOWN, lang: this.language }, signal);
    if (!signal.aborted) this.panel.drawMeaning(answer);
  }

  /** Put a completion in its place. @param {import("./box_panel.js").Item} item @param {[number, number]} span */
  async complete(item, span) {
    if (this.isCurrent) this.put(item, span);
    else {
      // Someone types faster than the answers come.
      await this.ask();
      const completion = this.panel.completion;
      const same = this.isCurrent && completion?.items.find(({ text }) => text === item.text);
      if (same) this.put(same, completion.span);
    }
  }

  /** Whether the completions are those of the text as it is. */
  get isCurrent() {
    return this.completed === this.field.value;
  }

  /** @param {import("./box_panel.js").Item} item @param {[number, number]} span */
  put(item, [start, end]) {
    const { field } = this;
    const isField = item.text.endsWith(":");
    const after = field.value.slice(end);
    const text = isField || after.startsWith(" ") ? item.text : `${item.text} `;
    field.value = field.value.slice(0, start) + text + after;
    const cursor = start + text.length;
    field.setSelectionRange(cursor, cursor);
    this.panel.choose(-1);
    this.drawProblem(null, null);
    this.ask();
  }

  /** Show what is found in names, by meaning, or whichever is meant. @param {Choice} choice */
  take(choice) {
    // What was understood becomes chips: then it leaves the field.
    this.submitted = this.field.value;
    this.drawProblem(null, null);
    this.close();
    this.submit(this.field.value.trim(), choice);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.isComposing) return;
    const act = {
      ArrowDown: () => this.move(1),
      ArrowUp: () => this.move(-1),
      Enter: () => this.enter(event.shiftKey),
      Tab: () => this.tab(event.shiftKey),
      Escape: () => this.escape(),
    }[event.key];
    if (!act || act() === false) return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(step) {
    if (!this.isOpen) this.open();
    else this.panel.move(step);
    this.mark();
  }

  enter(isOther) {
    if (!isOther && this.panel.act()) return;
    this.take(isOther ? "other" : "");
  }

  /** Complete what is being typed; where nothing fits, the key moves on. */
  tab(isBackwards) {
    const isTyped = this.field.value.trim() !== "";
    if (isBackwards || !this.isOpen) return false;
    if (this.isCurrent || !isTyped) return this.panel.completeFirst(isTyped);
    this.ask().then(() => this.panel.completeFirst(true));
    return true;
  }

  escape() {
    if (this.isOpen) this.close();
    else this.field.blur();
  }

  /** Tell screen readers which of the offers is chosen. */
  mark() {
    set(this.field, "aria-activedescendant", this.panel.chosenId);
  }

  /**
   * One sentence under the box, from the letter on that it is about.
   * @param {string | null} problem @param {number | null} column
   */
  drawProblem(problem, column) {
    this.problem.hidden = !problem;
    write(this.problem, problem ?? "");
    set(this.field, "aria-invalid", problem ? "true" : null);
    set(this.field, "aria-describedby", problem ? "search-problem" : null);
    if (!problem) return;
    const root = /** @type {HTMLElement} */ (this.problem.parentElement);
    const start = this.field.getBoundingClientRect().left - root.getBoundingClientRect().left;
    const shift = Math.max(0, this.widthOf(this.field.value.slice(0, column ?? 0)) - this.field.scrollLeft);
    const most = Math.max(start, root.clientWidth - PROBLEM_WIDTH);
    this.problem.style.setProperty("--column", `${Math.min(start + shift, most)}px`);
  }

  widthOf(text) {
    const context = document.createElement("canvas").getContext("2d");
    if (!context) return 0;
    context.font = getComputedStyle(this.field).font;
    return context.measureText(text).width;
  }
}

/** Read JSON from a route; null where that failed. @param {string} path @param {Record<string, any>} parts */
async function read(path, parts, signal) {
  const known = Object.entries(parts).filter(([, value]) => value !== null && value !== undefined);
  try {
    const answer = await fetch(routeTo(`${path}?${new URLSearchParams(known)}`), { signal });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
