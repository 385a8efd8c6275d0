// What the server says of duplicates: kinds, groups, their images. Not here: showing it, writing what
// becomes of a group (duplicates.js).

import { routeTo } from "../shared/bridge/address.js";

/**
 * One kind of duplicates, as "exact", "near" or "semantic:encoder".
 * @typedef {object} Kind
 * @property {string} kind
 * @property {number} groups   open ones
 * @property {number} closed
 * @property {number} leaving  images that leave the corpus when all groups are merged
 * @property {number} bytes
 * @property {[number, number][]} distances  and how many groups are at most so far apart
 * @property {("compared" | "high" | "edited" | "medium" | "low" | null)[]} sureness  that these are one picture
 */
/**
 * A group in the list.
 * @typedef {object} GroupRow
 * @property {string} group  its id
 * @property {number} count  of images
 * @property {number} distance
 * @property {number} bytes
 * @property {string} place  path of the first image
 * @property {string[]} sha1s  of some images
 * @property {Sure} [sure]  of images that share a part
 */
/**
 * A page of the list of open groups.
 * @typedef {object} GroupListing
 * @property {number} position   of the annotations' log
 * @property {number | null} found  groups of all kinds; null where duplicates were not looked for yet
 * @property {Kind[]} kinds
 * @property {{groups: number, isMade: boolean}} parts  images that share a part
 * @property {number} total
 * @property {number} start
 * @property {number | null} at  index of the first group that was asked for by its id and is listed
 * @property {GroupRow[]} groups
 */
/**
 * An image of a group.
 * @typedef {object} Member
 * @property {string} sha1
 * @property {string} name
 * @property {string} place  its path
 * @property {number | null} width
 * @property {number | null} height
 * @property {string | null} format
 * @property {number | null} bytes
 * @property {number} copies
 * @property {string | null} taken
 * @property {string | null} modified
 * @property {number} annotated  properties that have a value
 * @property {number | null} distance
 */
/**
 * What a merge does to the values of the image that stays: those it is given, those that are lost
 * because it has its own.
 * @typedef {{id: string, property: string, values: string[], own?: string[]}} MergedValues
 * @typedef {{given: MergedValues[], lost: MergedValues[]}} MergePreview
 */
/**
 * A group of different files that look alike; the first member is suggested to stay.
 * @typedef {{group: string, kind: string, reason: string, members: Member[]} & MergePreview} Group
 */
/**
 * A group of files with the same bytes.
 * @typedef {{path: string, isKept: boolean, isCopy: boolean, modified: string}} FileCopy
 * @typedef {{sha1: string, bytes: number, files: FileCopy[]}} FileCopyGroup
 */

/** How sure it is that images share a part. @typedef {"high" | "medium" | "low"} Sure */
/**
 * An image of a group that shares a part, and where the part is on it and on the hub.
 * @typedef {{onHub: [number, number][], isHub: boolean, inliers: number, sure: Sure}} WithHub
 * @typedef {import("../shared/ui/part_pair.js").Outlined & WithHub} PartImage
 * @typedef {{group: string, kind: "part", images: PartImage[]}} PartGroup  the hub shares it with all others
 */
/** @typedef {Group | FileCopyGroup | PartGroup} AnyGroup */
/**
 * Whether shared parts were found, how far finding them is, and what it costs.
 * @typedef {object} Making
 * @property {boolean} isMade
 * @property {number} version  another one where other groups are stored
 * @property {string} outdated  why, in words
 * @property {boolean} isRunning
 * @property {boolean} isBusy  with something else
 * @property {number} done
 * @property {number} total
 * @property {{images: number | null, time: string | null, bytes: number | null} | null} cost  null while found out
 * @property {string} problem
 */

/** @param {URLSearchParams} query @returns {Promise<GroupListing>} */
export function fetchGroups(query) {
  return fetchJson(`/clearing/groups?${query}`);
}

/** @param {URLSearchParams} query @returns {Promise<AnyGroup>} */
export function fetchGroup(query) {
  return fetchJson(`/clearing/group?${query}`);
}

/**
 * What an image is beside another one: in words, and the corners of what both show, in fractions.
 * @typedef {{edits: string, outline: [number, number][]}} Beside
 */

/** @param {URLSearchParams} query @returns {Promise<{left: Beside | null, right: Beside | null}>} */
export function fetchBeside(query) {
  return fetchJson(`/clearing/beside?${query}`);
}

/** @param {string} language @returns {Promise<Making>} */
export function fetchMaking(language) {
  return fetchJson(`/clearing/parts?lang=${language}`);
}

/** @param {"start" | "stop"} act @param {string} language @returns {Promise<Making>} */
export function postMaking(act, language) {
  return fetchJson(`/clearing/parts/${act}?lang=${language}`, { method: "POST" });
}

/**
 * Read JSON; throws an error with the server's message, or with none.
 * @param {string} address @param {RequestInit} [how]
 */
async function fetchJson(address, how) {
  const response = await fetch(routeTo(address), how).catch(() => null);
  const body = (await response?.json().catch(() => null)) ?? {};
  if (!response?.ok) throw new Error(body.message ?? "");
  return body;
}
