// A result of sorting, as far as it was fetched: classes with their counts, their images by pages,
// and answers that were not read back yet. Not here: showing it (class_sheet.js), writing answers
// (classes.js).

// Images of a class are fetched this many at a time.
export const PAGE = 48;

/**
 * @typedef {object} Image
 * @property {string} sha1
 * @property {number} probability
 * @property {number} similarity
 * @property {boolean | null} answer
 * @property {string | null} other  another tag of the property that it has
 */
/**
 * A tag and the images that fit it best, the most probable first.
 * @typedef {object} Class
 * @property {string} tag
 * @property {string} name
 * @property {string[]} prompts  what the model was given for it
 * @property {number[]} counts   images with at least a probability, for each per cent from 0 to 100
 * @property {number[]} left     those of them that are not answered
 * @property {Image[]} images    one page of them
 * @typedef {{sorting: string | null, fitted: number, classes: Class[]}} Sorting
 *   sorting: its id; null where the server does not have it any more
 */

export class SortedImages {
  /**
   * @param {Sorting | null} sorting
   * @param {boolean} includesTagged  whether images that have another tag are reviewed, too
   * @param {{request: (more: Record<string, any>) => Promise<Sorting>, arrived: () => void, lost: () => void}} actions
   *   lost: the server does not have the result any more
   */
  constructor(sorting, includesTagged, { request, arrived, lost }) {
    this.id = sorting?.sorting ?? null;
    this.fitted = sorting?.fitted;
    this.includesTagged = includesTagged;
    this.request = (more) => request({ sorting: this.id, ...more });
    this.arrived = arrived;
    this.lost = lost;
    /** @type {Class[]} */
    this.classes = sorting?.classes ?? [];
    /** Images by "class.page", both indexes. @type {Map<string, Image[]>} */
    this.pages = new Map();
    /** Pages being fetched. @type {Set<string>} */
    this.fetching = new Set();
    /** Pages to fetch again once they are in sight. @type {Set<string>} */
    this.stale = new Set();
    /** Answers given and not read back yet; null took one back. @type {Map<string, boolean | null>} */
    this.pendingAnswers = new Map();
    this.isClosed = false;
    this.classes.forEach(({ images }, classIndex) => images.length && this.pages.set(`${classIndex}.0`, images));
  }

  /** Ignore what is still being fetched: another result takes this one's place. */
  close() {
    this.isClosed = true;
  }

  /** @param {(classIndex: number) => number} count */
  sum(count) {
    return this.classes.reduce((sum, _, classIndex) => sum + count(classIndex), 0);
  }

  /** The per cent that the most probable image reaches. */
  get highestPercent() {
    for (let percent = 100; percent > 0; percent -= 1)
      if (this.classes.some(({ counts }) => counts[percent])) return percent;
    return 0;
  }

  /** @param {number} classIndex @param {number} index @returns {Image | undefined} undefined while it is not fetched */
  image(classIndex, index) {
    return this.pages.get(`${classIndex}.${Math.floor(index / PAGE)}`)?.[index % PAGE];
  }

  /** @param {Image} image @returns {boolean | null} */
  answerOf(image) {
    const answer = this.pendingAnswers.get(image.sha1);
    return answer === undefined ? image.answer : answer;
  }

  /** Whether it is still to be answered. @param {Image} image */
  isOpen(image) {
    return this.answerOf(image) === null && (this.includesTagged || !image.other);
  }

  /**
   * The index of the first open image of a class in a range; one that is not fetched may be open.
   * @param {number} classIndex @param {number} start @param {number} end
   */
  firstOpen(classIndex, start, end) {
    for (let index = start; index < end; index += 1) {
      const image = this.image(classIndex, index);
      if (!image || this.isOpen(image)) return index;
    }
    return null;
  }

  /** Fetch the missing images of a range. @param {number} classIndex @param {number} start @param {number} end */
  fetchRange(classIndex, start, end) {
    for (let page = Math.floor(start / PAGE); page * PAGE < end; page += 1) {
      const key = `${classIndex}.${page}`;
      const isFetched = this.pages.has(key) && !this.stale.has(key);
      if (!isFetched && !this.fetching.has(key)) this.fetchPage(key);
    }
  }

  /** @param {string} key */
  async fetchPage(key) {
    this.fetching.add(key);
    const sorting = await this.requestPage(key).catch(() => null);
    this.fetching.delete(key);
    this.stale.delete(key);
    if (this.isClosed || !sorting) return;
    if (sorting.sorting !== this.id) {
      this.lost();
      return;
    }
    this.pages.set(key, sorting.classes[0]?.images ?? []);
    this.arrived();
  }

  /** @param {string} key */
  requestPage(key) {
    const [classIndex, page] = key.split(".").map(Number);
    return this.request({ only: this.classes[classIndex].tag, start: page * PAGE, count: PAGE });
  }

  /**
   * Read the counts and the images in sight again.
   * @param {(classIndex: number, page: number) => boolean} isInSight
   * @param {() => boolean} isOutdated  whether something was answered meanwhile
   */
  async refresh(isInSight, isOutdated) {
    const seen = [...this.pages.keys()].filter((key) => {
      const [classIndex, page] = key.split(".").map(Number);
      return isInSight(classIndex, page);
    });
    const requests = [this.request({ count: 0 }), ...seen.map((key) => this.requestPage(key))];
    const [sorting, ...pages] = await Promise.all(requests).catch(() => [null]);
    if (!sorting || this.isClosed || isOutdated()) return;
    // A tag may have been deleted.
    if (sorting.sorting !== this.id || sorting.classes.length !== this.classes.length) {
      this.lost();
      return;
    }
    sorting.classes.forEach(({ name, left }, index) => Object.assign(this.classes[index], { name, left }));
    for (const image of [...this.pages.values()].flat()) image.answer = this.answerOf(image);
    this.pendingAnswers.clear();
    this.stale = new Set(this.pages.keys());
    seen.forEach((key, index) => {
      this.stale.delete(key);
      this.pages.set(key, pages[index]?.classes[0]?.images ?? []);
    });
    this.arrived();
  }

  /**
   * Show all that is open as answered, before the server has written it.
   * @param {boolean} answer
   * @param {string | null} only  a tag; null for all
   * @param {number} percent  the least probability
   */
  answerAll(answer, only, percent) {
    this.classes.forEach((item, classIndex) => {
      if (only !== null && item.tag !== only) return;
      for (const [key, images] of this.pages) {
        const [ofClass, page] = key.split(".").map(Number);
        if (ofClass !== classIndex) continue;
        images.forEach((image, index) => {
          const isShown = page * PAGE + index < item.counts[percent];
          if (isShown && this.isOpen(image)) this.pendingAnswers.set(image.sha1, answer);
        });
      }
      // Less probable images are still to be answered.
      const answered = item.left[percent];
      item.left = item.left.map((count, at) => (at < percent ? count - answered : 0));
    });
  }
}
