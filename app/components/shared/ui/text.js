// Forms in which texts are compared and kept: the same as panoptic_data/text.py. Pure.

const MARKS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u064b-\u0652\u0670'’]/g;
const LETTERS = /** @type {Record<string, string>} */ ({
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ħ: "h",
  ı: "i",
  ŋ: "n",
  ς: "σ",
});

/** Accents and capitals do not count in a search. @param {string} text */
export function withoutAccents(text) {
  const plain = text.toLowerCase().normalize("NFKD").replace(MARKS, "");
  return plain.replace(/[^\0-\x7f]/g, (letter) => LETTERS[letter] ?? letter);
}

/** Capitals do not tell two names apart. @param {string} text */
export function ignoringCase(text) {
  return text.normalize("NFC").toLowerCase();
}

/**
 * What Enter takes of a list that was filtered by a text: what is named so, else the first.
 * @template {{name: string}} Named @param {Named[]} listed @param {string} text @returns {Named | undefined}
 */
export function typedOrFirst(listed, text) {
  const typed = ignoringCase(tidied(text));
  const typedPlain = withoutAccents(tidied(text));
  return (
    listed.find(({ name }) => ignoringCase(name) === typed) ??
    listed.find(({ name }) => withoutAccents(name) === typedPlain) ??
    listed[0]
  );
}

/** A name as it is kept: no spaces around it, single ones within. @param {string} text */
export function tidied(text) {
  return text.trim().replace(/\s+/g, " ");
}
