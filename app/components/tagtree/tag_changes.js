// What changes tags: their names and parts, where they stand, their order, merging, deletion.
// Not here: what calls it (gestures.js, tag_panel.js), carrying it out (the server).
import { movedBefore, pathTo, siblings, withBelow } from "./tag_graph.js";

/** @typedef {import("./tag_graph.js").Row} Row */

export class TagChanges {
  /** @param {import("./tagtree.js").TagTree} tree */
  constructor(tree) {
    this.tree = tree;
    /** The last move up or down; the next one begins when it has ended. @type {Promise<void>} */
    this.lastMove = Promise.resolve();
  }

  /** Change parts of tags; the page shows it at once. @param {string[]} ids @param {Record<string, any>} parts */
  alter(ids, parts) {
    const { tree } = this;
    for (const id of ids) Object.assign(tree.tags.get(id) ?? {}, parts);
    tree.virtualList.draw();
    tree.panel.draw(tree.selectedIds(), true);
    return tree.tools.change({ do: "tag_alter", ids, parts });
  }

  /** The name of a tag in quotes, or how many tags they are. @param {string[]} ids */
  describe(ids) {
    const { tags, tools } = this.tree;
    return ids.length === 1
      ? tools.t("quoted", { name: tags.get(ids[0])?.name ?? "" })
      : tools.t("tags", { count: ids.length });
  }

  /** Whether tags can stand under another one: not under themselves. @param {string[]} ids @param {string} parent */
  canPutUnder(ids, parent) {
    return !withBelow(this.tree.tags, ids).has(parent);
  }

  /**
   * Put tags under another one, or at the top. @param {Row[]} rows @param {string | null} parent
   * @param {boolean} keep whether they also stay where they are
   */
  async putUnder(rows, parent, keep = false) {
    const { tags, tools, openKeys } = this.tree;
    const { t } = tools;
    const moves = rows.map((row) => ({ id: row.tag.id, from: row.parent }));
    const what = this.describe([...new Set(moves.map((move) => move.id))]);
    const message = parent === null ? t("put_top", { what }) : t("put_done", { what, parent: tags.get(parent).name });
    if (parent !== null) pathTo(tags, parent).forEach((key) => openKeys.add(key));
    await tools.change({ do: "tag_put", moves, parent, keep }, message);
  }

  /** The tags that a row stands among. @param {Row} row */
  siblingsOf(row) {
    const { tags, mode } = this.tree;
    return mode === "list" ? [...tags.keys()] : siblings(tags, row.parent);
  }

  /**
   * Put tags before or after a row, among its siblings; from then on the tree shows the order that
   * people gave. @param {Row[]} rows @param {Row} target @param {boolean} isAfter
   */
  async putBeside(rows, target, isAfter, keep = false) {
    const { tree } = this;
    const { t, change } = tree.tools;
    const ids = [...new Set(rows.map((row) => row.tag.id))];
    const others = this.siblingsOf(target).filter((id) => !ids.includes(id));
    const index = others.indexOf(target.tag.id) + Number(isAfter);
    const order = movedBefore(this.siblingsOf(target), ids, others[index] ?? null);
    const isReparented = tree.mode === "tree" && rows.some((row) => row.parent !== target.parent);
    const moves = rows.map((row) => ({ id: row.tag.id, from: row.parent }));
    tree.sortByHand();
    await change(
      { do: "tag_put", moves, order, ...(isReparented ? { parent: target.parent, keep } : {}) },
      t("placed", { what: this.describe(ids) }),
    );
    await tree.show(tree.property);
  }

  /** Move the selected rows up or down by one among their siblings. @param {1 | -1} step */
  moveBy(step) {
    this.lastMove = this.lastMove.then(() => this.moveNow(step));
  }

  /** @param {1 | -1} step */
  async moveNow(step) {
    const { tree } = this;
    const current = tree.currentRow();
    if (!current || tree.hits) return;
    const selected = tree.selectedRows().filter((row) => row.parent === current.parent);
    const rows = selected.includes(current) ? selected.sort((a, b) => a.position - b.position) : [current];
    const ids = rows.map((row) => row.tag.id);
    const together = this.siblingsOf(current);
    const [first, last] = [together.indexOf(ids[0]), together.indexOf(/** @type {string} */ (ids.at(-1)))];
    const next = together[step < 0 ? first - 1 : last + 1];
    const target = tree.rows.find((row) => row.tag.id === next && row.parent === current.parent);
    if (target) await this.putBeside(rows, target, step > 0);
    if (tree.currentKey !== null) tree.reveal(tree.currentKey);
  }

  /** Take a tag from under one of its parents. @param {string} id @param {string} parent */
  async unlink(id, parent) {
    const { tags, tools } = this.tree;
    const names = { name: tags.get(id).name, parent: tags.get(parent).name };
    await tools.change({ do: "tag_unlink", id, parent }, tools.t("unlinked", names));
  }

  /** Merge the selected tags into the one that was selected first. */
  async merge() {
    const { tags, tools } = this.tree;
    const [keep, ...others] = this.tree.selectedIds();
    const { name } = tags.get(keep);
    await tools.change({ do: "tag_merge", keep, others }, tools.t("merged", { name }));
  }

  /** Delete the selected tags. */
  async remove() {
    const { tags, tools } = this.tree;
    const ids = this.tree.selectedIds();
    if (!ids.length) return;
    const name = ids.length === 1 ? tags.get(ids[0]).name : this.describe(ids);
    await tools.change({ do: "tag_delete", ids }, tools.t("deleted_plain", { name }));
  }
}
