// The page where images are sorted into tags by words: each image stands under the tag that fits it
// best, surest first, and is accepted, refused or moved, alone or in bulk. Streamlit calls the
// default export with the data of each run; the rest comes and goes over HTTP. Not here: what was
// sorted (sorted_images.js), a class in the sheet (class_section.js), what is sorted into (prompt_setup.js), the
// property (property_choice.js), keys (shortcuts.js).
import { annotations } from "../shared/store/annotations.js";
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { debounced, el, icon, number, set, write } from "../shared/ui/dom.js";
import { showEmptyState } from "../shared/ui/empty_state.js";
import { inItsLanguage, component } from "../shared/bridge/lifecycle.js";
import { translator } from "../shared/ui/translate.js";
import { Large } from "../suggest/enlarged.js";
import { Writing } from "../shared/store/answer_queue.js";
import { raised } from "../shared/ui/toasts.js";
import { Choose } from "./property_choice.js";
import { acted } from "./shortcuts.js";
import { Other } from "./other_tag.js";
import { Section, grid } from "./class_section.js";
import { Setup } from "./prompt_setup.js";
import { PAGE, Sorted } from "./sorted_images.js";

// Of many classes no image is fetched before it is in sight.
const FIRST_OF_AT_MOST = 40;
const SIZE = "panoptic.suggest.size";
const SIZES = { least: 120, most: 360, step: 40, first: 160 };
const LEAST = { name: "panoptic.classes.least", first: 50 };
const LOOK_AFTER = 150;
const BUSY_AFTER = 300;
// By then it is the model that is being loaded.
const LONG_AFTER = 2_500;

/**
 * @typedef {object} Data
 * @property {string} language
 * @property {string | null} property
 * @property {string | null} view
 * @property {[string, string][]} encoders
 * @property {string | null} encoder
 * @property {string[]} waiting
 * @property {Record<string, string>} texts
 */
/**
 * What the parts of the page need.
 * @typedef {object} Tools
 * @property {import("../shared/ui/translate.js").Translate} say
 * @property {string} language
 * @property {(name: string, value: any) => void} ask  Streamlit's
 */

/** @typedef {import("./sorted_images.js").Image} Image */
/** @typedef {import("./sorted_images.js").Class} Class */

export default component(
  (root, data) => new Page(root, data),
  (page, { press }) => (page.tools.ask = press),
  inItsLanguage,
);

export class Page {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    const { language, texts } = data;
    this.root = root;
    /** @type {Data} */
    this.data = { ...data, property: null };
    /** @type {Tools} */
    this.tools = { say: translator(texts, language), language, ask: () => {} };
    this.isInView = this.isAgain = false;
    this.turn = 0;
    this.sorted = this.holding(null);
    this.inHand = { place: 0, at: 0 };
    this.writing = new Writing({
      failed: (error) => {
        annotations.say(error.message || this.tools.say("not_written"), null);
        // What was shown at once is taken back.
        this.sorted.said.clear();
      },
      settled: () => this.look(),
    });
    this.build();
    this.look = debounced(() => this.stand(), LOOK_AFTER);
    this.unfollow = onAnnotationChange(() => this.look());
    this.defined = () => this.define();
    annotations.addEventListener("define", this.defined);
    this.key = (event) => this.press(event);
    // Before the rest of the page, where the same keys mean the selection.
    document.addEventListener("keydown", this.key, true);
    this.resized = new ResizeObserver(() => this.measure());
    this.resized.observe(this.sheet);
    this.isDefined = annotations.version !== "";
    annotations
      .read()
      .catch(() => {})
      .then(() => this.define());
  }

  /** @param {import("./sorted_images.js").Told | null} told */
  holding(told) {
    this.sorted?.end();
    return new Sorted(told, this.isAgain, {
      ask: (more) => annotations.post("/suggestions/classes", { ...this.asked(), ...more }),
      arrived: () => {
        this.draw();
        this.measure();
      },
      lost: () => this.load(),
    });
  }

  get classes() {
    return this.sorted.classes;
  }

  build() {
    const { say } = this.tools;
    this.title = el("h1", {});
    this.others = el(
      "button",
      { type: "button", class: "quiet", onclick: () => this.toggleChoosing() },
      say("other_property"),
    );
    const select = (label, values, act) => {
      const node = el(
        "select",
        { "aria-label": say(label), onchange: () => act(node.value) },
        ...values.map((value) => el("option", { value }, say(`${label}_${value}`))),
      );
      return node;
    };
    this.which = select("which", ["without", "all"], (value) => this.sortAlso(value === "all"));
    this.scope = select("scope", ["all", "view"], (value) => this.within(value === "view"));
    this.encoder = el("select", {
      "aria-label": say("encoder"),
      onchange: () => this.tools.ask("encoder", this.encoder.value),
    });
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
    this.size.value = String(Number(localStorage.getItem(SIZE)) || SIZES.first);
    this.head = el(
      "header",
      { class: "head" },
      this.title,
      this.others,
      el("span", { class: "gap" }),
      this.which,
      this.scope,
      this.encoder,
      this.size,
    );
    this.setup = new Setup(this.tools, { changed: () => this.load(), reach: (tag) => this.reach(tag) });
    this.choose = new Choose(this.tools, (property) => this.take(property));
    this.bar = this.makeBar();
    this.sheet = el("div", {
      class: "sheet-of",
      role: "grid",
      tabindex: "0",
      "aria-label": say("images_of"),
      onscroll: () => this.drawSight(),
    });
    this.empty = el("div", { class: "nothing", hidden: true, role: "status" });
    this.under = el("div", { class: "stage" }, this.sheet, this.empty);
    this.main = el("div", { class: "main-of" }, this.bar, this.under);
    this.body = el("div", { class: "body" }, this.setup.node, this.main);
    this.foot = this.makeFoot();
    this.lower = raised();
    this.large = new Large(this.tools);
    this.other = new Other(this.tools, (tag) => this.move(tag));
    this.root.replaceChildren(this.head, this.body, this.choose.node, this.foot, this.large.node, this.other.node);
    /** @type {Section[]} */
    this.sections = [];
  }

  /** From how sure on images are shown, and what is accepted by that. */
  makeBar() {
    const { say } = this.tools;
    this.slider = el("input", {
      type: "range",
      class: "slider",
      min: 0,
      max: 100,
      step: 1,
      "aria-label": say("least"),
      title: say("least_help"),
      oninput: () => this.limit(Number(this.slider.value)),
    });
    this.least = Number(localStorage.getItem(LEAST.name) ?? LEAST.first);
    this.slider.value = String(this.least);
    this.percent = el("output", {});
    this.total = el("span", { class: "quiet", role: "status" });
    this.acceptAll = el("button", { type: "button", class: "main", onclick: () => this.decideAll() });
    return el(
      "div",
      { class: "bar-of" },
      el("label", {}, el("span", {}, say("least")), this.slider),
      this.percent,
      this.total,
      el("span", { class: "gap" }),
      this.acceptAll,
    );
  }

  makeFoot() {
    const { say } = this.tools;
    const button = (name, keys, act) =>
      el("button", { type: "button", class: name, onclick: act }, say(name), ...keys.map((key) => el("kbd", {}, key)));
    this.acts = [
      button("accept", ["y"], () => this.decide(true)),
      button("refuse", ["n"], () => this.decide(false)),
      button("other", ["c"], () => this.askHere()),
      el("span", { class: "bar" }),
      button("accept_here", ["⇧", "y"], () => this.decideClass(this.inHand.place, true)),
      button("refuse_here", ["⇧", "n"], () => this.decideClass(this.inHand.place, false)),
      button("large", ["z"], () => this.enlarge()),
    ];
    this.done = el("span", { class: "quiet", role: "status" });
    this.anew = el(
      "button",
      { type: "button", class: "anew", title: say("anew_help"), "aria-label": say("anew"), onclick: () => this.load() },
      icon("refresh"),
      el("span", {}, say("anew")),
    );
    return el("footer", { class: "foot" }, ...this.acts, el("span", { class: "gap" }), this.done, this.anew);
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    this.data = data;
    if (data.property !== before.property) this.open();
    else if (data.encoder !== before.encoder || (this.isInView && data.view !== before.view)) this.load();
    else this.draw();
  }

  /** Another property: nothing of the former one holds. */
  open() {
    this.turn += 1;
    this.isChoosing = this.isLoading = this.isAgain = false;
    this.trouble = "";
    this.sorted = this.holding(null);
    this.put();
    this.setup.open(this.data.property);
    this.load();
  }

  /** What there is was read, or has changed. */
  define() {
    if (this.isDefined) {
      this.draw();
      return;
    }
    this.isDefined = true;
    this.load();
  }

  /** @param {string} property */
  take(property) {
    if (property === this.data.property) this.toggleChoosing();
    else this.tools.ask("property", property);
  }

  toggleChoosing() {
    this.isChoosing = !this.isChoosing;
    this.draw();
    if (this.isChoosing) this.choose.focus();
  }

  sortAlso(isAgain) {
    this.isAgain = isAgain;
    this.load();
  }

  within(isInView) {
    this.isInView = isInView;
    this.load();
  }

  resize() {
    localStorage.setItem(SIZE, this.size.value);
    this.measure();
  }

  // What is sorted

  get property() {
    return annotations.properties.find(({ id }) => id === this.data.property) ?? null;
  }

  /** What is asked of the server, but for what was found already. */
  asked() {
    const { property, encoder, view } = this.data;
    return {
      property,
      encoder,
      again: this.isAgain,
      language: this.tools.language,
      ...(this.isInView && view ? { view } : {}),
      ...this.setup.asked(),
    };
  }

  /** Whether there is something to sort by, and into. */
  get isReady() {
    return Boolean(this.property && this.data.encoder && this.setup.chosen.length > 1);
  }

  /** Sort anew. */
  async load() {
    const turn = ++this.turn;
    this.trouble = "";
    this.isLoading = this.isReady;
    this.isLong = false;
    if (!this.isReady) {
      this.sorted = this.holding(null);
      this.put();
      return;
    }
    this.draw();
    const late = [
      setTimeout(() => set(this.under, "aria-busy", "true"), BUSY_AFTER),
      setTimeout(() => {
        this.isLong = true;
        this.draw();
      }, LONG_AFTER),
    ];
    /** @type {import("./sorted_images.js").Told | null} */
    let told = null;
    try {
      await this.writing.done;
      const count = this.setup.chosen.length > FIRST_OF_AT_MOST ? 0 : PAGE;
      told = /** @type {import("./sorted_images.js").Told} */ (
        await annotations.post("/suggestions/classes", { ...this.asked(), count })
      );
    } catch (error) {
      if (turn === this.turn) this.trouble = error.message || this.tools.say("failed");
    }
    late.forEach(clearTimeout);
    if (turn !== this.turn) return;
    set(this.under, "aria-busy", null);
    this.isLoading = false;
    this.sorted = this.holding(told);
    this.put();
  }

  /** Show what was sorted from its beginning. */
  put() {
    const folded = new Set(this.sections.filter((one) => one.isFolded).map((one) => one.tag));
    this.sections = this.classes.map((_, place) => new Section(this, place));
    for (const one of this.sections) one.isFolded = folded.has(one.tag);
    this.sheet.replaceChildren(...this.sections.map((one) => one.node));
    this.sheet.scrollTop = 0;
    this.inHand = this.first();
    this.draw();
    this.measure();
    // The keys are with the pictures, unless they are wanted elsewhere.
    if (document.activeElement === document.body && this.classes.length) this.sheet.focus({ preventScroll: true });
  }

  /** The first that is shown. */
  first() {
    return {
      place: Math.max(
        0,
        this.classes.findIndex((_, place) => this.countOf(place) > 0),
      ),
      at: 0,
    };
  }

  countOf(place) {
    return this.classes[place]?.counts[this.least] ?? 0;
  }

  leftOf(place) {
    return this.classes[place]?.left[this.least] ?? 0;
  }

  colourOf(place) {
    return annotations.tagOf.get(this.classes[place].tag)?.colour ?? null;
  }

  nameOf(tag) {
    return annotations.tagOf.get(tag)?.name ?? "";
  }

  /** Read how all of it stands: answers given or undone, here or elsewhere. */
  stand() {
    if (!this.sorted.name || this.writing.isUnderWay || this.isLoading) return;
    this.sorted.stand(
      (place, page) => this.isInSight(place, page),
      () => this.writing.isUnderWay,
    );
  }

  isInSight(place, page) {
    const { inHand } = this;
    const isOn = (at) => Math.floor(at / PAGE) === page;
    return [...(this.sections[place]?.tiles.keys() ?? [])].some(isOn) || (place === inHand.place && isOn(inHand.at));
  }

  // From how sure on

  /** @param {number} least  in hundredths */
  limit(least) {
    this.least = least;
    localStorage.setItem(LEAST.name, String(least));
    this.slider.value = String(least);
    const { place, at } = this.inHand;
    const count = this.countOf(place);
    if (!count) this.inHand = this.first();
    else if (at >= count) this.inHand = { place, at: count - 1 };
    this.draw();
    this.measure();
  }

  // Answers

  isInHand(place, at) {
    return place === this.inHand.place && at === this.inHand.at;
  }

  get imageInHand() {
    const { place, at } = this.inHand;
    return at < this.countOf(place) ? this.sorted.image(place, at) : undefined;
  }

  pressed(place, at, is) {
    this.inHand = { place, at };
    this.decide(is);
  }

  /** @param {boolean} is  whether the image in hand belongs */
  decide(is) {
    const image = this.imageInHand;
    if (!image || this.isLoading) return;
    const { tag } = this.classes[this.inHand.place];
    // The same answer again takes it back.
    const isBack = this.sorted.answerOf(image) === is;
    const kind = isBack ? "forgotten" : is ? "accepted" : "refused";
    this.sorted.said.set(image.sha1, isBack ? null : is);
    this.writing.write("/suggestions/answers", { tag, [kind]: [image.sha1] });
    if (!isBack) this.goOn();
    else this.drawSight();
  }

  /** The image in hand is of another tag: it gets that one, and is refused for this one. @param {string} tag */
  async move(tag) {
    const image = this.imageInHand;
    if (!image || this.isLoading) return;
    const from = this.classes[this.inHand.place].tag;
    this.sorted.said.set(image.sha1, false);
    image.other = tag;
    const name = this.nameOf(tag);
    const answers = [
      { tag, accepted: [image.sha1] },
      { tag: from, refused: [image.sha1] },
    ];
    const written = this.writing.write("/suggestions/answers", { answers });
    this.goOn();
    this.sheet.focus({ preventScroll: true });
    const told = await written;
    if (told) annotations.say(this.tools.say("done_moved", { name }), told.batch);
  }

  /** All that is left of a class. @param {number} place @param {boolean} is */
  async decideClass(place, is) {
    const one = this.classes[place];
    if (!one || this.isLoading || !this.leftOf(place)) return;
    const what = is ? "done_accepted" : "done_refused";
    this.bulk(is, one.tag, (told) => this.tools.say(what, { count: told.changed, name: one.name }));
  }

  /** All that is left of all classes. */
  decideAll() {
    const tags = this.classes.filter((_, place) => this.leftOf(place)).length;
    if (!tags || this.isLoading) return;
    this.bulk(true, null, (told) =>
      this.tools.say("done_all", { count: told.changed, tags: number(tags, this.tools.language) }),
    );
  }

  /** @param {boolean} is @param {string | null} only @param {(told: any) => string} done */
  async bulk(is, only, done) {
    this.sorted.takeAll(is, only, this.least);
    const written = this.writing.write("/suggestions/classes/answers", {
      ...this.asked(),
      sorting: this.sorted.name,
      only,
      least: this.least / 100,
      accept: is,
    });
    this.goOn();
    this.measure();
    const told = /** @type {any} */ (await written);
    if (!told) return;
    if (told.sorting === null) {
      annotations.say(this.tools.say("is_anew"), null);
      this.load();
      return;
    }
    annotations.say(done(told), told.batch);
  }

  /** To the next that is not answered, of this class or of one below it. */
  goOn() {
    const next = this.next();
    if (next) this.inHand = next;
    this.draw();
    this.measure();
    this.reveal();
  }

  next() {
    const { place, at } = this.inHand;
    const { length } = this.classes;
    for (let by = 0; by <= length; by += 1) {
      const of = (place + by) % length;
      if (this.sections[of].isFolded || !this.leftOf(of)) continue;
      const open = this.sorted.openOf(of, by === 0 ? at + 1 : 0, by === length ? at : this.countOf(of));
      if (open !== null) return { place: of, at: open };
    }
    return null;
  }

  /** Ask which other tag fits. */
  ask(place, at, anchor) {
    this.inHand = { place, at };
    this.drawSight();
    this.other.open(anchor, this.data.property ?? "", this.classes[place].tag);
  }

  askHere() {
    const { place, at } = this.inHand;
    const tile = this.sections[place]?.tiles.get(at);
    if (tile && this.imageInHand) this.ask(place, at, tile.node);
  }

  // Keys

  /** @param {KeyboardEvent} event */
  press(event) {
    if (this.writing.isAhead(event)) this.writing.delay(event);
    if (this.isChoosing || !this.classes.length || this.other.isOpen) return;
    const act = acted(event, this.root, this.does());
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** What keys do. @returns {import("./shortcuts.js").Acts} */
  does() {
    const { place } = this.inHand;
    return {
      accept: () => this.decide(true),
      refuse: () => this.decide(false),
      acceptAll: () => this.decideClass(place, true),
      refuseAll: () => this.decideClass(place, false),
      right: () => this.step(1),
      left: () => this.step(-1),
      down: () => this.line(1),
      up: () => this.line(-1),
      first: () => this.hold(place, 0),
      last: () => this.hold(place, this.countOf(place) - 1),
      other: () => this.askHere(),
      enlarge: () => this.enlarge(),
      grow: () => this.grow(1),
      shrink: () => this.grow(-1),
    };
  }

  grow(by) {
    this.size.value = String(Number(this.size.value) + by * SIZES.step);
    this.resize();
  }

  /** The nearest class that shows images. @param {number} place @param {number} by @returns {number | null} */
  beside(place, by) {
    for (let of = place + by; of >= 0 && of < this.classes.length; of += by)
      if (this.countOf(of) && !this.sections[of].isFolded) return of;
    return null;
  }

  step(by) {
    const { place, at } = this.inHand;
    if (at + by >= 0 && at + by < this.countOf(place)) {
      this.hold(place, at + by);
      return;
    }
    const of = this.beside(place, by);
    if (of !== null) this.hold(of, by > 0 ? 0 : this.countOf(of) - 1);
  }

  line(by) {
    const { place, at } = this.inHand;
    const { columns } = this.how;
    const to = at + by * columns;
    const last = this.countOf(place) - 1;
    const isLastLine = Math.floor(at / columns) === Math.floor(last / columns);
    if (to >= 0 && (to <= last || !isLastLine)) {
      if (by < 0 || last >= 0) this.hold(place, Math.min(to, last));
      return;
    }
    const of = this.beside(place, by);
    if (of === null) return;
    const end = this.countOf(of) - 1;
    const column = at % columns;
    this.hold(of, Math.min(end, by > 0 ? column : Math.floor(end / columns) * columns + column));
  }

  hold(place, at) {
    if (at < 0 || at >= this.countOf(place)) return;
    this.inHand = { place, at };
    this.reveal();
    this.drawSight();
  }

  /** Bring the image in hand into sight. */
  reveal() {
    const { place, at } = this.inHand;
    const section = this.sections[place];
    if (!section?.how || section.isFolded || at >= this.countOf(place)) return;
    const top = section.top(at);
    const { scrollTop, clientHeight } = this.sheet;
    // The heading covers what is right below the edge.
    const head = section.top(0) - section.node.offsetTop;
    if (top < scrollTop + head) this.sheet.scrollTop = top - head;
    else if (top + section.how.row > scrollTop + clientHeight)
      this.sheet.scrollTop = top + section.how.row - clientHeight;
  }

  /** Bring a class into sight. @param {string} tag */
  reach(tag) {
    const place = this.classes.findIndex((one) => one.tag === tag);
    if (!this.countOf(place)) return;
    this.sections[place].isFolded = false;
    this.measure();
    this.sheet.scrollTop = this.sections[place].node.offsetTop;
    this.inHand = { place, at: 0 };
    this.sheet.focus({ preventScroll: true });
    this.drawSight();
  }

  enlarge() {
    this.large.toggle();
    this.drawSight();
  }

  // Drawing

  /** How large everything is. */
  measure() {
    this.how = grid(this.sheet.clientWidth, Number(this.size.value));
    for (const one of this.sections) one.measure(this.how);
    this.drawBar();
    this.drawSight();
  }

  drawSight() {
    if (!this.how) return;
    const { scrollTop, clientHeight } = this.sheet;
    for (const one of this.sections) one.draw(scrollTop, scrollTop + clientHeight);
    const { place, at } = this.inHand;
    set(this.sheet, "aria-activedescendant", this.sections[place]?.tiles.get(at)?.node.id ?? null);
    const image = this.imageInHand;
    this.large.draw(
      image ? { ...image, why: "" } : null,
      image ? (this.sorted.answerOf(image) ?? undefined) : undefined,
      this.classes[place]?.name,
    );
    for (const act of this.acts) if (act instanceof HTMLButtonElement) act.disabled = !image || Boolean(this.isLoading);
  }

  draw() {
    const isChoosing = this.isDefined && (!this.property || Boolean(this.isChoosing));
    this.choose.node.hidden = !isChoosing;
    if (isChoosing) this.choose.draw(Boolean(this.data.property && !this.property));
    this.body.hidden = this.foot.hidden = isChoosing;
    this.drawHead(isChoosing);
    this.setup.node.hidden = !this.setup.tags.length;
    this.setup.draw(this.classes, (tag) => this.countOfTag(tag), this.sorted.fitted);
    this.drawEmpty();
    this.drawBar();
  }

  countOfTag(tag) {
    const place = this.classes.findIndex((one) => one.tag === tag);
    return place < 0 ? null : this.countOf(place);
  }

  drawHead(isChoosing) {
    const { say } = this.tools;
    const { view, encoders, encoder } = this.data;
    const name = this.property?.name ?? "";
    this.head.hidden = !this.property;
    write(this.title, say("title", { name }));
    set(this.title, "title", name);
    set(this.others, "aria-expanded", String(isChoosing));
    this.scope.hidden = !view;
    this.scope.value = this.isInView && view ? "view" : "all";
    this.which.value = this.isAgain ? "all" : "without";
    const written = JSON.stringify(encoders);
    if (this.encoder.dataset.written !== written)
      this.encoder.replaceChildren(...encoders.map(([slug, label]) => el("option", { value: slug }, label)));
    this.encoder.dataset.written = written;
    this.encoder.hidden = encoders.length < 2;
    if (encoder) this.encoder.value = encoder;
  }

  drawBar() {
    const { say, language } = this.tools;
    const shown = this.sorted.sum((place) => this.countOf(place));
    const left = this.sorted.sum((place) => this.leftOf(place));
    const all = this.sorted.sum((place) => this.classes[place].counts[0]);
    // Where nothing is so sure, less is asked for here.
    this.bar.hidden = !all || Boolean(this.trouble);
    write(this.percent, say("percent", { value: number(this.least, language) }));
    write(this.total, say("shown", { count: shown, all: number(all, language) }));
    write(this.acceptAll, say("accept_all", { count: left }));
    this.acceptAll.hidden = !left;
    this.acceptAll.disabled = Boolean(this.isLoading);
    write(this.done, shown ? say("done", { done: number(shown - left, language), count: shown }) : "");
    this.anew.disabled = !this.sorted.name || Boolean(this.isLoading);
  }

  drawEmpty() {
    const what = this.lack();
    this.sheet.hidden = Boolean(what);
    showEmptyState(this.empty, what);
  }

  /** What is missing, where there is no image: a sign, a heading, what to do, buttons. @returns {any[] | null} */
  lack() {
    const { say } = this.tools;
    const leave = (page, text) => ({ text: say(text), act: () => this.tools.ask("leave", page) });
    if (!this.property) return null;
    if (!this.data.encoder) {
      const [name] = this.data.waiting;
      return [
        "text_fields_alt",
        say("no_reader"),
        name ? say("reader_waits", { name }) : say("no_reader_help"),
        leave("pipeline", "to_pipeline"),
      ];
    }
    if (!this.setup.tags.length)
      return ["sell", say("no_tags"), say("no_tags_help"), leave("properties", "to_properties")];
    if (this.setup.tags.length < 2)
      return ["sell", say("one_tag"), say("one_tag_help"), leave("properties", "to_properties")];
    if (this.setup.chosen.length < 2)
      return [
        "sell",
        say("few_ticked"),
        say("one_tag_help"),
        { text: say("tick_all"), act: () => this.setup.tickAll(true) },
      ];
    if (this.trouble) return ["error", this.trouble, "", { text: say("again"), act: () => this.load() }];
    if (this.isLoading && !this.classes.length)
      return ["hourglass_empty", say("sorting"), this.isLong ? say("model_loads") : ""];
    if (!this.sorted.name) return null;
    if (!this.classes.some(({ counts }) => counts[0])) return this.lackOfImages(say);
    if (this.sorted.sum((place) => this.countOf(place))) return null;
    const least = Math.floor(this.sorted.surest / 5) * 5;
    return [
      "percent",
      say("none_so_sure", { value: number(this.least, this.tools.language) }),
      say("surest", { value: number(this.sorted.surest, this.tools.language) }),
      { text: say("lower", { value: number(least, this.tools.language) }), act: () => this.limit(least) },
    ];
  }

  lackOfImages(say) {
    const again = this.isAgain ? null : { text: say("sort_all"), act: () => this.sortAlso(true) };
    const everywhere = this.isInView ? { text: say("look_everywhere"), act: () => this.within(false) } : null;
    return ["done_all", say("no_images"), say(this.isAgain ? "no_images_all" : "no_images_help"), everywhere, again];
  }

  close() {
    this.turn += 1;
    this.lower();
    this.look.cancel();
    this.setup.close();
    this.unfollow();
    this.resized.disconnect();
    annotations.removeEventListener("define", this.defined);
    document.removeEventListener("keydown", this.key, true);
  }
}
