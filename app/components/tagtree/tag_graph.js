// Tags as a graph, and the rows that a tree or a list of them shows. Pure. Not here: elements.
import { withoutAccents } from "../shared/ui/text.js";

/**
 * @typedef {object} Tag
 * @property {string} id
 * @property {string} name
 * @property {string} folded    the name without accents and capitals, for searching
 * @property {string | null} colour
 * @property {string | null} key
 * @property {[string, string, string] | null} identifier  its text, label and link
 * @property {string[]} parents
 * @property {string[]} children
 * @property {number} all       images that have it or one below it
 * @property {number} itself
 * @property {number} made      when it was created, in seconds
 * @property {number} position     in the order that people gave them
 */
/**
 * @typedef {object} Row
 * @property {string} key       the ids from the top down to it, unique among rows
 * @property {Tag} tag
 * @property {string | null} parent  the tag under which this row stands
 * @property {number} depth
 * @property {number} position     among its siblings, from 1
 * @property {number} siblings
 * @property {boolean} isOpen
 * @property {boolean} isParent
 */
/** @typedef {"name" | "count" | "made" | "hand"} Order */

// Where many tags stand under many parents a tree could have millions of rows.
const ROWS_AT_MOST = 100_000;

/**
 * Make tags of the server's lists, one list a field, in the order that all rows keep.
 * @param {Record<string, any[]>} lists @param {Order} order @param {string} language
 */
export function buildGraph(lists, order, language) {
  const compare = orders(language)[order];
  const all = lists.id.map((id, index) => ({
    id,
    name: lists.name[index],
    folded: withoutAccents(lists.name[index]),
    colour: lists.colour[index],
    key: lists.key[index],
    identifier: lists.identifier?.[index] ?? null,
    parents: lists.parents[index],
    children: [],
    all: lists.all[index],
    itself: lists.itself[index],
    made: lists.made[index],
    position: index,
  }));
  all.sort(compare);
  /** @type {Map<string, Tag>} */
  const tags = new Map(all.map((tag) => [tag.id, tag]));
  for (const tag of all) for (const parent of tag.parents) tags.get(parent)?.children.push(tag.id);
  return tags;
}

/** @param {string} language @returns {Record<Order, (a: Tag, b: Tag) => number>} */
function orders(language) {
  const { compare } = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  const byName = (a, b) => compare(a.name, b.name);
  return {
    name: byName,
    count: (a, b) => b.all - a.all || byName(a, b),
    made: (a, b) => b.made - a.made || byName(a, b),
    hand: (a, b) => a.position - b.position,
  };
}

/** The ids of the tags whose names contain a text; null for an empty text. @param {Map<string, Tag>} tags */
export function matchingTags(tags, text) {
  const query = withoutAccents(text.trim());
  if (!query) return null;
  return new Set([...tags.values()].filter((tag) => tag.folded.includes(query)).map((tag) => tag.id));
}

/**
 * The rows of a tree: open branches, or those that lead to the hits of a search.
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
    visible.forEach((id, index) => {
      if (rows.length >= ROWS_AT_MOST) return;
      const tag = tags.get(id);
      const key = `${prefix}/${id}`;
      // What leads to a hit is open; a hit itself is opened by the user.
      const leads = shown && tag.children.some((child) => shown.has(child));
      const isOpen = tag.children.length > 0 && (leads ? !opened.has(`-${key}`) : opened.has(key));
      rows.push({
        key,
        tag,
        parent,
        depth,
        position: index + 1,
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
 * The ids of the tags under one parent, or at the top, as they are shown.
 * @param {Map<string, Tag>} tags
 * @param {string | null} parent
 * @returns {string[]}
 */
export function siblings(tags, parent) {
  if (parent !== null) return tags.get(parent)?.children ?? [];
  return [...tags.values()].filter((tag) => !tag.parents.length).map((tag) => tag.id);
}

/**
 * Ids in the order in which `moved` come before another one, or last.
 * @param {string[]} ids
 * @param {string[]} moved
 * @param {string | null} before
 */
export function movedBefore(ids, moved, before) {
  const gone = new Set(moved);
  const stay = ids.filter((id) => !gone.has(id));
  const index = before === null ? stay.length : stay.indexOf(before);
  return [...stay.slice(0, index), ...moved, ...stay.slice(index)];
}

/**
 * The rows of a list: each tag once.
 * @param {Map<string, Tag>} tags
 * @param {Set<string> | null} hits
 * @returns {Row[]}
 */
export function listRows(tags, hits) {
  const shown = [...tags.values()].filter((tag) => !hits || hits.has(tag.id));
  return shown.map((tag, index) => ({
    key: `/${tag.id}`,
    tag,
    parent: null,
    depth: 0,
    position: index + 1,
    siblings: shown.length,
    isOpen: false,
    isParent: false,
  }));
}

/** Some tags and all above them. @param {Map<string, Tag>} tags @param {Iterable<string>} ids */
export function withAbove(tags, ids) {
  return reachable(ids, (id) => tags.get(id)?.parents ?? []);
}

/** Some tags and all below them. @param {Map<string, Tag>} tags @param {Iterable<string>} ids */
export function withBelow(tags, ids) {
  return reachable(ids, (id) => tags.get(id)?.children ?? []);
}

/** One path from the top down to a tag: the keys of its rows. @param {Map<string, Tag>} tags @param {string} id */
export function pathTo(tags, id) {
  const path = [];
  for (let next = id; next !== undefined && !path.includes(next); next = tags.get(next)?.parents[0]) path.unshift(next);
  return path.map((_, depth) => `/${path.slice(0, depth + 1).join("/")}`);
}

function reachable(ids, next) {
  const seen = new Set(ids);
  const waiting = [...seen];
  while (waiting.length) {
    for (const id of next(waiting.pop())) {
      if (seen.has(id)) continue;
      seen.add(id);
      waiting.push(id);
    }
  }
  return seen;
}
