// The page on which a tag is learnt: likely images, each accepted or refused with one press, and
// every answer improves the next suggestions. Streamlit calls the default export with the data of
// each run; images and answers go over HTTP. Not here: what all pages of this kind do
// (shared/ui/review_page.js), the images at hand (batch.js) and their tiles (tile_grid.js, tile.js),
// head and foot (head.js, foot.js), what is learnt from (training_set.js), choosing the tag (tag_choice.js), an
// enlarged image (enlarged.js).
import { annotations } from "../shared/store/annotations.js";
import { el } from "../shared/ui/dom.js";
import { ReviewPage, reviewComponent } from "../shared/ui/review_page.js";
import { actionName } from "../shared/ui/review_keys.js";
import { Batch, COUNT } from "./batch.js";
import { emptyStateOf } from "./empty_states.js";
import { Enlarged } from "./enlarged.js";
import { SuggestFoot } from "./foot.js";
import { SuggestHead } from "./head.js";
import { TagChoice } from "./tag_choice.js";
import { TileGrid } from "./tile_grid.js";
import { TrainingSet } from "./training_set.js";

const REFRESH_AFTER = 150;

/**
 * What the server knows of a tag: how many images it has, some of them, and answers to given images.
 * @typedef {object} TagStatus
 * @property {string} name
 * @property {number} inside
 * @property {string[]} examples
 * @property {number} accepted
 * @property {number} refused
 * @property {Record<string, boolean>} answers
 */
/**
 * @typedef {object} Data
 * @property {string} language
 * @property {string | null} tag
 * @property {string | null} view
 * @property {[string, string][]} encoders
 * @property {string | null} encoder
 * @property {Record<string, string>} texts
 */

/** @extends {ReviewPage<Data>} */
export class SuggestPage extends ReviewPage {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    // The first update opens the tag.
    super(root, { ...data, tag: null }, REFRESH_AFTER);
    this.mode = "likely";
    this.isChoosing = false;
    this.isLoading = false;
    this.batch = new Batch();
    /** @type {TagStatus | null} */
    this.status = null;
    this.grid = new TileGrid(this.tools, {
      select: (index) => this.select(index),
      decide: (index, belongs) => this.decideAt(index, belongs),
      enlarge: () => this.enlarge(),
    });
    this.head = new SuggestHead(this);
    this.trainingSet = new TrainingSet(this.tools, { takeBack: (sha1) => this.answer([sha1], null) });
    this.choice = new TagChoice(this.tools, (tag) => this.chooseTag(tag));
    this.stage.append(this.grid.node, this.empty);
    this.body = el("div", { class: "body" }, this.trainingSet.node, this.stage);
    this.foot = new SuggestFoot(this);
    this.enlarged = new Enlarged(this.tools);
    this.head.size.store();
    this.mount(this.head.node, this.body, this.choice.node, this.foot.node, this.enlarged.node);
    const onDefine = () => this.draw();
    annotations.addEventListener("define", onDefine);
    this.cleanups.push(() => annotations.removeEventListener("define", onDefine));
    annotations.read().catch(() => {});
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    super.update(data);
    this.draw();
    if (data.tag !== before.tag) this.open();
    else if (data.encoder !== before.encoder || (this.isInView && data.view !== before.view)) this.restart();
  }

  /** Show another tag. */
  open() {
    this.discardRequest();
    this.isChoosing = this.isLoading = false;
    this.trouble = "";
    this.batch = new Batch();
    this.status = null;
    this.draw();
    if (this.data.tag) this.load();
  }

  /** @param {string} tag */
  chooseTag(tag) {
    if (tag === this.data.tag) this.toggleChoice();
    else this.tools.send("tag", tag);
  }

  toggleChoice() {
    this.isChoosing = !this.isChoosing;
    this.draw();
    if (this.isChoosing) this.choice.focus();
  }

  /** Suggest other images for the same tag; answers are kept. */
  restart() {
    this.batch.clear();
    this.load();
  }

  /** Leave for the page that fills the tags of the property by their names. */
  sortByWords() {
    this.tools.send("sort", annotations.tagOf.get(this.data.tag ?? "")?.property ?? "");
  }

  /** @param {string} mode */
  setMode(mode) {
    if (mode === this.mode) return;
    this.mode = mode;
    this.head.draw();
    this.restart();
  }

  /** @param {boolean} isInView */
  setScope(isInView) {
    this.isInView = isInView;
    this.head.draw();
    this.restart();
  }

  // Images

  /** Ask for the next suggestions, learnt from all answers. */
  async load() {
    const { tag, encoder, view } = this.data;
    const { batch } = this;
    const wasComplete = batch.isComplete;
    this.trouble = "";
    this.isLoading = Boolean(encoder);
    if (!encoder) {
      this.discardRequest();
      this.draw();
      return;
    }
    const answer = this.latest(async () => {
      await this.queue.done;
      const count = COUNT + batch.skipped.size;
      const scope = this.isInView && view ? { view } : {};
      return annotations.post("/suggestions", { tag, encoder, mode: this.mode, count, ...scope });
    });
    this.draw();
    const suggestions = await answer;
    if (suggestions === undefined) return;
    this.isLoading = false;
    // When an answer was taken back meanwhile, its image stays here until it is answered.
    if (suggestions && !(wasComplete && !batch.isComplete)) {
      batch.replace(suggestions);
      this.grid.scrollToTop();
    }
    this.draw();
    this.refreshLater.now();
  }

  /** Read the tag's status: images whose answers were undone, here or elsewhere, are to be answered again. */
  async refresh() {
    const { tag } = this.data;
    if (!tag || this.queue.isWriting) return;
    const { images, sha1s } = this.batch;
    const [status, refused] = await Promise.all([
      annotations.post("/suggestions/standing", { tag, sha1s }).catch((error) => ({ failure: error.message })),
      this.trainingSet.fetchRefused(tag),
    ]);
    // What was answered since is newer.
    if (tag !== this.data.tag || this.queue.isWriting || images !== this.batch.images) return;
    if (status.failure !== undefined) {
      if (status.failure) this.trouble = status.failure;
      this.draw();
      return;
    }
    this.status = status;
    this.trainingSet.show(status, refused);
    this.batch.setAnswers(new Map(Object.entries(status.answers)));
    if (this.batch.isComplete && !this.isLoading) this.load();
    else this.draw();
  }

  // Answers

  /** @param {number} index @param {boolean} belongs */
  decideAt(index, belongs) {
    this.batch.index = index;
    this.decide(belongs);
  }

  /** Accept or refuse the current image. @param {boolean} belongs */
  decide(belongs) {
    const { current, answers } = this.batch;
    if (!current || this.isLoading) return;
    // The same answer again takes it back.
    const isTakenBack = answers.get(current.sha1) === belongs;
    this.answer([current.sha1], isTakenBack ? null : belongs);
    if (!isTakenBack) this.goToNext();
  }

  /** Accept or refuse all images without an answer. @param {boolean} belongs */
  async decideRest(belongs) {
    const { unanswered } = this.batch;
    if (!unanswered.length || this.isLoading) return;
    const written = this.answer(unanswered, belongs);
    this.goToNext();
    const result = await written;
    if (!result || "isKept" in result) return;
    const text = belongs ? "done_accepted" : "done_refused";
    this.notify(this.tools.t(text, { count: result.changed, name: this.name }), result.batch);
  }

  /** Go to the next image without an answer, or to the next suggestions. */
  goToNext() {
    this.batch.goToNext();
    if (this.batch.isComplete) this.load();
    else this.draw();
    this.grid.reveal(this.batch.index);
  }

  /** See other images instead of those without an answer. */
  skip() {
    if (this.isLoading || !this.batch.canSkip) return;
    this.batch.skipUnanswered();
    this.load();
  }

  /**
   * Show an answer at once, and write it.
   * @param {string[]} sha1s @param {boolean | null} belongs  null takes answers back
   * @returns {ReturnType<import("../shared/store/answer_queue.js").AnswerQueue["write"]>}
   */
  answer(sha1s, belongs) {
    const kind = belongs === null ? "forgotten" : belongs ? "accepted" : "refused";
    this.batch.answer(sha1s, belongs);
    const { tag, encoder } = this.data;
    const tagged = belongs === null ? this.batch.taggedOf(sha1s) : [];
    const scores = belongs ? this.batch.scoresOf(sha1s) : {};
    const written = this.queue.write("/suggestions/answers", { tag, [kind]: sha1s, encoder, scores, tagged });
    this.draw();
    return written;
  }

  // Keys

  /** @param {KeyboardEvent} event */
  actionOf(event) {
    if (this.isChoosing || !this.batch.length) return null;
    const { index, length } = this.batch;
    /** @type {Record<string, () => void>} */
    const actions = {
      accept: () => this.decide(true),
      refuse: () => this.decide(false),
      acceptAll: () => this.decideRest(true),
      refuseAll: () => this.decideRest(false),
      right: () => this.select(index + 1),
      left: () => this.select(index - 1),
      down: () => this.select(index + this.grid.columns),
      up: () => this.select(index - this.grid.columns),
      first: () => this.select(0),
      last: () => this.select(length - 1),
      skip: () => this.skip(),
      enlarge: () => this.enlarge(),
      grow: () => this.head.size.step(1),
      shrink: () => this.head.size.step(-1),
    };
    return actions[actionName(event) ?? ""];
  }

  /** @param {number} index */
  select(index) {
    if (index < 0 || index >= this.batch.length) return;
    this.batch.index = index;
    this.draw();
    this.grid.reveal(index);
  }

  enlarge() {
    this.enlarged.toggle();
    this.draw();
  }

  // Drawing

  /** Whether the tag that the address names does not exist any more. */
  get isGone() {
    return Boolean(this.trouble && this.data.tag && !annotations.tagOf.has(this.data.tag));
  }

  /** The tag's name. */
  get name() {
    return this.status?.name ?? annotations.tagOf.get(this.data.tag ?? "")?.name ?? "";
  }

  emptyState() {
    return emptyStateOf(this);
  }

  draw() {
    const { batch } = this;
    const isChoiceShown = !this.data.tag || this.isGone || this.isChoosing;
    this.choice.node.hidden = !isChoiceShown;
    this.choice.draw(this.isGone);
    this.body.hidden = this.foot.node.hidden = isChoiceShown;
    this.head.draw();
    this.trainingSet.drawFigures(this.status, batch.suggestions);
    this.grid.draw(batch);
    this.drawEmpty();
    this.foot.draw();
    this.enlarged.draw(batch.current, batch.answers.get(batch.current?.sha1 ?? ""));
  }
}

export default reviewComponent(SuggestPage);
