// The order of suggested tags: the last used, or the best matches of what is typed. Pure.
import { withoutAccents } from "../shared/ui/text.js";

/** @typedef {import("../shared/store/annotations.js").Tag} Tag */

/**
 * The tags used last first, the others in their order.
 * @param {Tag[]} tags @param {string[]} recent  ids, the last used first
 */
export function mostRecent(tags, recent) {
  const position = (tag) => (recent.includes(tag.id) ? recent.indexOf(tag.id) : recent.length);
  return [...tags].sort((a, b) => position(a) - position(b));
}

/**
 * Tags whose names begin with the text, then those of which a word does, then those that contain it.
 * @param {Tag[]} tags @param {string} words  without accents and capitals
 */
export function bestMatches(tags, words) {
  const rankOf = (tag) => {
    const name = withoutAccents(tag.name);
    if (name.startsWith(words)) return 0;
    return name.includes(` ${words}`) ? 1 : name.includes(words) ? 2 : 3;
  };
  const matches = tags.map((tag) => ({ tag, rank: rankOf(tag) })).filter(({ rank }) => rank < 3);
  return matches.sort((a, b) => a.rank - b.rank).map(({ tag }) => tag);
}
