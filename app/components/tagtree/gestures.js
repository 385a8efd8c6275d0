// What hands and keys do in the tree of tags: choose, open, drag onto another. Not here: what
// follows from it (tagtree.js).
import { write } from "../shared/ui/dom.js";

// So much of a row, above and below, stands for the place between rows.
const EDGE = 0.28;

export class Gestures {
  /** @param {import("./tagtree.js").TagTree} tree */
  constructor(tree) {
    this.tree = tree;
    /** Rows that are dragged. @type {import("./tag_graph.js").Row[]} */
    this.dragged = [];
    const { body } = tree;
    body.addEventListener("click", (event) => this.press(event));
    body.addEventListener("dblclick", (event) => this.twice(event));
    body.addEventListener("keydown", (event) => this.key(event));
    body.addEventListener("dragstart", (event) => this.drag(event));
    body.addEventListener("dragover", (event) => this.over(event));
    body.addEventListener("dragleave", () => this.mark(null));
    body.addEventListener("drop", (event) => this.drop(event));
    body.addEventListener("dragend", () => this.end());
    body.addEventListener("focus", () => this.arrive());
  }

  rowOf(event) {
    const node = /** @type {Element} */ (event.target).closest(".branch");
    return node ? this.tree.rows[Number(/** @type {HTMLElement} */ (node).dataset.at)] : null;
  }

  press(event) {
    const { target } = event;
    if (target.tagName === "INPUT") return;
    const row = this.rowOf(event);
    if (!row) return this.tree.clear();
    if (target.closest(".arrow") && row.isParent) return this.tree.toggle(row);
    this.tree.choose(row.key, { adds: event.ctrlKey || event.metaKey, extends: event.shiftKey });
  }

  twice(event) {
    if (event.target.closest(".arrow") || !this.rowOf(event)) return;
    this.tree.rename();
  }

  /** With keys alone one begins at the first row. */
  arrive() {
    const { tree } = this;
    if (tree.current === null && tree.rows.length) tree.current = tree.rows[0].key;
    tree.sheet.draw();
    tree.point();
  }

  // Keys

  key(event) {
    if (event.target !== this.tree.body) return;
    const act = event.altKey
      ? this.moved(event)
      : event.ctrlKey || event.metaKey
        ? this.held(event)
        : this.plain(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  moved({ key }) {
    return { ArrowUp: () => this.tree.move(-1), ArrowDown: () => this.tree.move(1) }[key];
  }

  held({ key }) {
    const { tree } = this;
    return {
      a: () => tree.chooseAll(),
      " ": () => tree.current !== null && tree.choose(tree.current, { adds: true }),
      ArrowDown: () => this.go(1, false, true),
      ArrowUp: () => this.go(-1, false, true),
    }[key];
  }

  plain({ key, shiftKey }) {
    const { tree } = this;
    const page = Math.max(1, Math.floor(tree.body.clientHeight / 28) - 1);
    return {
      ArrowDown: () => this.go(1, shiftKey),
      ArrowUp: () => this.go(-1, shiftKey),
      PageDown: () => this.go(page, shiftKey),
      PageUp: () => this.go(-page, shiftKey),
      Home: () => this.go(-tree.rows.length, shiftKey),
      End: () => this.go(tree.rows.length, shiftKey),
      ArrowRight: () => this.into(),
      ArrowLeft: () => this.out(),
      " ": () => tree.current !== null && tree.choose(tree.current),
      Escape: () => tree.clear(),
      F2: () => tree.rename(),
      Delete: () => tree.remove(),
      n: () => tree.write(null),
      N: () => tree.write(tree.ids()[0] ?? null),
    }[key];
  }

  /** @param {number} by rows @param {boolean} extend @param {boolean} [isQuiet] moves without choosing */
  go(by, extend, isQuiet = false) {
    const { tree } = this;
    const now = tree.current === null ? -1 : (tree.at.get(tree.current) ?? -1);
    const to = Math.min(tree.rows.length - 1, Math.max(0, now + by));
    const row = tree.rows[to];
    if (!row) return;
    if (isQuiet) {
      tree.current = row.key;
      tree.reveal(row.key);
    } else tree.choose(row.key, { extends: extend });
  }

  here() {
    const { tree } = this;
    return tree.current === null ? undefined : tree.rows[tree.at.get(tree.current)];
  }

  into() {
    const row = this.here();
    if (!row?.isParent) return;
    if (row.isOpen) this.go(1, false);
    else this.tree.toggle(row, true);
  }

  out() {
    const { tree } = this;
    const row = this.here();
    if (!row) return;
    if (row.isOpen) return tree.toggle(row, false);
    const above = row.key.slice(0, row.key.lastIndexOf("/"));
    if (above) tree.choose(above);
  }

  // Dragging

  drag(event) {
    const { tree } = this;
    const row = this.rowOf(event);
    if (!row) return;
    if (!tree.chosen.has(row.key)) tree.choose(row.key);
    this.dragged = tree.chosenRows();
    event.dataTransfer.effectAllowed = "copyMove";
    event.dataTransfer.setData("text/plain", this.dragged.map((one) => one.tag.name).join("\n"));
  }

  over(event) {
    if (!this.dragged.length) return;
    const { tree } = this;
    const row = this.rowOf(event);
    const side = this.sideOf(event, row);
    const ids = this.dragged.map((one) => one.tag.id);
    const parent = side ? row.parent : (row?.tag.id ?? null);
    const isAllowed = parent === null || tree.canPut(ids, parent);
    const also = event.ctrlKey || event.altKey;
    this.hint(row, side, isAllowed, also);
    if (!isAllowed) return this.mark(null);
    event.preventDefault();
    event.dataTransfer.dropEffect = also ? "copy" : "move";
    this.mark(row, side);
  }

  /** Whether the hand is between rows: before this one, or after it; else it is on it. */
  sideOf(event, row) {
    const { tree } = this;
    // Of what was found not all that stand there are seen.
    if (!row || tree.hits || this.dragged.some((one) => one.key === row.key)) return null;
    const box = tree.sheet.nodeOf(tree.at.get(row.key))?.getBoundingClientRect();
    if (!box) return null;
    const part = (event.clientY - box.top) / box.height;
    if (part < EDGE) return "before";
    // Below an open one stands the first of those in it.
    return part > 1 - EDGE && !row.isOpen ? "after" : null;
  }

  hint(row, side, isAllowed, also) {
    const { tree } = this;
    const { say } = tree.tools;
    const what = tree.named([...new Set(this.dragged.map((one) => one.tag.id))]);
    const parent = row?.tag.name;
    if (side && isAllowed) return write(tree.status, say(`drop_${side}`, { what, name: parent }));
    if (!row) return write(tree.status, say("drop_top", { what }));
    if (!isAllowed) return write(tree.status, say("drop_cycle", { parent, name: this.dragged[0].tag.name }));
    write(tree.status, say(also ? "drop_also" : "drop_into", { what, parent }));
  }

  /**
   * Show where it would be dropped.
   * @param {import("./tag_graph.js").Row | null} row
   * @param {"before" | "after" | null} [side]
   */
  mark(row, side = null) {
    const { tree } = this;
    const target = row && tree.sheet.nodeOf(tree.at.get(row.key));
    for (const node of tree.sheet.tall.children) {
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
    const also = event.ctrlKey || event.altKey;
    this.end();
    if (side) this.tree.order(dragged, row, side === "after", also);
    else this.tree.put(dragged, row?.tag.id ?? null, also);
  }

  end() {
    this.dragged = [];
    this.mark(null);
    write(this.tree.status, this.tree.count ?? "");
  }
}
