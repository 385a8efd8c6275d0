// The images of the current group as a strip: of thousands only those in sight are in the document.
// Not here: what happens to them (pair.js).
import { el, icon, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";

// Pixels of a tile and its gap.
const TILE_WIDTH = 92;
// Tiles out of sight that are drawn in advance, on each side.
const OVERSCAN = 4;
const SYMBOLS = { keeps: "star", leaves: "logout", stays: "check" };

/** @typedef {import("./api.js").Member} Member */
/**
 * What becomes of an image: it is the one that stays, it leaves, it stays as well.
 * @typedef {"keeps" | "leaves" | "stays"} Fate
 */

export class GroupStrip {
  /** @param {import("../shared/ui/review_page.js").PageTools} tools @param {(index: number) => void} select */
  constructor(tools, select) {
    this.tools = tools;
    this.select = select;
    /** @type {Member[]} */
    this.members = [];
    /** Of the image that is compared. */
    this.index = 0;
    /** @type {(member: Member) => Fate} */
    this.fateOf = () => "leaves";
    /** @type {Map<number, HTMLElement>} */
    this.tiles = new Map();
    this.content = el("div", { class: "wide", role: "presentation" });
    this.node = el(
      "div",
      {
        class: "members",
        role: "listbox",
        "aria-label": tools.t("members"),
        "aria-orientation": "horizontal",
        onscroll: () => this.draw(),
      },
      this.content,
    );
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.node);
  }

  /**
   * @param {Member[]} members @param {number} index  of the image that is compared
   * @param {(member: Member) => Fate} fateOf
   */
  show(members, index, fateOf) {
    if (members !== this.members) {
      for (const drawn of [...this.tiles.keys()]) this.removeTile(drawn);
      this.node.scrollLeft = 0;
    }
    this.members = members;
    this.index = index;
    this.fateOf = fateOf;
    this.content.style.width = `${members.length * TILE_WIDTH}px`;
    this.reveal();
    this.draw();
  }

  /** Scroll to the image that is compared. */
  reveal() {
    const left = this.index * TILE_WIDTH;
    const { scrollLeft, clientWidth } = this.node;
    if (left < scrollLeft) this.node.scrollLeft = left;
    else if (left + TILE_WIDTH > scrollLeft + clientWidth) this.node.scrollLeft = left + TILE_WIDTH - clientWidth;
  }

  draw() {
    const { scrollLeft, clientWidth } = this.node;
    const start = Math.max(0, Math.floor(scrollLeft / TILE_WIDTH) - OVERSCAN);
    const end = Math.min(this.members.length, Math.ceil((scrollLeft + clientWidth) / TILE_WIDTH) + OVERSCAN);
    for (const index of [...this.tiles.keys()]) if (index < start || index >= end) this.removeTile(index);
    for (let index = start; index < end; index += 1) this.drawTile(index);
  }

  /** @param {number} index */
  removeTile(index) {
    const tile = this.tiles.get(index);
    // Stop loading its image: requests that write come first.
    tile?.querySelector("img")?.removeAttribute("src");
    tile?.remove();
    this.tiles.delete(index);
  }

  /** @param {number} index */
  drawTile(index) {
    const member = this.members[index];
    const tile = this.tiles.get(index) ?? this.makeTile(index);
    const fate = this.fateOf(member);
    const fateText = this.tools.t(fate);
    const [symbol, text] = tile.querySelectorAll(".fate > span");
    write(symbol, SYMBOLS[fate]);
    write(text, fateText);
    set(tile, "data-fate", fate);
    set(tile, "aria-selected", String(index === this.index));
    set(tile, "aria-setsize", this.members.length);
    set(tile, "aria-posinset", index + 1);
    set(tile, "aria-label", `${member.name}, ${fateText}`);
  }

  /** @param {number} index */
  makeTile(index) {
    const { sha1, place } = this.members[index];
    const tile = el(
      "div",
      {
        class: "member",
        role: "option",
        title: place,
        style: `left:${index * TILE_WIDTH}px`,
        "data-sha1": sha1,
        onclick: () => this.select(index),
      },
      el("img", { src: routeTo(`/thumb/${sha1}`), alt: "", decoding: "async", draggable: "false" }),
      el("span", { class: "fate" }, icon("star"), el("span", {})),
    );
    this.tiles.set(index, tile);
    this.content.append(tile);
    return tile;
  }

  close() {
    this.observer.disconnect();
  }
}
