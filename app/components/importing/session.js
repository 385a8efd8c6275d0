// One import as the server has it: begun, arranged, written, followed while it goes on. It stays
// in hand when the page is left. Not here: showing it.
import { annotations } from "../shared/store/annotations.js";

const KEY = "panoptic.import";
const LOOK_EVERY = 400;
// A wait is told only where there is one.
const TOLD_AFTER = 300;

/**
 * @typedef {object} Column
 * @property {string} source     its name in the file
 * @property {string} name       of the property
 * @property {string} type
 * @property {"image" | "file"} target
 * @property {boolean} take
 * @property {string} separator
 * @property {boolean} is_new
 * @property {(string | string[])[]} examples  as they stand in the file
 * @property {string[][]} [read]  as they were read, those of a column that is taken; so is the rest
 * @property {number} [targets]
 * @property {number} [writes]
 * @property {number} [held]
 * @property {number} [repeated]
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
 * @property {number[]} overlong
 * @property {Column[]} columns
 * @property {string} existing
 * @typedef {{by: string | null, column: string | null, folder: string | null}} Matching
 *
 * @typedef {object} Told
 * @property {string} id
 * @property {string} name
 * @property {"reading" | "ready" | "writing" | "done" | "failed"} phase
 * @property {boolean} canWrite
 * @property {{about: "file" | "matching" | "column" | "import", column: string | null, code: string,
 *   message: string} | null} problem
 * @property {Matching & {columns: Record<string, any>, existing: string, into: string | null}} choices
 * @property {{rows: number, columns: string[], listsTags: boolean} | null} table
 * @property {Plan | null} plan
 * @property {{count: number, first: {name: string, colour: string | null, parents: string[]}[]} | null} tags
 * @property {{done: number, of: number}} progress
 * @property {{batch: string, isOn: boolean, changes: number, values: number, images: number, properties: string[],
 *   tags: number} | null} written
 */

/** Says "change" when something of it is another, "wait" when it begins or ends to take long. */
export class ImportSession extends EventTarget {
  constructor() {
    super();
    this.language = "en";
    /** @type {Told | null} */
    this.told = null;
    /** What was in hand before a file that is still being read. @type {Told | null} */
    this.before = null;
    /** Why the last request came to nothing. */
    this.failure = "";
    /** What was just taken back. */
    this.isUndone = false;
    this.isWaiting = false;
    /** @type {Record<string, any> | null} choices that wait for the answer to those before */
    this.pending = null;
    this.isSending = false;
  }

  /** Take up what was left. */
  async resume() {
    const id = localStorage.getItem(KEY);
    if (!id || this.told) return;
    const answer = await this.ask(`/imports/${id}`).catch(() => null);
    const told = answer?.ok ? await answer.json() : null;
    if (answer?.status === 404 || told?.phase === "failed") localStorage.removeItem(KEY);
    else if (told && !this.told) this.take(told);
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

  /** Begin with a place on this machine. @param {string} path @param {string | null} into */
  async open(path, into) {
    await this.start(path, "/imports/path", json({ path, into }));
  }

  async start(name, address, options) {
    this.before = this.told?.table ? this.told : null;
    this.reading = name;
    this.isUndone = false;
    await this.send(address, options);
    this.reading = "";
  }

  /** What was in hand before goes, or comes back where the new file cannot be read. @param {Told} told */
  replace(told) {
    const { before } = this;
    if (told.phase === "reading") return told;
    this.before = null;
    const gone = told.phase === "failed" && before ? told : before;
    if (gone) this.ask(`/imports/${gone.id}`, { method: "DELETE" }).catch(() => {});
    if (gone !== told) return told;
    this.failure = told.problem.message;
    return before;
  }

  /** Have other choices; those of a moment go together. @param {Record<string, any>} part */
  async choose(part) {
    const { columns, ...rest } = part;
    this.pending = { ...this.pending, ...rest };
    if (columns) {
      const known = (this.pending.columns ??= {});
      for (const [name, parts] of Object.entries(columns)) known[name] = { ...known[name], ...parts };
    }
    if (this.isSending) return;
    this.isSending = true;
    this.isUndone = false;
    while (this.pending && this.told) {
      const body = this.pending;
      this.pending = null;
      await this.send(`/imports/${this.told.id}`, json(body));
    }
    this.isSending = false;
  }

  async write() {
    this.isUndone = false;
    await this.send(`/imports/${this.told.id}/write`, json({}));
  }

  async stop() {
    await this.send(`/imports/${this.told.id}/stop`, json({}));
  }

  /** Take back what was written; the choices stay. */
  async undo() {
    try {
      await annotations.write("/switch", { batch: this.told.written.batch, on: false });
      await this.look();
    } catch (error) {
      this.failure = error.message || "failed";
      this.tell();
    }
  }

  /** Let it go. */
  drop() {
    if (this.told) this.ask(`/imports/${this.told.id}`, { method: "DELETE" }).catch(() => {});
    localStorage.removeItem(KEY);
    clearTimeout(this.timer);
    this.told = null;
    this.failure = "";
    this.isUndone = false;
    this.tell();
  }

  /** @returns {Promise<Told | null>} null where it came to nothing, and why in `failure` */
  async send(address, options) {
    this.failure = "";
    const waiting = setTimeout(() => this.wait(true), TOLD_AFTER);
    try {
      const answer = await this.ask(address, options);
      const told = await answer.json();
      if (answer.ok) {
        this.take(told);
        return told;
      }
      this.failure = told.message ?? "failed";
    } catch {
      this.failure = "failed";
    } finally {
      clearTimeout(waiting);
      this.wait(false);
    }
    this.tell();
    return null;
  }

  /** @param {string} address @param {RequestInit} [options] */
  ask(address, options) {
    const joint = address.includes("?") ? "&" : "?";
    return fetch(`${address}${joint}lang=${this.language}`, options);
  }

  /** @param {Told} news */
  take(news) {
    const told = this.before && news.id !== this.before.id ? this.replace(news) : news;
    const isNew = told.phase === "done" && this.told?.phase !== "done";
    this.told = told;
    localStorage.setItem(KEY, told.id);
    clearTimeout(this.timer);
    if (told.phase === "reading" || told.phase === "writing") this.timer = setTimeout(() => this.look(), LOOK_EVERY);
    // What shows values reads them again.
    if (isNew && told.written?.changes) annotations.look();
    this.tell();
    if (told.phase === "done" && !told.written?.isOn) this.undone();
  }

  /** What was written is no more, taken back here or elsewhere: what would be written is counted anew. */
  async undone() {
    await this.choose({});
    this.isUndone = true;
    this.tell();
  }

  /** Read again how it stands. */
  async look() {
    if (!this.told) return;
    const { id } = this.told;
    const answer = await this.ask(`/imports/${id}`).catch(() => null);
    if (this.told?.id !== id) return;
    if (answer?.ok) return this.take(await answer.json());
    if (answer?.status === 404) return this.drop();
    // The server is away for a moment.
    this.timer = setTimeout(() => this.look(), LOOK_EVERY);
  }

  wait(isWaiting) {
    if (isWaiting === this.isWaiting) return;
    this.isWaiting = isWaiting;
    this.dispatchEvent(new Event("wait"));
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  close() {
    clearTimeout(this.timer);
  }
}

function json(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}
