// What a page says in the place of what it would show. Not here: what is missing on which page.
import { el, icon } from "./dom.js";

// What is only being looked for has tiles in the place of its pictures.
const AWAITED = "hourglass_empty";
const TILES = 10;

/**
 * Say what is missing: a sign, a heading, what to do, buttons (`{text, act}`, or null); where
 * nothing is, the place is hidden. The sign of an hourglass says that it is on its way. It is
 * written only where it differs, so that a button that has the keys keeps them.
 * @param {HTMLElement} node @param {any[] | null} what
 */
export function showEmptyState(node, what) {
  node.hidden = !what;
  if (!what) return;
  const written = JSON.stringify(what.map((part) => part?.text ?? part));
  if (node.dataset.written === written) return;
  node.dataset.written = written;
  const [sign, title, help, ...acts] = what;
  const buttons = acts
    .filter(Boolean)
    .map(({ text, act }) => el("button", { type: "button", class: "main", onclick: act }, text));
  node.replaceChildren(
    icon(sign),
    el("h2", {}, title),
    el("p", { class: "quiet" }, help),
    ...(sign === AWAITED ? [makeSkeleton()] : []),
    el("div", { class: "acts" }, ...buttons),
  );
}

function makeSkeleton() {
  const tiles = Array.from({ length: TILES }, () => el("i", { class: "skeleton" }));
  return el("div", { class: "awaited", "aria-hidden": "true" }, ...tiles);
}
