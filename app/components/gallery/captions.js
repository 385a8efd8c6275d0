// The lines under a picture: the properties that were chosen. Not here: choosing them
// (searchline/caption_menu.js), how high they are (geometry.js).
import { el, fill, set, write } from "../shared/ui/dom.js";
import { isProperty, formatValue, valueOf } from "../shared/ui/format_value.js";
import { chip } from "./sort_chip.js";

/** What rows hold only on request, by the captions that need it. */
const REQUEST_FIELDS = { colour: "hue", cluster: "cluster" };
/** The lines that the title of the whole tile says as well. */
const IN_PLACE = ["name", "folder"];

/**
 * The captions that there are here: others were chosen in another project, or are deleted.
 * @param {string[]} fields @param {Record<string, string>} texts
 */
export function known(fields, texts) {
  return fields.filter((field) => !isProperty(field) || `caption_${field}` in texts);
}

/**
 * What rows are to say besides, as the server is asked for it.
 * @param {string[]} fields @param {string | null} encoder
 * @returns {Record<string, string>}
 */
export function alsoFor(fields, encoder) {
  const requested = fields.map((field) => (isProperty(field) ? field : REQUEST_FIELDS[field]));
  const also = [...new Set(requested)].filter((name) => name && (name !== "cluster" || encoder));
  if (!also.length) return {};
  return { also: also.join(","), ...(also.includes("cluster") ? { encoder } : {}) };
}

/**
 * Write the captions of a row; return what is said of it in one line.
 * @param {HTMLElement & {caption?: any}} node
 * @param {import("./rows.js").Row | null} row @param {string[]} fields
 * @param {import("./sort_chip.js").Words} words
 * @returns {string}
 */
export function showCaptions(node, row, fields, words) {
  const { language } = words;
  const cached = node.caption;
  // Each frame of a scroll comes by here: numbers and dates are written once a row.
  if (cached?.row === row && cached.fields === fields && cached.language === language) return cached.text;
  while (node.children.length > fields.length) node.lastChild?.remove();
  while (node.children.length < fields.length)
    node.append(el("div", {}, el("i", { class: "swatch", hidden: true }), el("bdi")));
  const texts = fields.map((field) => (row ? caption(row, field, words) : ""));
  fields.forEach((field, at) => showLine(/** @type {HTMLElement} */ (node.children[at]), field, texts[at], row, words));
  const others = texts.filter((text, at) => text && fields[at] !== "name");
  const text = row ? [row.name, ...others].join(", ") : "";
  node.caption = { row, fields, language, text };
  return text;
}

function showLine(line, field, text, row, words) {
  const [swatch, written] = line.children;
  set(line, "class", isProperty(field) ? "line property" : `line ${field}`);
  set(line, "data-field", isProperty(field) ? field : null);
  write(written, text);
  // What can be written where nothing stands yet says what it would be.
  const isApart = (text || isProperty(field)) && !IN_PLACE.includes(field);
  set(line, "title", isApart ? `${words.texts[`caption_${field}`]}: ${text || "–"}` : null);
  const colour =
    field === "colour" ? (row?.colour ?? null) : field.startsWith("p:colour:") ? valueOf(row, field) : null;
  swatch.hidden = !colour;
  swatch.style.background = colour ?? "";
}

/** @param {import("./rows.js").Row} row @param {string} field @param {import("./sort_chip.js").Words} words */
function caption(row, field, words) {
  if (isProperty(field)) return formatValue(field, valueOf(row, field), words);
  return (WRITERS[field] ?? chip)(row, field, words);
}

const WRITERS = {
  name: (row) => row.name,
  folder: (row) => row.place.slice(0, Math.max(0, row.place.length - row.name.length - 1)),
  dimensions: (row) => (row.width ? `${row.width} × ${row.height}` : ""),
  copies: (row) => (row.copies > 1 ? `×${row.copies}` : ""),
  colour: (row, _, { texts }) => (row.hue ? texts[`hue_${row.hue}`] : ""),
  cluster: (row, _, { texts }) => (row.cluster == null ? "" : fill(texts.cluster, { number: row.cluster })),
};
