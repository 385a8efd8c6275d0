// Answers to sorted images: shown at once, then written. Not here: which images there are
// (sorted_images.js), the order in which answers are written (shared/store/answer_queue.js).
import { annotations } from "../shared/store/annotations.js";
import { number } from "../shared/ui/dom.js";

export class ClassAnswers {
  /** @param {import("./classes.js").ClassesPage} page */
  constructor(page) {
    this.page = page;
  }

  /** Accept or refuse the current image. @param {boolean} belongs */
  decide(belongs) {
    const { page } = this;
    const { currentImage } = page.sheet;
    if (!currentImage || page.isLoading) return;
    const { tag } = page.currentClass;
    // The same answer again takes it back.
    const isTakenBack = page.sorted.answerOf(currentImage) === belongs;
    const kind = isTakenBack ? "forgotten" : belongs ? "accepted" : "refused";
    page.sorted.pendingAnswers.set(currentImage.sha1, isTakenBack ? null : belongs);
    const { sha1, probability } = currentImage;
    const { encoder } = page.data;
    page.queue.write("/suggestions/answers", { tag, [kind]: [sha1], encoder, scores: { [sha1]: probability } });
    if (!isTakenBack) page.goToNext();
    else page.drawSheet();
  }

  /** Give the current image another tag, and refuse it for this one. @param {string} tag */
  async move(tag) {
    const { page } = this;
    const { currentImage } = page.sheet;
    if (!currentImage || page.isLoading) return;
    const { sha1 } = currentImage;
    page.sorted.pendingAnswers.set(sha1, false);
    currentImage.other = tag;
    const name = annotations.tagOf.get(tag)?.name ?? "";
    const answers = [
      { tag, accepted: [sha1] },
      { tag: page.currentClass.tag, refused: [sha1] },
    ];
    const written = page.queue.write("/suggestions/answers", { answers, moved: true });
    page.goToNext();
    page.sheet.focus();
    const result = await written;
    if (result && !("isKept" in result)) page.notify(page.tools.t("done_moved", { name }), result.batch);
  }

  /** @param {boolean} belongs */
  decideCurrentClass(belongs) {
    this.decideClass(this.page.sheet.position.classIndex, belongs);
  }

  /** Accept or refuse what is left of a class. @param {number} classIndex @param {boolean} belongs */
  decideClass(classIndex, belongs) {
    const { sorted, isLoading, sheet, tools } = this.page;
    const item = sorted.classes[classIndex];
    if (!item || isLoading || !sheet.unansweredOf(classIndex)) return;
    const text = belongs ? "done_accepted" : "done_refused";
    const { tag, name } = item;
    this.decideAll(belongs, tag, (count) => tools.t(text, { count, name }));
  }

  /** Accept what is left of all classes. */
  acceptAll() {
    const { sorted, isLoading, sheet, tools } = this.page;
    const tags = sorted.classes.filter((_, classIndex) => sheet.unansweredOf(classIndex)).length;
    if (!tags || isLoading) return;
    this.decideAll(true, null, (count) => tools.t("done_all", { count, tags: number(tags, tools.language) }));
  }

  /** @param {boolean} belongs @param {string | null} only  a tag @param {(count: number) => string} doneText */
  async decideAll(belongs, only, doneText) {
    const { page } = this;
    const { threshold } = page.bar;
    page.sorted.answerAll(belongs, only, threshold);
    const written = page.queue.write("/suggestions/classes/answers", {
      ...page.requestBody(),
      sorting: page.sorted.id,
      only,
      least: threshold / 100,
      accept: belongs,
    });
    page.goToNext();
    page.measure();
    const result = /** @type {any} */ (await written);
    if (!result || result.isKept) return;
    if (result.sorting === null) {
      page.notify(page.tools.t("is_anew"), null);
      page.load();
      return;
    }
    page.notify(doneText(result.changed), result.batch);
  }
}
