// The images that are suggested at once: which one is current, what was answered, which are skipped.
// Pure. Not here: reading and writing them (suggest.js), showing them (tile_grid.js).

export const COUNT = 20;
// The server suggests at most this many and a page more.
const SKIPPED_AT_MOST = 900;

/**
 * @typedef {{sha1: string, similarity: number, why: string, probability: number | null, has_tag: boolean}} Suggestion
 *   why: sha1 of the image of the tag that it is most similar to; has_tag: its tag is in doubt
 * @typedef {{count: number, least: number, most: number}} Estimate  images that the tag still lacks
 * @typedef {{inside: number, accepted: number, refused: number, candidates: number}} Progress
 * @typedef {{images: Suggestion[], estimate: Estimate | null, progress: Progress, kind: string}} Suggestions
 *   kind: "none" where there is nothing to learn from
 */

export class Batch {
  constructor() {
    /** The server's last answer. @type {Suggestions | null} */
    this.suggestions = null;
    /** @type {Suggestion[]} */
    this.images = [];
    /** Those of the batch before this one. @type {Suggestion[]} */
    this.previous = [];
    /** Answers to both of them. @type {Map<string, boolean>} */
    this.answers = new Map();
    /** Left unanswered: others are wanted instead. @type {Set<string>} */
    this.skipped = new Set();
    this.index = 0;
  }

  get current() {
    return this.images[this.index] ?? null;
  }

  get length() {
    return this.images.length;
  }

  /** Hashes of the images that have no answer. */
  get unanswered() {
    return this.images.map(({ sha1 }) => sha1).filter((sha1) => !this.answers.has(sha1));
  }

  get isComplete() {
    return this.length > 0 && !this.unanswered.length;
  }

  /** Hashes of the images of this batch and of the one before. */
  get sha1s() {
    return [...this.images, ...this.previous].map(({ sha1 }) => sha1);
  }

  get canSkip() {
    return this.skipped.size <= SKIPPED_AT_MOST;
  }

  /** The probability of some images, where it is known. @param {string[]} sha1s */
  scoresOf(sha1s) {
    const known = this.images.filter(({ sha1, probability }) => sha1s.includes(sha1) && probability !== null);
    return Object.fromEntries(known.map(({ sha1, probability }) => [sha1, probability]));
  }

  /** Which of some images had the tag before they were asked about. @param {string[]} sha1s */
  taggedOf(sha1s) {
    const tagged = [...this.images, ...this.previous].filter((image) => image.has_tag);
    return tagged.map(({ sha1 }) => sha1).filter((sha1) => sha1s.includes(sha1));
  }

  /** Start again without any images; answers are kept. */
  clear() {
    this.images = [];
    this.previous = [];
    this.skipped.clear();
  }

  /** The images that the server suggests take the place of the present ones. @param {Suggestions} suggestions */
  replace(suggestions) {
    this.previous = this.images;
    this.suggestions = suggestions;
    this.images = suggestions.images.filter(({ sha1 }) => !this.skipped.has(sha1)).slice(0, COUNT);
    const kept = new Set(this.previous.map(({ sha1 }) => sha1));
    this.answers = new Map([...this.answers].filter(([sha1]) => kept.has(sha1)));
    // What is suggested again has no answer any more.
    for (const { sha1 } of this.images) this.answers.delete(sha1);
    this.index = 0;
  }

  /** @param {string[]} sha1s @param {boolean | null} answer  null takes answers back */
  answer(sha1s, answer) {
    for (const sha1 of sha1s) answer === null ? this.answers.delete(sha1) : this.answers.set(sha1, answer);
  }

  /**
   * Take the answers as the server has them, and go to the first image whose answer was undone.
   * @param {Map<string, boolean>} answers
   */
  setAnswers(answers) {
    const undone = this.sha1s.filter((sha1) => this.answers.has(sha1) && !answers.has(sha1));
    this.answers = answers;
    if (!undone.length) return;
    const isUndone = ({ sha1 }) => undone.includes(sha1);
    if (!this.images.some(isUndone) && this.previous.some(isUndone)) {
      this.images = this.previous;
      this.previous = [];
    }
    this.index = Math.max(0, this.images.findIndex(isUndone));
  }

  /** Go to the next image that has no answer, from the end to the beginning; stay where there is none. */
  goToNext() {
    const { length } = this;
    const following = Array.from({ length }, (_, offset) => (this.index + 1 + offset) % length);
    this.index = following.find((index) => !this.answers.has(this.images[index].sha1)) ?? this.index;
  }

  skipUnanswered() {
    for (const sha1 of this.unanswered) this.skipped.add(sha1);
  }
}
