// The rows of a tree of folders or tags whose items know their path (`a/b/c`). Pure.

/** @typedef {{path?: string, id?: any}} Item */

/** Where an item stands in the tree: folders are called by it, a tag may stand in several places. @param {Item} item */
export function pathOf(item) {
  return item.path ?? String(item.id ?? "");
}

/** The items that stand at the top. @template {Item} T @param {T[]} items @returns {T[]} */
export function roots(items) {
  return items.filter((item) => !pathOf(item).includes("/"));
}

/** The paths of all that an item stands in, the outermost first. @param {string} path */
export function ancestors(path) {
  const parts = path.split("/");
  return parts.slice(1).map((_, depth) => parts.slice(0, depth + 1).join("/"));
}

/**
 * The items whose parents are all open, in order, with their depth.
 * @param {Item[]} items @param {Set<string>} opened
 */
export function visibleRows(items, opened) {
  const parents = new Set(items.flatMap((item) => ancestors(pathOf(item)).slice(-1)));
  return items
    .filter((item) => ancestors(pathOf(item)).every((up) => opened.has(up)))
    .map((item) => ({ ...item, depth: pathOf(item).split("/").length - 1, isParent: parents.has(pathOf(item)) }));
}
