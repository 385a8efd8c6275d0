// What Python gives the gallery with each run of the page.

/**
 * @typedef {object} Data
 * @property {string} project  tells this project's memory from another's
 * @property {string} view     address of the view
 * @property {string} version  of the catalogue; a new one fetches the rows again, in place
 * @property {string | null} [held]  what is held still of the view
 * @property {number} total
 * @property {number} [images]  how many there are where some stand in several groups
 * @property {{sha1: string, name: string, index: number | null, isDamaged: boolean} | null} opened
 * @property {boolean} [grouped]    whether the view has groups
 * @property {boolean} [canFilter]  whether a group can be shown alone
 * @property {string | null} [chip] the field of a row that its tile names
 * @property {string | null} [encoder]  whose clusters are meant
 * @property {"image" | "file"} [mode]  what the tiles are
 * @property {import("../annotate/in_place_editor.js").EditorContext} [editing]
 * @property {import("./side_by_side.js").How | null} [beside]  which of two galleries it is
 * @property {string | null} current  sha1 of the image that Python's panel shows
 * @property {string} language
 * @property {Record<string, string>} texts
 */

/**
 * Whether two runs of the page show the same images in the same words.
 * @param {Data} data @param {Data | null} other
 */
export function isSame(data, other) {
  return /** @type {const} */ (["project", "view", "version", "held", "total", "grouped", "language"]).every(
    (name) => data[name] === other?.[name],
  );
}

/** What the large view shows of a row. @param {Record<string, any>} row @param {number} index */
export function shownFrom(row, index) {
  return { sha1: row.sha1, name: row.name, index, isDamaged: !row.width };
}

/**
 * The current image as sent to Python, to compare.
 * @param {string | null} sha1 @param {boolean} isOpen
 */
export function reported(sha1, isOpen) {
  return `${sha1} ${isOpen}`;
}
