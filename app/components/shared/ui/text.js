// Forms in which texts are compared and kept. Pure.

/** Accents and capitals do not count in a search. @param {string} text */
export function withoutAccents(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Capitals do not tell two names apart. @param {string} text */
export function ignoringCase(text) {
  return text.normalize("NFC").toLowerCase();
}

/** A name as it is kept: no spaces around it, single ones within. @param {string} text */
export function tidied(text) {
  return text.trim().replace(/\s+/g, " ");
}
