// The elements and texts of a batch and its changes: times, values, old and new. Not here: where they
// are placed.
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
 * @property {string | null} how  a sample was made
 * @property {boolean} isOn
 * @property {string | null} undoes
 * @property {string[]} notes  what was numbered, of one that switches another
 * @property {Change[]} [changes]
 */

/** A value; a tag has a dot of its colour. @param {Value} value */
export function valueNode({ text, colour }) {
  const dot = colour ? el("i", { class: "dot" }) : null;
  if (dot) dot.style.background = /** @type {string} */ (colour);
  return el("span", { class: "value", title: text }, dot, text);
}

/** One thing that a batch did. @param {Part} part @param {Record<string, string>} texts @param {string} language */
export function partNode({ property, sign, count, values, are_tags: areTags }, texts, language) {
  const countNode = () =>
    el(
      "span",
      { class: "value" },
      fill(areTags ? texts.several_tags : texts.several, { count: number(count, language) }),
    );
  const symbol = { add: "+", remove: "−" }[sign];
  const word = texts[`sign_${sign}`];
  const what = sign === "clear" ? [] : values.length ? values.map(valueNode) : [countNode()];
  return el(
    "span",
    { class: "part" },
    el("span", { class: "property" }, property),
    symbol ? el("b", {}, symbol) : null,
    ...what,
    word ? el("small", {}, word) : null,
  );
}

/** The old values and the new ones. @param {Change} change @param {Record<string, string>} texts */
export function changeNode(change, texts) {
  const { op, old, new: values } = change;
  if (op !== "set")
    return el("span", { class: "became" }, el("b", {}, op === "add" ? "+" : "−"), ...values.map(valueNode));
  const none = () => el("small", {}, texts.nothing);
  const before = old.length ? [el("span", { class: "old" }, ...old.map(valueNode)), icon("arrow_forward")] : [];
  return el("span", { class: "became" }, ...before, ...(values.length ? values.map(valueNode) : [none()]));
}

/** The day of a moment as this browser counts days: "2026-11-21". @param {Date} at */
export function dayOf(at) {
  const twoDigits = (figure) => String(figure).padStart(2, "0");
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())}`;
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

/** The id before which the batches of a day end: ids begin with their time. @param {string} day */
export function endOf(day) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + 1).getTime().toString(16).padStart(12, "0");
}
