// What presses on the rows do: move, select, open. Not here: drawing, the headings.
import { isTyping } from "../dom.js";

/**
 * Listen to the rows. `open(index)` shows an image.
 * @param {import("./body.js").Body} body @param {(index: number) => void} open
 */
export function listen(body, open) {
  const { node, rows, selection } = body;
  let from = body.current;

  async function selectRange(first, last, isAdded) {
    const ids = await rows.ids(Math.min(first, last), Math.max(first, last));
    if (isAdded || selection.all) selection.put(ids, true);
    else selection.replace(ids);
  }

  function toggle(index) {
    const row = rows.get(index);
    if (row) selection.toggle(row.sha1);
    from = index;
  }

  function press(event) {
    const index = body.indexOf(event.composedPath()[0]);
    if (index < 0) return;
    const isTick = event.composedPath()[0].closest(".tick");
    const isAdded = event.ctrlKey || event.metaKey;
    body.moveTo(index);
    if (event.shiftKey) selectRange(from, index, isAdded);
    else if (isTick || isAdded) toggle(index);
    else from = index;
  }

  function pressTwice(event) {
    const target = event.composedPath()[0];
    const index = body.indexOf(target);
    const isPlain = !target.closest(".tick") && !event.shiftKey && !event.ctrlKey && !event.metaKey;
    if (index >= 0 && isPlain) open(index);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const isInHead = event.composedPath().some((one) => one instanceof Element && one.classList.contains("head"));
    if (isInHead || isTyping(event) || event.altKey) return;
    const move = moves[event.key];
    const act = event.ctrlKey || event.metaKey ? held[event.key.toLowerCase()] : acts[event.key];
    if (!move && !act) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) {
      act();
      return;
    }
    body.moveTo(move(body.current));
    if (event.shiftKey) selectRange(from, body.current, false);
    else from = body.current;
  }

  /** @type {Record<string, (index: number) => number>} */
  const moves = {
    ArrowUp: (index) => index - 1,
    ArrowDown: (index) => index + 1,
    PageUp: (index) => index - body.rowsPerPage,
    PageDown: (index) => index + body.rowsPerPage,
    Home: () => 0,
    End: () => rows.total - 1,
  };
  /** @type {Record<string, () => void>} */
  const acts = {
    Enter: () => open(body.current),
    " ": () => toggle(body.current),
    Escape: () => selection.clear(),
    ArrowLeft: () => node.scrollBy({ left: -80 }),
    ArrowRight: () => node.scrollBy({ left: 80 }),
  };
  /** @type {Record<string, () => void>} */
  const held = { a: () => selection.selectAll() };

  node.addEventListener("click", press);
  node.addEventListener("dblclick", pressTwice);
  node.addEventListener("keydown", key);
}
