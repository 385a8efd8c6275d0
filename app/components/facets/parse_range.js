// What someone typed as the end of a range, as the server takes it. Pure.

/** A number in its unit, or null. @param {string} text @param {number} scale */
export function parseNumber(text, scale) {
  const value = Number(text.replace(",", "."));
  return text.trim() === "" || Number.isNaN(value) ? null : value * scale;
}

/**
 * The first or last day of what someone wrote: a year, a month, a day; null for anything else.
 * @param {string} text @param {boolean} isEnd
 */
export function parseDay(text, isEnd) {
  const parts = /^\s*(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?\s*$/.exec(text);
  if (!parts) return null;
  const [year, month, date] = parts.slice(1).map((part) => (part === undefined ? null : Number(part)));
  const day = new Date(0);
  // Day 0 of a month is the last of the month before it.
  if (isEnd && date === null) day.setUTCFullYear(year, month ?? 12, 0);
  else day.setUTCFullYear(year, (month ?? 1) - 1, date ?? 1);
  // A day that the calendar lacks, 31 February, would be one of the next month.
  const isReal = day.getUTCMonth() === (month ?? (isEnd ? 12 : 1)) - 1 && (date ?? 1) > 0;
  return isReal ? day.toISOString().slice(0, 10) : null;
}

/** @param {string} iso  "1936-03-01" */
export function dayBefore(iso) {
  return new Date(Date.parse(iso) - 24 * 3600 * 1000).toISOString().slice(0, 10);
}
