// The list of open groups, fetched by pages when they are in sight, and groups that were read, kept
// until anything is written. Not here: drawing them (group_list.js, pair.js).
import { fetchGroup, fetchGroups } from "./api.js";

export const PAGE = 100;

/** @typedef {import("./api.js").GroupRow} GroupRow */

export class GroupPages {
  /**
   * @param {(more: Record<string, any>) => URLSearchParams} query  of the kind and order that are shown
   * @param {() => void} arrived  a page was fetched
   */
  constructor(query, arrived) {
    this.query = query;
    this.arrived = arrived;
    /** By the index of the page. @type {Map<number, GroupRow[]>} */
    this.pages = new Map();
    /** Pages being fetched. @type {Map<number, Promise<void>>} */
    this.fetching = new Map();
    /** By the group's id. @type {Map<string, ReturnType<typeof fetchGroup>>} */
    this.groups = new Map();
  }

  /** Forget everything: other groups are listed. */
  clear() {
    this.pages.clear();
    this.groups.clear();
  }

  /** Take a list that was read anew. @param {import("./api.js").GroupListing} listing */
  replace({ start, groups }) {
    this.pages = new Map([[start / PAGE, groups]]);
    this.fetching.clear();
  }

  /** @param {number} index @returns {GroupRow | undefined} undefined while it is not fetched */
  row(index) {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Fetch the missing pages of a range. @param {number} start @param {number} end */
  async fetchRange(start, end) {
    for (let page = Math.floor(start / PAGE); page <= Math.floor((end - 1) / PAGE); page += 1) {
      if (this.pages.has(page)) continue;
      if (!this.fetching.has(page)) this.fetching.set(page, this.fetchPage(page));
      await this.fetching.get(page);
    }
  }

  /** @param {number} page */
  async fetchPage(page) {
    const { pages } = this;
    const listing = await fetchGroups(this.query({ start: page * PAGE, count: PAGE })).catch(() => null);
    // The list was read anew meanwhile.
    if (pages !== this.pages) return;
    this.fetching.delete(page);
    if (!listing) return;
    pages.set(page, listing.groups);
    this.arrived();
  }

  /** Read a group, once. @param {string} id */
  group(id) {
    const known = this.groups.get(id);
    if (known) return known;
    const group = fetchGroup(this.query({ group: id }));
    this.groups.set(id, group);
    group.catch(() => this.groups.delete(id));
    return group;
  }
}
