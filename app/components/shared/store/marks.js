// Stars and flags: which properties they are kept in, and how a row of images shows them. Not here:
// the keys (frame/rating_keys.js), the field of stars (annotate/stars_field.js).
import { drawn } from "../ui/format_value.js";
import { annotations } from "./annotations.js";

export const MOST = 5;
export const REJECTED = "-1";
const PICK_SIGN = "⚑";
const REJECTED_SIGN = "✕";

/** @typedef {import("./annotations.js").Property} Property */

/** The property of stars, or of what is picked. @param {"stars" | "pick"} kind @returns {Property | undefined} */
export function markedProperty(kind) {
  const fitting = annotations.properties.filter(({ marks }) => marks === kind);
  return fitting.find(({ options }) => Object.keys(options).length) ?? fitting[0];
}

/** The fields that rows must hold for what is drawn on tiles. @returns {string[]} */
export function markFields() {
  const [stars, pick] = [markedProperty("stars"), markedProperty("pick")];
  return [...(stars ? [`p:number:${stars.id}`] : []), ...(pick ? [`p:checkbox:${pick.id}`] : [])];
}

/**
 * What a tile shows of its row: "⚑ ★★★"; "" for nothing.
 * @param {any} row @param {string[]} fields  of `markFields`
 */
export function marksOf(row, fields) {
  if (!row?.values || !fields.length) return "";
  const parts = fields.map((field) => {
    const text = row.values[field.split(":")[2]] ?? "";
    if (field.startsWith("p:checkbox:")) return text === "true" ? PICK_SIGN : "";
    return text === REJECTED ? REJECTED_SIGN : isStars(text) ? "★".repeat(Number(text)) : "";
  });
  return parts.reverse().filter(Boolean).join(" ");
}

/** Whether a number is one of stars. @param {string} text */
export function isStars(text) {
  return /^[0-5]$/.test(text);
}

/** A number as stars, where it is one: ★★★☆☆. @param {string} text */
export function starsText(text) {
  if (text === REJECTED) return REJECTED_SIGN;
  return isStars(text) ? "★".repeat(Number(text)) + "☆".repeat(MOST - Number(text)) : text;
}

annotations.addEventListener("define", () => {
  drawn.clear();
  for (const { id, marks } of annotations.properties) if (marks === "stars") drawn.set(`p:number:${id}`, starsText);
});
