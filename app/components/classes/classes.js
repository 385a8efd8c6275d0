// The page on which images are sorted into tags by words: each image is shown under the tag that fits
// it best, the most probable first, and is accepted, refused or moved, alone or in bulk. Streamlit
// calls the default export with the data of each run; images and answers go over HTTP. Not here: what
// all pages of this kind do (shared/ui/review_page.js), the result of sorting (sorted_images.js), the
// sheet of classes (class_sheet.js), answers (answers.js), head and foot (head.js, foot.js),
// what is sorted into (prompt_setup.js), from which probability on (confidence_bar.js), choosing the
// property (property_choice.js).
import { annotations } from "../shared/store/annotations.js";
import { el } from "../shared/ui/dom.js";
import { actionName } from "../shared/ui/review_keys.js";
import { ReviewPage, reviewComponent } from "../shared/ui/review_page.js";
import { Enlarged } from "../suggest/enlarged.js";
import { ClassAnswers } from "./answers.js";
import { ClassSheet } from "./class_sheet.js";
import { ConfidenceBar } from "./confidence_bar.js";
import { emptyStateOf } from "./empty_states.js";
import { ClassesFoot } from "./foot.js";
import { ClassesHead } from "./head.js";
import { OtherTag } from "./other_tag.js";
import { PromptSetup } from "./prompt_setup.js";
import { PropertyChoice } from "./property_choice.js";
import { PAGE, SortedImages } from "./sorted_images.js";

// With more classes than this, images are fetched only once they are in sight.
const FETCHED_AT_ONCE = 40;
const REFRESH_AFTER = 150;
// What takes longer is the model, which is being loaded.
const MODEL_LOADS_AFTER = 2_500;

/**
 * @typedef {object} Data
 * @property {string} language
 * @property {string | null} property
 * @property {string | null} view
 * @property {[string, string][]} encoders  that read words
 * @property {string | null} encoder
 * @property {string | null} loading  what is loaded before the first images are sorted
 * @property {string[]} waiting  names of encoders that read words and cannot be used yet
 * @property {Record<string, string>} texts
 */

/** @extends {ReviewPage<Data>} */
export class ClassesPage extends ReviewPage {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    // The first update opens the property.
    super(root, { ...data, property: null }, REFRESH_AFTER);
    /** Whether images that have a tag of the property already are sorted, too. */
    this.includesTagged = false;
    this.isChoosing = false;
    this.isLoading = false;
    this.isModelLoading = false;
    /** @type {SortedImages} */
    this.sorted = this.makeSorted(null);
    this.answers = new ClassAnswers(this);
    this.head = new ClassesHead(this);
    this.setup = new PromptSetup(this.tools, {
      changed: () => this.load(),
      reveal: (tag) => this.sheet.revealClass(tag),
    });
    this.choice = new PropertyChoice(this.tools, (property) => this.chooseProperty(property));
    this.bar = new ConfidenceBar(this.tools, {
      changed: () => this.thresholdChanged(),
      acceptAll: () => this.answers.acceptAll(),
    });
    this.sheet = new ClassSheet(this.tools, this.sorted, {
      threshold: () => this.bar.threshold,
      decideAt: (classIndex, index, belongs) => this.decideAt(classIndex, index, belongs),
      decideClass: (classIndex, belongs) => this.answers.decideClass(classIndex, belongs),
      chooseOtherTag: (classIndex, index, anchor) => this.chooseOtherTag(classIndex, index, anchor),
      enlarge: () => this.enlarge(),
      draw: () => this.drawSheet(),
      measure: () => this.measure(),
    });
    this.stage.append(this.sheet.node, this.empty);
    const main = el("div", { class: "main-of" }, this.bar.node, this.stage);
    this.body = el("div", { class: "body" }, this.setup.node, main);
    this.foot = new ClassesFoot(this);
    this.enlarged = new Enlarged(this.tools);
    this.otherTag = new OtherTag(this.tools, (tag) => this.answers.move(tag));
    this.mount(this.head.node, this.body, this.choice.node, this.foot.node, this.enlarged.node, this.otherTag.node);
    const onDefine = () => this.define();
    annotations.addEventListener("define", onDefine);
    const resized = new ResizeObserver(() => this.measure());
    resized.observe(this.sheet.node);
    this.cleanups.push(
      () => annotations.removeEventListener("define", onDefine),
      () => resized.disconnect(),
      () => this.setup.close(),
    );
    /** Whether properties and tags were read. */
    this.isDefined = annotations.version !== "";
    annotations
      .read()
      .catch(() => {})
      .then(() => this.define());
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    super.update(data);
    if (data.property !== before.property) this.open();
    else if (data.encoder !== before.encoder || (this.isInView && data.view !== before.view)) this.load();
    else this.draw();
  }

  /** Show another property. */
  open() {
    this.discardRequest();
    this.isChoosing = this.isLoading = this.includesTagged = false;
    this.trouble = "";
    this.show(null);
    this.setup.open(this.data.property);
    this.load();
  }

  /** Properties and tags were read, or have changed. */
  define() {
    if (this.isDefined) {
      this.draw();
      return;
    }
    this.isDefined = true;
    this.load();
  }

  /** @param {string} property */
  chooseProperty(property) {
    if (property === this.data.property) this.toggleChoice();
    else this.tools.send("property", property);
  }

  toggleChoice() {
    this.isChoosing = !this.isChoosing;
    this.draw();
    if (this.isChoosing) this.choice.focus();
  }

  /** @param {boolean} includesTagged */
  setIncludesTagged(includesTagged) {
    this.includesTagged = includesTagged;
    this.load();
  }

  /** @param {boolean} isInView */
  setScope(isInView) {
    this.isInView = isInView;
    this.load();
  }

  // Sorting

  get property() {
    return annotations.properties.find(({ id }) => id === this.data.property) ?? null;
  }

  /** Whether there is an encoder to sort by, and at least two tags to sort into. */
  get isReady() {
    return Boolean(this.property && this.data.encoder && this.setup.tickedTags.length > 1);
  }

  /** What is sorted, and how: the part that all requests have in common. */
  requestBody() {
    const { property, encoder, view } = this.data;
    return {
      property,
      encoder,
      again: this.includesTagged,
      language: this.tools.language,
      ...(this.isInView && view ? { view } : {}),
      ...this.setup.requestBody(),
    };
  }

  /** @param {Record<string, any>} more @returns {Promise<import("./sorted_images.js").Sorting>} */
  async request(more) {
    return /** @type {any} */ (await annotations.post("/suggestions/classes", { ...this.requestBody(), ...more }));
  }

  /** Sort all images again. */
  async load() {
    this.trouble = "";
    this.isLoading = this.isReady;
    this.isModelLoading = false;
    if (!this.isReady) {
      this.discardRequest();
      this.show(null);
      return;
    }
    this.draw();
    const modelLoads = setTimeout(() => {
      this.isModelLoading = true;
      this.draw();
    }, MODEL_LOADS_AFTER);
    const sorting = await this.latest(async () => {
      await this.queue.done;
      return this.request({ count: this.setup.tickedTags.length > FETCHED_AT_ONCE ? 0 : PAGE });
    });
    clearTimeout(modelLoads);
    if (sorting === undefined) return;
    this.isLoading = false;
    this.show(sorting);
  }

  /** @param {import("./sorted_images.js").Sorting | null} sorting */
  makeSorted(sorting) {
    this.sorted?.close();
    return new SortedImages(sorting, this.includesTagged, {
      request: (more) => this.request(more),
      arrived: () => {
        this.draw();
        this.measure();
      },
      lost: () => this.load(),
    });
  }

  /** Show a result from its beginning. @param {import("./sorted_images.js").Sorting | null} sorting */
  show(sorting) {
    this.sorted = this.makeSorted(sorting);
    this.sheet.show(this.sorted);
    this.draw();
    this.measure();
    // The sheet takes the keyboard focus, unless something else has it.
    if (document.activeElement === document.body && this.sorted.classes.length) this.sheet.focus();
  }

  /** Read counts and answers again: they were given or undone, here or elsewhere. */
  refresh() {
    if (!this.sorted.id || this.queue.isWriting || this.isLoading) return;
    this.sorted.refresh(
      (classIndex, page) => this.sheet.isInSight(classIndex, page),
      () => this.queue.isWriting,
    );
  }

  thresholdChanged() {
    this.sheet.clampPosition();
    this.draw();
    this.measure();
  }

  // Answers

  /** @param {number} classIndex @param {number} index @param {boolean} belongs */
  decideAt(classIndex, index, belongs) {
    this.sheet.position = { classIndex, index };
    this.answers.decide(belongs);
  }

  get currentClass() {
    return this.sorted.classes[this.sheet.position.classIndex];
  }

  /** @param {Error} error */
  answerFailed(error) {
    super.answerFailed(error);
    // Answers were shown before they were written.
    this.sorted.pendingAnswers.clear();
  }

  /** Go to the next image without an answer, of this class or a later one. */
  goToNext() {
    const next = this.sheet.nextOpen();
    if (next) this.sheet.position = next;
    this.draw();
    this.measure();
    this.sheet.reveal();
  }

  /** @param {number} classIndex @param {number} index @param {Element} anchor */
  chooseOtherTag(classIndex, index, anchor) {
    this.sheet.position = { classIndex, index };
    this.drawSheet();
    this.otherTag.open(anchor, this.data.property ?? "", this.currentClass.tag);
  }

  chooseOtherTagOfCurrent() {
    const { currentTile, currentImage, position } = this.sheet;
    if (currentTile && currentImage) this.chooseOtherTag(position.classIndex, position.index, currentTile.node);
  }

  // Keys

  /** @param {KeyboardEvent} event */
  actionOf(event) {
    if (this.isChoosing || !this.sorted.classes.length || this.otherTag.isOpen) return null;
    const { answers, sheet, head } = this;
    /** @type {Record<string, () => void>} */
    const actions = {
      accept: () => answers.decide(true),
      refuse: () => answers.decide(false),
      acceptAll: () => answers.decideCurrentClass(true),
      refuseAll: () => answers.decideCurrentClass(false),
      right: () => sheet.moveAcross(1),
      left: () => sheet.moveAcross(-1),
      down: () => sheet.moveDown(1),
      up: () => sheet.moveDown(-1),
      first: () => sheet.selectFirst(),
      last: () => sheet.selectLast(),
      other: () => this.chooseOtherTagOfCurrent(),
      enlarge: () => this.enlarge(),
      grow: () => head.size.step(1),
      shrink: () => head.size.step(-1),
    };
    return actions[actionName(event) ?? ""];
  }

  enlarge() {
    this.enlarged.toggle();
    this.drawSheet();
  }

  // Drawing

  emptyState() {
    return emptyStateOf(this);
  }

  /** Compute all sizes again. */
  measure() {
    this.sheet.measure(this.head.size.pixels);
    this.drawBar();
    this.drawSheet();
  }

  /** Draw what is in sight, and what depends on the current image. */
  drawSheet() {
    if (!this.sheet.grid) return;
    this.sheet.draw();
    const { currentImage } = this.sheet;
    const answer = currentImage ? this.sorted.answerOf(currentImage) : null;
    this.enlarged.draw(currentImage ?? null, answer, this.currentClass?.name);
    this.foot.drawButtons(Boolean(currentImage));
  }

  draw() {
    const isChoiceShown = this.isDefined && (!this.property || this.isChoosing);
    this.choice.node.hidden = !isChoiceShown;
    if (isChoiceShown) this.choice.draw(Boolean(this.data.property && !this.property));
    this.body.hidden = this.foot.node.hidden = isChoiceShown;
    this.head.draw(isChoiceShown);
    this.setup.node.hidden = !this.setup.tags.length;
    this.setup.draw(this.sorted.classes, (tag) => this.sheet.countOfTag(tag), this.sorted.fitted);
    this.sheet.node.hidden = Boolean(this.emptyState());
    this.drawEmpty();
    this.drawBar();
  }

  drawBar() {
    const { shownCount: shown, unansweredCount: unanswered } = this.sheet;
    const all = this.sorted.sum((classIndex) => this.sorted.classes[classIndex].counts[0]);
    this.bar.draw({ shown, unanswered, all }, this.isLoading, Boolean(this.trouble));
    this.foot.drawProgress(shown, unanswered);
  }
}

export default reviewComponent(ClassesPage);
