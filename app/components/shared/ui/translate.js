// Texts of the page in its language. Not here: the texts (Python).
import { fill, number } from "./dom.js";

/** @typedef {(name: string, values?: Record<string, any>) => string} Translate */

/**
 * Return what fills a text; one with a `count` is chosen by it (`name_one`, `name_other`).
 * @param {Record<string, string>} texts @param {string} language @returns {Translate}
 */
export function translator(texts, language) {
  const plural = new Intl.PluralRules(language);
  return (name, values = {}) => {
    const { count } = values;
    const form = plural.select(Math.abs(count ?? 0)) === "one" ? "one" : "other";
    const text = texts[name] ?? texts[`${name}_${form}`] ?? name;
    return fill(text, count === undefined ? values : { ...values, count: number(count, language) });
  };
}
