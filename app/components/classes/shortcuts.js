// Keys of the page: answers and moves. They mean this wherever one is on the page, but in a field
// and where a button waits for them. Not here: what they do (classes.js).
import { isTyping } from "../shared/ui/dom.js";

/** @typedef {Record<string, () => void>} Acts  by name */

/** @type {Record<string, string>} */
const ACTIONS = {
  Enter: "accept",
  Backspace: "refuse",
  Delete: "refuse",
  ArrowRight: "right",
  ArrowLeft: "left",
  ArrowDown: "down",
  ArrowUp: "up",
  Home: "first",
  End: "last",
  c: "other",
  z: "enlarge",
  " ": "enlarge",
  "+": "grow",
  "-": "shrink",
};

/** The name of what a key does, or null. @param {{key: string, shiftKey: boolean}} event */
export function actionOf({ key, shiftKey }) {
  const letter = key.toLowerCase();
  if (letter === "y") return shiftKey ? "acceptAll" : "accept";
  if (letter === "n") return shiftKey ? "refuseAll" : "refuse";
  return ACTIONS[key] ?? null;
}

/**
 * What a key press does here, or null.
 * @param {KeyboardEvent} event @param {Element} root  of this component @param {Acts} acts
 */
export function acted(event, root, acts) {
  if (isTyping(event) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !isOurs(event, root))
    return null;
  return acts[actionOf(event) ?? ""] ?? null;
}

/**
 * Not one that another part of the page, or a button, is waiting for.
 * @param {KeyboardEvent} event
 * @param {Element} root
 */
function isOurs(event, root) {
  const path = /** @type {Element[]} */ (event.composedPath().filter((node) => node instanceof Element));
  if (path.some((node) => node.matches(".root") && node !== root)) return false;
  const isPlain = event.key.length === 1 && event.key !== " ";
  return isPlain || !path[0]?.closest("button, a, select, input");
}
