// How many images have a value that an edit would replace: said before it is made. Not here: which
// edit (tagging.js).
import { annotations } from "../shared/store/annotations.js";
import { debounced } from "../shared/ui/dom.js";

const ASK_AFTER = 200;

/** @typedef {Record<string, number>} Counts  of images that have a value, by the property's id */

export class ExistingValues {
  /** @param {(counts: Counts) => void} show */
  constructor(show) {
    this.show = show;
    this.key = "";
    /** @type {() => object} */
    this.question = () => ({});
    /** @type {Promise<Counts> | null} */
    this.reading = Promise.resolve({});
    this.readLater = debounced(() => this.known(), ASK_AFTER);
  }

  /** @param {string} key  another one where the answer may be another; empty where nothing is replaced */
  ask(key, question) {
    if (key === this.key) return;
    this.key = key;
    this.question = question;
    this.reading = key ? null : Promise.resolve({});
    this.show({});
    if (key) this.readLater();
  }

  /** The answer to what was asked last. @returns {Promise<Counts>} */
  known() {
    this.reading ??= this.read(this.key);
    return this.reading;
  }

  async read(key) {
    /** @type {any} */
    const answer = await annotations.post("/annotations/existing", this.question()).catch(() => ({ counts: {} }));
    if (key === this.key) this.show(answer.counts);
    return answer.counts;
  }
}
