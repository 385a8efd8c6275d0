// The search that is on, as chips: its terms, from where on images are shown (a slider in a panel),
// which encoder judges, which other one beside it, and where it looks. Not here: the other conditions (searchline).
import { el, icon, set, write } from "../shared/ui/dom.js";
import { SimilaritySlider } from "../shared/ui/similarity_slider.js";

// More nobody asks for by their number.
const MOST = 1_000_000;

/**
 * @typedef {object} Term
 * @property {string} label
 * @property {boolean} is_against
 * @property {string | null} picture  address of a small one
 * @property {number[] | null} box    the part of it that is meant: left, top, width, height
 * @property {string} sign            what stands before a picture
 * @property {boolean} is_term        else it says how many more there are
 */

export class Terms {
  /** @param {(name: string, value: any) => void} tell */
  constructor(tell) {
    this.tell = tell;
    this.nearness = new SimilaritySlider((least) => this.tell("limit", least));
    this.title = el("h3", {});
    this.trouble = el("p", { class: "message" });
    this.most = el("input", { type: "number", min: 1, max: MOST, step: 1, onchange: () => this.tellMost() });
    this.mostAt = el("span", {});
    this.panel = el(
      "div",
      { class: "panel near", popover: "auto", role: "dialog" },
      this.title,
      this.nearness.node,
      this.trouble,
      el("label", { class: "most" }, this.mostAt, this.most),
    );
    this.least = el("span", {});
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
      this.least,
    );
    this.panel.addEventListener("toggle", (event) =>
      set(this.limit, "aria-expanded", String(/** @type {any} */ (event).newState === "open")),
    );
    this.encoder = this.choice("encoder");
    this.compare = this.choice("compare");
    this.scope = this.choice("scope");
  }

  /** @param {import("./searchline.js").Data} data */
  update(data) {
    const { texts, limit, encoders, encoder } = data;
    this.data = data;
    this.texts = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name.replace(/^find_/, ""), text]));
    write(this.title, texts.find_limit);
    set(this.panel, "aria-label", texts.find_limit);
    write(this.least, limit?.label ?? "");
    set(this.limit, "title", texts.find_limit);
    set(this.limit, "aria-label", `${texts.find_limit}: ${limit?.label ?? ""}`);
    offer(this.encoder, encoders, encoder, texts.find_seen_by_title);
    const none = { id: "", label: data.compare ? texts.find_compare_none : texts.find_compare };
    offer(
      this.compare,
      data.comparable.length ? [none, ...data.comparable] : [],
      data.compare,
      texts.find_compare_title,
    );
    offer(this.scope, data.scopes, data.scope, texts.find_scope);
    write(this.mostAt, texts.find_most_at);
    const most = String(limit?.count ?? "");
    if (this.most.value !== most && !this.most.matches(":focus")) this.most.value = most;
    if (!this.isOpen) return;
    if (limit) this.measure();
    else this.panel.hidePopover();
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  /** Chips for the terms, and what belongs to all of them. @param {Term[]} terms */
  items(terms) {
    if (!terms.length) return [];
    return [
      ...terms.map((term, place) => this.item(term, place)),
      el("li", {}, this.limit),
      ...[this.encoder, this.compare, this.scope].map((one) => el("li", {}, one)),
      el("li", { class: "rule", "aria-hidden": "true" }),
    ];
  }

  /** A list that says what is chosen of it. @param {string} name */
  choice(name) {
    const list = el("select", { class: `encoder ${name}`, onchange: () => this.tell(name, list.value) });
    return list;
  }

  /** So many of the most alike, or as far as the slider says. */
  tellMost() {
    const count = Number(this.most.value);
    if (this.most.value && !(Number.isInteger(count) && count >= 1 && count <= MOST)) return;
    this.tell("limit", this.most.value ? { count } : {});
  }

  item(term, place) {
    if (!term.is_term) return el("li", { class: "more" }, term.label);
    const remove = `${this.texts.remove} ${term.label}`;
    const kind = `chip term${term.is_against ? " against" : ""}${term.picture ? " pictured" : ""}`;
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: kind, title: remove, "aria-label": remove, onclick: () => this.tell("term", place) },
        ...(term.picture ? [term.sign || null, picture(term)] : [el("span", {}, term.label)]),
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
    const { limit, version, language } = this.data;
    await this.nearness.update(limit.view, version, this.texts, language);
    const isMissing = this.nearness.node.hidden;
    this.trouble.hidden = !isMissing;
    write(this.trouble, isMissing ? this.texts.no_spread : "");
  }

  close() {
    this.nearness.close();
  }
}

/**
 * @param {HTMLSelectElement} list
 * @param {{id: string, label: string, disabled?: boolean}[]} items
 * @param {string | null} chosen
 * @param {string} title
 */
function offer(list, items, chosen, title) {
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
function picture({ picture, box }) {
  const image = el("img", { src: picture, alt: "", width: 22, height: 22, decoding: "async" });
  if (box) {
    const [left, top, width, height] = box.map((part) => part * 100);
    image.style.setProperty("object-view-box", `inset(${top}% ${100 - left - width}% ${100 - top - height}% ${left}%)`);
  }
  return image;
}
