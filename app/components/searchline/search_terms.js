// The search that is on, as chips: its terms, how similar images must be to be shown (a slider in a
// panel), the encoder that compares them, another encoder beside it, and where the search looks. Not
// here: the chips of filters (searchline.js).
import { el, icon, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { SimilaritySlider } from "../shared/ui/similarity_slider.js";

const LARGEST_COUNT = 1_000_000;

/** @typedef {{label: string, title: string, view: string, count: number | null}} Limit */
/**
 * @typedef {object} Term
 * @property {string} label
 * @property {boolean} is_against
 * @property {string | null} picture  address of a thumbnail
 * @property {number[] | null} box    the part of it that is searched for: left, top, width, height, 0 to 1
 * @property {string} sign            what stands before the picture
 * @property {boolean} is_term        false: it says how many more there are
 */

export class SearchTerms {
  /** @param {(name: string, value: any) => void} send  to Python */
  constructor(send) {
    this.send = send;
    /** @type {import("./searchline.js").Data | null} */
    this.data = null;
    /** @type {Record<string, string>} */
    this.texts = {};
    this.similarity = new SimilaritySlider((limit) => this.send("limit", limit));
    this.title = el("h3", {});
    this.message = el("p", { class: "message" });
    this.count = el("input", { type: "number", min: 1, max: LARGEST_COUNT, step: 1, onchange: () => this.sendCount() });
    this.countLabel = el("span", {});
    this.panel = el(
      "div",
      { class: "panel near", popover: "auto", role: "dialog" },
      this.title,
      this.similarity.node,
      this.message,
      el("label", { class: "most" }, this.countLabel, this.count),
    );
    this.limitLabel = el("span", {});
    this.limit = el(
      "button",
      {
        type: "button",
        class: "limit",
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        onclick: () => this.toggle(),
      },
      icon("tune"),
      this.limitLabel,
    );
    this.panel.addEventListener("toggle", (event) =>
      set(this.limit, "aria-expanded", String(/** @type {any} */ (event).newState === "open")),
    );
    this.encoder = this.makeSelect("encoder");
    this.compare = this.makeSelect("compare");
    this.scope = this.makeSelect("scope");
  }

  /** @param {import("./searchline.js").Data} data */
  update(data) {
    const { texts, limit, encoders, encoder } = data;
    this.data = data;
    this.texts = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name.replace(/^find_/, ""), text]));
    write(this.title, texts.find_limit);
    set(this.panel, "aria-label", texts.find_limit);
    write(this.limitLabel, limit?.label ?? "");
    set(this.limit, "title", [texts.find_limit, limit?.title].filter(Boolean).join(": "));
    set(this.limit, "aria-label", `${texts.find_limit}: ${limit?.label ?? ""}`);
    fillSelect(this.encoder, encoders, encoder, texts.find_seen_by_title);
    const none = { id: "", label: data.compare ? texts.find_compare_none : texts.find_compare };
    fillSelect(
      this.compare,
      data.comparable.length ? [none, ...data.comparable] : [],
      data.compare,
      texts.find_compare_title,
    );
    fillSelect(this.scope, data.scopes, data.scope, texts.find_scope);
    write(this.countLabel, texts.find_most_at);
    const count = String(limit?.count ?? "");
    if (this.count.value !== count && !this.count.matches(":focus")) this.count.value = count;
    if (!this.isOpen) return;
    if (limit) this.measure();
    else this.panel.hidePopover();
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  /** Chips for the terms, and what belongs to all of them. @param {Term[]} terms */
  makeItems(terms) {
    if (!terms.length) return [];
    return [
      ...terms.map((term, index) => this.makeItem(term, index)),
      el("li", {}, this.limit),
      ...[this.encoder, this.compare, this.scope].map((list) => el("li", {}, list)),
      el("li", { class: "rule", "aria-hidden": "true" }),
    ];
  }

  /** A list whose choice is sent by its name. @param {string} name */
  makeSelect(name) {
    const list = el("select", { class: `encoder ${name}`, onchange: () => this.send(name, list.value) });
    return list;
  }

  /** Limit the result to the most similar images, or as the slider says where no number is given. */
  sendCount() {
    const count = Number(this.count.value);
    if (this.count.value && !(Number.isInteger(count) && count >= 1 && count <= LARGEST_COUNT)) return;
    this.send("limit", this.count.value ? { count } : {});
  }

  /** @param {Term} term @param {number} index */
  makeItem(term, index) {
    if (!term.is_term) return el("li", { class: "more" }, term.label);
    const remove = `${this.texts.remove} ${term.label}`;
    const kind = `chip term${term.is_against ? " against" : ""}${term.picture ? " pictured" : ""}`;
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: kind, title: remove, "aria-label": remove, onclick: () => this.send("term", index) },
        ...(term.picture ? [term.sign || null, pictureOf(term)] : [el("span", {}, term.label)]),
        icon("close"),
      ),
    );
  }

  toggle() {
    const box = this.limit.getBoundingClientRect();
    this.panel.style.top = `${box.bottom + 4}px`;
    this.panel.style.left = `${Math.max(8, Math.min(box.left, innerWidth - 348))}px`;
    if (!this.panel.togglePopover()) return;
    this.measure();
  }

  async measure() {
    if (!this.data?.limit) return;
    const { limit, version, language } = this.data;
    await this.similarity.update(limit.view, version, this.texts, language);
    const isMissing = this.similarity.node.hidden;
    this.message.hidden = !isMissing;
    write(this.message, isMissing ? this.texts.no_spread : "");
  }

  close() {
    this.similarity.close();
  }
}

/**
 * @param {HTMLSelectElement} list
 * @param {{id: string, label: string, disabled?: boolean}[]} items
 * @param {string | null} chosen
 * @param {string} title
 */
function fillSelect(list, items, chosen, title) {
  set(list, "aria-label", title);
  set(list, "title", title);
  list.hidden = !items.length;
  const written = JSON.stringify(items);
  // A list that is open stays open.
  if (list.dataset.written !== written) {
    list.dataset.written = written;
    list.replaceChildren(
      ...items.map(({ id, label, disabled }) => el("option", { value: id, disabled: Boolean(disabled) }, label)),
    );
  }
  list.value = chosen ?? "";
}

/** @param {Term} term */
function pictureOf({ picture, box }) {
  const image = el("img", { src: routeTo(picture), alt: "", width: 22, height: 22, decoding: "async" });
  if (box) {
    const [left, top, width, height] = box.map((part) => part * 100);
    image.style.setProperty("object-view-box", `inset(${top}% ${100 - left - width}% ${100 - top - height}% ${left}%)`);
  }
  return image;
}
