// What is said of images, as the server keeps it: read, written, and followed when others write.
// One for the whole window: a module is loaded once. Not here: showing or editing it, keeping what
// cannot be written now (kept_edits.js).
import { routeTo } from "../bridge/address.js";
import { KeptEdits } from "./kept_edits.js";
import { seenImages } from "./seen_images.js";

// Others' changes are seen within two seconds.
const LOOK_EVERY = 1000;
// Where the browser keeps what is defined, by an address of its own.
const CACHE = "panoptic";
const DEFINED = "/annotations/defined";
// Images whose values are kept until something is written.
const KEPT = 200;
// What is sent again until it is stored. Not undo and redo: what they take back is known only while
// nothing waits.
const SENT_UNTIL_STORED = new Set([
  "/annotate",
  "/clearing/merge",
  "/clearing/merge-all",
  "/copy",
  "/define",
  "/exclude",
  "/names",
  "/properties",
  "/rate",
  "/suggestions/answers",
  "/suggestions/classes/answers",
]);

/**
 * @typedef {"text" | "number" | "tag" | "tags" | "date" | "colour" | "url" | "checkbox" | "path" | "image"} Type
 * @typedef {object} Property
 * @property {string} id
 * @property {string} name
 * @property {Type} type
 * @property {string} target
 * @property {string | null} folder
 * @property {Record<string, any>} options
 * @property {"stars" | "pick" | null} [marks]  what its values are drawn as
 * @property {boolean} hidden
 * @typedef {object} Tag
 * @property {string} id
 * @property {string} property
 * @property {string} name
 * @property {string | null} colour
 * @property {string[]} parents
 * @property {string | null} key
 * @typedef {object} Cell  files: each one's, of a property of files
 * @property {string[]} texts
 * @property {string} author
 * @property {string} at
 * @property {boolean} mixed
 * @property {Record<string, Cell>} [files]
 * @typedef {object} ImageValues  files: the places of those that hold the image
 * @property {boolean} excluded
 * @property {string[]} files
 * @property {Record<string, Cell>} values
 * @typedef {{sha1s: string[], places?: string[]} | {view: string, selection: import("./selection.js").Plain}} Targets
 * @typedef {{op?: string, value?: string | null, values?: string[], names?: string[]}} Edit
 * @typedef {{kind: "tag" | "property", id: string, name: string, property: string | null,
 *   restore: {batch: string, on: boolean}}} Gone  what somebody deleted, and what brings it back
 * @typedef {{batch: string | null, position: number, changed: number, op?: string, property?: string,
 *   renamed?: Renamed[]}} Written
 * @typedef {{kind: "tag" | "property", id: string, said: string, namesake: string | null}} Renamed  what
 *   came back by undo while another had its name
 */

/** What the server said against a request; its message is for people, empty where it had none. */
export class AnswerError extends Error {
  /** @param {number} status  0 where there was no answer @param {{message?: string, gone?: Gone}} content */
  constructor(status, { message = "", gone }) {
    super(message);
    this.status = status;
    this.gone = gone ?? null;
  }
}

class Annotations extends EventTarget {
  constructor() {
    super();
    this.language = "en";
    this.position = -1;
    this.version = "";
    /** @type {Property[]} */
    this.properties = [];
    /** @type {Tag[]} */
    this.tags = [];
    /** @type {Map<string, Tag>} */
    this.tagOf = new Map();
    /** @type {Map<string, ImageValues>} */
    this.known = new Map();
    /** What was remembered is here, once that was looked for. @type {Promise<void> | undefined} */
    this.remembered = undefined;
    this.followers = 0;
    document.addEventListener("panoptic:annotated", (event) =>
      this.moved(/** @type {CustomEvent} */ (event).detail.position),
    );
    /** What was done last, in words. */
    this.word = "";
    /** The batch that did it. @type {string | null} */
    this.batch = null;
    /** What can be pressed beside the word. @type {HTMLElement[]} */
    this.offers = [];
    this.kept = new KeptEdits((path, body) => this.post(path, body));
    this.kept.addEventListener("stored", (event) => this.written(/** @type {CustomEvent} */ (event).detail));
  }

  /** The tags of a property, in their order. @param {string} property */
  tagsOf(property) {
    return this.tags.filter((tag) => tag.property === property);
  }

  /** What is said of an image as far as it is here. @param {string} sha1 */
  here(sha1) {
    return this.known.get(sha1) ?? null;
  }

  /** What is said of an image. @param {string} sha1 @returns {Promise<ImageValues>} */
  async of(sha1) {
    return this.here(sha1) ?? (await this.read({ sha1 }));
  }

  /**
   * Fetch what is defined, and the values of an image.
   * @param {Record<string, string>} [about]
   * @returns {Promise<ImageValues>}
   */
  async read(about = {}) {
    await (this.remembered ??= this.remember());
    const answer = await fetch(routeTo(`/annotations?${new URLSearchParams({ ...about, known: this.version })}`));
    if (!answer.ok) throw new Error(`annotations: ${answer.status}`);
    const body = await answer.json();
    const isOlder = body.position < this.position;
    if (body.position > this.position) this.known.clear();
    this.position = Math.max(body.position, this.position);
    if (body.properties && !isOlder) {
      if (!this.define(body)) return this.read(about);
      this.store().catch(() => {});
    }
    const values = { excluded: body.excluded, files: body.files ?? [], values: body.values };
    if (about.sha1 && !isOlder) {
      if (this.known.size >= KEPT) this.known.clear();
      this.known.set(about.sha1, values);
    }
    return values;
  }

  /** Take up what was defined when this browser last showed a page: only what has changed is sent. */
  async remember() {
    try {
      const answer = await (await caches.open(CACHE)).match(DEFINED);
      const before = await answer?.json();
      if (before && !this.version) this.define(before);
    } catch {
      // Without it all is sent.
    }
  }

  async store() {
    const { version, properties, tags } = this;
    const answer = new Response(JSON.stringify({ version, properties, tags }));
    await (await caches.open(CACHE)).put(DEFINED, answer);
  }

  /**
   * Take up what is defined, or what of it has changed.
   * @returns {boolean} false where that is said of other definitions than those that are here
   */
  define({ version, since = null, properties, tags }) {
    if (since !== null && since !== this.version) return version === this.version;
    this.version = version;
    this.properties = since === null ? properties : changed(this.properties, properties);
    this.tags = since === null ? tags : changed(this.tags, tags);
    this.tagOf = new Map(this.tags.map((tag) => [tag.id, tag]));
    this.dispatchEvent(new Event("define"));
    return true;
  }

  /**
   * Write something; throws an error that says in words why it cannot be, or not yet.
   * @param {string} path @param {Record<string, any>} body
   * @param {boolean} mayWait  whether it is as good later: not where something is done with its answer
   * @returns {Promise<Written>}
   */
  async write(path, body, mayWait = true) {
    // What values are lost was counted for those of now.
    const isKept = mayWait && SENT_UNTIL_STORED.has(path) && body.do !== "convert";
    if (!isKept && this.kept.waiting.length) await this.kept.flush();
    const { view, selection } = body.targets ?? {};
    // All images of a view are those that were seen: it may have others when this arrives.
    const sent = selection?.all ? { ...body, targets: await seenImages.targets(view, selection) } : body;
    const answer = /** @type {any} */ (await (isKept ? this.kept.send(path, sent) : this.post(path, sent)));
    this.written(answer);
    this.sayRenamed(answer);
    return answer;
  }

  /** @param {Written & {version?: string}} answer */
  written({ version, position }) {
    this.take(version ?? "");
    this.notify(position);
  }

  /** Say what came back under another name. @param {{renamed?: Renamed[]}} answer */
  sayRenamed({ renamed }) {
    if (renamed?.length) this.dispatchEvent(new CustomEvent("renamed", { detail: renamed }));
  }

  /** As `write`, where nothing is written. @param {string} path @param {Record<string, any>} body */
  async post(path, body) {
    const query = new URLSearchParams({ lang: this.language });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(routeTo(`${path}?${query}`), {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    }).catch(() => null);
    const content = (await answer?.json().catch(() => null)) ?? {};
    // Without words where the server had none: whoever asked has their own.
    if (!answer?.ok) throw new AnswerError(answer?.status ?? 0, content);
    return content;
  }

  /** What is defined is another than what is here. @param {string} version */
  take(version) {
    if (version && version !== this.version) this.read().catch(() => {});
  }

  /** Say on the page what was done. @param {string} word @param {string | null} batch @param {HTMLElement[]} offers */
  say(word, batch, offers = []) {
    this.word = word;
    this.batch = batch;
    this.offers = offers;
    this.dispatchEvent(new Event("say"));
  }

  /** Say to the whole page that something was written. @param {number} position */
  notify(position) {
    document.dispatchEvent(new CustomEvent("panoptic:annotated", { detail: { position } }));
  }

  /** @param {number} position */
  moved(position) {
    if (position > this.position) {
      this.position = position;
      this.known.clear();
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Look for what others write, while somebody wants to know; returns what ends it. */
  follow() {
    this.followers += 1;
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY);
    return () => {
      this.followers -= 1;
      if (this.followers) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  async look() {
    if (document.hidden) return;
    try {
      const { position, version } = await (await fetch(routeTo("/annotations/position"))).json();
      this.take(version);
      const isNew = position > this.position && this.position >= 0;
      if (isNew) this.notify(position);
      await this.kept.tryAgain();
    } catch {
      // The server is away: the page says so.
    }
  }
}

/**
 * What a property says of an image, or of one of its files.
 * @param {ImageValues} values @param {Property} property @param {string | null} fileIndex  of the file
 * @returns {Cell | undefined}
 */
export function cellOf(values, property, fileIndex) {
  const cell = values.values[property.id];
  return property.target === "file" && fileIndex !== null ? cell?.files?.[fileIndex] : cell;
}

/**
 * A list with other items in the place of some. @template T @param {T[]} list
 * @param {{start: number, count: number, items: T[]}} change
 */
function changed(list, { start, count, items }) {
  return [...list.slice(0, start), ...items, ...list.slice(start + count)];
}

export const annotations = new Annotations();
