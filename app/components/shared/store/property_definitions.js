// The project's definitions: read, kept current with what others do, and changed over HTTP. Not
// here: showing them.
import { routeTo } from "../bridge/address.js";
import { annotations } from "./annotations.js";
import { onAnnotationChange } from "./annotation_changes.js";

/**
 * @typedef {object} Property
 * @property {string} id
 * @property {string} name
 * @property {string} type
 * @property {"image" | "file"} target
 * @property {string | null} folder   the heading it stands under
 * @property {Record<string, any>} options
 * @property {boolean} hidden
 * @property {number} targets         images or files that have a value
 * @property {number} tags
 */

export class Definitions extends EventTarget {
  constructor() {
    super();
    /** @type {Property[]} */
    this.properties = [];
    this.position = -1;
    this.language = "en";
    // Where the server does not answer, the next change is another occasion.
    this.leave = onAnnotationChange(() => this.refresh().catch(() => {}));
  }

  /** @param {string} id */
  get(id) {
    return this.properties.find((property) => property.id === id);
  }

  /** Read again; says "change" where something is another. */
  async refresh() {
    const answer = await fetchJson("/definitions");
    const { position, properties } = await answer.json();
    // An answer may be overtaken by a later one.
    if (position <= this.position) return;
    this.position = position;
    this.properties = properties;
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Read something of one property. @param {string} id @param {string} what
   * @param {[string, string][]} [query]
   */
  async of(id, what, query = []) {
    return fetchJson(`/definitions/${id}/${what}?${new URLSearchParams([...query, ["lang", this.language]])}`);
  }

  /**
   * Change something; answers when it is stored and read again. Throws what a person can read, where it
   * waits in this browser too.
   * @param {Record<string, any>} body
   * @returns {Promise<{batch: string | null, position: number, id?: string, ids?: string[]}>}
   */
  async change(body) {
    return this.post("/define", body);
  }

  /** Switch a batch off. @param {string} batch */
  async off(batch) {
    return this.post("/switch", { batch, on: false });
  }

  async post(address, change) {
    const done = /** @type {any} */ (await annotations.write(address, change));
    await this.refresh();
    return done;
  }

  close() {
    this.leave();
  }
}

/** Ask, and throw what is said of a refusal. @param {string} address @param {RequestInit} [options] */
async function fetchJson(address, options) {
  const answer = await fetch(routeTo(address), options);
  if (answer.ok) return answer;
  const { message } = await answer.json().catch(() => ({ message: `${answer.status}` }));
  throw new Error(message);
}
