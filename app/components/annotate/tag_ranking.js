// The order in which tags are proposed while one is typed, or before. Pure.
import { withoutAccents } from "../shared/ui/text.js";

/** @typedef {import("../shared/store/annotations.js").Tag} Tag */

/**
 * Those used last first, the others as they stand.
 * @param {Tag[]} tags @param {string[]} recent  ids, the last used first
 */
export function mostRecent(tags, recent) {
  const position = (tag) => (recent.includes(tag.id) ? recent.indexOf(tag.id) : recent.length);
  return [...tags].sort((one, other) => position(one) - position(other));
}

/**
 * Those that begin so, then those of which a word does, then those that hold it.
 * @param {Tag[]} tags @param {string} words  without accents and capitals
 */
export function bestMatches(tags, words) {
  const rankOf = (tag) => {
    const name = withoutAccents(tag.name);
    if (name.startsWith(words)) return 0;
    return name.includes(` ${words}`) ? 1 : name.includes(words) ? 2 : 3;
  };
  const matches = tags.map((tag) => ({ tag, rank: rankOf(tag) })).filter(({ rank }) => rank < 3);
  return matches.sort((one, other) => one.rank - other.rank).map(({ tag }) => tag);
}
