// What the layout of a view waits for before it can be drawn: groups, and the pictures' shapes.
// Not here: the layout itself (geometry.js), the rows (rows.js).
import { display } from "../shared/ui/display_settings.js";
import { Groups } from "./groups.js";
import { aspectsOf, groupsOf } from "./rows.js";

/** @typedef {import("./data.js").Data} Data */
/** @typedef {[Groups | null, Uint8Array | undefined]} Arrangement */

/** @type {Arrangement} */
export const EMPTY = [null, undefined];

/** Whether the view can be laid out without a request. @param {Data} data */
export function isImmediate(data) {
  return !data.grouped && display().shape !== "rows";
}

/** Fetch groups and shapes, where the view needs them. Rejects where that fails. @param {Data} data */
export async function fetchArrangement(data) {
  if (isImmediate(data)) return EMPTY;
  const [answer, aspects] = await Promise.all([
    data.grouped ? groupsOf(data.view, data.held, data.language) : null,
    display().shape === "rows" ? aspectsOf(data.view, data.held) : undefined,
  ]);
  const groups = answer?.depth.length ? new Groups(answer, `panoptic.folds.${data.project}.${data.view}`) : null;
  return /** @type {Arrangement} */ ([groups, aspects]);
}
