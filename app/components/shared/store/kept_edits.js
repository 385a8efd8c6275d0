// Edits on their way to the server, kept in this browser until they are stored: none is lost where
// the server is down, the project gone, or the page closed. One for the whole window, made in
// annotations.js. Not here: what an edit is, how it is sent, showing those that wait (frame).
import { packed, unpacked } from "./packed_sha1s.js";
import { isVersion } from "../bridge/address.js";

// Other pages of this browser are given the time to send their own.
const OTHERS_AFTER = 15_000;
const TRY_AGAIN_AFTER = 1500;
const TRY_AGAIN_AT_MOST = 30_000;
// A storage holds five million characters for all pages: an edit of 110,000 images is kept.
const STORED_AT_MOST = 3_000_000;
// Of so many images they are packed.
const PACKED_FROM = 100;
// Statuses that say what is wrong with an edit: sent again it would be refused again.
const REFUSALS = new Set([400, 404, 409, 413, 422]);

/**
 * @typedef {object} KeptEdit  at: when it was made, number: its order among those of its page
 * @property {string} id
 * @property {string} path
 * @property {Record<string, any>} body
 * @property {number} at
 * @property {number} number
 * @property {string} page
 * @property {boolean} failed
 * @typedef {import("./annotations.js").Written} Written
 * @typedef {(path: string, body: Record<string, any>) => Promise<Written>} Post
 */

/** An edit that is kept: it will be stored. */
export class NotStoredYet extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.isKept = true;
  }
}

export class KeptEdits extends EventTarget {
  /** @param {Post} post  throws an error with `status` where the server answered one */
  constructor(post, { storage = globalThis.localStorage, now = () => Date.now() } = {}) {
    super();
    this.post = post;
    this.storage = storage;
    this.now = now;
    /** @type {string | null} */
    this.project = null;
    this.page = randomId();
    this.number = 0;
    /** Those that the storage does not take. @type {Map<string, KeptEdit>} */
    this.unsaved = new Map();
    /** Those that were sent and are not answered. @type {Set<string>} */
    this.inFlight = new Set();
    /** Why those that wait could not be stored, as the server said last. */
    this.why = "";
    /** What is said of an edit that is kept. */
    this.texts = { here: "", page: "" };
    this.delay = TRY_AGAIN_AFTER;
    this.notBefore = 0;
    /** @type {Promise<void> | null} */
    this.flushing = null;
    /**
     * What was read from the storage, by key: an edit of a whole view is long.
     * @type {Map<string, {text: string, edits: KeptEdit[]}>}
     */
    this.parsed = new Map();
    /** Edits are sent one after the other: the last that was made counts. @type {Promise<unknown>} */
    this.turn = Promise.resolve();
  }

  /** Keep the edits of a project, by its id, from here on. @param {string} project */
  open(project) {
    // What was not stored is of the corpus as it is now, and nothing of a version is kept.
    if (isVersion || project === this.project) return;
    this.project = project;
    this.changed();
  }

  get prefix() {
    return `panoptic.edit.${this.project}.`;
  }

  /** Edits that are not stored and not on their way, in the order in which they were made. */
  get waiting() {
    if (!this.project) return [];
    const edits = [...this.stored(), ...this.unsaved.values()];
    return edits
      .filter((edit) => !this.inFlight.has(edit.id) && this.isOurs(edit))
      .sort((first, second) => first.at - second.at || first.number - second.number);
  }

  /** Whether it is for this page to send. @param {KeptEdit} edit */
  isOurs(edit) {
    return edit.failed || edit.page === this.page || this.now() - edit.at > OTHERS_AFTER;
  }

  /** Those in the storage, of all pages. @returns {KeptEdit[]} */
  stored() {
    try {
      const keys = Array.from({ length: this.storage.length }, (_, index) => this.storage.key(index));
      return keys
        .filter((key) => key?.startsWith(this.prefix))
        .flatMap((key) => this.read(/** @type {string} */ (key)));
    } catch {
      // A browser may keep nothing.
      return [];
    }
  }

  /** @param {string} key @returns {KeptEdit[]} */
  read(key) {
    const text = this.storage.getItem(key) ?? "";
    const known = this.parsed.get(key);
    if (known?.text === text) return known.edits;
    const edits = parsed(text);
    this.parsed.set(key, { text, edits });
    return edits;
  }

  /**
   * Send an edit. Throws NotStoredYet where it is kept for later, the server's error where it is refused.
   * @param {string} path @param {Record<string, any>} body
   */
  async send(path, body) {
    if (!this.project) return this.post(path, body);
    const edit = this.keep(path, body);
    this.inFlight.add(edit.id);
    const answer = this.turn.then(() => this.sendInTurn(edit));
    this.turn = answer.catch(() => {});
    return answer;
  }

  /** @param {KeptEdit} edit */
  async sendInTurn(edit) {
    try {
      // What was done before comes first.
      if (this.flushing || this.waiting.length) await this.flush();
      if (this.waiting.length) throw new Error(this.why);
      const answer = await this.post(edit.path, this.sent(edit));
      this.forget(edit);
      return answer;
    } catch (error) {
      if (isRefusal(error)) {
        this.forget(edit);
        throw error;
      }
      this.why = error.message;
      this.save({ ...edit, failed: true });
      throw new NotStoredYet(this.unsaved.has(edit.id) ? this.texts.page : this.texts.here);
    } finally {
      this.inFlight.delete(edit.id);
      this.changed();
    }
  }

  /** Try to store what waits, where its time has come. */
  async tryAgain() {
    if (this.now() >= this.notBefore && this.waiting.length) await this.flush();
  }

  /** Store what waits, in order, until one finds no answer. */
  flush() {
    this.flushing ??= this.sendWaiting().finally(() => {
      this.flushing = null;
      this.changed();
    });
    this.changed();
    return this.flushing;
  }

  async sendWaiting() {
    let count = 0;
    for (const edit of this.waiting) {
      this.inFlight.add(edit.id);
      try {
        const answer = await this.post(edit.path, { ...this.sent(edit), repeat: true });
        this.forget(edit);
        count += 1;
        this.dispatchEvent(new CustomEvent("stored", { detail: answer }));
      } catch (error) {
        if (!isRefusal(error)) {
          this.why = error.message;
          this.notBefore = this.now() + this.delay;
          this.delay = Math.min(2 * this.delay, TRY_AGAIN_AT_MOST);
          return;
        }
        this.forget(edit);
        this.dispatchEvent(new CustomEvent("refused", { detail: error.message }));
      } finally {
        this.inFlight.delete(edit.id);
      }
    }
    this.delay = TRY_AGAIN_AFTER;
    this.why = "";
    if (count) this.dispatchEvent(new CustomEvent("flushed", { detail: count }));
  }

  /** Forget what waits, for good. */
  discard() {
    for (const edit of this.waiting) this.forget(edit);
    this.why = "";
    this.changed();
  }

  /** @param {string} path @param {Record<string, any>} body @returns {KeptEdit} */
  keep(path, body) {
    this.number += 1;
    const edit = { path, body, at: this.now(), number: this.number, page: this.page, failed: false };
    return this.save({ ...edit, id: randomId() });
  }

  /** @param {KeptEdit} edit */
  save(edit) {
    const text = JSON.stringify(shortened(edit));
    try {
      if (text.length > STORED_AT_MOST) throw new Error();
      this.storage.setItem(this.prefix + edit.id, text);
      this.unsaved.delete(edit.id);
    } catch {
      this.unsaved.set(edit.id, edit);
    }
    return edit;
  }

  /** @param {KeptEdit} edit */
  forget(edit) {
    this.unsaved.delete(edit.id);
    this.parsed.delete(this.prefix + edit.id);
    try {
      this.storage.removeItem(this.prefix + edit.id);
    } catch {
      // Nothing was kept.
    }
  }

  /** The body that is sent. @param {KeptEdit} edit */
  sent({ body, id }) {
    const { packed: text, ...targets } = body.targets ?? {};
    const whole = text === undefined ? body : { ...body, targets: { ...targets, sha1s: unpacked(text) } };
    return { ...whole, edit: id, project: this.project };
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** The same edit, its images packed where they are many. @param {KeptEdit} edit @returns {KeptEdit} */
function shortened(edit) {
  const { sha1s, ...targets } = edit.body.targets ?? {};
  if (!(sha1s?.length >= PACKED_FROM)) return edit;
  return { ...edit, body: { ...edit.body, targets: { ...targets, packed: packed(sha1s) } } };
}

/** @param {any} error */
function isRefusal(error) {
  return REFUSALS.has(error.status);
}

/** @param {string} text @returns {KeptEdit[]} */
function parsed(text) {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}

/** Also where the page is not secure. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
