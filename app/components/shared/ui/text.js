// Forms in which texts are compared and kept. Pure.

/** Accents and capitals do not count in a search. @param {string} text */
export function withoutAccents(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
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
