// The grid of the suggested images. Not here: one image of it (tile.js), which images there are
// (batch.js), what an answer does (suggest.js).
import { el, set } from "../shared/ui/dom.js";
import { Tile } from "./tile.js";

export class TileGrid {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {{select: (index: number) => void, decide: (index: number, belongs: boolean) => void,
   *   enlarge: () => void}} actions
   */
  constructor(tools, actions) {
    this.tools = tools;
    this.actions = actions;
    this.cells = el("div", { class: "cells", role: "row" });
    this.node = el("div", { class: "tiles", role: "grid", tabindex: "0", "aria-label": tools.t("images") }, this.cells);
    /** @type {Tile[]} */
    this.tiles = [];
    /** The images whose tiles these are. @type {import("./batch.js").Suggestion[] | null} */
    this.drawn = null;
  }

  /** How many tiles are in a row. */
  get columns() {
    const top = this.tiles[0]?.node.offsetTop;
    const second = this.tiles.findIndex((tile) => tile.node.offsetTop !== top);
    return second < 0 ? this.tiles.length : second;
  }

  /** @param {import("./batch.js").Batch} batch */
  draw({ images, answers, suggestions, index: current }) {
    this.node.hidden = !images.length;
    if (this.drawn !== images) {
      this.drawn = images;
      this.tiles = images.map((image, index) => this.makeTile(image, index, suggestions?.kind === "doubts"));
      this.cells.replaceChildren(...this.tiles.map((tile) => tile.node));
      // The grid takes the keyboard focus, unless something else has it.
      if (document.activeElement === document.body) this.node.focus({ preventScroll: true });
    }
    this.tiles.forEach((tile, index) => tile.draw(index === current, answers.get(images[index].sha1)));
    set(this.node, "aria-activedescendant", this.tiles[current]?.node.id ?? null);
  }

  /** @param {import("./batch.js").Suggestion} image @param {number} index @param {boolean} isDoubt */
  makeTile(image, index, isDoubt) {
    const actions = {
      select: () => this.actions.select(index),
      decide: (belongs) => this.actions.decide(index, belongs),
      enlarge: () => this.actions.enlarge(),
    };
    return new Tile(this.tools, image, index, actions, isDoubt);
  }

  /** @param {number} pixels  the least width of a tile */
  resize(pixels) {
    this.node.style.setProperty("--size", `${pixels}px`);
  }

  /** @param {number} index */
  reveal(index) {
    this.tiles[index]?.node.scrollIntoView({ block: "nearest" });
  }

  scrollToTop() {
    this.node.scrollTop = 0;
  }
}
