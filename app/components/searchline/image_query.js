// A picture from elsewhere becomes a term of the search: picked, dropped on the line, pasted, or
// fetched from an address, and that only when the person presses. Not here: what is found.
import { el, fill, iconButton, isTyping, set, write } from "../shared/ui/dom.js";
import { begin, end } from "../shared/bridge/pending.js";

const ADDRESS = /^https?:\/\/\S+$/i;
// The rest of a long address says little.
const SHOWN = 80;

/**
 * @typedef {object} Does
 * @property {HTMLElement} field           where addresses and pictures are pasted
 * @property {(text: string) => void} add  takes a term into the search
 * @property {(trouble: string | null) => void} say
 */

export class Bringing {
  /** @param {Does} does */
  constructor(does) {
    this.does = does;
    this.button = iconButton("add_photo_alternate", "", () => this.file.click(), { class: "tool bring" });
    this.file = el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => this.picked() });
    this.button.append(this.file);
    this.what = el("span", {});
    this.fetch = el("button", { type: "button", class: "yes", onclick: () => this.agree() });
    this.leave = el("button", { type: "button", onclick: () => this.show(null) });
    this.offer = el("p", { class: "offer", role: "status", hidden: true }, this.what, this.fetch, this.leave);
    this.pasted = (event) => this.paste(event);
    this.over = (event) => this.hover(event);
    this.dropped = (event) => this.drop(event);
  }

  /** @param {HTMLElement} root  the line */
  listen(root) {
    this.root = root;
    document.addEventListener("paste", this.pasted);
    for (const kind of ["dragenter", "dragover", "dragleave"]) root.addEventListener(kind, this.over);
    root.addEventListener("drop", this.dropped);
  }

  /** @param {import("./searchline.js").Data} data */
  update({ texts, language }) {
    this.texts = texts;
    this.language = language;
    set(this.button, "title", texts.find_picture);
    set(this.button, "aria-label", texts.find_picture);
    write(this.fetch, texts.find_fetch);
    write(this.leave, texts.find_leave);
  }

  picked() {
    this.bring(this.file.files?.[0]);
    // The same file can be picked again.
    this.file.value = "";
  }

  paste(event) {
    const isOurs = event.composedPath().includes(this.does.field);
    if (!isOurs && isTyping(event)) return;
    this.take(event, event.clipboardData, isOurs);
  }

  hover(event) {
    const isHere = event.type !== "dragleave" && carries(event.dataTransfer);
    this.root.classList.toggle("dropping", isHere);
    if (isHere) event.preventDefault();
  }

  drop(event) {
    this.root.classList.remove("dropping");
    this.take(event, event.dataTransfer, true);
  }

  /** @param {Event} event @param {DataTransfer | null} data @param {boolean} isAimed  at the line itself */
  take(event, data, isAimed) {
    const file = [...(data?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    const address = (data?.getData("text/uri-list") || data?.getData("text/plain") || "").trim();
    if (file) this.bring(file);
    else if (isAimed && ADDRESS.test(address)) this.show(address);
    else return;
    event.preventDefault();
  }

  /** Offer to fetch an address: nothing is fetched before. @param {string | null} address */
  show(address) {
    this.address = address;
    this.offer.hidden = address === null;
    if (address === null) return;
    const shown = address.length > SHOWN ? `${address.slice(0, SHOWN)}…` : address;
    write(this.what, fill(this.texts.find_offer, { address: shown }));
    this.fetch.focus();
  }

  agree() {
    const { address } = this;
    this.show(null);
    this.ask("/search/address", JSON.stringify({ address }));
  }

  /** @param {File | undefined} file */
  bring(file) {
    if (file) this.ask("/search/picture", file);
  }

  /** @param {string} path @param {BodyInit} body */
  async ask(path, body) {
    this.does.say(null);
    begin();
    const query = new URLSearchParams({ lang: this.language });
    const answer = await fetch(`${path}?${query}`, { method: "POST", body }).catch(() => null);
    const told = (await answer?.json().catch(() => null)) ?? {};
    end();
    if (!answer?.ok) this.does.say(told.message || this.texts.find_not_brought);
    // What the corpus has is named as its own.
    else this.does.add(told.image ? `image:${told.image}` : told.term);
  }

  close() {
    document.removeEventListener("paste", this.pasted);
  }
}

/** Whether something that is dragged may be a picture, or its address. @param {DataTransfer | null} data */
function carries(data) {
  return [...(data?.types ?? [])].some((type) => type === "Files" || type === "text/uri-list");
}
