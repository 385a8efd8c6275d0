// Keys of the pages that review images: which of them answer or move, and when a key press is meant
// for the page at all. Not here: what the actions do (the pages).
import { isTyping } from "./dom.js";

/** Names of actions; a page leaves out those that it does not know. @type {Record<string, string>} */
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
  m: "skip",
  z: "enlarge",
  " ": "enlarge",
  "+": "grow",
  "-": "shrink",
};

/** The name of the action of a key, or null. @param {{key: string, shiftKey: boolean}} event */
export function actionName({ key, shiftKey }) {
  const letter = key.toLowerCase();
  if (letter === "y") return shiftKey ? "acceptAll" : "accept";
  if (letter === "n") return shiftKey ? "refuseAll" : "refuse";
  return ACTIONS[key] ?? null;
}

/**
 * Whether a key press is for the page: not for a field, a shortcut of the browser, another component or a control.
 * @param {KeyboardEvent} event
 * @param {Element} root  of the page's component
 * @param {(target: Element | undefined) => boolean} isControl  whether keys other than letters belong to the target
 */
export function isForPage(event, root, isControl) {
  if (isTyping(event) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
  const path = /** @type {Element[]} */ (event.composedPath().filter((node) => node instanceof Element));
  if (path.some((node) => node.matches(".root") && node !== root)) return false;
  const isCharacter = event.key.length === 1 && event.key !== " ";
  return isCharacter || !isControl(path[0]);
}
