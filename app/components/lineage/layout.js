// Where the steps of a lineage stand: rows from the first to the value, top to bottom. Pure.

/**
 * @typedef {{id: string}} Node
 * @typedef {[string, string]} Edge  from what was used to what was made of it
 */

/**
 * Return the steps in rows. What was used stands above what was made of it, as near as it can.
 * @template {Node} N
 * @param {N[]} steps @param {Edge[]} edges @returns {N[][]}
 */
export function rowsOf(steps, edges) {
  const depths = depthsOf(steps, edges);
  /** @type {N[][]} */
  const rows = [];
  for (const step of steps) (rows[depths.get(step.id) ?? 0] ??= []).push(step);
  return rows.filter(Boolean);
}

/**
 * Return the row of each step: the value's own is the last.
 * @param {Node[]} steps @param {Edge[]} edges @returns {Map<string, number>}
 */
function depthsOf(steps, edges) {
  /** How many rows each stands above the value. @type {Map<string, number>} */
  const above = new Map();
  const height = (id) => {
    const known = above.get(id);
    if (known !== undefined) return known;
    above.set(id, 0);
    const made = edges.filter(([from]) => from === id).map(([, to]) => height(to) + 1);
    const most = Math.max(0, ...made);
    above.set(id, most);
    return most;
  };
  const heights = steps.map(({ id }) => height(id));
  const last = Math.max(0, ...heights);
  return new Map(steps.map(({ id }, index) => [id, last - heights[index]]));
}

/**
 * Return the step that an arrow key leads to from another; itself where there is none.
 * @template {Node} N
 * @param {N[][]} rows @param {string} id @param {string} key
 */
export function stepBy(rows, id, key) {
  const row = rows.findIndex((some) => some.some((step) => step.id === id));
  if (row < 0) return id;
  const column = rows[row].findIndex((step) => step.id === id);
  if (key === "ArrowLeft") return rows[row][Math.max(0, column - 1)].id;
  if (key === "ArrowRight") return rows[row][Math.min(rows[row].length - 1, column + 1)].id;
  const next = rows[key === "ArrowUp" ? row - 1 : row + 1];
  return next ? next[Math.min(column, next.length - 1)].id : id;
}
