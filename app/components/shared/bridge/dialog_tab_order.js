// The key Tab within a dialog of Streamlit. Its focus trap does not see into a component, and goes
// from any of our fields to its own button: here each field is met, in order, and the trap kept.

const STOPS = "button, select, input, textarea, a[href], [tabindex]";

/**
 * Take Tab in hand in the dialog around `root`, if there is one.
 * @param {HTMLElement} root @returns {() => void} let go
 */
export function trap(root) {
  const { host } = /** @type {ShadowRoot} */ (root.getRootNode());
  const dialog = host?.closest("[role=dialog]");
  if (!dialog) return () => {};
  const press = (event) => {
    if (event.key !== "Tab" || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = [...stops(root), ...stops(dialog)];
    const at = all.indexOf(event.composedPath()[0]);
    const to = event.shiftKey ? (at > 0 ? at - 1 : all.length - 1) : (at + 1) % all.length;
    event.preventDefault();
    event.stopPropagation();
    all[to]?.focus();
  };
  dialog.addEventListener("keydown", press, true);
  return () => dialog.removeEventListener("keydown", press, true);
}

/** What Tab stops at, in order; of several radio buttons, one. */
function stops(within) {
  return /** @type {HTMLElement[]} */ ([...within.querySelectorAll(STOPS)]).filter(
    (node) =>
      node.tabIndex >= 0 && !node.matches(":disabled") && node.getClientRects().length > 0 && isTurn(node, within),
  );
}

function isTurn(node, within) {
  if (node.type !== "radio") return true;
  const group = [...within.querySelectorAll(`input[name="${node.name}"]`)];
  return node === (group.find((radio) => radio.checked) ?? group[0]);
}
