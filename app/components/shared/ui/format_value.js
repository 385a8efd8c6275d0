// Values of properties in a person's language. Not here: where they stand, changing them.

/** Fields whose numbers are drawn as stars, by what knows them. @type {Map<string, (text: string) => string>} */
export const drawn = new Map();

/** @typedef {{language: string, texts: Record<string, string>}} Words */

/** Whether a field of a row is that of a property. @param {string | null | undefined} field */
export function isProperty(field) {
  return Boolean(field?.startsWith("p:"));
}

/** What a row says of a property's field; "" where it says nothing, or was not asked. */
export function valueOf(row, field) {
  return row?.values?.[field.split(":")[2]] ?? "";
}

/** @param {string} field @param {string} text  as the server tells it @param {Words} words */
export function formatValue(field, text, words) {
  return text && (drawn.get(field) ?? WRITERS[field.split(":")[1]] ?? String)(text, words);
}

const WRITERS = {
  number: (text, { language }) => (Math.abs(Number(text)) < 1e15 ? figures(language).format(Number(text)) : text),
  checkbox: (text, { texts }) => texts[`said_${text}`] ?? text,
};

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/** Four digits are a year as often as not: nothing parts them. */
function figures(language) {
  // "min2" is younger than the types.
  const options = /** @type {any} */ ({ maximumFractionDigits: 20, useGrouping: "min2" });
  const known = formats.get(language) ?? new Intl.NumberFormat(language, options);
  formats.set(language, known);
  return known;
}
