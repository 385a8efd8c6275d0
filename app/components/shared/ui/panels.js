// The two panels, folded or open, as they were left. Before anybody chose, the stylesheet decides
// by the window's width. Not here: what the panels hold.

const KEY = "panoptic.panels";
const NARROW = "(max-width: 1199px)";

/** @typedef {"left" | "right"} Side */

/** Put the stored choices on the page. A narrow window starts folded whatever a wide one had. */
export function restorePanels() {
  for (const side of /** @type {Side[]} */ (["left", "right"])) {
    const choice = stored()[key(side)];
    if (choice) document.documentElement.dataset[side] = choice;
    else delete document.documentElement.dataset[side];
  }
}

/** @param {Side} side */
export function isOpen(side) {
  const choice = stored()[key(side)];
  return choice ? choice === "open" : !matchMedia(NARROW).matches;
}

/** @param {Side} side */
export function togglePanel(side) {
  const choice = isOpen(side) ? "folded" : "open";
  localStorage.setItem(KEY, JSON.stringify({ ...stored(), [key(side)]: choice }));
  restorePanels();
  changes.dispatchEvent(new Event("change"));
}

export const changes = new EventTarget();

function key(side) {
  return matchMedia(NARROW).matches ? `${side}.narrow` : side;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}

matchMedia(NARROW).addEventListener("change", restorePanels);
restorePanels();
