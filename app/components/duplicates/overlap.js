// The outline of what two pictures both show, drawn on one of them. Not here: drawing any outline
// (shared/ui/outline.js), the picture (comparison.js), where it lies (panoptic_data/duplicates/beside.py).
import { Outline } from "../shared/ui/outline.js";

// Of the picture's side: an outline so near its edge is the picture itself.
const EDGE = 0.02;

export class Overlap extends Outline {
  constructor() {
    super("overlap");
  }

  /**
   * @param {[number, number][]} outline  in fractions
   * @param {{width: number | null, height: number | null}} picture
   */
  draw(outline, picture) {
    const isPart = outline.some(([x, y]) => !isEdge(x) || !isEdge(y));
    if (isPart) super.draw(outline, picture);
    else this.clear();
  }
}

/** @param {number} part */
function isEdge(part) {
  return part < EDGE || part > 1 - EDGE;
}
