// One tile: a picture, its circle to select it, its captions. Not here: where it lies.
import { el, fill, icon, set, write } from "../shared/ui/dom.js";
import { emptyPicture, makePicture, showPicture } from "../shared/ui/picture.js";
import { showCaptions } from "./captions.js";
import { chip } from "./sort_chip.js";

// A tile that follows its picture's shape misses it by a hundredth at most.
const NEARLY = 1.03;

/** @param {Record<string, string>} texts @returns {HTMLElement} */
export function makeTile(texts) {
  return el(
    "div",
    { role: "gridcell", class: "tile" },
    el(
      "div",
      { class: "frame" },
      makePicture(),
      el("span", { class: "badge" }),
      el("span", { class: "damage" }, icon("broken_image")),
      el("span", { class: "away" }, icon("folder_off")),
      el("span", { class: "marks" }),
    ),
    el(
      "button",
      { type: "button", class: "circle", tabindex: "-1", title: texts.select, "aria-label": texts.select },
      icon("check"),
    ),
    el("div", { class: "caption" }),
  );
}

/**
 * @typedef {object} How
 * @property {number} index
 * @property {number} column  its place in its row
 * @property {number} width
 * @property {number} height  without its captions
 * @property {boolean} isSelected
 * @property {boolean} isCurrent
 * @property {boolean} isStamped
 * @property {boolean} canLoad
 * @property {boolean} isTwin  whether it is pointed at in another gallery
 * @property {((row: import("./rows.js").Row) => string) | null} ranked  says where it stands in both
 * @property {string | null} chip  the field that is named on the tile
 * @property {(row: import("./rows.js").Row | null) => string} marks  says its stars and its flag
 * @property {string[]} captions   the fields that stand under it
 * @property {import("./sort_chip.js").Words} words
 */

/**
 * Show a row in a tile; `null` shows its skeleton.
 * @param {HTMLElement} tile @param {import("./rows.js").Row | null} row
 * @param {How} how
 */
export function showTile(tile, row, how) {
  set(tile, "id", `tile-${how.index}`);
  set(tile, "data-index", how.index);
  set(tile, "data-sha1", row?.sha1 ?? null);
  set(tile, "aria-colindex", how.column + 1);
  set(tile, "aria-selected", how.isSelected ? "true" : "false");
  set(tile, "aria-description", row ? described(row, how) : null);
  tile.classList.toggle("current", how.isCurrent);
  tile.classList.toggle("stamped", how.isStamped);
  tile.classList.toggle("gone", Boolean(row?.gone));
  tile.classList.toggle("unclear", Boolean(row?.unclear));
  tile.classList.toggle("twin", how.isTwin);
  tile.classList.toggle("skeleton", !row);
  const away = row?.away ? fill(how.words.texts.away, { path: row.away }) : "";
  const title = [row?.place, away].filter(Boolean).join("\n");
  if (tile.title !== title) tile.title = title;
  tile.classList.toggle("is-away", Boolean(away));
  const [frame, , caption] = /** @type {HTMLElement[]} */ ([...tile.children]);
  set(tile, "aria-label", showCaptions(caption, row, how.captions, how.words) || null);
  write(frame.children[1], badge(row, how));
  write(frame.children[4], how.marks(row));
  showShape(frame, row, how);
  showPicture(/** @type {HTMLImageElement} */ (frame.firstElementChild), pictured(row), {
    pixels: Math.min(how.width, how.height),
    canLoad: how.canLoad,
  });
}

/** Which picture a row has. @param {import("./rows.js").Row | null} row */
export function pictured(row) {
  return row && { sha1: row.sha1, isDamaged: row.status !== "ok" && !row.width };
}

/** Free what a tile holds, so that the browser stops fetching it. @param {HTMLElement} tile */
export function emptyTile(tile) {
  const image = tile.querySelector("img");
  if (image) emptyPicture(image);
}

/** What a screen reader says of an image besides its name. */
function described(row, how) {
  const { texts } = how.words;
  const away = row.away ? fill(texts.away, { path: row.away }) : "";
  const unclear = row.unclear ? texts.unclear : "";
  return [row.gone ? texts.gone : how.ranked?.(row), unclear, away].filter(Boolean).join(". ") || null;
}

function badge(row, how) {
  if (row && how.chip) return chip(row, how.chip, how.words);
  if (row?.similarity != null) return row.similarity.toFixed(2);
  return row && row.copies > 1 ? `×${row.copies}` : "";
}

function showShape(frame, row, how) {
  // The dominant colour stands in until the picture is here.
  frame.style.setProperty("--colour", row?.colour ?? "transparent");
  if (row?.width) frame.style.setProperty("--aspect", `${row.width} / ${row.height}`);
  const times = row?.width ? row.width / row.height / (how.width / how.height) : 1;
  frame.classList.toggle("wide", times >= 1);
  frame.classList.toggle("exact", times < NEARLY && times > 1 / NEARLY);
}
