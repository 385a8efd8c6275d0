// How a batch and its changes are written: times, values, what became of what. Not here: where
// they stand.
import { el, fill, icon, number } from "../shared/ui/dom.js";

/**
 * @typedef {{text: string, colour: string | null}} Value
 * @typedef {{property: string, sign: string, count: number, values: Value[], are_tags: boolean}} Part
 * @typedef {object} Change
 * @property {string} kind
 * @property {string | null} sha1
 * @property {string | null} name
 * @property {string} property
 * @property {string} op
 * @property {Value[]} old
 * @property {Value[]} new
 * @typedef {object} Batch
 * @property {string} batch
 * @property {string} at
 * @property {string} author
 * @property {string} act
 * @property {string} name
 * @property {string | null} about
 * @property {string} said
 * @property {Part[]} parts
 * @property {number} more
 * @property {number} images
 * @property {boolean} isOn
 * @property {string | null} undoes
 * @property {Change[]} [changes]
 */

/** A value; a tag has a dot of its colour. @param {Value} one */
export function value({ text, colour }) {
  const dot = colour ? el("i", { class: "dot" }) : null;
  if (dot) dot.style.background = /** @type {string} */ (colour);
  return el("span", { class: "value", title: text }, dot, text);
}

/** One thing that a batch did. @param {Part} one @param {Record<string, string>} texts @param {string} language */
export function part({ property, sign, count, values, are_tags: areTags }, texts, language) {
  const many = () =>
    el(
      "span",
      { class: "value" },
      fill(areTags ? texts.several_tags : texts.several, { count: number(count, language) }),
    );
  const mark = { add: "+", remove: "−" }[sign];
  const word = texts[`sign_${sign}`];
  const what = sign === "clear" ? [] : values.length ? values.map(value) : [many()];
  return el(
    "span",
    { class: "part" },
    el("span", { class: "property" }, property),
    mark ? el("b", {}, mark) : null,
    ...what,
    word ? el("small", {}, word) : null,
  );
}

/** What became of what. @param {Change} change @param {Record<string, string>} texts */
export function became(change, texts) {
  const { op, old, new: now } = change;
  if (op !== "set") return el("span", { class: "became" }, el("b", {}, op === "add" ? "+" : "−"), ...now.map(value));
  const none = () => el("small", {}, texts.nothing);
  const before = old.length ? [el("span", { class: "old" }, ...old.map(value)), icon("arrow_forward")] : [];
  return el("span", { class: "became" }, ...before, ...(now.length ? now.map(value) : [none()]));
}

/** The day of a moment as this browser counts days: "2026-11-21". @param {Date} at */
export function dayOf(at) {
  const two = (one) => String(one).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** @param {Date} at @param {string} language @param {Record<string, string>} texts */
export function dayName(at, language, texts) {
  const now = new Date();
  if (dayOf(at) === dayOf(now)) return texts.today;
  if (dayOf(at) === dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1))) return texts.yesterday;
  return at.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** @param {Date} at @param {string} language */
export function timeOf(at, language) {
  return at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** Where the batches of a day end: ids begin with their time. @param {string} day */
export function endOf(day) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + 1).getTime().toString(16).padStart(12, "0");
}
