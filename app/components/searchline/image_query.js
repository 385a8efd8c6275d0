// An image from elsewhere becomes a term of the search: picked, dropped on the line, pasted, or
// fetched from an address, and that only after a person has agreed. Not here: searching (Python).
import { el, fill, iconButton, isTyping, set, write } from "../shared/ui/dom.js";
import { begin, end } from "../shared/bridge/pending.js";
import { routeTo } from "../shared/bridge/address.js";

const ADDRESS = /^https?:\/\/\S+$/i;
// Characters of an address that are shown.
const SHOWN = 80;

/**
 * @typedef {object} ImageQueryActions
 * @property {HTMLElement} field           where addresses and images are pasted
 * @property {(term: string) => void} add  adds a term to the search
 * @property {(problem: string | null) => void} showProblem
 */

export class ImageQuery {
  /** @param {ImageQueryActions} actions */
  constructor(actions) {
    this.actions = actions;
    /** @type {Record<string, string>} */
    this.texts = {};
    this.language = "";
    /** The address that is offered to be fetched. @type {string | null} */
    this.address = null;
    this.button = iconButton("add_photo_alternate", "", () => this.file.click(), { class: "tool bring" });
    this.file = el("input", { type: "file", accept: "image/*", hidden: true, onchange: () => this.filePicked() });
    this.button.append(this.file);
    this.offerText = el("span", {});
    this.accept = el("button", { type: "button", class: "yes", onclick: () => this.acceptOffer() });
    this.decline = el("button", { type: "button", onclick: () => this.offerAddress(null) });
    this.offer = el("p", { class: "offer", role: "status", hidden: true }, this.offerText, this.accept, this.decline);
    this.onPaste = (event) => this.paste(event);
    this.onDrag = (event) => this.drag(event);
    this.onDrop = (event) => this.drop(event);
  }

  /** @param {HTMLElement} root  the line */
  listen(root) {
    document.addEventListener("paste", this.onPaste);
    for (const kind of ["dragenter", "dragover", "dragleave"]) root.addEventListener(kind, this.onDrag);
    root.addEventListener("drop", this.onDrop);
  }

  /** @param {import("./searchline.js").Data} data */
  update({ texts, language }) {
    this.texts = texts;
    this.language = language;
    set(this.button, "title", texts.find_picture);
    set(this.button, "aria-label", texts.find_picture);
    write(this.accept, texts.find_fetch);
    write(this.decline, texts.find_leave);
  }

  filePicked() {
    this.upload(this.file.files?.[0]);
    // The same file can be picked again.
    this.file.value = "";
  }

  paste(event) {
    const isInField = event.composedPath().includes(this.actions.field);
    if (!isInField && isTyping(event)) return;
    this.take(event, event.clipboardData, isInField);
  }

  drag(event) {
    const isOver = event.type !== "dragleave" && mayHoldImage(event.dataTransfer);
    event.currentTarget.classList.toggle("dropping", isOver);
    if (isOver) event.preventDefault();
  }

  drop(event) {
    event.currentTarget.classList.remove("dropping");
    this.take(event, event.dataTransfer, true);
  }

  /**
   * @param {Event} event @param {DataTransfer | null} data
   * @param {boolean} isAddressWanted  whether an address is taken, too
   */
  take(event, data, isAddressWanted) {
    const file = [...(data?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    const address = (data?.getData("text/uri-list") || data?.getData("text/plain") || "").trim();
    if (file) this.upload(file);
    else if (isAddressWanted && ADDRESS.test(address)) this.offerAddress(address);
    else return;
    event.preventDefault();
  }

  /** Offer to fetch an address: nothing is fetched before. @param {string | null} address  null: no offer */
  offerAddress(address) {
    this.address = address;
    this.offer.hidden = address === null;
    if (address === null) return;
    const short = address.length > SHOWN ? `${address.slice(0, SHOWN)}…` : address;
    write(this.offerText, fill(this.texts.find_offer, { address: short }));
    this.accept.focus();
  }

  acceptOffer() {
    const { address } = this;
    this.offerAddress(null);
    this.request("/search/address", JSON.stringify({ address }));
  }

  /** @param {File | undefined} file */
  upload(file) {
    if (file) this.request("/search/picture", file);
  }

  /** @param {string} path @param {BodyInit} body */
  async request(path, body) {
    this.actions.showProblem(null);
    begin();
    const query = new URLSearchParams({ lang: this.language });
    const response = await fetch(routeTo(`${path}?${query}`), { method: "POST", body }).catch(() => null);
    const result = (await response?.json().catch(() => null)) ?? {};
    end();
    if (!response?.ok) this.actions.showProblem(result.message || this.texts.find_not_brought);
    // An image that the corpus has is named as one of its own.
    else this.actions.add(result.image ? `image:${result.image}` : result.term);
  }

  close() {
    document.removeEventListener("paste", this.onPaste);
  }
}

/** Whether what is dragged may be an image, or its address. @param {DataTransfer | null} data */
function mayHoldImage(data) {
  return [...(data?.types ?? [])].some((type) => type === "Files" || type === "text/uri-list");
}
