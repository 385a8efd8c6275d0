// The outline of a part on a picture: a line of the theme's accent on a wider one that stands out on
// light and dark pictures alike. Not here: the picture itself, where the outline lies (Python).
import { el, set } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";

/** Corners of a convex polygon, x and y in fractions of the picture. @typedef {[number, number][]} Corners */

export class Outline {
  /** @param {string} [name]  of its class */
  constructor(name = "outline") {
    this.node = document.createElementNS(SVG, "svg");
    set(this.node, "class", name);
    set(this.node, "aria-hidden", "true");
    this.halo = shape("halo");
    this.line = shape("line");
    this.node.append(this.halo, this.line);
    this.clear();
  }

  clear() {
    set(this.node, "hidden", true);
  }

  /**
   * Draw it as the picture lies in its frame: whole, in the middle.
   * @param {Corners} corners @param {{width: number | null, height: number | null}} picture
   */
  draw(corners, { width, height }) {
    if (!width || !height || corners.length < 3) return this.clear();
    const points = pointsOf(corners, width, height);
    set(this.node, "viewBox", `0 0 ${width} ${height}`);
    for (const drawn of [this.halo, this.line]) set(drawn, "points", points);
    set(this.node, "hidden", null);
  }
}

/** Corners as SVG writes them. @param {Corners} corners @param {number} width @param {number} height */
export function pointsOf(corners, width, height) {
  return corners.map(([x, y]) => `${round(x * width)},${round(y * height)}`).join(" ");
}

/**
 * A picture with an outline on it, as large as its frame.
 * @param {string} address @param {string} name @param {Corners} corners
 * @param {{width: number | null, height: number | null}} picture
 */
export function outlinedPicture(address, name, corners, picture) {
  const outline = new Outline();
  outline.draw(corners, picture);
  const image = el("img", { src: address, alt: name, decoding: "async", loading: "lazy", draggable: "false" });
  return el("span", { class: "outlined" }, image, outline.node);
}

/** @param {string} name */
function shape(name) {
  const node = document.createElementNS(SVG, "polygon");
  set(node, "class", name);
  return node;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}
