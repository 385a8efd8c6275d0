// The panel under the search box: how the text can go on, and what it finds, as one list of offers
// that the arrows go through. Not here: typing (search_box.js).
import { el, fill, number, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";

const SHOWN = 12;
const MARGIN = 8;

/**
 * @typedef {object} Item
 * @property {string} kind   "field", "value" or "tag"
 * @property {string} label
 * @property {string} text   what is put in the place of `span`
 * @property {number | null} count
 * @property {string | null} colour
 * @property {string} detail
 */
/** @typedef {{span: [number, number], items: Item[], hint: string | null}} Completion */
/** @typedef {{view: string, count: number | null, sha1s: string[]}} Names */
/**
 * @typedef {object} Typed
 * @property {string} words
 * @property {Names | null} names
 * @property {{view: string, is_loading: boolean} | null} meaning
 * @property {boolean} needs_reader
 * @property {"names" | "meaning" | null} first  what Enter takes
 * @property {{message: string, span: [number, number] | null} | null} problem
 */
/**
 * @typedef {object} PanelActions
 * @property {(item: Item, span: [number, number]) => void} complete
 * @property {(choice: "names" | "meaning") => void} take
 */

export class BoxPanel {
  static SHOWN = SHOWN;

  /** @param {PanelActions} actions */
  constructor(actions) {
    this.actions = actions;
    /** @type {Record<string, string>} */
    this.texts = {};
    this.language = "en";
    this.loading = "";
    /** The offers in their order, and what each does. @type {{node: HTMLElement, act: () => void}[]} */
    this.offers = [];
    this.chosen = -1;
    /** @type {Completion | null} */
    this.completion = null;
    /** @type {Typed | null} */
    this.typed = null;
    this.hint = el("p", { class: "hint", hidden: true });
    this.completions = el("div", { role: "group", class: "completions" });
    this.results = el("div", { role: "group", class: "results" });
    this.list = el("div", { id: "search-offers", role: "listbox" }, this.completions, this.results);
    this.keys = el("p", { class: "keys" });
    this.node = el("div", { class: "panel offers", popover: "manual" }, this.hint, this.list, this.keys);
    // The field keeps the keys.
    this.node.addEventListener("mousedown", (event) => event.preventDefault());
  }

  /** @param {Record<string, string>} texts @param {string} language @param {string} loading */
  setTexts(texts, language, loading) {
    Object.assign(this, { texts, language, loading });
    set(this.list, "aria-label", texts.offers);
    set(this.results, "aria-label", texts.matching);
    write(this.keys, texts.keys);
  }

  get isOpen() {
    return this.node.matches(":popover-open");
  }

  /** @param {HTMLElement} anchor */
  open(anchor) {
    const box = anchor.getBoundingClientRect();
    this.node.style.top = `${box.bottom + 4}px`;
    this.node.style.left = `${box.left}px`;
    this.node.style.maxWidth = `${innerWidth - box.left - MARGIN}px`;
    this.node.style.minWidth = `${box.width}px`;
    this.clear();
    this.node.showPopover();
  }

  close() {
    if (this.isOpen) this.node.hidePopover();
    this.clear();
  }

  clear() {
    this.completion = this.typed = null;
    this.hint.hidden = true;
    this.completions.replaceChildren();
    this.results.replaceChildren();
    this.gather();
  }

  /** @param {Completion | null} completion */
  drawCompletion(completion) {
    this.completion = completion;
    const items = completion?.items ?? [];
    const isOfFields = items.every(({ kind }) => kind !== "value");
    set(this.completions, "aria-label", isOfFields ? this.texts.fields : this.texts.values);
    this.hint.hidden = !completion?.hint;
    this.hint.classList.remove("wrong");
    write(this.hint, completion?.hint ?? "");
    this.completions.replaceChildren(...items.map((item) => this.makeItem(item)));
    this.gather();
  }

  /** @param {Item} item */
  makeItem(item) {
    const { label, count, colour, detail } = item;
    const swatch = colour || item.kind === "tag" ? el("i", { class: "swatch", "aria-hidden": "true" }) : null;
    if (swatch && colour) swatch.style.background = colour;
    return this.makeOffer("completion", () => this.actions.complete(item, this.completion.span), [
      swatch,
      el("span", { class: "label" }, item.kind === "field" ? item.text : label),
      detail ? el("span", { class: "detail" }, detail) : null,
      count === null ? null : el("span", { class: "number" }, number(count, this.language)),
    ]);
  }

  /** @param {Typed | null} typed @param {boolean} isPast  the cursor has left what is wrong */
  drawTyped(typed, isPast) {
    this.typed = typed;
    const wrong = typed?.problem && (isPast || !this.completion?.items.length) ? typed.problem.message : "";
    if (wrong && isPast) {
      this.hint.hidden = false;
      this.hint.classList.add("wrong");
      write(this.hint, wrong);
    }
    const rows = [this.makeNames(typed), this.makeMeaning(typed)].filter((row) => row !== null);
    this.results.replaceChildren(...rows);
    this.gather();
  }

  /** @param {Typed | null} typed */
  makeNames(typed) {
    if (!typed?.names) return null;
    const { count, sha1s } = typed.names;
    const { texts } = this;
    const none = typed.words ? fill(texts.no_names, { words: typed.words }) : texts.no_match;
    const text = count === null ? "" : this.counted(count);
    return this.makeRow("names", typed.words ? texts.names : texts.matching, count === 0 ? none : text, sha1s);
  }

  /** @param {Typed | null} typed */
  makeMeaning(typed) {
    const { texts } = this;
    if (!typed) return null;
    if (!typed.meaning)
      return typed.words && typed.needs_reader ? this.makeRow("meaning", texts.meaning, texts.no_reader, []) : null;
    const row = this.makeRow("meaning", texts.meaning, typed.meaning.is_loading ? this.loading : "", null);
    set(row, "aria-busy", "true");
    return row;
  }

  /** The pictures that are nearest. @param {{total: number, rows: any[]} | null} answer */
  drawMeaning(answer) {
    const row = this.results.querySelector('[data-choice="meaning"]');
    if (!row) return;
    const { texts } = this;
    const isUnclear = Boolean(answer?.rows.some(({ unclear }) => unclear));
    set(row, "aria-busy", null);
    const text = answer ? this.counted(answer.total) : texts.failed;
    write(/** @type {Node} */ (row.querySelector(".number")), isUnclear ? texts.unclear : text);
    const pictures = row.querySelector(".pictures");
    pictures?.replaceChildren(...picturesOf(answer?.rows.map(({ sha1 }) => sha1) ?? []));
    pictures?.classList.toggle("dim", isUnclear);
  }

  counted(count) {
    return fill(count === 1 ? this.texts.count_one : this.texts.count_other, { count: number(count, this.language) });
  }

  /**
   * One way to take the text. @param {"names" | "meaning"} choice @param {string} title @param {string} text
   * @param {string[] | null} sha1s  null while they are being looked for
   */
  makeRow(choice, title, text, sha1s) {
    const key = this.typed.first === choice ? this.texts.enter : this.texts.shift_enter;
    const pictures = el("span", { class: "pictures" }, ...(sha1s ? picturesOf(sha1s) : skeleton()));
    return this.makeOffer(
      "result",
      () => this.actions.take(choice),
      [
        el("span", { class: "title" }, title),
        el("span", { class: "number" }, text),
        el("kbd", {}, key),
        sha1s?.length === 0 ? null : pictures,
      ],
      { "data-choice": choice },
    );
  }

  makeOffer(kind, act, children, more = {}) {
    const node = el(
      "div",
      { role: "option", class: kind, "aria-selected": "false", onclick: act, ...more },
      ...children,
    );
    actions.set(node, act);
    return node;
  }

  /** Number the offers that are there now; the one that was chosen stays so. */
  gather() {
    const nodes = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll('[role="option"]')]);
    this.offers = nodes.map((node, at) => {
      set(node, "id", `search-offer-${at}`);
      return { node, act: /** @type {() => void} */ (actions.get(node)) };
    });
    this.list.hidden = !nodes.length;
    this.choose(this.chosen < nodes.length ? this.chosen : -1);
  }

  /** @param {number} index  -1 for none */
  choose(index) {
    this.chosen = index;
    this.offers.forEach(({ node }, at) => set(node, "aria-selected", String(at === index)));
    this.offers[index]?.node.scrollIntoView({ block: "nearest" });
  }

  /** The text itself comes before the first offer and after the last. @param {number} step */
  move(step) {
    const places = this.offers.length + 1;
    this.choose(((this.chosen + 1 + step + places) % places) - 1);
  }

  get chosenId() {
    return this.offers[this.chosen]?.node.id ?? null;
  }

  /** Do what the chosen offer does; false where none is. */
  act() {
    const offer = this.offers[this.chosen];
    if (!offer) return false;
    offer.act();
    return true;
  }

  /** Take the completion that is chosen, or the first. @param {boolean} isTyped  there is something to complete */
  completeFirst(isTyped) {
    const offer = this.offers[Math.max(0, this.chosen)];
    const isCompletion = offer?.node.classList.contains("completion");
    if (!isCompletion || (this.chosen < 0 && !isTyped)) return false;
    offer.act();
    return true;
  }
}

/** What each offer does. @type {WeakMap<HTMLElement, () => void>} */
const actions = new WeakMap();

/** @param {string[]} sha1s */
function picturesOf(sha1s) {
  return sha1s
    .slice(0, SHOWN)
    .map((sha1) => el("img", { src: routeTo(`/thumb/${sha1}`), alt: "", width: 44, height: 44, decoding: "async" }));
}

function skeleton() {
  return Array.from({ length: SHOWN }, () => el("i", {}));
}
