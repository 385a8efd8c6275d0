// The page where a tag learns: likely images, each accepted or refused with one press, and every
// answer improves the next page. Streamlit calls the default export with the data of each run; the
// rest comes and goes over HTTP. Not here: one picture (tile.js), what is learnt from (training_set.js),
// the tag (tag_choice.js), a picture seen large (enlarged.js).
import { annotations } from "../shared/store/annotations.js";
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { debounced, el, isTyping, set, write } from "../shared/ui/dom.js";
import { showEmptyState } from "../shared/ui/empty_state.js";
import { inItsLanguage, component } from "../shared/bridge/lifecycle.js";
import { translator } from "../shared/ui/translate.js";
import { raised } from "../shared/ui/toasts.js";
import { Choose } from "./tag_choice.js";
import { Large } from "./enlarged.js";
import { Learnt } from "./training_set.js";
import { Tile } from "./tile.js";
import { Writing } from "../shared/store/answer_queue.js";

const COUNT = 20;
// As many as the server offers in one page, less one page of ours.
const LEFT_AT_MOST = 900;
const SIZE = "panoptic.suggest.size";
const SIZES = { least: 120, most: 360, step: 40, first: 200 };
const LOOK_AFTER = 150;
const BUSY_AFTER = 300;

/**
 * @typedef {{sha1: string, similarity: number, why: string, probability: number | null}} Offer
 * @typedef {{count: number, least: number, most: number}} Estimate
 * @typedef {{inside: number, accepted: number, refused: number, candidates: number}} Progress
 * @typedef {{images: Offer[], estimate: Estimate | null, progress: Progress, kind: string}} Offered
 * @typedef {object} Standing
 * @property {string} name
 * @property {number} inside
 * @property {string[]} examples
 * @property {number} accepted
 * @property {number} refused
 * @property {Record<string, boolean>} answers
 * @typedef {object} Data
 * @property {string} language
 * @property {string | null} tag
 * @property {string | null} view
 * @property {[string, string][]} encoders
 * @property {string | null} encoder
 * @property {Record<string, string>} texts
 */
/**
 * What the parts of the page need.
 * @typedef {object} Tools
 * @property {import("../shared/ui/translate.js").Translate} say
 * @property {string} language
 * @property {(name: string, value: any) => void} ask  Streamlit's
 */

export default component(
  (root, data) => new Page(root, data),
  (page, { press }) => (page.tools.ask = press),
  inItsLanguage,
);

class Page {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { language, texts } = data;
    this.root = root;
    /** @type {Data} */
    this.data = { ...data, tag: null };
    /** @type {Tools} */
    this.tools = { say: translator(texts, language), language, ask: () => {} };
    this.mode = "likely";
    this.isInView = false;
    this.forget();
    this.writing = new Writing({
      failed: (error) => annotations.say(error.message || this.tools.say("not_written"), null),
      settled: () => this.look(),
    });
    this.turn = 0;
    this.build();
    this.look = debounced(() => this.stand(), LOOK_AFTER);
    this.unfollow = onAnnotationChange(() => this.look());
    this.defined = () => this.draw();
    annotations.addEventListener("define", this.defined);
    annotations.read().catch(() => {});
    this.key = (event) => this.press(event);
    // Before the rest of the page, where the same keys mean the selection.
    document.addEventListener("keydown", this.key, true);
  }

  /** Nothing is known of a tag yet. */
  forget() {
    /** @type {Offered | null} */
    this.offered = null;
    /** @type {Offer[]} */
    this.images = [];
    /** The page before this one. @type {Offer[]} */
    this.before = [];
    /** What was answered of these. @type {Map<string, boolean>} */
    this.answers = new Map();
    /** Left unanswered: others are wanted instead. @type {Set<string>} */
    this.left = new Set();
    this.at = 0;
    /** @type {Standing | null} */
    this.standing = null;
  }

  build() {
    const { say } = this.tools;
    this.title = el("h1", {});
    this.other = el(
      "button",
      { type: "button", class: "quiet", onclick: () => this.toggleChoosing() },
      say("other_tag"),
    );
    this.show = el(
      "button",
      { type: "button", class: "quiet", onclick: () => this.tools.ask("show", this.data.tag) },
      say("show"),
    );
    this.words = el(
      "button",
      { type: "button", class: "quiet", title: say("by_words_title"), onclick: () => this.sort() },
      say("by_words"),
    );
    this.modes = ["likely", "unsure"].map((mode) =>
      el(
        "button",
        { type: "button", "data-mode": mode, title: say(`${mode}_title`), onclick: () => this.turnTo(mode) },
        say(mode),
      ),
    );
    this.scope = el("select", { "aria-label": say("scope"), onchange: () => this.within(this.scope.value === "view") });
    this.scope.append(...["all", "view"].map((value) => el("option", { value }, say(`scope_${value}`))));
    this.encoder = el("select", {
      "aria-label": say("encoder"),
      onchange: () => this.tools.ask("encoder", this.encoder.value),
    });
    const size = Number(localStorage.getItem(SIZE)) || SIZES.first;
    this.size = el("input", {
      type: "range",
      class: "slider",
      min: SIZES.least,
      max: SIZES.most,
      step: SIZES.step,
      title: say("size"),
      "aria-label": say("size"),
      oninput: () => this.resize(),
    });
    this.size.value = String(size);
    this.head = el(
      "header",
      { class: "head" },
      this.title,
      this.other,
      this.show,
      this.words,
      el("span", { class: "gap" }),
      el("div", { class: "modes", role: "group", "aria-label": say("mode") }, ...this.modes),
      this.scope,
      this.encoder,
      this.size,
    );
    this.learnt = new Learnt(this.tools, { forget: (sha1) => this.answer([sha1], null) });
    this.choose = new Choose(this.tools, (tag) => this.take(tag));
    this.cells = el("div", { class: "cells", role: "row" });
    this.sheet = el("div", { class: "tiles", role: "grid", tabindex: "0", "aria-label": say("images") }, this.cells);
    this.empty = el("div", { class: "nothing", hidden: true, role: "status" });
    this.main = el("div", { class: "stage" }, this.sheet, this.empty);
    this.body = el("div", { class: "body" }, this.learnt.node, this.main);
    this.foot = this.makeFoot();
    this.lower = raised();
    this.large = new Large(this.tools);
    this.root.replaceChildren(this.head, this.body, this.choose.node, this.foot, this.large.node);
    /** @type {Tile[]} */
    this.tiles = [];
    this.resize();
  }

  makeFoot() {
    const { say } = this.tools;
    const button = (name, keys, act) =>
      el("button", { type: "button", class: name, onclick: act }, say(name), ...keys.map((key) => el("kbd", {}, key)));
    this.acts = [
      button("accept", ["y"], () => this.decide(true)),
      button("refuse", ["n"], () => this.decide(false)),
      el("span", { class: "bar" }),
      button("accept_rest", ["⇧", "y"], () => this.decideRest(true)),
      button("refuse_rest", ["⇧", "n"], () => this.decideRest(false)),
      button("others", ["m"], () => this.skip()),
      button("large", ["z"], () => this.enlarge()),
    ];
    set(this.acts[5], "title", say("others_title"));
    this.done = el("span", { class: "quiet", role: "status" });
    return el("footer", { class: "foot" }, ...this.acts, el("span", { class: "gap" }), this.done);
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    this.data = data;
    this.draw();
    if (data.tag !== before.tag) this.open();
    else if (data.encoder !== before.encoder || (this.isInView && data.view !== before.view)) this.restart();
  }

  /** Another tag: nothing of the former one holds. */
  open() {
    this.turn += 1;
    this.isChoosing = this.isLoading = false;
    this.trouble = "";
    this.forget();
    this.draw();
    if (this.data.tag) this.load();
  }

  /** @param {string} tag */
  take(tag) {
    if (tag === this.data.tag) this.toggleChoosing();
    else this.tools.ask("tag", tag);
  }

  toggleChoosing() {
    this.isChoosing = !this.isChoosing;
    this.draw();
    if (this.isChoosing) this.choose.focus();
  }

  /** Images of another question: what was answered holds. */
  restart() {
    this.images = [];
    this.before = [];
    this.left.clear();
    this.load();
  }

  /** The other way to fill tags: by their names. */
  sort() {
    this.tools.ask("sort", annotations.tagOf.get(this.data.tag ?? "")?.property ?? "");
  }

  turnTo(mode) {
    if (mode === this.mode) return;
    this.mode = mode;
    this.drawHead();
    this.restart();
  }

  within(isInView) {
    this.isInView = isInView;
    this.drawHead();
    this.restart();
  }

  resize() {
    localStorage.setItem(SIZE, this.size.value);
    this.sheet.style.setProperty("--size", `${this.size.value}px`);
  }

  // Images

  get isFull() {
    return this.images.length > 0 && this.images.every(({ sha1 }) => this.answers.has(sha1));
  }

  /** Ask for the next page, made anew from all answers. */
  async load() {
    const turn = ++this.turn;
    const { tag, encoder, view } = this.data;
    const wasFull = this.isFull;
    this.trouble = "";
    if (!encoder) {
      this.isLoading = false;
      this.draw();
      return;
    }
    const busy = setTimeout(() => set(this.main, "aria-busy", "true"), BUSY_AFTER);
    this.isLoading = true;
    this.draw();
    let told = null;
    try {
      await this.writing.done;
      const scope = this.isInView && view ? { view } : {};
      told = /** @type {Offered} */ (
        await annotations.post("/suggestions", {
          tag,
          encoder,
          mode: this.mode,
          count: COUNT + this.left.size,
          ...scope,
        })
      );
    } catch (error) {
      if (turn === this.turn) this.trouble = error.message || this.tools.say("failed");
    }
    clearTimeout(busy);
    if (turn !== this.turn) return;
    set(this.main, "aria-busy", null);
    this.isLoading = false;
    // One was taken back meanwhile: it is still to be answered here.
    if (told && !(wasFull && !this.isFull)) this.put(told);
    this.draw();
    this.look.now();
  }

  /** @param {Offered} told */
  put(told) {
    this.before = this.images;
    this.offered = told;
    this.images = told.images.filter(({ sha1 }) => !this.left.has(sha1)).slice(0, COUNT);
    const kept = new Set(this.before.map(({ sha1 }) => sha1));
    this.answers = new Map([...this.answers].filter(([sha1]) => kept.has(sha1)));
    // One that is offered is answered no more.
    for (const { sha1 } of this.images) this.answers.delete(sha1);
    this.at = 0;
    this.sheet.scrollTop = 0;
  }

  /** Read how the tag stands: answers undone, here or elsewhere, are open again. */
  async stand() {
    const { tag } = this.data;
    if (!tag || this.writing.isUnderWay) return;
    const { images } = this;
    const sha1s = [...images, ...this.before].map(({ sha1 }) => sha1);
    const [told, refused] = await Promise.all([
      annotations.post("/suggestions/standing", { tag, sha1s }).catch((error) => ({ gone: error.message })),
      this.learnt.readRefused(tag),
    ]);
    // What was answered since is newer.
    if (tag !== this.data.tag || this.writing.isUnderWay || images !== this.images) return;
    if (told.gone !== undefined) {
      if (told.gone) this.trouble = told.gone;
      this.draw();
      return;
    }
    this.standing = told;
    this.learnt.put(told, refused);
    const answers = new Map(Object.entries(told.answers));
    const reopened = sha1s.filter((sha1) => this.answers.has(sha1) && !answers.has(sha1));
    this.answers = answers;
    this.goTo(reopened);
    if (this.isFull && !this.isLoading) this.load();
    else this.draw();
  }

  /** Have the first of these in hand, on the page before where it stands there. @param {string[]} sha1s */
  goTo(sha1s) {
    if (!sha1s.length) return;
    const isIn = ({ sha1 }) => sha1s.includes(sha1);
    if (!this.images.some(isIn) && this.before.some(isIn)) {
      this.images = this.before;
      this.before = [];
    }
    this.at = Math.max(0, this.images.findIndex(isIn));
  }

  // Answers

  /** @param {boolean} is  whether the image in hand belongs */
  decide(is) {
    const image = this.images[this.at];
    if (!image || this.isLoading) return;
    const { sha1 } = image;
    // The same answer again takes it back.
    const isBack = this.answers.get(sha1) === is;
    this.answer([sha1], isBack ? null : is);
    if (!isBack) this.goOn();
  }

  /** @param {boolean} is */
  async decideRest(is) {
    const rest = this.images.map(({ sha1 }) => sha1).filter((sha1) => !this.answers.has(sha1));
    if (!rest.length || this.isLoading) return;
    const written = this.answer(rest, is);
    this.goOn();
    const told = await written;
    const what = is ? "done_accepted" : "done_refused";
    if (told) annotations.say(this.tools.say(what, { count: told.changed, name: this.name }), told.batch);
  }

  /** To the next that is not answered; to the next page where there is none. */
  goOn() {
    const { length } = this.images;
    const ahead = Array.from({ length }, (_, by) => (this.at + 1 + by) % length);
    this.at = ahead.find((at) => !this.answers.has(this.images[at].sha1)) ?? this.at;
    if (this.isFull) this.load();
    else this.draw();
    this.reveal();
  }

  /** See other images than those of this page that were not answered. */
  skip() {
    if (this.isLoading || this.left.size > LEFT_AT_MOST) return;
    for (const { sha1 } of this.images) if (!this.answers.has(sha1)) this.left.add(sha1);
    this.load();
  }

  /**
   * Write an answer; null takes it back. It is seen at once.
   * @param {string[]} sha1s @param {boolean | null} is
   * @returns {Promise<import("../shared/store/annotations.js").Written | null>}
   */
  answer(sha1s, is) {
    const kind = is === null ? "forgotten" : is ? "accepted" : "refused";
    const { tag } = this.data;
    for (const sha1 of sha1s) is === null ? this.answers.delete(sha1) : this.answers.set(sha1, is);
    const written = this.writing.write("/suggestions/answers", { tag, [kind]: sha1s });
    this.draw();
    return written;
  }

  // Keys

  /** @param {KeyboardEvent} event */
  press(event) {
    if (this.writing.isAhead(event)) this.writing.delay(event);
    if (isTyping(event) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.isOurs(event) || this.isChoosing || !this.images.length) return;
    const act = this.acted(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** Not one that another part of the page, or a button, is waiting for. */
  isOurs(event) {
    const path = /** @type {Element[]} */ (event.composedPath().filter((node) => node instanceof Element));
    if (path.some((node) => node.matches(".root") && node !== this.root)) return false;
    const isPlain = event.key.length === 1 && event.key !== " ";
    return isPlain || !path[0]?.closest("button, a, select, input");
  }

  /** @param {KeyboardEvent} event */
  acted({ key, shiftKey }) {
    const letter = key.toLowerCase();
    if (letter === "y") return () => (shiftKey ? this.decideRest(true) : this.decide(true));
    if (letter === "n") return () => (shiftKey ? this.decideRest(false) : this.decide(false));
    return {
      Enter: () => this.decide(true),
      Backspace: () => this.decide(false),
      Delete: () => this.decide(false),
      ArrowRight: () => this.move(1),
      ArrowLeft: () => this.move(-1),
      ArrowDown: () => this.move(this.across()),
      ArrowUp: () => this.move(-this.across()),
      Home: () => this.move(-this.at),
      End: () => this.move(this.images.length - 1 - this.at),
      m: () => this.skip(),
      z: () => this.enlarge(),
      " ": () => this.enlarge(),
      "+": () => this.grow(1),
      "-": () => this.grow(-1),
    }[key];
  }

  grow(by) {
    this.size.value = String(Number(this.size.value) + by * SIZES.step);
    this.resize();
  }

  /** How many stand beside each other. */
  across() {
    const [first] = this.tiles;
    const top = first?.node.offsetTop;
    const beside = this.tiles.findIndex((tile) => tile.node.offsetTop !== top);
    return beside < 0 ? this.tiles.length : beside;
  }

  /** @param {number} by */
  move(by) {
    const to = this.at + by;
    if (to < 0 || to >= this.images.length) return;
    this.hold(to);
  }

  /** @param {number} at */
  hold(at) {
    this.at = at;
    this.draw();
    this.reveal();
  }

  reveal() {
    this.tiles[this.at]?.node.scrollIntoView({ block: "nearest" });
  }

  enlarge() {
    this.large.toggle();
    this.draw();
  }

  // Drawing

  /** Whether the tag that the address names is there no more. */
  get isGone() {
    return Boolean(this.trouble && this.data.tag && !annotations.tagOf.has(this.data.tag));
  }

  get name() {
    return this.standing?.name ?? annotations.tagOf.get(this.data.tag ?? "")?.name ?? "";
  }

  draw() {
    const isChoosing = !this.data.tag || this.isGone || Boolean(this.isChoosing);
    this.choose.node.hidden = !isChoosing;
    this.choose.draw(this.isGone);
    this.body.hidden = this.foot.hidden = isChoosing;
    this.drawHead();
    this.learnt.progress(this.standing, this.offered);
    this.drawTiles();
    this.drawEmpty();
    const done = this.images.filter(({ sha1 }) => this.answers.has(sha1)).length;
    const { length } = this.images;
    write(
      this.done,
      this.isLoading && (this.isFull || !length)
        ? this.tools.say("looking")
        : length
          ? this.tools.say("done", { done, count: length })
          : "",
    );
    for (const act of this.acts)
      if (act instanceof HTMLButtonElement) act.disabled = !length || Boolean(this.isLoading);
    this.large.draw(this.images[this.at] ?? null, this.answers.get(this.images[this.at]?.sha1));
  }

  drawHead() {
    const { say } = this.tools;
    const { tag, view, encoders, encoder } = this.data;
    this.head.hidden = !tag || this.isGone;
    write(this.title, tag ? say("title", { name: this.name }) : "");
    set(this.title, "title", this.name);
    set(this.other, "aria-expanded", String(Boolean(this.isChoosing)));
    for (const button of this.modes) set(button, "aria-pressed", String(button.dataset.mode === this.mode));
    this.scope.hidden = !view;
    this.scope.value = this.isInView && view ? "view" : "all";
    const written = JSON.stringify(encoders);
    if (this.encoder.dataset.written !== written)
      this.encoder.replaceChildren(...encoders.map(([slug, name]) => el("option", { value: slug }, name)));
    this.encoder.dataset.written = written;
    this.encoder.hidden = encoders.length < 2;
    if (encoder) this.encoder.value = encoder;
  }

  drawTiles() {
    const { images } = this;
    this.sheet.hidden = !images.length;
    if (this.drawn !== images) {
      this.drawn = images;
      this.tiles = images.map(
        (image, at) =>
          new Tile(this.tools, image, at, {
            hold: () => this.hold(at),
            decide: (is) => this.pressed(at, is),
            enlarge: () => this.enlarge(),
          }),
      );
      this.cells.replaceChildren(...this.tiles.map((tile) => tile.node));
      // The keys are with the pictures, unless they are wanted elsewhere.
      if (document.activeElement === document.body) this.sheet.focus({ preventScroll: true });
    }
    this.tiles.forEach((tile, at) => tile.draw(at === this.at, this.answers.get(images[at].sha1)));
    set(this.sheet, "aria-activedescendant", this.tiles[this.at]?.node.id ?? null);
  }

  pressed(at, is) {
    this.at = at;
    this.decide(is);
  }

  drawEmpty() {
    showEmptyState(this.empty, this.lack());
  }

  /** What is missing, where there is no image: a sign, a heading, what to do, buttons. @returns {any[] | null} */
  lack() {
    const { say } = this.tools;
    const leave = (page, text) => ({ text: say(text), act: () => this.tools.ask("leave", page) });
    if (!this.data.encoder)
      return ["scatter_plot", say("no_vectors"), say("no_vectors_help"), leave("pipeline", "to_pipeline")];
    if (this.trouble) return ["error", this.trouble, "", { text: say("again"), act: () => this.load() }];
    if (this.images.length || this.isLoading || !this.offered) return null;
    if (this.offered.kind === "none")
      return [
        "sell",
        say("no_examples"),
        say("no_examples_help"),
        leave("explore", "to_explore"),
        { text: say("by_words"), act: () => this.sort() },
      ];
    const again = this.left.size ? { text: say("skipped_again"), act: () => this.restart() } : null;
    if (this.isInView)
      return [
        "done_all",
        say("nothing"),
        say("nothing_view"),
        again,
        { text: say("look_everywhere"), act: () => this.within(false) },
      ];
    return ["done_all", say("nothing"), say("nothing_help"), again];
  }

  close() {
    this.turn += 1;
    this.lower();
    this.look.cancel();
    this.unfollow();
    annotations.removeEventListener("define", this.defined);
    document.removeEventListener("keydown", this.key, true);
  }
}
