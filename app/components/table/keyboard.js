// What presses on the rows and the headings of groups do: move, select, open, fold. Not here:
// drawing, the headings of columns.
import { isTyping } from "../shared/ui/dom.js";
import { beside, groupBeside, pageFrom, shownFrom, shownRanges } from "../gallery/geometry.js";
import { brush } from "../shared/store/brush.js";

/**
 * Listen to the rows.
 * @param {import("./body.js").Body} body
 * @param {object} acts
 * @param {(index: number) => void} acts.open   show an image
 * @param {(group: number) => void} acts.only   show only a group
 * @param {(index: number, column: string) => void} acts.edit   edit a cell
 * @param {(index: number, column: string) => void} acts.empty  take away what a cell says
 */
export function listen(body, { open, only, edit, empty }) {
  const { node, rows, selection } = body;
  let from = body.current;

  async function selectRange(first, last, isAdded) {
    const ranges = shownRanges(body.geometry, Math.min(first, last), Math.max(first, last));
    const ids = (await Promise.all(ranges.map(([start, end]) => rows.ids(start, end)))).flat();
    if (isAdded || selection.all) selection.put(ids, true);
    else selection.replace(ids);
  }

  async function toggle(index) {
    from = index;
    // A press counts whether the row is here or not.
    const [sha1] = await rows.ids(index, index);
    if (sha1) selection.toggle(sha1);
  }

  async function stampOn(index) {
    from = index;
    brush.press(await rows.ids(index, index));
  }

  function press(event) {
    const [target] = event.composedPath();
    const group = body.groupUnder(target);
    if (group >= 0) pressHeader(group, target, event);
    const index = body.indexOf(target);
    if (index < 0) return;
    const isAdded = event.ctrlKey || event.metaKey;
    body.moveTo(index);
    body.focusColumn(body.columnOf(target));
    if (event.shiftKey) selectRange(from, index, isAdded);
    else if (brush.isOn) stampOn(index);
    else if (target.closest(".cell.tick") || isAdded) toggle(index);
    else from = index;
  }

  function pressHeader(group, target, event) {
    // The button may go with its row: keys stay in the table.
    node.focus({ preventScroll: true });
    if (target.closest(".only")) only(group);
    else if (target.closest(".tick")) body.ticks.toggle(group);
    else body.fold(group, event.altKey);
  }

  function pressTwice(event) {
    const [target] = event.composedPath();
    const index = body.indexOf(target);
    const isPlain = !brush.isOn && !target.closest(".tick") && !event.shiftKey && !event.ctrlKey && !event.metaKey;
    const column = body.columnOf(target);
    if (index < 0 || !isPlain) return;
    if (column) edit(index, column);
    else open(index);
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    const isInHead = event.composedPath().some((part) => part instanceof Element && part.classList.contains("head"));
    if (isInHead || isTyping(event)) return;
    // Many keyboards have brackets on a third level, which some browsers report as Alt.
    if (event.altKey && !brackets.includes(event.key)) return;
    const isHeld = (event.ctrlKey || event.metaKey) && !event.altKey;
    const move = moves[event.key];
    const act = isHeld ? held[event.key.toLowerCase()] : acts[event.key];
    if (!move && !act) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) act();
    else goTo(move(body.current), event);
  }

  function goTo(index, event) {
    if (index === null) return;
    body.moveTo(index);
    if (event.shiftKey) selectRange(from, body.current, false);
    else from = body.current;
  }

  /** Where the group in hand is wanted. @param {(group: number) => void} act */
  const inGroup = (act) => () => {
    const group = body.currentGroup;
    if (group >= 0) act(group);
  };

  function toGroup(by) {
    const group = groupBeside(body.geometry, body.current, by);
    if (group < 0) return;
    body.moveToGroup(group);
    from = body.current;
  }

  /** Edit the cell in hand, or the first one of the row. */
  function editHeld() {
    const column = body.column ?? body.layout.editable[0]?.name;
    if (!column || isFolded()) return;
    body.focusColumn(column);
    body.showCell();
    edit(body.current, column);
  }

  function enter() {
    if (isFolded()) body.fold(body.currentGroup);
    else if (brush.isOn) stampOn(body.current);
    else if (body.column) edit(body.current, body.column);
    else open(body.current);
  }

  function leave() {
    if (body.column) body.focusColumn(null);
    else selection.clear();
  }

  /** To the cell beside the one in hand; where none is, look at the columns further on. */
  function aside(by) {
    const { editable } = body.layout;
    const at = editable.findIndex(({ name }) => name === body.column);
    if (at < 0) node.scrollBy({ left: by * 80 });
    else {
      body.focusColumn(editable[Math.min(editable.length - 1, at + by)]?.name ?? null);
      body.showCell();
    }
  }

  function emptyHeld() {
    if (body.column && !isFolded()) empty(body.current, body.column);
  }

  /** On the header of a folded group there is no image to open or select. */
  const isFolded = () => body.currentGroup >= 0 && Boolean(body.groups?.folded[body.currentGroup]);

  const brackets = ["[", "]"];
  /** @type {Record<string, (index: number) => number | null>} */
  const moves = {
    ArrowUp: (index) => beside(body.geometry, index, -1, 0),
    ArrowDown: (index) => beside(body.geometry, index, 1, 0),
    PageUp: (index) => pageFrom(body.geometry, index, -1, 0, body.scroll.window - body.covered),
    PageDown: (index) => pageFrom(body.geometry, index, 1, 0, body.scroll.window - body.covered),
    Home: () => shownFrom(body.geometry, 0, 1),
    End: () => shownFrom(body.geometry, rows.total - 1, -1),
  };
  /** @type {Record<string, () => void>} */
  const acts = {
    Enter: enter,
    F2: editHeld,
    Delete: emptyHeld,
    " ": () => (isFolded() ? body.ticks.toggle(body.currentGroup) : toggle(body.current)),
    Escape: leave,
    ArrowLeft: () => aside(-1),
    ArrowRight: () => aside(1),
    "[": () => toGroup(-1),
    "]": () => toGroup(1),
    c: inGroup((group) => body.fold(group)),
    C: inGroup((group) => body.fold(group, true)),
    x: inGroup((group) => body.ticks.toggle(group)),
    o: inGroup((group) => only(group)),
  };
  /** @type {Record<string, () => void>} */
  const held = { a: () => selection.selectAll() };

  node.addEventListener("click", press);
  node.addEventListener("dblclick", pressTwice);
  node.addEventListener("keydown", key);
}
