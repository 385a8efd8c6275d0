// The search that is on, as chips: its terms, from where on images are shown (a slider in a
// panel), and which encoder judges. Not here: the other conditions (searchline).
import { el, icon, set, write } from "../dom.js";
import { Nearness } from "../nearness.js";

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
    this.nearness = new Nearness((least) => this.tell("limit", least));
    this.title = el("h3", {});
    this.trouble = el("p", { class: "message" });
    this.panel = el("div", { class: "panel near", popover: "auto", role: "dialog" }, this.title, this.nearness.node, this.trouble);
    this.least = el("span", {});
    this.limit = el("button", { type: "button", class: "limit", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.toggle() }, icon("tune"), this.least);
    this.panel.addEventListener("toggle", (event) => set(this.limit, "aria-expanded", String(/** @type {any} */ (event).newState === "open")));
    this.encoder = el("select", { class: "encoder", onchange: () => this.tell("encoder", this.encoder.value) });
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
    set(this.encoder, "aria-label", texts.find_seen_by_title);
    set(this.encoder, "title", texts.find_seen_by_title);
    this.encoder.hidden = !encoders.length;
    const written = JSON.stringify(encoders);
    // A list that is open stays open.
    if (this.encoder.dataset.written !== written) {
      this.encoder.dataset.written = written;
      this.encoder.replaceChildren(...encoders.map(({ id, label }) => el("option", { value: id }, label)));
    }
    this.encoder.value = encoder ?? "";
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
    return [...terms.map((term, place) => this.item(term, place)), el("li", {}, this.limit), el("li", {}, this.encoder), el("li", { class: "rule", "aria-hidden": "true" })];
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

/** @param {Term} term */
function picture({ picture, box }) {
  const image = el("img", { src: picture, alt: "", width: 22, height: 22, decoding: "async" });
  if (box) {
    const [left, top, width, height] = box.map((part) => part * 100);
    image.style.setProperty("object-view-box", `inset(${top}% ${100 - left - width}% ${100 - top - height}% ${left}%)`);
  }
  return image;
}
