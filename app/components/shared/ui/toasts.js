// One sentence at a time above the bottom bar, whichever part of the page says it: the one said
// last. One for the whole window: a module is loaded once. Not here: how it looks (toast.css), when
// it goes.

/** @type {HTMLElement | null} */
let shown = null;

/** Show a sentence in the place of the one before it. @param {HTMLElement} node  a popover */
export function showToast(node) {
  if (shown !== node) hideToast(shown);
  shown = node;
  // Its part of the page may have gone while what it tells was under way.
  if (node.isConnected) node.showPopover();
}

/** @param {HTMLElement | null} node */
export function hideToast(node) {
  if (node?.isConnected) node.hidePopover();
}

const FOOT = "44px";
let feet = 0;

/** Show sentences above a page's own foot, too. Returns what takes it back. */
export function raiseToasts() {
  countFeet(1);
  return () => countFeet(-1);
}

/** @param {number} more */
function countFeet(more) {
  feet += more;
  document.documentElement.style.setProperty("--foot", feet ? FOOT : "0px");
}
