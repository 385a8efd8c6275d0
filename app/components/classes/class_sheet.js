// The sheet of all classes: which image is current, moving through them, and what is in sight. Not
// here: one class (class_section.js), the images (sorted_images.js), writing answers (classes.js).
import { annotations } from "../shared/store/annotations.js";
import { el, set } from "../shared/ui/dom.js";
import { ClassSection, gridOf } from "./class_section.js";
import { PAGE } from "./sorted_images.js";

/**
 * What the sheet asks the page for: `draw` draws what depends on the current image, `measure` what
 * depends on sizes.
 * @typedef {object} SheetActions
 * @property {() => number} threshold  the least probability, in per cent
 * @property {(classIndex: number, index: number, belongs: boolean) => void} decideAt
 * @property {(classIndex: number, belongs: boolean) => void} decideClass
 * @property {(classIndex: number, index: number, anchor: Element) => void} chooseOtherTag
 * @property {() => void} enlarge
 * @property {() => void} draw
 * @property {() => void} measure
 */

export class ClassSheet {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {import("./sorted_images.js").SortedImages} sorted
   * @param {SheetActions} actions
   */
  constructor(tools, sorted, actions) {
    this.tools = tools;
    this.sorted = sorted;
    this.actions = actions;
    /** @type {ClassSection[]} */
    this.sections = [];
    /** Where the current image is. */
    this.position = { classIndex: 0, index: 0 };
    /** @type {import("./class_section.js").Grid | null} */
    this.grid = null;
    this.node = el("div", {
      class: "sheet-of",
      role: "grid",
      tabindex: "0",
      "aria-label": tools.t("images_of"),
      onscroll: () => actions.draw(),
    });
  }

  get classes() {
    return this.sorted.classes;
  }

  /** Show another result from its beginning. @param {import("./sorted_images.js").SortedImages} sorted */
  show(sorted) {
    this.sorted = sorted;
    const folded = new Set(this.sections.filter(({ isFolded }) => isFolded).map(({ tag }) => tag));
    this.sections = this.classes.map((_, classIndex) => new ClassSection(this, classIndex));
    for (const section of this.sections) section.isFolded = folded.has(section.tag);
    this.node.replaceChildren(...this.sections.map((section) => section.node));
    this.node.scrollTop = 0;
    this.position = this.firstPosition();
  }

  focus() {
    this.node.focus({ preventScroll: true });
  }

  // Counts of what is probable enough

  /** @param {number} classIndex  -1: of none */
  countOf(classIndex) {
    return this.classes[classIndex]?.counts[this.actions.threshold()] ?? 0;
  }

  /** @param {number} classIndex */
  unansweredOf(classIndex) {
    return this.classes[classIndex]?.left[this.actions.threshold()] ?? 0;
  }

  get shownCount() {
    return this.sorted.sum((classIndex) => this.countOf(classIndex));
  }

  get unansweredCount() {
    return this.sorted.sum((classIndex) => this.unansweredOf(classIndex));
  }

  /** Images of a tag; null where it is no class. @param {string} tag */
  countOfTag(tag) {
    const classIndex = this.classIndexOf(tag);
    return classIndex < 0 ? null : this.countOf(classIndex);
  }

  /** @param {string} tag */
  classIndexOf(tag) {
    return this.classes.findIndex((item) => item.tag === tag);
  }

  /** @param {number} classIndex */
  colourOf(classIndex) {
    return annotations.tagOf.get(this.classes[classIndex].tag)?.colour ?? null;
  }

  // The current image

  get currentImage() {
    const { classIndex, index } = this.position;
    return index < this.countOf(classIndex) ? this.sorted.image(classIndex, index) : undefined;
  }

  get currentTile() {
    const { classIndex, index } = this.position;
    return this.sections[classIndex]?.tiles.get(index);
  }

  /** @param {number} classIndex @param {number} index */
  isCurrent(classIndex, index) {
    return classIndex === this.position.classIndex && index === this.position.index;
  }

  /** Of the first image that is shown. */
  firstPosition() {
    const first = this.classes.findIndex((_, classIndex) => this.countOf(classIndex) > 0);
    return { classIndex: Math.max(0, first), index: 0 };
  }

  /** Stay within what is shown, after the threshold has changed. */
  clampPosition() {
    const { classIndex, index } = this.position;
    const count = this.countOf(classIndex);
    if (!count) this.position = this.firstPosition();
    else if (index >= count) this.position = { classIndex, index: count - 1 };
  }

  /** @param {number} classIndex @param {number} index */
  select(classIndex, index) {
    if (index < 0 || index >= this.countOf(classIndex)) return;
    this.position = { classIndex, index };
    this.reveal();
    this.actions.draw();
  }

  /** Where the next open image is, in this class or a later one, and from the first one again. */
  nextOpen() {
    const { classIndex, index } = this.position;
    const { length } = this.classes;
    for (let offset = 0; offset <= length; offset += 1) {
      const candidate = (classIndex + offset) % length;
      if (this.sections[candidate].isFolded || !this.unansweredOf(candidate)) continue;
      const end = offset === length ? index : this.countOf(candidate);
      const open = this.sorted.firstOpen(candidate, offset === 0 ? index + 1 : 0, end);
      if (open !== null) return { classIndex: candidate, index: open };
    }
    return null;
  }

  /** The nearest class that shows images. @param {number} classIndex @param {number} step @returns {number | null} */
  neighbour(classIndex, step) {
    for (let other = classIndex + step; other >= 0 && other < this.classes.length; other += step)
      if (this.countOf(other) && !this.sections[other].isFolded) return other;
    return null;
  }

  /** @param {1 | -1} step */
  moveAcross(step) {
    const { classIndex, index } = this.position;
    if (index + step >= 0 && index + step < this.countOf(classIndex)) {
      this.select(classIndex, index + step);
      return;
    }
    const other = this.neighbour(classIndex, step);
    if (other !== null) this.select(other, step > 0 ? 0 : this.countOf(other) - 1);
  }

  /** @param {1 | -1} step */
  moveDown(step) {
    const { classIndex, index } = this.position;
    const { columns } = /** @type {import("./class_section.js").Grid} */ (this.grid);
    const target = index + step * columns;
    const last = this.countOf(classIndex) - 1;
    const isLastRow = Math.floor(index / columns) === Math.floor(last / columns);
    if (target >= 0 && (target <= last || !isLastRow)) {
      if (step < 0 || last >= 0) this.select(classIndex, Math.min(target, last));
      return;
    }
    const other = this.neighbour(classIndex, step);
    if (other === null) return;
    const end = this.countOf(other) - 1;
    const column = index % columns;
    this.select(other, Math.min(end, step > 0 ? column : Math.floor(end / columns) * columns + column));
  }

  selectFirst() {
    this.select(this.position.classIndex, 0);
  }

  selectLast() {
    const { classIndex } = this.position;
    this.select(classIndex, this.countOf(classIndex) - 1);
  }

  // What is in sight

  /** Scroll to the current image. */
  reveal() {
    const { classIndex, index } = this.position;
    const section = this.sections[classIndex];
    if (!section?.grid || section.isFolded || index >= this.countOf(classIndex)) return;
    const top = section.topOf(index);
    const { row } = section.grid;
    const { scrollTop, clientHeight } = this.node;
    // The heading of the class covers what is right below the edge.
    const heading = section.topOf(0) - section.node.offsetTop;
    if (top < scrollTop + heading) this.node.scrollTop = top - heading;
    else if (top + row > scrollTop + clientHeight) this.node.scrollTop = top + row - clientHeight;
  }

  /** Scroll to a class. @param {string} tag */
  revealClass(tag) {
    const classIndex = this.classIndexOf(tag);
    if (!this.countOf(classIndex)) return;
    this.sections[classIndex].isFolded = false;
    this.actions.measure();
    this.node.scrollTop = this.sections[classIndex].node.offsetTop;
    this.position = { classIndex, index: 0 };
    this.focus();
    this.actions.draw();
  }

  /** Whether a page of a class is drawn, or holds the current image. @param {number} classIndex @param {number} page */
  isInSight(classIndex, page) {
    const isOnPage = (index) => Math.floor(index / PAGE) === page;
    const drawn = [...(this.sections[classIndex]?.tiles.keys() ?? [])];
    return drawn.some(isOnPage) || (classIndex === this.position.classIndex && isOnPage(this.position.index));
  }

  /** Compute sizes from the sheet's width. @param {number} tileSize  pixels */
  measure(tileSize) {
    this.grid = gridOf(this.node.clientWidth, tileSize);
    for (const section of this.sections) section.measure(this.grid);
  }

  draw() {
    const { scrollTop, clientHeight } = this.node;
    for (const section of this.sections) section.draw(scrollTop, scrollTop + clientHeight);
    set(this.node, "aria-activedescendant", this.currentTile?.node.id ?? null);
  }
}
