// The outline of what two pictures both show, drawn on one of them. Not here: the picture
// (comparison.js), where the outline lies (panoptic_data/duplicates/beside.py).

const SVG = "http://www.w3.org/2000/svg";
// Of the picture's side: an outline so near its edge is the picture itself.
const EDGE = 0.02;

export class Overlap {
  constructor() {
    this.node = document.createElementNS(SVG, "svg");
    this.node.setAttribute("class", "overlap");
    this.node.setAttribute("aria-hidden", "true");
    this.shape = document.createElementNS(SVG, "polygon");
    this.node.append(this.shape);
    this.clear();
  }

  clear() {
    this.node.setAttribute("hidden", "");
  }

  /**
   * @param {[number, number][]} outline  in fractions
   * @param {{width: number | null, height: number | null}} picture
   */
  draw(outline, { width, height }) {
    const isPart = outline.some(([x, y]) => !isEdge(x) || !isEdge(y));
    if (!width || !height || outline.length < 3 || !isPart) return this.clear();
    // As the picture lies in its pane: whole, in the middle.
    this.node.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.shape.setAttribute("points", outline.map(([x, y]) => `${x * width},${y * height}`).join(" "));
    this.node.removeAttribute("hidden");
  }
}

/** @param {number} part */
function isEdge(part) {
  return part < EDGE || part > 1 - EDGE;
}
