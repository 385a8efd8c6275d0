// What the person at this browser can undo and redo, and who else is at work: asked for whenever
// something was written, by anyone. One for the whole window. Not here: showing it.
import { annotations } from "./annotations.js";
import { debounced } from "../ui/dom.js";
import { routeTo } from "../bridge/address.js";

const ASK_AFTER = 60;
// The first page comes first.
const BEGIN_AFTER = 400;
// Who stopped working is seen to have.
const AGAIN_EVERY = 60_000;
// Others read what is new as well, and are not always heard of.
const COMPARE_EVERY = 500;

/**
 * @typedef {{batch: string, said: string} | null} Step
 * @typedef {object} Told
 * @property {number} position
 * @property {string} me
 * @property {Step} undo
 * @property {Step} redo
 * @property {string | null} [batch]
 * @property {string | null} [said]
 * @property {import("./annotations.js").Renamed[]} [renamed]
 * @property {{author: string, at: string}[]} atWork
 */

class Latest extends EventTarget {
  constructor() {
    super();
    /** @type {Told | null} */
    this.state = null;
    this.followers = 0;
    this.request = debounced(() => this.read(), ASK_AFTER);
    document.addEventListener("panoptic:named", () => this.read());
  }

  /** Keep it current while somebody shows it; returns what ends that. */
  follow() {
    this.followers += 1;
    if (this.followers === 1) {
      setTimeout(() => this.state ?? this.read(), BEGIN_AFTER);
      annotations.addEventListener("change", this.request);
      this.timers = [
        setInterval(() => document.hidden || this.read(), AGAIN_EVERY),
        setInterval(() => this.compare(), COMPARE_EVERY),
      ];
      this.unfollow = annotations.follow();
    }
    return () => {
      this.followers -= 1;
      if (this.followers) return;
      annotations.removeEventListener("change", this.request);
      this.timers.forEach(clearInterval);
      this.unfollow();
    };
  }

  compare() {
    if (this.state && annotations.position > this.state.position) this.read();
  }

  async read() {
    try {
      const answer = await fetch(routeTo(`/steps?${new URLSearchParams({ lang: annotations.language })}`));
      if (answer.ok) this.take(await answer.json());
    } catch {
      // The server is away: the next change asks again.
    }
  }

  /** Undo or redo. @param {"undo" | "redo"} step @returns {Promise<Told>} */
  async go(step) {
    // What was just done here may not be known here yet.
    if (this.state && annotations.position > this.state.position) await this.read();
    const seen = this.state?.[step]?.batch;
    const state = /** @type {any} */ (await annotations.write(`/${step}`, seen ? { seen } : {}));
    this.take(state);
    return state;
  }

  /** @param {Told} state */
  take(state) {
    if (this.state && state.position < this.state.position) return;
    this.state = state;
    // What others write from here on is news.
    if (annotations.position < 0) annotations.position = state.position;
    else if (annotations.position < state.position) annotations.notify(state.position);
    this.dispatchEvent(new Event("change"));
  }
}

export const latest = new Latest();
