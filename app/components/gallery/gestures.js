// What presses on the grid do: open, select, move. Not here: drawing.
import { isTyping } from "../dom.js";
import { display, setDisplay, zoom } from "../display.js";

const DRAG_FROM = 6;
const SCROLL_EDGE = 40;

/**
 * Listen to a grid. `open(index)` shows an image.
 * @param {import("./grid.js").Grid} grid @param {(index: number) => void} open
 * @returns {() => void} stop listening
 */
export function listen(grid, open) {
  const { rows, selection } = grid;
  let from = grid.current;

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
    if (drag.isDrag()) return;
    const index = grid.indexOf(event.composedPath()[0]);
    if (index < 0) return;
    const isCircle = event.composedPath()[0].closest(".circle");
    grid.moveTo(index);
    if (event.shiftKey) selectRange(from, index, event.ctrlKey || event.metaKey);
    else if (isCircle || event.ctrlKey || event.metaKey) toggle(index);
    else {
      from = index;
      open(index);
    }
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (isTyping(event) || event.altKey) return;
    const move = moves[event.key];
    const act = event.ctrlKey || event.metaKey ? held[event.key.toLowerCase()] : acts[event.key];
    if (!move && !act) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) act(event);
    else {
      const before = grid.current;
      grid.moveTo(move(before));
      if (event.shiftKey) selectRange(from, grid.current, false);
      else from = grid.current;
    }
  }

  const columns = () => grid.geometry.columns;
  const within = (index, otherwise) => (index >= 0 && index < rows.total ? index : otherwise);
  /** @type {Record<string, (index: number) => number>} */
  const moves = {
    ArrowLeft: (index) => index - 1,
    ArrowRight: (index) => index + 1,
    ArrowUp: (index) => within(index - columns(), index),
    ArrowDown: (index) => within(index + columns(), index),
    PageUp: (index) => index - columns() * grid.rowsPerPage,
    PageDown: (index) => index + columns() * grid.rowsPerPage,
    Home: () => 0,
    End: () => rows.total - 1,
  };
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const acts = {
    Enter: () => open(grid.current),
    " ": () => toggle(grid.current),
    Escape: () => selection.clear(),
    "+": () => zoom(1),
    "=": () => zoom(1),
    "-": () => zoom(-1),
    t: () => setDisplay({ captions: !display().captions }),
    w: () => setDisplay({ crop: !display().crop }),
  };
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const held = { a: () => selection.selectAll() };

  const drag = listenToDrag(grid);
  grid.node.addEventListener("click", press);
  grid.node.addEventListener("keydown", key);
  return () => {
    drag.stop();
    grid.node.removeEventListener("click", press);
    grid.node.removeEventListener("keydown", key);
  };
}

/** Drag a rectangle: what it touches is selected; with ctrl or shift, added to the selection. */
function listenToDrag(grid) {
  const { rows, selection } = grid;
  /** @type {{x: number, y: number, id: number} | null} */
  let start = null;
  let isDragging = false;
  let wasDrag = false;
  let scrolling = 0;
  /** @type {PointerEvent} */
  let last;

  function down(event) {
    const isOnBar = event.clientX > grid.node.getBoundingClientRect().left + grid.node.clientWidth;
    if (event.button !== 0 || event.pointerType === "touch" || isOnBar) return;
    start = { ...grid.point(event), id: event.pointerId };
    isDragging = false;
    wasDrag = false;
  }

  function move(event) {
    if (!start) return;
    last = event;
    const { x, y } = grid.point(event);
    if (!isDragging && Math.hypot(x - start.x, y - start.y) < DRAG_FROM) return;
    if (!isDragging) grid.node.setPointerCapture(start.id);
    isDragging = true;
    grid.stretch(boxOf(event));
    scrolling ||= requestAnimationFrame(scrollAtEdge);
  }

  async function up(event) {
    if (!start || !isDragging) {
      start = null;
      return;
    }
    const ranges = grid.stretch(boxOf(event));
    grid.stretch(null);
    stop();
    // The click that follows is the end of this drag, not a press.
    wasDrag = true;
    const ids = (await Promise.all(ranges.map(([from, to]) => rows.ids(from, to)))).flat();
    if (event.ctrlKey || event.metaKey || event.shiftKey) selection.put(ids, true);
    else selection.replace(ids);
  }

  function stop() {
    start = null;
    isDragging = false;
    cancelAnimationFrame(scrolling);
    scrolling = 0;
  }

  function boxOf(event) {
    const { x, y } = grid.point(event);
    const from = /** @type {{x: number, y: number}} */ (start);
    return { left: Math.min(x, from.x), right: Math.max(x, from.x), top: Math.min(y, from.y), bottom: Math.max(y, from.y) };
  }

  function scrollAtEdge() {
    scrolling = 0;
    if (!isDragging) return;
    const box = grid.node.getBoundingClientRect();
    const above = box.top + SCROLL_EDGE - last.clientY;
    const below = last.clientY - (box.bottom - SCROLL_EDGE);
    if (above <= 0 && below <= 0) return;
    grid.node.scrollTop += above > 0 ? -above / 2 : below / 2;
    grid.stretch(boxOf(last));
    scrolling = requestAnimationFrame(scrollAtEdge);
  }

  grid.node.addEventListener("pointerdown", down);
  grid.node.addEventListener("pointermove", move);
  grid.node.addEventListener("pointerup", up);
  grid.node.addEventListener("pointercancel", stop);
  function close() {
    stop();
    grid.node.removeEventListener("pointerdown", down);
    grid.node.removeEventListener("pointermove", move);
    grid.node.removeEventListener("pointerup", up);
    grid.node.removeEventListener("pointercancel", stop);
  }
  return { stop: close, isDrag: () => wasDrag };
}
