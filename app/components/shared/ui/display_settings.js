// How the gallery draws its tiles, as this browser's user likes it. One value for all components:
// a module is loaded once. Not here: what is shown (the view, in the address).

const KEY = "panoptic.display";
export const SMALLEST = 64;
export const LARGEST = 480;
const STEP = 1.25;
/**
 * "fit": whole pictures in squares; "crop": squares cut out of them; "rows": pictures in their own
 * shape, in rows that fill the width.
 */
export const SHAPES = /** @type {const} */ (["fit", "crop", "rows"]);

/**
 * @typedef {object} Display
 * @property {number} size
 * @property {typeof SHAPES[number]} shape
 * @property {string[]} captions  properties that stand under each picture, a line each
 * @property {string[]} usual     those that stood there last
 */

export const changes = new EventTarget();
/** @type {Display} */
let current = { size: 168, shape: "fit", captions: ["name"], usual: ["name"], ...stored() };

/** @returns {Display} */
export function display() {
  return current;
}

/** @param {Partial<Display>} patch */
export function setDisplay(patch) {
  current = { ...current, ...patch };
  current.size = Math.round(Math.min(LARGEST, Math.max(SMALLEST, current.size)));
  if (current.captions.length) current.usual = current.captions;
  localStorage.setItem(KEY, JSON.stringify(current));
  changes.dispatchEvent(new Event("change"));
}

/** One step larger or smaller. @param {1 | -1} direction */
export function zoom(direction) {
  setDisplay({ size: current.size * STEP ** direction });
}

/** Take the next shape. */
export function turnShape() {
  setDisplay({ shape: SHAPES[(SHAPES.indexOf(current.shape) + 1) % SHAPES.length] });
}

/** No captions, or those that stood there last. */
export function toggleCaptions() {
  setDisplay({ captions: current.captions.length ? [] : current.usual });
}

function stored() {
  try {
    // Older releases knew two shapes, as `crop`, and names as the only captions.
    const { crop, ...kept } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    const older = crop ? "crop" : "fit";
    if (!Array.isArray(kept.captions)) kept.captions = kept.captions === false ? [] : ["name"];
    return { ...kept, shape: SHAPES.includes(kept.shape) ? kept.shape : older };
  } catch {
    return {};
  }
}
