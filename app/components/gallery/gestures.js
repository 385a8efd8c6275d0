// What presses on the grid do: open, select, move. Not here: drawing.
import { isTyping } from "../shared/ui/dom.js";
import { toggleCaptions, turnShape, zoom } from "../shared/ui/display_settings.js";
import { brush } from "../shared/store/brush.js";
import { beside, groupBeside, middle, pageFrom, shownFrom, shownRanges } from "./geometry.js";

const DRAG_FROM = 6;
const SCROLL_EDGE = 40;

/**
 * Listen to a grid.
 * @param {import("./grid.js").Grid} grid
 * @param {{open: (index: number) => void, only: (group: number) => void, all: () => void}} acts
 *   show an image; show only a group; select all images
 * @returns {() => void} stop listening
 */
export function listen(grid, { open, only, all }) {
  const { rows, selection } = grid;
  let from = grid.current;
  // Where the keys up and down go on, past rows that end before it.
  /** @type {number | null} */
  let lane = null;

  async function selectRange(first, last, isAdded) {
    const ranges = shownRanges(grid.geometry, Math.min(first, last), Math.max(first, last));
    const ids = (await Promise.all(ranges.map(([start, end]) => rows.ids(start, end)))).flat();
    if (isAdded || selection.all) selection.put(ids, true);
    else selection.replace(ids);
  }

  function toggle(index) {
    const row = rows.get(index);
    if (row) selection.toggle(row.sha1);
    from = index;
  }

  function stampOn(index) {
    const row = rows.get(index);
    if (row) brush.press([row.sha1]);
    from = index;
  }

  function press(event) {
    if (drag.isDrag()) return;
    const [target] = event.composedPath();
    const group = grid.groupUnder(target);
    if (group >= 0) pressHeader(group, target, event);
    const index = grid.indexOf(target);
    if (index < 0) return;
    lane = null;
    grid.moveTo(index);
    if (event.shiftKey) selectRange(from, index, event.ctrlKey || event.metaKey);
    else if (brush.isOn) stampOn(index);
    else if (target.closest(".circle") || event.ctrlKey || event.metaKey) toggle(index);
    else {
      from = index;
      open(index);
    }
  }

  function pressHeader(group, target, event) {
    // The button may go with its row: keys stay in the grid.
    grid.node.focus({ preventScroll: true });
    if (target.closest(".only")) only(group);
    else if (target.closest(".tick")) grid.ticks.toggle(group);
    else grid.fold(group, event.altKey);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (isTyping(event)) return;
    // Many keyboards have brackets on a third level, which some browsers report as Alt.
    if (event.altKey && !brackets.includes(event.key)) return;
    const isHeld = (event.ctrlKey || event.metaKey) && !event.altKey;
    const move = moves[event.key];
    const act = isHeld ? held[event.key.toLowerCase()] : acts[event.key];
    if (!move && !act) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) act(event);
    else goTo(move(grid.current), event);
  }

  function goTo(index, event) {
    if (!upright.includes(event.key)) lane = null;
    if (index === null) return;
    grid.moveTo(index);
    if (event.shiftKey) selectRange(from, grid.current, false);
    else from = grid.current;
  }

  function inLane() {
    lane ??= middle(grid.geometry, grid.current);
    return lane;
  }

  /** Where the group in hand is wanted. @param {(group: number) => void} act */
  const inGroup = (act) => () => {
    const group = grid.currentGroup;
    if (group >= 0) act(group);
  };

  function toGroup(by) {
    const group = groupBeside(grid.geometry, grid.current, by);
    if (group < 0) return;
    lane = null;
    grid.moveToGroup(group);
    from = grid.current;
  }

  /** On the header of a folded group there is no image to open or select. */
  const isFolded = () => grid.currentGroup >= 0 && Boolean(grid.groups?.folded[grid.currentGroup]);

  const brackets = ["[", "]"];
  const upright = ["ArrowUp", "ArrowDown", "PageUp", "PageDown"];
  const shown = (index, by) => shownFrom(grid.geometry, index, by);
  /** @type {Record<string, (index: number) => number | null>} */
  const moves = {
    ArrowLeft: (index) => shown(index - 1, -1),
    ArrowRight: (index) => shown(index + 1, 1),
    ArrowUp: (index) => beside(grid.geometry, index, -1, inLane()),
    ArrowDown: (index) => beside(grid.geometry, index, 1, inLane()),
    PageUp: (index) => pageFrom(grid.geometry, index, -1, inLane(), grid.scroll.window),
    PageDown: (index) => pageFrom(grid.geometry, index, 1, inLane(), grid.scroll.window),
    Home: () => shown(0, 1),
    End: () => shown(rows.total - 1, -1),
  };
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const acts = {
    Enter: () => (isFolded() ? grid.fold(grid.currentGroup) : brush.isOn ? stampOn(grid.current) : open(grid.current)),
    " ": () => (isFolded() ? grid.ticks.toggle(grid.currentGroup) : toggle(grid.current)),
    Escape: () => selection.clear(),
    "+": () => zoom(1),
    "=": () => zoom(1),
    "-": () => zoom(-1),
    t: toggleCaptions,
    w: turnShape,
    "[": () => toGroup(-1),
    "]": () => toGroup(1),
    c: inGroup((group) => grid.fold(group)),
    C: inGroup((group) => grid.fold(group, true)),
    g: inGroup((group) => grid.ticks.toggle(group)),
    o: inGroup((group) => only(group)),
  };
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const held = { a: all };

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
    if (brush.isOn) brush.press(ids);
    else if (event.ctrlKey || event.metaKey || event.shiftKey) selection.put(ids, true);
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
    return {
      left: Math.min(x, from.x),
      right: Math.max(x, from.x),
      top: Math.min(y, from.y),
      bottom: Math.max(y, from.y),
    };
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
