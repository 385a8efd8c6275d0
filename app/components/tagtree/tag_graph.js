// Tags as a graph, and the rows that a tree or a list of them shows. Pure. Not here: elements.
import { withoutAccents } from "../shared/ui/text.js";

/**
 * @typedef {object} Tag
 * @property {string} id
 * @property {string} name
 * @property {string} folded    what is searched in
 * @property {string | null} colour
 * @property {string | null} key
 * @property {string[]} parents
 * @property {string[]} children
 * @property {number} all       images that have it or one below it
 * @property {number} itself
 * @property {number} made      seconds
 * @property {number} place     in the order that people gave them
 */
/**
 * @typedef {object} Row
 * @property {string} key       the way to it from the top, unlike that of any other row
 * @property {Tag} tag
 * @property {string | null} parent  the tag under which this row stands
 * @property {number} depth
 * @property {number} place     among its siblings, from 1
 * @property {number} siblings
 * @property {boolean} isOpen
 * @property {boolean} isParent
 */
/** @typedef {"name" | "count" | "made" | "hand"} Order */

// A graph where all stand under all could unfold for ever.
const ROWS_AT_MOST = 100_000;

/**
 * Put the lists of the server together, in an order that all rows keep.
 * @param {Record<string, any[]>} lists @param {Order} order @param {string} language
 */
export function graph(lists, order, language) {
  const compare = orders(language)[order];
  const all = lists.id.map((id, at) => ({
    id,
    name: lists.name[at],
    folded: withoutAccents(lists.name[at]),
    colour: lists.colour[at],
    key: lists.key[at],
    parents: lists.parents[at],
    children: [],
    all: lists.all[at],
    itself: lists.itself[at],
    made: lists.made[at],
    place: at,
  }));
  all.sort(compare);
  /** @type {Map<string, Tag>} */
  const tags = new Map(all.map((tag) => [tag.id, tag]));
  for (const tag of all) for (const parent of tag.parents) tags.get(parent)?.children.push(tag.id);
  return tags;
}

/** @param {string} language @returns {Record<Order, (one: Tag, other: Tag) => number>} */
function orders(language) {
  const { compare } = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  const byName = (one, other) => compare(one.name, other.name);
  return {
    name: byName,
    count: (one, other) => other.all - one.all || byName(one, other),
    made: (one, other) => other.made - one.made || byName(one, other),
    hand: (one, other) => one.place - other.place,
  };
}

/** The tags that a text is found in; null where nothing is asked. @param {Map<string, Tag>} tags */
export function found(tags, text) {
  const asked = withoutAccents(text.trim());
  if (!asked) return null;
  return new Set([...tags.values()].filter((tag) => tag.folded.includes(asked)).map((tag) => tag.id));
}

/**
 * The rows of a tree: open branches, or those that lead to what was found.
 * @param {Map<string, Tag>} tags @param {{has: (key: string) => boolean}} opened keys of rows
 * @param {Set<string> | null} hits
 * @returns {Row[]}
 */
export function treeRows(tags, opened, hits) {
  const shown = hits && withAbove(tags, hits);
  /** @type {Row[]} */
  const rows = [];
  const walk = (ids, parent, prefix, depth) => {
    const visible = shown ? ids.filter((id) => shown.has(id)) : ids;
    visible.forEach((id, at) => {
      if (rows.length >= ROWS_AT_MOST) return;
      const tag = tags.get(id);
      const key = `${prefix}/${id}`;
      // What leads to a hit is open; a hit itself opens by hand.
      const leads = shown && tag.children.some((child) => shown.has(child));
      const isOpen = tag.children.length > 0 && (leads ? !opened.has(`-${key}`) : opened.has(key));
      rows.push({
        key,
        tag,
        parent,
        depth,
        place: at + 1,
        siblings: visible.length,
        isOpen,
        isParent: tag.children.length > 0,
      });
      if (isOpen) walk(leads ? tag.children.filter((child) => shown.has(child)) : tag.children, id, key, depth + 1);
    });
  };
  walk(siblings(tags, null), null, "", 0);
  return rows;
}

/**
 * The tags that stand together under one, or at the top, as they are shown.
 * @param {Map<string, Tag>} tags
 * @param {string | null} parent
 * @returns {string[]}
 */
export function siblings(tags, parent) {
  if (parent !== null) return tags.get(parent)?.children ?? [];
  return [...tags.values()].filter((tag) => !tag.parents.length).map((tag) => tag.id);
}

/**
 * Tags in the order in which some of them come before another one, or last.
 * @param {string[]} ids
 * @param {string[]} moved
 * @param {string | null} before
 */
export function movedBefore(ids, moved, before) {
  const gone = new Set(moved);
  const stay = ids.filter((id) => !gone.has(id));
  const at = before === null ? stay.length : stay.indexOf(before);
  return [...stay.slice(0, at), ...moved, ...stay.slice(at)];
}

/**
 * The rows of a list: each tag once.
 * @param {Map<string, Tag>} tags
 * @param {Set<string> | null} hits
 * @returns {Row[]}
 */
export function listRows(tags, hits) {
  const shown = [...tags.values()].filter((tag) => !hits || hits.has(tag.id));
  return shown.map((tag, at) => ({
    key: `/${tag.id}`,
    tag,
    parent: null,
    depth: 0,
    place: at + 1,
    siblings: shown.length,
    isOpen: false,
    isParent: false,
  }));
}

/** Some tags and all above them. @param {Map<string, Tag>} tags @param {Iterable<string>} ids */
export function withAbove(tags, ids) {
  return reached(ids, (id) => tags.get(id)?.parents ?? []);
}

/** Some tags and all below them. @param {Map<string, Tag>} tags @param {Iterable<string>} ids */
export function withBelow(tags, ids) {
  return reached(ids, (id) => tags.get(id)?.children ?? []);
}

/** One way from the top down to a tag: the keys of its rows. @param {Map<string, Tag>} tags @param {string} id */
export function wayTo(tags, id) {
  const way = [];
  for (let at = id; at !== undefined && !way.includes(at); at = tags.get(at)?.parents[0]) way.unshift(at);
  return way.map((_, depth) => `/${way.slice(0, depth + 1).join("/")}`);
}

function reached(ids, next) {
  const seen = new Set(ids);
  const waiting = [...seen];
  while (waiting.length) {
    for (const one of next(waiting.pop())) {
      if (seen.has(one)) continue;
      seen.add(one);
      waiting.push(one);
    }
  }
  return seen;
}
