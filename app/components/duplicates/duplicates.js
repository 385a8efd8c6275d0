// The page of duplicates: kinds, their open groups, and the one in hand, whose image to keep stands
// beside another one. One key merges it, and the next group is there. Streamlit calls the default
// export with the data of each run; the rest comes and goes over HTTP. Not here: the list (group_list.js),
// what is chosen in a group (pair.js), copies of a file (file_copies.js), many groups at once (merge_all.js).
import { annotations } from "../shared/store/annotations.js";
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { debounced, el, isTyping, set, write } from "../shared/ui/dom.js";
import { showEmptyState } from "../shared/ui/empty_state.js";
import { inItsLanguage, component } from "../shared/bridge/lifecycle.js";
import { translator } from "../shared/ui/translate.js";
import { Writing } from "../shared/store/answer_queue.js";
import { raised } from "../shared/ui/toasts.js";
import { All } from "./merge_all.js";
import { MODES, pictured } from "./comparison.js";
import { Copies } from "./file_copies.js";
import { sized } from "./image_facts.js";
import { List } from "./group_list.js";
import { Pair } from "./pair.js";

const PAGE = 100;
// So many groups are read before they are in hand.
const AHEAD = 2;
const LOOK_AFTER = 120;
const BUSY_AFTER = 300;
const STATE = "panoptic.duplicates";
const EXACT = "exact";
const ORDERS = ["size", "alike", "folder"];
// What decides before all else which image is suggested to stay.
const FIRSTS = ["pixels", "oldest", "annotated", "bytes"];
// Groups that were cleared lately: where one is open again, it is in hand.
const CLEARED_KEPT = 50;

/**
 * @typedef {{group: string, count: number, distance: number, bytes: number, place: string, sha1s: string[]}} Listed
 * @typedef {object} Kind
 * @property {string} kind
 * @property {number} groups
 * @property {number} closed
 * @property {number} leaving
 * @property {number} bytes
 * @property {[number, number][]} distances
 * @typedef {object} Member
 * @property {string} sha1
 * @property {string} name
 * @property {string} place
 * @property {number | null} width
 * @property {number | null} height
 * @property {string | null} format
 * @property {number | null} bytes
 * @property {number} copies
 * @property {string | null} taken
 * @property {string | null} modified
 * @property {number} annotated
 * @property {number | null} distance
 * @typedef {{id: string, property: string, values: string[], own?: string[]}} Values
 * @typedef {{given: Values[], lost: Values[]}} Preview
 * @typedef {{group: string, kind: string, reason: string, members: Member[]} & Preview} Group
 * @typedef {object} Told
 * @property {number} position
 * @property {number | null} found
 * @property {Kind[]} kinds
 * @property {number} total
 * @property {number} start
 * @property {number | null} at
 * @property {Listed[]} groups
 * @typedef {object} Data
 * @property {string} language
 * @property {string | null} view
 * @property {string | null} group
 * @property {string} version
 * @property {Record<string, string>} encoders
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
    this.data = data;
    /** @type {Tools} */
    this.tools = { say: translator(texts, language), language, ask: () => {} };
    const kept = restored();
    this.kind = kept.kind ?? "";
    this.order = ORDERS.includes(kept.order) ? kept.order : "size";
    this.first = FIRSTS.includes(kept.first) ? kept.first : "pixels";
    this.isInView = Boolean(kept.isInView && data.view);
    /** The group in hand. @type {string} */
    this.group = kept.group ?? "";
    // A link leads to a group once, and not again after a reload.
    if (data.group && data.group !== kept.entry) this.enter(data.group);
    this.at = 0;
    /** @type {Told | null} */
    this.told = null;
    /** @type {Map<number, Listed[]>} */
    this.pages = new Map();
    /** Pages that are on their way. @type {Map<number, Promise<void>>} */
    this.asked = new Map();
    /** What was just done with some groups. @type {Map<string, "merged" | "apart">} */
    this.done = new Map();
    /** @type {string[]} */
    this.cleared = [];
    /** Groups as they were read, until anything is written. @type {Map<string, Promise<any>>} */
    this.read = new Map();
    /** @type {Group | import("./file_copies.js").Told | null} */
    this.inHand = null;
    this.trouble = "";
    this.turn = 0;
    this.holding = 0;
    this.writing = new Writing({
      failed: (error) => annotations.say(error.message || this.tools.say("not_written"), null),
      settled: () => this.look(),
    });
    this.isTurning = false;
    this.build();
    this.look = debounced(() => this.load(), LOOK_AFTER);
    this.unfollow = onAnnotationChange(() => this.look());
    this.key = (event) => this.press(event);
    // Before the rest of the page, where the same keys mean other things.
    document.addEventListener("keydown", this.key, true);
    // Who closes the window is told while something is still being written.
    this.leaving = (event) => this.writing.isUnderWay && event.preventDefault();
    window.addEventListener("beforeunload", this.leaving);
    this.load();
  }

  /** @param {string} group */
  enter(group) {
    this.group = group;
    this.kind = group.slice(0, group.lastIndexOf(":"));
    this.isInView = false;
  }

  build() {
    const { say } = this.tools;
    this.kinds = el("div", { class: "kinds", role: "tablist", "aria-label": say("kinds") });
    this.scope = el("select", {
      "aria-label": say("scope"),
      title: say("scope_title"),
      onchange: () => this.within(this.scope.value === "view"),
    });
    this.scope.append(...["all", "view"].map((value) => el("option", { value }, say(`scope_${value}`))));
    this.orders = el("select", { "aria-label": say("order"), onchange: () => this.orderBy(this.orders.value) });
    this.orders.append(...ORDERS.map((value) => el("option", { value }, say(`order_${value}`))));
    this.firsts = el("select", {
      "aria-label": say("first"),
      title: say("first"),
      onchange: () => this.keepFirst(this.firsts.value),
    });
    this.firsts.append(...FIRSTS.map((value) => el("option", { value }, say(`first_${value}`))));
    this.all = new All(this.tools, (body) => this.mergeAll(body));
    this.allButton = el(
      "button",
      { type: "button", class: "bordered", title: say("all_title"), onclick: () => this.openAll() },
      say("all"),
    );
    this.head = el(
      "header",
      { class: "head" },
      el("h1", {}, say("title")),
      this.kinds,
      el("span", { class: "gap" }),
      this.scope,
      this.firsts,
      this.orders,
      this.allButton,
    );
    this.list = new List(this.tools, { hold: (at) => this.hold(at), want: (first, end) => this.want(first, end) });
    this.sum = el("p", { class: "sum quiet", role: "status" });
    this.pair = new Pair(this.tools, () => this.drawGroup());
    this.copies = new Copies(this.tools);
    this.empty = el("div", { class: "nothing", hidden: true, role: "status" });
    this.stage = el("div", { class: "stage" }, this.pair.node, this.copies.node, this.empty);
    this.body = el("div", { class: "body" }, el("div", { class: "side" }, this.sum, this.list.node), this.stage);
    this.foot = this.makeFoot();
    this.lower = raised();
    this.root.replaceChildren(this.head, this.body, this.foot, this.all.node);
    this.draw();
  }

  makeFoot() {
    const { say } = this.tools;
    const button = (name, keys, act) =>
      el(
        "button",
        { type: "button", class: name, title: say(`${name}_title`), onclick: act },
        el("span", {}, say(name)),
        ...keys.map((key) => el("kbd", {}, key)),
      );
    this.toggle = button("toggle", ["s"], () => this.pressed && this.pair.toggleStay());
    this.acts = [
      button("merge", ["y"], () => this.merge()),
      button("apart", ["n"], () => this.keepApart()),
      button("next", ["m"], () => this.skip()),
      el("span", { class: "rule" }),
      button("make_keeper", ["k"], () => this.pressed && this.pair.keep()),
      this.toggle,
      el(
        "span",
        { class: "keys quiet" },
        el("kbd", {}, "←"),
        el("kbd", {}, "→"),
        say("other"),
        el("kbd", {}, "↑"),
        el("kbd", {}, "↓"),
        say("group_keys"),
      ),
    ];
    this.show = el(
      "button",
      { type: "button", class: "quiet", onclick: () => this.tools.ask("show", this.group) },
      say("show"),
    );
    this.place = el("span", { class: "quiet", role: "status" });
    return el("footer", { class: "foot" }, ...this.acts, el("span", { class: "gap" }), this.place, this.show);
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    this.data = data;
    if (data.group && data.group !== before.group) {
      this.enter(data.group);
      this.restart();
    } else if (this.isInView && data.view !== before.view) {
      this.isInView = Boolean(data.view);
      this.restart();
    } else if (data.version !== before.version) {
      this.read.clear();
      this.look();
    } else this.draw();
  }

  // Which groups

  get view() {
    return this.isInView ? this.data.view : null;
  }

  get isCopies() {
    return this.kind === EXACT;
  }

  /** @param {string} kind */
  turnKind(kind) {
    if (kind === this.kind) return;
    this.kind = kind;
    this.group = "";
    this.restart();
  }

  orderBy(order) {
    this.order = order;
    this.restart();
  }

  keepFirst(first) {
    this.first = first;
    this.restart();
  }

  within(isInView) {
    this.isInView = isInView;
    this.restart();
  }

  /** Other groups: nothing that was read of the former ones holds. */
  restart() {
    this.pages.clear();
    this.read.clear();
    this.done.clear();
    this.inHand = null;
    this.at = 0;
    this.store();
    // A list of choices or a button would keep the keys.
    this.list.node.focus({ preventScroll: true });
    this.load();
  }

  store() {
    const { kind, order, first, isInView, group } = this;
    sessionStorage.setItem(STATE, JSON.stringify({ kind, order, first, isInView, group, entry: this.data.group }));
  }

  /** What the server is asked. @param {Record<string, any>} more */
  query(more) {
    const { kind, order, first, view } = this;
    return new URLSearchParams({ kind, order, first, lang: this.tools.language, ...(view ? { view } : {}), ...more });
  }

  /** Read the list anew, at the group that was taken back or is in hand. */
  async load() {
    if (this.writing.isUnderWay) return;
    const turn = ++this.turn;
    const busy = setTimeout(() => set(this.stage, "aria-busy", "true"), BUSY_AFTER);
    const named = [...this.cleared, this.group].filter(Boolean).join(",");
    let told = null;
    let trouble = "";
    try {
      told = /** @type {Told} */ (await got(`/clearing/groups?${this.query({ at: named, count: PAGE })}`));
    } catch (error) {
      trouble = error.message || this.tools.say("failed");
    }
    clearTimeout(busy);
    // What was done since is newer.
    if (turn !== this.turn || this.writing.isUnderWay) return;
    set(this.stage, "aria-busy", null);
    this.trouble = trouble;
    if (told) this.put(told);
    else this.draw();
  }

  /** @param {Told} told */
  put(told) {
    if (!told.kinds.some(({ kind }) => kind === this.kind) && told.kinds.length) {
      this.kind = beginning(told.kinds);
      this.group = "";
      this.load();
      return;
    }
    if (told.position !== this.told?.position) this.read.clear();
    this.told = told;
    this.pages = new Map([[told.start / PAGE, told.groups]]);
    this.asked.clear();
    this.done.clear();
    const at = told.at ?? Math.min(this.at, Math.max(0, told.total - 1));
    this.cleared = this.cleared.filter((group) => group !== this.row(at)?.group);
    if (!told.total) {
      this.inHand = null;
      this.group = "";
      this.draw();
      return;
    }
    this.hold(at);
  }

  /** @param {number} at @returns {Listed | undefined} */
  row(at) {
    return this.pages.get(Math.floor(at / PAGE))?.[at % PAGE];
  }

  /** Have the pages of the list in which these are. @param {number} begin @param {number} end */
  async want(begin, end) {
    if (!this.told || this.trouble) return;
    const last = Math.min(end, this.told.total) - 1;
    for (let page = Math.floor(begin / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      if (this.pages.has(page)) continue;
      if (!this.asked.has(page)) this.asked.set(page, this.fetchPage(page));
      await this.asked.get(page);
    }
  }

  /** @param {number} page */
  async fetchPage(page) {
    const { pages } = this;
    const told = await got(`/clearing/groups?${this.query({ start: page * PAGE, count: PAGE })}`).catch(() => null);
    // Of a list that was read anew meanwhile the pages are others.
    if (pages !== this.pages) return;
    this.asked.delete(page);
    if (!told) return;
    pages.set(page, told.groups);
    this.drawList();
  }

  // The group in hand

  /** @param {number} at */
  async hold(at) {
    if (!this.told || at < 0 || at >= this.told.total) return;
    const holding = ++this.holding;
    this.at = at;
    // What is still seen is no longer in hand.
    this.isTurning = true;
    this.drawList();
    await this.want(at, at + 1);
    if (holding !== this.holding) return;
    const listed = this.row(at);
    if (!listed) {
      this.isTurning = false;
      this.fail(this.tools.say("failed"));
      return;
    }
    const isSame = this.group === listed.group && this.inHand !== null;
    this.group = listed.group;
    this.store();
    const told = await this.of(listed.group).catch((error) => ({ failed: error.message || this.tools.say("failed") }));
    if (holding !== this.holding) return;
    this.isTurning = false;
    if (told.failed !== undefined) {
      this.fail(told.failed);
      return;
    }
    this.trouble = "";
    if (told !== this.inHand) this.take(told, isSame);
    this.draw();
    for (let by = 1; by <= AHEAD; by += 1) this.ahead(at + by);
  }

  /** @param {string} trouble */
  fail(trouble) {
    this.inHand = null;
    this.trouble = trouble;
    this.draw();
  }

  /** Read a group, once. @param {string} group @returns {Promise<any>} */
  of(group) {
    const known = this.read.get(group);
    if (known) return known;
    const asked = got(`/clearing/group?${this.query({ group })}`);
    this.read.set(group, asked);
    asked.catch(() => this.read.delete(group));
    return asked;
  }

  /** What comes next is there before it is asked for. @param {number} at */
  async ahead(at) {
    const listed = this.row(at);
    if (!listed) return;
    const told = await this.of(listed.group).catch(() => null);
    for (const { sha1 } of told?.members?.slice(0, 2) ?? []) new Image().src = pictured(sha1);
  }

  /** @param {Group | import("./file_copies.js").Told} told @param {boolean} isSame  whether what was chosen holds */
  take(told, isSame) {
    this.inHand = told;
    this.pair.take("members" in told ? told : null, isSame);
  }

  /** What a press is about: nothing while the next group is on its way. @returns {Group | null} */
  get pressed() {
    return this.isTurning || !this.inHand ? null : this.pair.group;
  }

  // What is done with it

  merge() {
    const { pressed: open } = this;
    const { keeper, out, stay } = this.pair;
    if (!open || this.done.has(open.group)) return;
    if (!out.length) {
      this.keepApart();
      return;
    }
    const body = { kind: open.kind, keeper, out, stay: stay.size ? [keeper, ...stay] : [] };
    this.write(open, "merged", body, (told) => this.tools.say("merged", { count: told.left }));
  }

  /** All of the group stay, and are no duplicates. */
  keepApart() {
    const { pressed: open } = this;
    if (!open || this.done.has(open.group)) return;
    const stay = open.members.map(({ sha1 }) => sha1);
    this.write(open, "apart", { kind: open.kind, keeper: null, out: [], stay }, () =>
      this.tools.say("kept_apart", { count: stay.length }),
    );
  }

  /**
   * Write what becomes of a group; the next is in hand at once.
   * @param {Group} open
   * @param {"merged" | "apart"} what
   * @param {Record<string, any>} body
   * @param {(told: any) => string} said
   */
  async write(open, what, body, said) {
    const { group } = open;
    this.done.set(group, what);
    this.cleared = [group, ...this.cleared.filter((one) => one !== group)].slice(0, CLEARED_KEPT);
    const written = this.writing.write("/clearing/merge", body);
    this.goOn();
    const told = await written;
    if (told) annotations.say(said(told), told.batch);
    else this.done.delete(group);
  }

  /** @param {Record<string, any>} body */
  async mergeAll(body) {
    set(this.stage, "aria-busy", "true");
    const told = /** @type {any} */ (await this.writing.write("/clearing/merge-all", body));
    if (told) annotations.say(this.tools.say("merged", { count: told.left }), told.batch);
  }

  /** To the next that is open, else to the last one before. */
  goOn() {
    const { total } = this.told ?? { total: 0 };
    const isOpen = (at) => !this.done.has(this.row(at)?.group ?? "");
    for (let at = this.at + 1; at < total; at += 1) if (isOpen(at)) return void this.hold(at);
    for (let at = this.at - 1; at >= 0; at -= 1) if (isOpen(at)) return void this.hold(at);
    // The list is read again once all is written.
    this.inHand = null;
    this.draw();
  }

  skip() {
    this.hold(this.at + 1);
  }

  openAll() {
    const of = this.told?.kinds.find(({ kind }) => kind === this.kind);
    if (of && of.groups && !this.isCopies) this.all.open(of, this.first, this.view);
  }

  // Keys

  /** @param {KeyboardEvent} event */
  press(event) {
    if (this.writing.isAhead(event)) this.writing.delay(event);
    if (isTyping(event) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.isOurs(event) || this.all.node.open || !this.told?.total) return;
    const act = this.acted(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    // A key that is held down goes through the groups, and merges none that was not seen.
    if (!event.repeat || /^(Arrow|m$)/.test(event.key)) act();
  }

  /** Not one that another part of the page, or a button, is waiting for. */
  isOurs(event) {
    const path = /** @type {Element[]} */ (event.composedPath().filter((node) => node instanceof Element));
    if (path.some((node) => node.matches(".root") && node !== this.root)) return false;
    if (path[0]?.matches("input[type=range]") && event.key.startsWith("Arrow")) return false;
    const isPlain = event.key.length === 1 && event.key !== " ";
    return isPlain || !path[0]?.closest("button, a, select, input, dialog");
  }

  /** @param {KeyboardEvent} event */
  acted({ key }) {
    const moves = {
      ArrowDown: () => this.hold(this.at + 1),
      ArrowUp: () => this.hold(this.at - 1),
      Home: () => this.hold(0),
      End: () => this.hold((this.told?.total ?? 1) - 1),
      m: () => this.skip(),
    };
    if (this.isCopies) return moves[key];
    const mode = MODES[Number(key) - 1];
    const { pair } = this;
    if (mode) return () => pair.turnTo(mode);
    return {
      ...moves,
      y: () => this.merge(),
      Enter: () => this.merge(),
      n: () => this.keepApart(),
      " ": () => pair.flip(),
      "+": () => pair.compare.zoom.step(1),
      "-": () => pair.compare.zoom.step(-1),
      0: () => pair.compare.zoom.reset(),
      ...(this.pressed
        ? {
            k: () => pair.keep(),
            s: () => pair.toggleStay(),
            ArrowRight: () => pair.step(1),
            ArrowLeft: () => pair.step(-1),
          }
        : {}),
    }[key];
  }

  // Drawing

  draw() {
    this.drawHead();
    this.drawList();
    this.drawGroup();
    this.drawEmpty();
  }

  drawHead() {
    const { say, language } = this.tools;
    const { told } = this;
    const written = JSON.stringify([told?.kinds, this.kind]);
    if (this.kinds.dataset.written !== written) {
      this.kinds.dataset.written = written;
      this.kinds.replaceChildren(...(told?.kinds ?? []).map((one) => this.kindButton(one)));
    }
    this.scope.hidden = !this.data.view;
    this.scope.value = this.isInView ? "view" : "all";
    /** @type {HTMLOptionElement} */ (this.orders.children[1]).hidden = this.isCopies;
    this.orders.value = this.isCopies && this.order === "alike" ? "size" : this.order;
    this.orders.hidden = !told?.total;
    this.firsts.value = this.first;
    this.firsts.hidden = this.isCopies || !told?.total;
    const of = told?.kinds.find(({ kind }) => kind === this.kind);
    this.allButton.hidden = this.isCopies || !of?.groups;
    const more =
      of &&
      (this.isCopies ? say("copies_waste", { size: sized(of.bytes, language) }) : say("leave", { count: of.leaving }));
    write(this.sum, of?.groups ? `${say("group", { count: of.groups })}\n${more}` : "");
  }

  /** @param {Kind} one */
  kindButton({ kind, groups }) {
    const { say, language } = this.tools;
    const [name, slug = ""] = kind.split(":");
    const encoder = this.data.encoders[slug] ?? slug;
    const several = this.told?.kinds.filter((other) => other.kind.startsWith("semantic")).length ?? 0;
    const label = name === "semantic" && several > 1 ? `${say(name)} · ${encoder}` : say(name);
    return el(
      "button",
      {
        type: "button",
        role: "tab",
        "data-kind": kind,
        "aria-selected": String(kind === this.kind),
        title: say(`${name}_title`, { encoder }),
        onclick: () => this.turnKind(kind),
      },
      el("span", { class: "label" }, label),
      el("span", { class: "quiet" }, new Intl.NumberFormat(language).format(groups)),
    );
  }

  drawList() {
    const { told, at, kind, done } = this;
    this.list.show({ total: told?.total ?? 0, at, kind, row: (place) => this.row(place), done });
    const { total } = told ?? { total: 0 };
    write(
      this.place,
      total
        ? this.tools.say("place", {
            place: new Intl.NumberFormat(this.tools.language).format(at + 1),
            total: new Intl.NumberFormat(this.tools.language).format(total),
          })
        : "",
    );
  }

  drawGroup() {
    const { inHand } = this;
    const { say } = this.tools;
    const open = inHand ? this.pair.group : null;
    this.pair.node.hidden = !open;
    this.copies.node.hidden = !inHand || open !== null;
    for (const act of this.acts) act.hidden = this.isCopies && act !== this.acts[2];
    write(/** @type {Node} */ (this.acts[2].firstChild), say(this.isCopies ? "next_copies" : "next"));
    this.foot.classList.toggle("idle", !inHand);
    this.show.hidden = !inHand;
    if (inHand && !("members" in inHand)) this.copies.show(inHand, this.view);
    if (!open) return;
    this.pair.draw();
    write(/** @type {Node} */ (this.toggle.firstChild), say(this.pair.isStaying ? "toggle_leave" : "toggle_stay"));
    // The keys are with the list, unless they are wanted elsewhere.
    if (document.activeElement === document.body) this.list.node.focus({ preventScroll: true });
  }

  drawEmpty() {
    showEmptyState(this.empty, this.lack());
  }

  /** What is missing, where there is no group: a sign, a heading, what to do, buttons. @returns {any[] | null} */
  lack() {
    const { say } = this.tools;
    const { told } = this;
    const leave = (page, text) => ({ text: say(text), act: () => this.tools.ask("leave", page) });
    if (this.trouble) return ["error", this.trouble, "", { text: say("again"), act: () => this.restart() }];
    if (!told) return ["hourglass_empty", say("looking"), ""];
    if (told.found === null)
      return ["content_copy", say("not_yet"), say("not_yet_help"), leave("pipeline", "to_pipeline")];
    if (!told.found) return ["done_all", say("none"), say("none_help"), leave("explore", "to_explore")];
    if (told.total) return null;
    if (this.isInView)
      return [
        "done_all",
        say("cleared_view"),
        say("cleared_view_help"),
        { text: say("look_everywhere"), act: () => this.within(false) },
      ];
    return ["done_all", say("cleared"), say("cleared_help"), leave("explore", "to_explore")];
  }

  close() {
    this.turn += 1;
    this.lower();
    this.holding += 1;
    this.look.cancel();
    this.unfollow();
    this.pair.close();
    this.list.close();
    document.removeEventListener("keydown", this.key, true);
    window.removeEventListener("beforeunload", this.leaving);
  }
}

/** Where one begins: the kind that is cleared with least doubt. @param {Kind[]} kinds */
function beginning(kinds) {
  const merged = kinds.filter(({ kind, groups }) => kind !== EXACT && groups);
  return (merged[0] ?? kinds.find(({ groups }) => groups) ?? kinds[kinds.length - 1]).kind;
}

/** Read JSON; throws an error that says in words why it cannot be. @param {string} address */
async function got(address) {
  const answer = await fetch(address).catch(() => null);
  const told = (await answer?.json().catch(() => null)) ?? {};
  if (!answer?.ok) throw new Error(told.message ?? "");
  return told;
}

/** @returns {Record<string, any>} */
function restored() {
  try {
    return JSON.parse(sessionStorage.getItem(STATE) ?? "{}") ?? {};
  } catch {
    return {};
  }
}
