// What the mouse and the keyboard do in the tree of tags: select, open, drag onto another tag. Not
// here: the selection (tagtree.js), changing tags (tag_changes.js).
import { write } from "../shared/ui/dom.js";

// The part of a row's height, at its top and its bottom, where a drop goes between rows.
const EDGE = 0.28;

export class Gestures {
  /** @param {import("./tagtree.js").TagTree} tree */
  constructor(tree) {
    this.tree = tree;
    /** The rows that are dragged. @type {import("./tag_graph.js").Row[]} */
    this.dragged = [];
    const { body } = tree;
    body.addEventListener("click", (event) => this.click(event));
    body.addEventListener("dblclick", (event) => this.doubleClick(event));
    body.addEventListener("keydown", (event) => this.keydown(event));
    body.addEventListener("dragstart", (event) => this.dragStart(event));
    body.addEventListener("dragover", (event) => this.dragOver(event));
    body.addEventListener("dragleave", () => this.markTarget(null));
    body.addEventListener("drop", (event) => this.drop(event));
    body.addEventListener("dragend", () => this.dragEnd());
    body.addEventListener("focus", () => this.focus());
  }

  rowOf(event) {
    const node = /** @type {Element} */ (event.target).closest(".branch");
    return node ? this.tree.rows[Number(/** @type {HTMLElement} */ (node).dataset.at)] : null;
  }

  click(event) {
    const { target } = event;
    if (target.tagName === "INPUT") return;
    const row = this.rowOf(event);
    if (!row) return this.tree.clearSelection();
    if (target.closest(".arrow") && row.isParent) return this.tree.toggle(row);
    this.tree.select(row.key, { isAdded: event.ctrlKey || event.metaKey, isRange: event.shiftKey });
  }

  doubleClick(event) {
    if (event.target.closest(".arrow") || !this.rowOf(event)) return;
    this.tree.rename();
  }

  /** The keyboard starts at the first row. */
  focus() {
    const { tree } = this;
    if (tree.currentKey === null && tree.rows.length) tree.currentKey = tree.rows[0].key;
    tree.virtualList.draw();
    tree.writeActiveDescendant();
  }

  // Keys

  keydown(event) {
    if (event.target !== this.tree.body) return;
    const action = event.altKey
      ? this.withAlt(event)
      : event.ctrlKey || event.metaKey
        ? this.withControl(event)
        : this.withoutModifier(event);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  withAlt({ key }) {
    return { ArrowUp: () => this.tree.changes.moveBy(-1), ArrowDown: () => this.tree.changes.moveBy(1) }[key];
  }

  withControl({ key }) {
    const { tree } = this;
    return {
      a: () => tree.selectAll(),
      " ": () => tree.currentKey !== null && tree.select(tree.currentKey, { isAdded: true }),
      ArrowDown: () => this.step(1, false, true),
      ArrowUp: () => this.step(-1, false, true),
    }[key];
  }

  withoutModifier({ key, shiftKey }) {
    const { tree } = this;
    const page = Math.max(1, Math.floor(tree.body.clientHeight / 28) - 1);
    return {
      ArrowDown: () => this.step(1, shiftKey),
      ArrowUp: () => this.step(-1, shiftKey),
      PageDown: () => this.step(page, shiftKey),
      PageUp: () => this.step(-page, shiftKey),
      Home: () => this.step(-tree.rows.length, shiftKey),
      End: () => this.step(tree.rows.length, shiftKey),
      ArrowRight: () => this.openOrEnter(),
      ArrowLeft: () => this.closeOrLeave(),
      " ": () => tree.currentKey !== null && tree.select(tree.currentKey),
      Escape: () => tree.clearSelection(),
      F2: () => tree.rename(),
      Delete: () => tree.changes.remove(),
      n: () => tree.newTag.open(null),
      N: () => tree.newTag.open(tree.selectedIds()[0] ?? null),
    }[key];
  }

  /** @param {number} by rows @param {boolean} isRange @param {boolean} [isOnlyFocus] moves without selecting */
  step(by, isRange, isOnlyFocus = false) {
    const { tree } = this;
    const now = tree.currentKey === null ? -1 : (tree.indexOfKey.get(tree.currentKey) ?? -1);
    const to = Math.min(tree.rows.length - 1, Math.max(0, now + by));
    const row = tree.rows[to];
    if (!row) return;
    if (isOnlyFocus) {
      tree.currentKey = row.key;
      tree.reveal(row.key);
    } else tree.select(row.key, { isRange });
  }

  openOrEnter() {
    const row = this.tree.currentRow();
    if (!row?.isParent) return;
    if (row.isOpen) this.step(1, false);
    else this.tree.toggle(row, true);
  }

  closeOrLeave() {
    const { tree } = this;
    const row = tree.currentRow();
    if (!row) return;
    if (row.isOpen) return tree.toggle(row, false);
    const above = row.key.slice(0, row.key.lastIndexOf("/"));
    if (above) tree.select(above);
  }

  // Dragging

  dragStart(event) {
    const { tree } = this;
    const row = this.rowOf(event);
    if (!row) return;
    if (!tree.selectedKeys.has(row.key)) tree.select(row.key);
    this.dragged = tree.selectedRows();
    event.dataTransfer.effectAllowed = "copyMove";
    event.dataTransfer.setData("text/plain", this.dragged.map((row) => row.tag.name).join("\n"));
  }

  dragOver(event) {
    if (!this.dragged.length) return;
    const { tree } = this;
    const row = this.rowOf(event);
    const side = this.sideOf(event, row);
    const ids = this.dragged.map((row) => row.tag.id);
    const parent = side ? row.parent : (row?.tag.id ?? null);
    const isAllowed = parent === null || tree.changes.canPutUnder(ids, parent);
    const isCopy = event.ctrlKey || event.altKey;
    this.writeHint(row, side, isAllowed, isCopy);
    if (!isAllowed) return this.markTarget(null);
    event.preventDefault();
    event.dataTransfer.dropEffect = isCopy ? "copy" : "move";
    this.markTarget(row, side);
  }

  /** Whether the pointer is between rows, before or after this one; null where it is on the row. */
  sideOf(event, row) {
    const { tree } = this;
    // A search hides siblings: there is no place between rows.
    if (!row || tree.hits || this.dragged.some(({ key }) => key === row.key)) return null;
    const box = tree.virtualList.nodeOf(tree.indexOfKey.get(row.key))?.getBoundingClientRect();
    if (!box) return null;
    const part = (event.clientY - box.top) / box.height;
    if (part < EDGE) return "before";
    // Below an open row its first child is next, not its sibling.
    return part > 1 - EDGE && !row.isOpen ? "after" : null;
  }

  writeHint(row, side, isAllowed, isCopy) {
    const { tree } = this;
    const { t } = tree.tools;
    const what = tree.changes.describe([...new Set(this.dragged.map((row) => row.tag.id))]);
    const parent = row?.tag.name;
    if (side && isAllowed) return write(tree.status, t(`drop_${side}`, { what, name: parent }));
    if (!row) return write(tree.status, t("drop_top", { what }));
    if (!isAllowed) return write(tree.status, t("drop_cycle", { parent, name: this.dragged[0].tag.name }));
    write(tree.status, t(isCopy ? "drop_also" : "drop_into", { what, parent }));
  }

  /**
   * Mark where the rows would be dropped.
   * @param {import("./tag_graph.js").Row | null} row
   * @param {"before" | "after" | null} [side]
   */
  markTarget(row, side = null) {
    const { tree } = this;
    const target = row && tree.virtualList.nodeOf(tree.indexOfKey.get(row.key));
    for (const node of tree.virtualList.tall.children) {
      for (const name of ["into", "before", "after"])
        node.classList.toggle(name, node === target && name === (side ?? "into"));
    }
  }

  drop(event) {
    if (!this.dragged.length) return;
    event.preventDefault();
    const row = this.rowOf(event);
    const side = this.sideOf(event, row);
    const { dragged } = this;
    const isCopy = event.ctrlKey || event.altKey;
    this.dragEnd();
    if (side) this.tree.changes.putBeside(dragged, row, side === "after", isCopy);
    else this.tree.changes.putUnder(dragged, row?.tag.id ?? null, isCopy);
  }

  dragEnd() {
    this.dragged = [];
    this.markTarget(null);
    write(this.tree.status, this.tree.countText ?? "");
  }
}
