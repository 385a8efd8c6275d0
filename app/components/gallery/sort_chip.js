// The value by which images are sorted, on each of their tiles. Not here: the tile.
import { fill } from "../shared/ui/dom.js";
import { isProperty, formatValue, valueOf } from "../shared/ui/format_value.js";

/**
 * @typedef {object} Words
 * @property {string} language
 * @property {Record<string, string>} texts
 */

/**
 * What a tile says of a field of its row; "" where there is nothing to say.
 * @param {import("./rows.js").Row} row @param {string} field @param {Words} words
 */
export function chip(row, field, words) {
  if (isProperty(field)) return formatValue(field, valueOf(row, field), words);
  const value = field === "pixels" ? row.width * row.height : row[field];
  if (!value) return "";
  return (WRITERS[field] ?? String)(value, words);
}

const WRITERS = {
  taken_at: day,
  added: day,
  size: bytes,
  pixels: (value, { language, texts }) =>
    fill(texts.chip_megapixels, { value: figures(language).format(rounded(value / 1e6)) }),
  width: side,
  height: side,
  copies: (value) => `×${value}`,
  similarity: (value) => value.toFixed(2),
  colour: () => "",
};

function side(value, { language, texts }) {
  return fill(texts.chip_side, { value: figures(language).format(value) });
}

function bytes(value, { language }) {
  if (value < 1e3) return figures(language, "byte").format(value);
  const [scaled, name] = value < 1e6 ? [value / 1e3, "kilobyte"] : [value / 1e6, "megabyte"];
  return figures(language, name).format(rounded(scaled));
}

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** Numbers of a language, each kind made once: that takes longer than writing them. */
function figures(language, name = "") {
  const key = `${language} ${name}`;
  const known = formats.get(key);
  // The short form of bytes knows no plural.
  const unitDisplay = name === "byte" ? "long" : "short";
  const format = known ?? new Intl.NumberFormat(language, name ? { style: "unit", unit: name, unitDisplay } : {});
  if (!known) formats.set(key, format);
  return format;
}

/** Three digits say enough on a tile. */
function rounded(value) {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const days = new Map();

function day(value, { language }) {
  // Cameras write no zone: the day is that of the clock.
  const at = new Date(`${String(value).slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return String(value).slice(0, 10);
  const known = days.get(language);
  // Day before month, as the names of groups have it.
  const locale = language === "en" ? "en-GB" : language;
  const format =
    known ?? new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  if (!known) days.set(language, format);
  return format.format(at);
}
