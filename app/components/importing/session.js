// The import as the server has it: begin it with a file, set its choices, write it, poll it while
// the server works. It is resumed when the page is opened again. Not here: showing it.
import { annotations } from "../shared/store/annotations.js";
import { routeTo } from "../shared/bridge/address.js";

const KEY = "panoptic.import";
const POLL_EVERY_MS = 400;
// A short wait is not shown.
const WAIT_SHOWN_AFTER_MS = 300;

/**
 * @typedef {object} Column
 * @property {string} source     the name of the column in the file
 * @property {string} name       of the property
 * @property {string} type
 * @property {"image" | "file"} target
 * @property {boolean} take
 * @property {string} separator
 * @property {"day" | "month" | null} order  what its dates begin with; null where a person is to say
 * @property {boolean} is_new
 * @property {(string | string[])[]} examples  as written in the file
 * @property {string[][]} [read]  as read by type; this and what follows only for columns that are taken
 * @property {number} [targets]
 * @property {number} [writes]
 * @property {number} [held]
 * @property {number} [repeated]
 * @property {{count: number, first: {target: string, held: string, value: string}[]}} [conflicts]
 * @property {{count: number, first: {line: number, value: string, becomes: string}[]}} [rewritten]
 * @property {{count: number}} [new_tags]
 * @property {{count: number, first: {line: number, value: string}[]}} [unreadable]
 *
 * @typedef {object} Missed
 * @property {number} count
 * @property {Record<string, number>} why
 * @property {{line: number, key: string | null, why: string}[]} first
 * @typedef {object} Plan
 * @property {number} rows
 * @property {number} matched
 * @property {number} images
 * @property {Missed} missed
 * @property {number} caseless  rows that match only where capitals do not count
 * @property {string | null} hint
 * @property {number[]} overlong
 * @property {{count: number, first: {file: string, cause: string}[]}} unread
 * @property {number} left_out  things of the file that are not taken over
 * @property {Column[]} columns
 * @property {string} existing
 * @typedef {{count: number, first: number[]}} Lines
 * @typedef {object} TextForm
 * @property {string} encoding
 * @property {boolean} is_certain
 * @property {string[]} others
 * @property {string[]} accented  the first cells with accents
 * @property {Lines} bad_lines
 * @property {Lines} open_quotes
 * @typedef {{by: string | null, column: string | null, folder: string | null}} Matching
 *
 * @typedef {object} ImportState
 * @property {string} id
 * @property {string} name
 * @property {"reading" | "ready" | "writing" | "done" | "failed"} phase
 * @property {boolean} canWrite
 * @property {{about: "file" | "matching" | "column" | "import", column: string | null, code: string,
 *   message: string} | null} problem
 * @property {Matching & {columns: Record<string, any>, existing: string, into: string | null}} choices
 * @property {{rows: number, columns: string[], listsTags: boolean, text: TextForm | null} | null} table
 * @property {Plan | null} plan
 * @property {{count: number, first: {name: string, colour: string | null, parents: string[]}[]} | null} tags
 * @property {{done: number, of: number}} progress
 * @property {{batch: string, isOn: boolean, changes: number, values: number, images: number, properties: string[],
 *   tags: number} | null} written
 */

/** Dispatches "change" when its state is another, "wait" when a long wait begins or ends. */
export class ImportSession extends EventTarget {
  constructor() {
    super();
    this.language = "en";
    /** The name of the file that is being read. */
    this.readingName = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ImportState | null} */
    this.state = null;
    /** The import before, while another file is being read. @type {ImportState | null} */
    this.previous = null;
    /** Why the last request failed: a message, or "failed" where the server sent none. */
    this.failure = "";
    /** Whether the import was just undone. */
    this.isUndone = false;
    this.isWaiting = false;
    /** Choices that wait until the request before is answered. @type {Record<string, any> | null} */
    this.pending = null;
    /** Choices that were sent and are not answered yet. @type {Record<string, any> | null} */
    this.sent = null;
    this.isSending = false;
    /** Ends when all choices are answered: with whether the server took them. */
    this.choosing = Promise.resolve(true);
  }

  /** The choices that `state` does not have yet: a slow answer must not turn them back. */
  get unanswered() {
    return merged(this.sent, this.pending ?? {});
  }

  /** Continue the import that was open when the page was left. */
  async resume() {
    const id = localStorage.getItem(KEY);
    if (!id || this.state) return;
    const response = await this.request(`/imports/${id}`).catch(() => null);
    const state = response?.ok ? await response.json() : null;
    if (response?.status === 404 || state?.phase === "failed") localStorage.removeItem(KEY);
    else if (state && !this.state) this.accept(state);
  }

  /** Begin with a file. @param {File} file @param {string | null} into */
  async begin(file, into) {
    const query = new URLSearchParams({ name: file.name, ...(into ? { into } : {}) });
    await this.start(file.name, `/imports/file?${query}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: file,
    });
  }

  /** Begin with a path on this machine. @param {string} path @param {string | null} into */
  async open(path, into) {
    await this.start(path, "/imports/path", json({ path, into }));
  }

  /** @param {string} name of the file @param {string} address @param {RequestInit} options */
  async start(name, address, options) {
    this.previous = this.state?.table ? this.state : null;
    this.readingName = name;
    this.isUndone = false;
    await this.send(address, options);
    this.readingName = "";
  }

  /**
   * Discard the import before, or keep it where the new file cannot be read.
   * @returns {ImportState} the one that is shown
   * @param {ImportState} state
   */
  replacePrevious(state) {
    const { previous } = this;
    if (state.phase === "reading") return state;
    this.previous = null;
    const obsolete = state.phase === "failed" && previous ? state : previous;
    if (obsolete) this.request(`/imports/${obsolete.id}`, { method: "DELETE" }).catch(() => {});
    if (obsolete !== state) return state;
    this.failure = state.problem.message;
    return previous;
  }

  /** Change choices; those made while a request is under way are sent together. @param {Record<string, any>} choices */
  async choose(choices) {
    this.pending = merged(this.pending, choices);
    if (!this.isSending) this.choosing = this.sendPending();
    await this.choosing;
  }

  async sendPending() {
    let isTaken = true;
    this.isSending = true;
    this.isUndone = false;
    while (this.pending && this.state) {
      this.sent = this.pending;
      this.pending = null;
      isTaken = Boolean(await this.send(`/imports/${this.state.id}`, json(this.sent)));
    }
    this.isSending = false;
    return isTaken && this.state !== null;
  }

  async write() {
    // What was chosen just before is imported so, or not at all.
    if (this.isSending && !(await this.choosing)) return;
    this.isUndone = false;
    await this.send(`/imports/${this.state.id}/write`, json({}));
  }

  async stop() {
    await this.send(`/imports/${this.state.id}/stop`, json({}));
  }

  /** Undo what was written; the choices stay. */
  async undo() {
    try {
      await annotations.write("/switch", { batch: this.state.written.batch, on: false });
      await this.poll();
    } catch (error) {
      this.failure = error.message || "failed";
      this.notify();
    }
  }

  /** Forget the import, here and on the server. */
  discard() {
    if (this.state) this.request(`/imports/${this.state.id}`, { method: "DELETE" }).catch(() => {});
    localStorage.removeItem(KEY);
    clearTimeout(this.timer);
    this.state = null;
    this.failure = "";
    this.isUndone = false;
    this.notify();
  }

  /** @returns {Promise<ImportState | null>} null where it failed; `failure` says why */
  async send(address, options) {
    this.failure = "";
    const waitTimer = setTimeout(() => this.setWaiting(true), WAIT_SHOWN_AFTER_MS);
    try {
      const response = await this.request(address, options);
      const state = await response.json();
      this.sent = null;
      if (response.ok) {
        this.accept(state);
        return state;
      }
      this.failure = state.message ?? "failed";
    } catch {
      this.failure = "failed";
    } finally {
      this.sent = null;
      clearTimeout(waitTimer);
      this.setWaiting(false);
    }
    this.notify();
    return null;
  }

  /** @param {string} address @param {RequestInit} [options] */
  request(address, options) {
    const separator = address.includes("?") ? "&" : "?";
    return fetch(routeTo(`${address}${separator}lang=${this.language}`), options);
  }

  /** @param {ImportState} received */
  accept(received) {
    const state = this.previous && received.id !== this.previous.id ? this.replacePrevious(received) : received;
    const isNewlyDone = state.phase === "done" && this.state?.phase !== "done";
    this.state = state;
    localStorage.setItem(KEY, state.id);
    clearTimeout(this.timer);
    if (state.phase === "reading" || state.phase === "writing")
      this.timer = setTimeout(() => this.poll(), POLL_EVERY_MS);
    // Whatever shows values reads them again.
    if (isNewlyDone && state.written?.changes) annotations.look();
    this.notify();
    if (state.phase === "done" && !state.written?.isOn) this.recount();
  }

  /** The import was undone, here or elsewhere: count anew what would be written. */
  async recount() {
    await this.choose({});
    this.isUndone = true;
    this.notify();
  }

  /** Read the state again. */
  async poll() {
    if (!this.state) return;
    const { id } = this.state;
    const response = await this.request(`/imports/${id}`).catch(() => null);
    if (this.state?.id !== id) return;
    if (response?.ok) return this.accept(await response.json());
    if (response?.status === 404) return this.discard();
    // The server did not answer: try again.
    this.timer = setTimeout(() => this.poll(), POLL_EVERY_MS);
  }

  setWaiting(isWaiting) {
    if (isWaiting === this.isWaiting) return;
    this.isWaiting = isWaiting;
    this.dispatchEvent(new Event("wait"));
  }

  notify() {
    this.dispatchEvent(new Event("change"));
  }

  close() {
    clearTimeout(this.timer);
  }
}

/**
 * Both choices as one; the later holds.
 * @param {Record<string, any> | null} earlier
 * @param {Record<string, any>} later
 * @returns {Record<string, any>}
 */
function merged(earlier, later) {
  const columns = { ...earlier?.columns };
  for (const [name, parts] of Object.entries(later.columns ?? {})) columns[name] = { ...columns[name], ...parts };
  return { ...earlier, ...later, ...(Object.keys(columns).length ? { columns } : {}) };
}

function json(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}
