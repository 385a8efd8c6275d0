// Two images that share a part, side by side in a dialog, the part outlined on both. Not here: which
// two (duplicates/part_group.js, parts/parts.js), drawing an outline (outline.js).
import { routeTo } from "../bridge/address.js";
import { el, fill, iconButton, write } from "./dom.js";
import { outlinedPicture } from "./outline.js";

// Pixels of the longer side.
const WIDTH = 1024;

/**
 * @typedef {object} Outlined
 * @property {string} sha1
 * @property {string} name
 * @property {string} place
 * @property {number | null} width
 * @property {number | null} height
 * @property {[number, number][]} outline  corners in fractions
 */

export class PartPair {
  /** @param {{close: string, pair: string, open: string}} texts @param {(image: Outlined) => void} open */
  constructor(texts, open) {
    this.texts = texts;
    this.open = open;
    this.title = el("h2", {});
    this.pictures = el("div", { class: "two" });
    this.node = el(
      "dialog",
      {
        class: "partpair",
        onclick: (event) => event.target === this.node && this.node.close(),
        // What is below must not take its keys for its own.
        onkeydown: (event) => event.stopPropagation(),
      },
      el(
        "header",
        {},
        this.title,
        iconButton("close", texts.close, () => this.node.close()),
      ),
      this.pictures,
    );
  }

  /** @param {[Outlined, Outlined]} images @param {string} sure  how sure it is, in words */
  show(images, sure) {
    const [left, right] = images.map(({ name }) => name);
    write(this.title, sure);
    this.node.setAttribute("aria-label", fill(this.texts.pair, { left, right }));
    this.pictures.replaceChildren(...images.map((image) => this.figure(image)));
    if (!this.node.open) this.node.showModal();
  }

  /** @param {Outlined} image */
  figure(image) {
    const { sha1, name, place, outline } = image;
    const open = () => {
      this.node.close();
      this.open(image);
    };
    return el(
      "figure",
      {},
      outlinedPicture(routeTo(`/thumb/${sha1}?w=${WIDTH}`), name, outline, image),
      el(
        "figcaption",
        {},
        el("span", { class: "name", title: place }, name),
        el("button", { type: "button", class: "quiet", onclick: open }, this.texts.open),
      ),
    );
  }
}
