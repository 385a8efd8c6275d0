// Choices in the head of a page that reviews images: a list, the encoder, the size of the tiles.
// Not here: what follows from a choice (the pages).
import { el } from "./dom.js";

const STORED_SIZE = "panoptic.suggest.size";
const SIZES = { least: 120, most: 360, step: 40 };

/** @typedef {import("./review_page.js").PageTools} PageTools */

/**
 * A list whose values have the texts `name_value`.
 * @param {PageTools} tools
 * @param {string} name
 * @param {string[]} values
 * @param {(value: string) => void} choose
 * @param {Record<string, any>} [attributes]
 */
export function textSelect({ t }, name, values, choose, attributes = {}) {
  const list = el(
    "select",
    { "aria-label": t(name), onchange: () => choose(list.value), ...attributes },
    ...values.map((value) => el("option", { value }, t(`${name}_${value}`))),
  );
  return list;
}

/** Which encoder compares images; hidden where there is no choice. */
export class EncoderSelect {
  /** @param {PageTools} tools */
  constructor(tools) {
    this.node = el("select", {
      "aria-label": tools.t("encoder"),
      onchange: () => tools.send("encoder", this.node.value),
    });
    this.written = "";
  }

  /** @param {[string, string][]} encoders  slugs and names @param {string | null} encoder */
  draw(encoders, encoder) {
    const written = JSON.stringify(encoders);
    if (this.written !== written)
      this.node.replaceChildren(...encoders.map(([slug, name]) => el("option", { value: slug }, name)));
    this.written = written;
    this.node.hidden = encoders.length < 2;
    if (encoder) this.node.value = encoder;
  }
}

/** How wide tiles are, in pixels; the browser remembers it. */
export class TileSize {
  /** @param {PageTools} tools @param {number} initial  pixels @param {() => void} changed */
  constructor({ t }, initial, changed) {
    this.changed = changed;
    this.node = el("input", {
      type: "range",
      class: "slider",
      min: SIZES.least,
      max: SIZES.most,
      step: SIZES.step,
      title: t("size"),
      "aria-label": t("size"),
      oninput: () => this.store(),
    });
    this.node.value = String(Number(localStorage.getItem(STORED_SIZE)) || initial);
  }

  get pixels() {
    return Number(this.node.value);
  }

  /** @param {1 | -1} direction */
  step(direction) {
    this.node.value = String(this.pixels + direction * SIZES.step);
    this.store();
  }

  store() {
    localStorage.setItem(STORED_SIZE, this.node.value);
    this.changed();
  }
}
