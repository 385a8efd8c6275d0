// Where each row of the table lies, and each heading: one column of the gallery's tiles, without
// the room around them. Pure numbers. Not here: elements.
import { EDGE, GAP, layout } from "../gallery/geometry.js";

export const ROW = 36;
const SIDE = ROW - GAP;

/**
 * @param {number} total @param {import("../gallery/groups.js").Groups | null} groups
 * @returns {import("../gallery/geometry.js").Geometry}
 */
export function lines(total, groups) {
  const g = layout({ width: SIDE + 2 * EDGE, size: SIDE, captions: [], total, shape: "fit", aspects: null, groups });
  const [begin] = g.top;
  if (begin) for (let row = 0; row <= g.rows; row++) g.top[row] -= begin;
  return { ...g, height: g.top[g.rows] };
}
