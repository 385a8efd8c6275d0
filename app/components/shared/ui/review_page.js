// What the pages Suggestions, Sort by words and Duplicates have in common: a head and a foot around
// a stage, keys that answer, answers that are written one after the other, reading anew when
// annotations change, and what the stage shows while a request takes long or has no result. Not
// here: what a page reads and draws (suggest.js, classes.js, duplicates.js), the choices in a head
// (review_controls.js), which key does what (review_keys.js).
import { component, inItsLanguage } from "../bridge/lifecycle.js";
import { onAnnotationChange } from "../store/annotation_changes.js";
import { annotations } from "../store/annotations.js";
import { AnswerQueue } from "../store/answer_queue.js";
import { debounced, el, set } from "./dom.js";
import { showEmptyState } from "./empty_state.js";
import { isForPage } from "./review_keys.js";
import { raiseToasts } from "./toasts.js";
import { translator } from "./translate.js";

const BUSY_AFTER = 300;

/**
 * What Python sends to each of these pages.
 * @typedef {object} ReviewData
 * @property {string} language
 * @property {string | null} view  address of the view that the gallery shows, if it is not the whole corpus
 * @property {Record<string, string>} texts
 */
/**
 * What the parts of a page need.
 * @typedef {object} PageTools
 * @property {import("./translate.js").Translate} t  the text of a name, in the page's language
 * @property {string} language
 * @property {(name: string, value: any) => void} send  sends an event to Python; new with each run
 */

/**
 * The default export of a page's module.
 * @template {ReviewData} D
 * @param {new (root: HTMLElement, data: D) => ReviewPage<D>} Page
 */
export function reviewComponent(Page) {
  return component(
    (root, data) => new Page(root, data),
    (page, { press }) => (page.tools.send = press),
    inItsLanguage,
  );
}

/** @template {ReviewData} D */
export class ReviewPage {
  /** @param {HTMLElement} root @param {D} data @param {number} refreshAfter  milliseconds after a change */
  constructor(root, data, refreshAfter) {
    this.root = root;
    this.data = data;
    /** @type {PageTools} */
    this.tools = { t: translator(data.texts, data.language), language: data.language, send: () => {} };
    /** Whether only images of the gallery's view are reviewed. */
    this.isInView = false;
    /** Why the last request failed; "" where it did not. */
    this.trouble = "";
    /** Counts requests: only the answer to the last one is shown. */
    this.turn = 0;
    this.empty = el("div", { class: "nothing", hidden: true, role: "status" });
    this.stage = el("div", { class: "stage" });
    this.queue = new AnswerQueue({
      failed: (error) => this.answerFailed(error),
      settled: () => this.refreshLater(),
    });
    this.refreshLater = debounced(() => this.refresh(), refreshAfter);
    /** What `close` has to undo. @type {(() => void)[]} */
    this.cleanups = [];
  }

  /** Show the parts and start to listen: the last step of a page's constructor. @param {...HTMLElement} parts */
  mount(...parts) {
    this.root.replaceChildren(...parts);
    const onKey = (event) => this.onKey(event);
    // In the capture phase: elsewhere on the page the same keys act on the selection.
    document.addEventListener("keydown", onKey, true);
    this.cleanups.push(
      raiseToasts(),
      onAnnotationChange(() => this.refreshLater()),
      () => document.removeEventListener("keydown", onKey, true),
    );
  }

  /** Take what a run of Python sent. @param {D} data */
  update(data) {
    this.data = data;
  }

  /** Read what may have changed on the server. */
  refresh() {}

  /** The action of a key, or nothing. @param {KeyboardEvent} _event @returns {(() => void) | null | undefined} */
  actionOf(_event) {
    return null;
  }

  /** What the stage shows in place of images; null where there are some. @returns {any[] | null} */
  emptyState() {
    return null;
  }

  /** Whether keys other than letters belong to this element. @param {Element | undefined} target */
  isControl(target) {
    return Boolean(target?.closest("button, a, select, input"));
  }

  // Parts

  /** @param {(HTMLElement | string)[]} left @param {(HTMLElement | string)[]} right */
  makeHead(left, right) {
    return el("header", { class: "head" }, ...left, el("span", { class: "gap" }), ...right);
  }

  /** @param {HTMLElement[]} left @param {HTMLElement[]} right */
  makeFoot(left, right) {
    return el("footer", { class: "foot" }, ...left, el("span", { class: "gap" }), ...right);
  }

  /**
   * A button of the foot, and the keys that do the same.
   * @param {string} name  of its text, and its class
   * @param {string[]} keys
   * @param {() => void} action
   */
  footButton(name, keys, action) {
    const labels = keys.map((key) => el("kbd", {}, key));
    return el("button", { type: "button", class: name, onclick: action }, this.tools.t(name), ...labels);
  }

  drawEmpty() {
    showEmptyState(this.empty, this.emptyState());
  }

  /** A button of an empty state that leads to another page. @param {string} page @param {string} text */
  linkTo(page, text) {
    return { text: this.tools.t(text), act: () => this.tools.send("leave", page) };
  }

  // Requests

  /**
   * Wait for the answer to a request. The stage is marked as busy when it takes long, and `trouble`
   * says why it failed.
   * @template T
   * @param {() => Promise<T>} request
   * @param {() => boolean} [isOutdated]  whether something newer than its answer was done meanwhile
   * @returns {Promise<T | null | undefined>} null where it failed, undefined where its answer is outdated
   */
  async latest(request, isOutdated = () => false) {
    const turn = ++this.turn;
    const busy = setTimeout(() => set(this.stage, "aria-busy", "true"), BUSY_AFTER);
    /** @type {T | null} */
    let answer = null;
    let trouble = "";
    try {
      answer = await request();
    } catch (error) {
      trouble = error.message || this.tools.t("failed");
    }
    clearTimeout(busy);
    if (turn !== this.turn || isOutdated()) return undefined;
    set(this.stage, "aria-busy", null);
    this.trouble = trouble;
    return answer;
  }

  /** Show no answer to a request that is under way. */
  discardRequest() {
    this.turn += 1;
  }

  /** Say on the page what was done, and which batch undoes it. @param {string} text @param {string | null} batch */
  notify(text, batch) {
    annotations.say(text, batch);
  }

  /** @param {Error} error */
  answerFailed(error) {
    this.notify(error.message || this.tools.t("not_written"), null);
  }

  // Keys

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (this.queue.isEarlyUndo(event)) this.queue.delay(event);
    if (!isForPage(event, this.root, (target) => this.isControl(target))) return;
    const action = this.actionOf(event);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  close() {
    this.discardRequest();
    this.refreshLater.cancel();
    this.cleanups.forEach((cleanup) => cleanup());
  }
}
