// What was sorted, as far as it is here: classes and their counts, images by pages, and what was
// answered of them and not read back yet. Not here: showing it, writing answers (classes.js).

// So many images of a class are fetched at once.
export const PAGE = 48;

/**
 * @typedef {object} Image
 * @property {string} sha1
 * @property {number} probability
 * @property {number} similarity
 * @property {boolean | null} answer
 * @property {string | null} other
 * @typedef {{tag: string, name: string, prompts: string[], counts: number[], left: number[], images: Image[]}} Class
 * @typedef {{sorting: string, fitted: number, classes: Class[]}} Told  counts: from each hundredth on
 */

export class Sorted {
  /**
   * @param {Told | null} told @param {boolean} isAgain  whether images with other tags are asked about, too
   * @param {{ask: (more: Record<string, any>) => Promise<Told>, arrived: () => void, lost: () => void}} acts
   *   lost: the server has it no more
   */
  constructor(told, isAgain, { ask, arrived, lost }) {
    this.name = told?.sorting ?? null;
    this.fitted = told?.fitted;
    this.isAgain = isAgain;
    this.ask = (more) => ask({ sorting: this.name, ...more });
    this.arrived = arrived;
    this.lost = lost;
    /** @type {Class[]} */
    this.classes = told?.classes ?? [];
    /** Images by class and page. @type {Map<string, Image[]>} */
    this.pages = new Map();
    /** Pages on their way. @type {Set<string>} */
    this.asking = new Set();
    /** Pages to be read again once they are in sight. @type {Set<string>} */
    this.stale = new Set();
    /** What was answered and not read back yet. @type {Map<string, boolean | null>} */
    this.said = new Map();
    this.isOver = false;
    this.classes.forEach((one, place) => one.images.length && this.pages.set(`${place}.0`, one.images));
  }

  /** Another takes its place: what is on its way is for nobody. */
  end() {
    this.isOver = true;
  }

  /** @param {(place: number) => number} of */
  sum(of) {
    return this.classes.reduce((sum, _, place) => sum + of(place), 0);
  }

  /** The hundredth that the surest image reaches. */
  get surest() {
    for (let least = 100; least > 0; least -= 1) if (this.classes.some(({ counts }) => counts[least])) return least;
    return 0;
  }

  /** @returns {Image | undefined} undefined while it is not here */
  image(place, at) {
    return this.pages.get(`${place}.${Math.floor(at / PAGE)}`)?.[at % PAGE];
  }

  /** @param {Image} image @returns {boolean | null} */
  answerOf(image) {
    const said = this.said.get(image.sha1);
    return said === undefined ? image.answer : said;
  }

  /** Whether it is still asked about. @param {Image} image */
  isOpen(image) {
    return this.answerOf(image) === null && (this.isAgain || !image.other);
  }

  /** The first open image of a class between two places; one that is not here may be. */
  openOf(place, from, to) {
    for (let at = from; at < to; at += 1) {
      const image = this.image(place, at);
      if (!image || this.isOpen(image)) return at;
    }
    return null;
  }

  /** Fetch what is not here of a class. @param {number} place @param {number} first @param {number} last */
  want(place, first, last) {
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page += 1) {
      const key = `${place}.${page}`;
      const isHere = this.pages.has(key) && !this.stale.has(key);
      if (!isHere && !this.asking.has(key)) this.fetch(key);
    }
  }

  /** @param {string} key */
  async fetch(key) {
    this.asking.add(key);
    const told = await this.page(key).catch(() => null);
    this.asking.delete(key);
    this.stale.delete(key);
    if (this.isOver || !told) return;
    if (told.sorting !== this.name) {
      this.lost();
      return;
    }
    this.pages.set(key, told.classes[0]?.images ?? []);
    this.arrived();
  }

  /** @param {string} key */
  page(key) {
    const [place, page] = key.split(".").map(Number);
    return this.ask({ only: this.classes[place].tag, start: page * PAGE, count: PAGE });
  }

  /**
   * Read how it stands by now: its counts, and the images in sight.
   * @param {(place: number, page: number) => boolean} isInSight
   * @param {() => boolean} isOlder  than what was done since
   */
  async stand(isInSight, isOlder) {
    const seen = [...this.pages.keys()].filter((key) => {
      const [place, page] = key.split(".").map(Number);
      return isInSight(place, page);
    });
    const [told, ...pages] = await Promise.all([this.ask({ count: 0 }), ...seen.map((key) => this.page(key))]).catch(
      () => [null],
    );
    if (!told || this.isOver || isOlder()) return;
    // A tag may be gone.
    if (told.sorting !== this.name || told.classes.length !== this.classes.length) {
      this.lost();
      return;
    }
    told.classes.forEach(({ name, left }, place) => Object.assign(this.classes[place], { name, left }));
    for (const image of [...this.pages.values()].flat()) image.answer = this.answerOf(image);
    this.said.clear();
    this.stale = new Set(this.pages.keys());
    seen.forEach((key, at) => {
      this.stale.delete(key);
      this.pages.set(key, pages[at].classes[0]?.images ?? []);
    });
    this.arrived();
  }

  /**
   * Take all that is open for answered, before the server says so.
   * @param {boolean} is
   * @param {string | null} only  a tag
   * @param {number} least
   */
  takeAll(is, only, least) {
    this.classes.forEach((one, place) => {
      if (only !== null && one.tag !== only) return;
      for (const [key, images] of this.pages) {
        const [of, page] = key.split(".").map(Number);
        if (of !== place) continue;
        images.forEach(
          (image, at) => page * PAGE + at < one.counts[least] && this.isOpen(image) && this.said.set(image.sha1, is),
        );
      }
      // Less certain ones are still to be answered.
      const now = one.left[least];
      one.left = one.left.map((count, at) => (at < least ? count - now : 0));
    });
  }
}
