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
  const last = new Date(0);
  // Day 0 of a month is the last of the month before it.
  if (isEnd && date === null) last.setUTCFullYear(year, month ?? 12, 0);
  else last.setUTCFullYear(year, (month ?? 1) - 1, date ?? 1);
  return last.toISOString().slice(0, 10);
}

/** @param {string} iso  "1936-03-01" */
export function dayBefore(iso) {
  return new Date(Date.parse(iso) - 24 * 3600 * 1000).toISOString().slice(0, 10);
}
