// What holds on every page: the selection at the bottom left and what is done with it, the keys,
// the language remembered. Not here: what runs, at the bottom right (Python), choosing values
// (tagging.js), a tag for more images like them (more_like_these.js), keys of tags (tag_shortcuts.js).
import { NameGroups } from "../annotate/name_groups.js";
import { annotations } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { debounced, el, fill, icon, iconButton, isTyping, number, set, write } from "../shared/ui/dom.js";
import { inItsLanguage, component } from "../shared/bridge/lifecycle.js";
import { restorePanels, togglePanel } from "../shared/ui/panels.js";
import { selection } from "../shared/store/selection.js";
import { brush } from "../shared/store/brush.js";
import { hideToast, showToast } from "../shared/ui/toasts.js";
import { Grouping } from "./group_menu.js";
import { Likening } from "./more_like_these.js";
import { Shortcuts } from "./tag_shortcuts.js";
import { Tagging } from "./tagging.js";

const TELL_AFTER = 400;
// Beyond this Python is told how many, not which: nothing acts on more by name.
const TOLD_AT_MOST = 10_000;
// Images that likeness is asked to are named in the address one by one.
const COMPARED_AT_MOST = 1_000;
const SAID_FOR = 8000;
const BUSY_AFTER = 400;
const YEAR = 365 * 24 * 3600;

/** @typedef {import("../shared/store/annotations.js").Targets} Targets */
/**
 * @typedef {object} Data
 * @property {string} project
 * @property {string} language
 * @property {string | null} view       address of the view that the page shows, if it shows one
 * @property {[string, string][]} keys  what `?` lists: key, what it does
 * @property {boolean} canCompare       whether "similar" can be asked
 * @property {Record<string, string>} texts
 * @property {{texts: Record<string, string>, colours: string[]}} annotate
 */

export default component(
  (root, data) => new Frame(root, data),
  (shown, { press, state }) => {
    shown.tell = state;
    shown.ask = press;
  },
  inItsLanguage,
);

class Frame {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    this.data = data;
    this.words = data.annotate.texts;
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.tell = () => {};
    /** @type {(name: string, value: any) => void} */
    this.ask = () => {};
    this.count = el("strong", { role: "status" });
    this.clear = el("button", { type: "button", onclick: () => selection.clear() });
    this.similar = el("button", { type: "button", onclick: () => this.ask("similar", [...selection.ids]) });
    this.only = el("button", { type: "button", onclick: () => this.ask("only", [...selection.ids]) });
    this.more = el("button", { type: "button", onclick: () => this.like(this.more) });
    this.save = el("button", {
      type: "button",
      onclick: () => this.ask("save", { ...selection.plain(), isWhole: true }),
    });
    this.inverse = el("button", { type: "button", onclick: () => this.invert() });
    this.tag = el("button", { type: "button", onclick: () => this.tagging.toggle(this.tag) });
    this.exclude = el("button", { type: "button", onclick: () => this.take(true, this.chosen()) });
    this.selected = el(
      "div",
      { class: "selected", hidden: true },
      this.count,
      this.tag,
      this.only,
      this.similar,
      this.more,
      this.save,
      this.exclude,
      this.inverse,
      this.clear,
    );
    this.brush = iconButton("approval", "", () => this.tagging.toggle(this.brush));
    this.under = el("div", { class: "under", role: "status", hidden: true });
    this.said = el("div", { class: "toast", role: "status", popover: "manual" });
    const words = { texts: this.words, colours: data.annotate.colours, language: data.language };
    this.naming = new NameGroups(words, { done: (what, changed, batch) => this.done(what, changed, batch) });
    this.tagging = new Tagging(words, {
      apply: (edits, label, isAll) => this.annotate(edits, label, isAll),
      view: () => this.data.view,
      name: () => this.name(0, this.brush),
    });
    this.likening = new Likening(words, {
      tag: (edits, label) => this.annotate(edits, label, false),
      begin: (tag) => this.ask("suggest", tag),
    });
    this.grouping = new Grouping(
      { ...this.words, more: data.texts.more },
      {
        tag: () => this.tagging.isOpen || this.tagging.toggle(this.tag),
        name: (depth, anchor) => this.name(depth, anchor),
        like: (anchor, name) => this.like(anchor, name),
      },
    );
    this.shortcuts = new Shortcuts({ apply: (tag) => this.apply(tag), isAway: () => this.isAway });
    this.help = iconButton("keyboard", "", () => this.list.showModal());
    this.table = el("dl", {});
    this.title = el("h2", {});
    this.shut = iconButton("close", "", () => this.list.close());
    this.list = el(
      "dialog",
      { onclick: (event) => event.target === this.list && this.list.close() },
      el("header", {}, this.title, this.shut),
      this.table,
    );
    root.replaceChildren(
      this.help,
      this.brush,
      this.under,
      this.selected,
      this.said,
      this.list,
      this.tagging.panel,
      this.likening.panel,
      this.grouping.list,
      this.naming.panel,
    );
    this.tellLater = debounced(() => this.tellSelection(), TELL_AFTER);
    this.changed = () => {
      this.write();
      this.tellLater();
    };
    this.key = (event) => this.press(event);
    selection.addEventListener("change", this.changed);
    document.addEventListener("keydown", this.key);
    this.underway = () => this.writeUnder();
    brush.addEventListener("change", this.underway);
    this.shortcuts.addEventListener("change", this.underway);
    annotations.addEventListener("define", this.underway);
    this.says = () => this.say();
    annotations.addEventListener("say", this.says);
    this.suggests = (event) => this.ask("suggest", event.detail.tag);
    document.addEventListener("panoptic:suggest", this.suggests);
    this.stopFollowing = annotations.follow();
    annotations.language = data.language;
    annotations.read().catch(() => {});
    restorePanels();
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    const { texts, language } = data;
    selection.open(`panoptic.selection.${data.project}`);
    if (data.view !== null) selection.leave(data.view);
    document.documentElement.lang = language;
    document.cookie = `panoptic_language=${language}; path=/; max-age=${YEAR}; SameSite=Lax`;
    const labels = new Map([
      [this.help, texts.keys],
      [this.shut, texts.close],
      [this.brush, this.words.tag_title],
    ]);
    for (const [button, label] of labels) {
      set(button, "title", label);
      set(button, "aria-label", label);
    }
    write(this.title, texts.keys);
    set(this.list, "aria-label", texts.keys);
    this.table.replaceChildren(
      ...data.keys.flatMap(([key, what]) => [
        el("dt", {}, ...key.split(" ").map((one) => el("kbd", {}, one))),
        el("dd", {}, what),
      ]),
    );
    this.write();
  }

  write() {
    if (!this.data) return;
    const { texts, language, canCompare, view } = this.data;
    const { count } = selection;
    this.selected.hidden = count === 0;
    write(this.tag, this.words.tag);
    write(this.exclude, this.words.exclude);
    this.tagging.count();
    write(
      this.count,
      fill(count === 1 ? texts.selected_one : texts.selected_other, { count: number(count, language) }),
    );
    write(this.clear, texts.clear);
    write(this.inverse, texts.inverse);
    set(this.inverse, "title", texts.inverse_title);
    write(this.similar, texts.similar);
    write(this.only, texts.only);
    write(this.save, texts.save);
    write(this.more, texts.more);
    this.inverse.hidden = view === null;
    this.only.hidden = selection.all;
    this.more.hidden = !canCompare;
    this.similar.hidden = selection.all || !canCompare || count > COMPARED_AT_MOST;
  }

  invert() {
    const { view } = this.data;
    // Where the server cannot say, the selection stays as it is.
    if (view !== null) selection.invert(view).catch(() => {});
  }

  /** What keys and buttons are about: open image, selection, or image in hand. @returns {Targets | null} */
  chosen() {
    const inHand = current.sha1 && { sha1s: [current.sha1] };
    if (current.isOpen && inHand) return inHand;
    if (selection.count) return this.selection();
    return inHand || null;
  }

  selection() {
    return { view: this.data.view ?? "", selection: selection.plain() };
  }

  /** Make a property of the groups of the view. @param {number} depth @param {Element} anchor */
  name(depth, anchor) {
    const { view } = this.data;
    if (view !== null) this.naming.open(view, depth, anchor);
  }

  /** Give the selection a tag and look for others like it. @param {Element} anchor @param {string} [name] */
  like(anchor, name) {
    const { more, help, do: go, none } = this.data.texts;
    this.likening.open(anchor, { more, help, do: go, none }, name);
  }

  /** Whether the keys are for something that lies over the page. */
  get isAway() {
    return this.list.open || this.tagging.isOpen || this.naming.isOpen || this.likening.isOpen;
  }

  /**
   * Give values to the selection, or to all of the view; throws what cannot be.
   * @param {import("../shared/store/brush.js").Stamped[]} edits @param {string} label @param {boolean} isAll
   */
  async annotate(edits, label, isAll) {
    const all = { view: this.data.view ?? "", selection: { all: true, ids: [], except: [], held: selection.held } };
    const { changed, batch } = await annotations.write("/annotate", { edits, targets: isAll ? all : this.selection() });
    this.done(label, changed, batch);
  }

  /** A tag's key: put it on, or off where all have it. @param {import("../shared/store/annotations.js").Tag} tag */
  async apply(tag) {
    const targets = this.chosen();
    if (!targets) return;
    this.sayLater();
    try {
      const { changed, batch, op } = await annotations.write("/annotate", {
        property: tag.property,
        op: "toggle",
        values: [tag.id],
        targets,
      });
      this.done(op === "remove" ? `− ${tag.name}` : tag.name, changed, batch);
    } catch (error) {
      annotations.say(error.message || this.words.not_written, null);
    }
  }

  /** Take images out of the corpus, or back. @param {boolean} excluded @param {Targets | null} targets */
  async take(excluded, targets) {
    if (!targets) return;
    this.sayLater();
    try {
      const { changed, batch } = await annotations.write("/exclude", { targets, excluded });
      this.done(excluded ? this.words.is_excluded : this.words.is_included, changed, batch);
      // They go from sight: what cannot be seen is not selected.
      if (excluded && "selection" in targets) selection.clear();
    } catch (error) {
      annotations.say(error.message || this.words.not_written, null);
    }
  }

  done(what, changed, batch) {
    const text = changed === 1 ? this.words.done_one : changed ? this.words.done_other : this.words.done_none;
    annotations.say(fill(text, { what, count: number(changed, this.data.language) }), batch);
  }

  /** Many images take a moment. */
  sayLater() {
    clearTimeout(this.busy);
    this.busy = setTimeout(() => annotations.say(this.words.writing, null), BUSY_AFTER);
  }

  /** What was done, for a while, and its way back. */
  say() {
    clearTimeout(this.busy);
    const { word, batch } = annotations;
    const undo = batch ? el("button", { type: "button", onclick: () => this.undo(batch) }, this.words.undo) : null;
    this.said.replaceChildren(el("span", { title: word }, word), ...(undo ? [undo] : []));
    showToast(this.said);
    clearTimeout(this.saying);
    this.saying = setTimeout(() => this.unsay(), SAID_FOR);
  }

  unsay() {
    hideToast(this.said);
  }

  async undo(batch) {
    this.unsay();
    await annotations
      .write("/switch", { batch, on: false })
      .catch((error) => annotations.say(error.message || this.words.not_written, null));
  }

  /** What each press does just now: the stamp, the letters that are tags' keys. */
  writeUnder() {
    const { words } = this;
    const { tags, letters } = this.shortcuts;
    this.under.hidden = !brush.isOn && !letters;
    set(this.brush, "aria-pressed", String(brush.isOn));
    if (this.under.hidden) return;
    const stop = el(
      "button",
      { type: "button", onclick: () => (brush.isOn ? brush.stop() : this.shortcuts.toggle(false)) },
      words.stop,
      el("kbd", {}, "Esc"),
    );
    if (brush.isOn) {
      const { trouble, label, done } = brush;
      const text = trouble || fill(words.stamping, { what: label, count: number(done.size, this.data.language) });
      this.under.replaceChildren(icon("approval"), el("span", { class: "what", title: text }, text), stop);
      return;
    }
    const keys = tags.map((tag) => el("span", { class: "key" }, el("kbd", {}, tag.key), tag.name));
    this.under.replaceChildren(
      icon("keyboard"),
      el("span", { class: "what" }, ...(keys.length ? keys : [words.no_keys])),
      stop,
    );
  }

  tellSelection() {
    const { all, ids, except, count } = selection.plain();
    if (!count && !this.hasTold) return;
    this.hasTold = true;
    const isWhole = ids.length + except.length <= TOLD_AT_MOST;
    this.tell("selection", {
      all,
      count,
      isWhole,
      ids: ids.slice(0, TOLD_AT_MOST),
      except: except.slice(0, TOLD_AT_MOST),
    });
  }

  press(event) {
    if (isTyping(event) || event.altKey || this.isAway) return;
    const act = event.ctrlKey || event.metaKey ? this.held(event) : this.plain(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  held({ key, shiftKey }) {
    // With Shift it is the browser's.
    return key.toLowerCase() === "i" && !shiftKey ? () => this.invert() : null;
  }

  plain({ key, shiftKey }) {
    return {
      f: () => togglePanel("left"),
      i: () => togglePanel("right"),
      "/": () => document.dispatchEvent(new Event("panoptic:find")),
      "?": () => this.list.showModal(),
      s: () => this.tagging.toggle(selection.count ? this.tag : this.brush),
      k: () => this.shortcuts.toggle(),
      e: () => document.dispatchEvent(new Event("panoptic:edit")),
      h: () => document.dispatchEvent(new Event("panoptic:hold")),
      r: () => document.dispatchEvent(new Event("panoptic:refresh")),
      Delete: () => this.take(!shiftKey, this.chosen()),
    }[key];
  }

  close() {
    this.tellLater.cancel();
    clearTimeout(this.saying);
    clearTimeout(this.busy);
    this.tagging.close();
    this.grouping.close();
    this.shortcuts.close();
    this.stopFollowing();
    brush.stop();
    brush.removeEventListener("change", this.underway);
    annotations.removeEventListener("define", this.underway);
    annotations.removeEventListener("say", this.says);
    document.removeEventListener("panoptic:suggest", this.suggests);
    selection.removeEventListener("change", this.changed);
    document.removeEventListener("keydown", this.key);
  }
}
