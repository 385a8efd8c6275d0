// How the gallery draws its tiles, as this browser's user likes it. One value for all components:
// a module is loaded once. Not here: what is shown (the view, in the address).

const KEY = "panoptic.display";
export const SMALLEST = 64;
export const LARGEST = 480;
const STEP = 1.25;

/** @typedef {{size: number, crop: boolean, captions: boolean}} Display */

export const changes = new EventTarget();
/** @type {Display} */
let current = { size: 168, crop: false, captions: true, ...stored() };

/** @returns {Display} */
export function display() {
  return current;
}

/** @param {Partial<Display>} patch */
export function setDisplay(patch) {
  current = { ...current, ...patch };
  current.size = Math.round(Math.min(LARGEST, Math.max(SMALLEST, current.size)));
  localStorage.setItem(KEY, JSON.stringify(current));
  changes.dispatchEvent(new Event("change"));
}

/** One step larger or smaller. @param {1 | -1} direction */
export function zoom(direction) {
  setDisplay({ size: current.size * STEP ** direction });
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}
