// What is on every page: the selection at the bottom left and what is done with it, the keys, the
// language that is remembered. Not here: what runs, at the bottom right (Python), choosing values
// (tagging.js), a tag for more images like them (more_like_these.js), keys of tags (tag_shortcuts.js).
import { answerTo, ask } from "../shared/bridge/page_requests.js";
import { goneOffers } from "../annotate/gone_offers.js";
import { NameGroups } from "../annotate/name_groups.js";
import { annotations } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { debounced, el, fill, iconButton, isTyping, number, set, write } from "../shared/ui/dom.js";
import { inItsLanguage, component } from "../shared/bridge/lifecycle.js";
import { restorePanels, togglePanel } from "../shared/ui/panels.js";
import { selection } from "../shared/store/selection.js";
import { brush } from "../shared/store/brush.js";
import { isVersion } from "../shared/bridge/address.js";
import { Announcement } from "./announcement.js";
import { FoldingBar } from "./folding_bar.js";
import { GroupMenu } from "./group_menu.js";
import { KeyList } from "./key_list.js";
import { KeptLine, orKept } from "./kept_line.js";
import { ModeLine } from "./mode_line.js";
import { MoreLikeThese } from "./more_like_these.js";
import { TagShortcuts, WRITING_KEYS } from "./tag_shortcuts.js";
import { RatingKeys } from "./rating_keys.js";
import { Sampling } from "./sampling.js";
import { ShownSelection } from "./shown_selection.js";
import { Tagging } from "./tagging.js";

const WRITING = ["tag", "exclude", "moreButton", "save", "brushButton"];
const SEND_AFTER = 400;
// Of a larger selection Python gets the number of images, not their hashes: it acts on none of them by name.
const SENT_AT_MOST = 10_000;
// The address names each image that others are compared with.
const COMPARED_AT_MOST = 1_000;

/** @typedef {import("../shared/store/annotations.js").Targets} Targets */
/**
 * @typedef {object} Data
 * @property {string} project
 * @property {string} projectId         the same wherever its folder lies
 * @property {string} language
 * @property {string | null} view       address of the view that the page shows, if it shows one
 * @property {[string, string][]} keys  what `?` lists: key, what it does
 * @property {boolean} canCompare       whether "similar" can be asked
 * @property {Record<string, string>} texts
 * @property {{texts: Record<string, string>, colours: string[]}} annotate
 * @property {Record<string, string>} sampling  texts of the panel of samples
 */

export default component(
  (root, data) => new Frame(root, data),
  (frame, { press, state }) => {
    frame.sendState = state;
    frame.send = press;
  },
  inItsLanguage,
);

class Frame {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    this.data = data;
    this.words = data.annotate.texts;
    /** Both send to Python, and are new with each run. @type {(name: string, value: any) => void} */
    this.sendState = () => {};
    /** @type {(name: string, value: any) => void} */
    this.send = () => {};
    this.count = el("strong", { role: "status" });
    this.clear = el("button", { type: "button", onclick: () => selection.clear() });
    this.similar = el("button", { type: "button", onclick: () => this.send("similar", [...selection.ids]) });
    this.only = el("button", { type: "button", onclick: () => this.send("only", [...selection.ids]) });
    this.moreButton = el("button", {
      type: "button",
      onclick: () => this.openMoreLikeThese(this.bar.anchorOf(this.moreButton)),
    });
    this.save = el("button", {
      type: "button",
      onclick: () => this.send("save", { ...selection.plain(), isWhole: true }),
    });
    this.export = el("button", { type: "button", onclick: () => this.sendExport() });
    this.inverse = el("button", { type: "button", onclick: () => this.invert() });
    this.tag = el("button", { type: "button", onclick: () => this.tagging.toggle(this.bar.anchorOf(this.tag)) });
    this.exclude = el("button", {
      type: "button",
      onclick: () => this.setExcluded(true, this.targets()),
    });
    const acts = [
      this.tag,
      this.only,
      this.similar,
      this.moreButton,
      this.exclude,
      this.export,
      this.save,
      this.inverse,
    ];
    this.bar = new FoldingBar([this.count], acts, [this.clear]);
    this.selected = this.bar.node;
    // The keys mean the pictures again, unless they belong to what was opened.
    this.selected.addEventListener("click", () => this.isAway || this.bar.isOpen || current.focus());
    this.brushButton = iconButton("approval", "", () => this.tagging.toggle(this.brushButton));
    for (const name of WRITING) this[name].classList.add("writes");
    this.exportView = iconButton("ios_share", "", () => this.sendExport());
    this.keptLine = new KeptLine(this.words, data.language);
    this.announcement = new Announcement(this.words);
    const words = { texts: this.words, colours: data.annotate.colours, language: data.language };
    this.naming = new NameGroups(words, { done: (what, changed, batch) => this.done(what, changed, batch) });
    this.tagging = new Tagging(words, {
      apply: (edits, label, isAll) => this.annotate(edits, label, isAll),
      view: () => this.data.view,
      name: () => this.openNaming(0, this.brushButton),
      targets: (isAll) => this.targetsOf(isAll),
    });
    this.shown = new ShownSelection(() => this.write());
    this.moreLikeThese = new MoreLikeThese(words, {
      tag: (edits, label) => this.annotate(edits, label, false),
      begin: (tag) => this.send("suggest", tag),
    });
    this.groupMenu = new GroupMenu(
      { ...this.words, more: data.texts.more },
      {
        tag: () => this.tagging.isOpen || this.tagging.toggle(this.bar.anchorOf(this.tag)),
        name: (depth, anchor) => this.openNaming(depth, anchor),
        like: (anchor, name) => this.openMoreLikeThese(anchor, name),
      },
    );
    this.tagShortcuts = new TagShortcuts({ apply: (tag) => this.apply(tag), isAway: () => this.isAway });
    this.ratingKeys = new RatingKeys({
      texts: this.words,
      isOff: () => this.isAway || this.data.view === null,
      targets: () => this.targets(),
      begin: () => this.announcement.comesLater(),
      done: (what, changed, batch) => this.done(what, changed, batch),
    });
    this.modeLine = new ModeLine(this.words, data.language, this.tagShortcuts, {
      drawn: () => set(this.brushButton, "aria-pressed", String(brush.isOn)),
    });
    this.sampling = new Sampling(data.sampling, data.language, {
      targets: () => this.targetsOf(!selection.count),
      done: (what, changed, batch) => this.done(what, changed, batch),
    });
    this.sample = iconButton("casino", "", () => this.sampling.open(this.sample), { class: "writes" });
    this.keyList = new KeyList();
    root.replaceChildren(
      this.keyList.button,
      this.brushButton,
      this.sample,
      this.exportView,
      this.keptLine.node,
      this.modeLine.node,
      this.selected,
      this.announcement.node,
      this.keyList.dialog,
      this.tagging.panel,
      this.moreLikeThese.panel,
      this.groupMenu.list,
      this.naming.panel,
      this.sampling.panel,
    );
    this.sendSelectionLater = debounced(() => this.sendSelection(), SEND_AFTER);
    this.onSelectionChange = () => {
      this.write();
      this.sendSelectionLater();
    };
    this.onKeyDown = (event) => this.onKey(event);
    selection.addEventListener("change", this.onSelectionChange);
    document.addEventListener("keydown", this.onKeyDown);
    this.unanswer = answerTo("suggest", ({ tag }) => this.send("suggest", tag));
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
    annotations.kept.open(data.projectId);
    if (data.view !== null) selection.leave(data.view);
    document.documentElement.lang = language;
    document.cookie = `panoptic_language=${language}; path=/; max-age=31536000; SameSite=Lax`;
    const labels = new Map([
      [this.brushButton, this.words.tag_title],
      [this.exportView, texts.export_view],
      [this.sample, data.sampling.open],
    ]);
    for (const [button, label] of labels) {
      set(button, "title", label);
      set(button, "aria-label", label);
    }
    this.keyList.update(data.keys, texts);
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
    const shown = this.shown.in(view);
    const selected = `selected_${shown === null ? "" : "shown_"}${count === 1 ? "one" : "other"}`;
    write(
      this.count,
      fill(texts[selected], { count: number(count, language), shown: number(shown ?? count, language) }),
    );
    write(this.clear, texts.clear);
    write(this.inverse, texts.inverse);
    set(this.inverse, "title", texts.inverse_title);
    write(this.similar, texts.similar);
    write(this.only, texts.only);
    write(this.save, texts.save);
    write(this.moreButton, texts.more);
    write(this.export, texts.export);
    this.exportView.hidden = view === null || count > 0;
    this.sample.hidden = view === null;
    this.inverse.hidden = view === null;
    this.only.hidden = selection.all;
    this.moreButton.hidden = !canCompare;
    this.similar.hidden = selection.all || !canCompare || count > COMPARED_AT_MOST;
    this.bar.update(texts.further);
  }

  /** Go to the page Export with what is selected, else with the view. */
  sendExport() {
    this.send("export", { ...selection.plain(), isWhole: true });
  }

  invert() {
    // Where the server cannot say, the selection stays as it is.
    selection.invert(this.data.view ?? "").catch(() => {});
  }

  /** What keys and buttons act on: the open image, the selection, or the current image. @returns {Targets | null} */
  targets() {
    const currentImage = current.sha1 && { sha1s: [current.sha1] };
    if (current.isOpen && currentImage) return currentImage;
    if (selection.count) return this.selection();
    return currentImage || null;
  }

  /** @param {boolean} isAll  of the view, else what is selected */
  targetsOf(isAll) {
    const all = { all: true, ids: [], except: [], held: selection.held };
    return isAll ? { view: this.data.view ?? "", selection: all } : this.selection();
  }

  selection() {
    return { view: this.data.view ?? "", selection: selection.plain() };
  }

  /** Make a property of the groups of the view. @param {number} depth @param {Element} anchor */
  openNaming(depth, anchor) {
    const { view } = this.data;
    if (view !== null) this.naming.open(view, depth, anchor);
  }

  /** Give the selection a tag and look for others like it. @param {Element} anchor @param {string} [name] */
  openMoreLikeThese(anchor, name) {
    const { more, help, do: go, none } = this.data.texts;
    this.moreLikeThese.open(anchor, { more, help, do: go, none }, name);
  }

  /** Whether the keys belong to a dialog or panel over the page. */
  get isAway() {
    return (
      this.keyList.dialog.open ||
      this.tagging.isOpen ||
      this.naming.isOpen ||
      this.moreLikeThese.isOpen ||
      this.sampling.isOpen
    );
  }

  /**
   * Give values to the selection, or to all of the view; throws what cannot be.
   * @param {import("../shared/store/brush.js").Stamped[]} edits @param {string} label @param {boolean} isAll
   */
  async annotate(edits, label, isAll) {
    const targets = this.targetsOf(isAll);
    const { changed, batch } = await orKept(annotations.write("/annotate", { edits, targets }));
    if (batch !== undefined) this.done(label, changed, batch);
  }

  /** A tag's key: put it on, or off where all have it. @param {import("../shared/store/annotations.js").Tag} tag */
  async apply(tag) {
    const targets = this.targets();
    if (!targets) return;
    this.announcement.comesLater();
    try {
      const { changed, batch, op } = await annotations.write("/annotate", {
        property: tag.property,
        op: "toggle",
        values: [tag.id],
        targets,
      });
      this.done(op === "remove" ? `− ${tag.name}` : tag.name, changed, batch);
    } catch (error) {
      const offers = goneOffers(error, this.words, (id) => this.apply({ ...tag, id }));
      annotations.say(error.message || this.words.not_written, null, offers);
    }
  }

  /** Take images out of the corpus, or back. @param {boolean} excluded @param {Targets | null} targets */
  async setExcluded(excluded, targets) {
    if (!targets) return;
    this.announcement.comesLater();
    try {
      const { changed, batch } = await annotations.write("/exclude", { targets, excluded });
      this.done(excluded ? this.words.is_excluded : this.words.is_included, changed, batch);
      // Excluded images are not shown: what cannot be seen is not selected.
      if (excluded && "selection" in targets) selection.clear();
    } catch (error) {
      annotations.say(error.message || this.words.not_written, null);
    }
  }

  done(what, changed, batch) {
    const text = changed === 1 ? this.words.done_one : changed ? this.words.done_other : this.words.done_none;
    annotations.say(fill(text, { what, count: number(changed, this.data.language) }), batch);
  }

  sendSelection() {
    const { all, ids, except, count } = selection.plain();
    if (!count && !this.hasSent) return;
    this.hasSent = true;
    const isWhole = ids.length + except.length <= SENT_AT_MOST;
    this.sendState("selection", {
      all,
      count,
      isWhole,
      ids: ids.slice(0, SENT_AT_MOST),
      except: except.slice(0, SENT_AT_MOST),
    });
  }

  onKey(event) {
    if (isTyping(event) || event.altKey || this.isAway) return;
    const act = event.ctrlKey || event.metaKey ? this.controlAction(event) : this.plainAction(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  // With Shift the key belongs to the browser, and what a display has done is done.
  controlAction({ key, shiftKey, defaultPrevented }) {
    if (shiftKey || defaultPrevented || this.data.view === null) return null;
    const all = () => selection.selectWhole(this.data.view ?? "", selection.held).catch(() => {});
    return { i: () => this.invert(), a: all }[key.toLowerCase()];
  }

  plainAction({ key, shiftKey }) {
    if (isVersion && WRITING_KEYS.has(key)) return () => annotations.say(this.words.at_version, null);
    return {
      f: () => togglePanel("left"),
      i: () => togglePanel("right"),
      "/": () => ask("find", true),
      "?": () => this.keyList.dialog.showModal(),
      s: () => this.tagging.toggle(selection.count ? this.bar.anchorOf(this.tag) : this.brushButton),
      k: () => this.tagShortcuts.toggle(),
      e: () => document.dispatchEvent(new Event("panoptic:edit")),
      h: () => document.dispatchEvent(new Event("panoptic:hold")),
      r: () => document.dispatchEvent(new Event("panoptic:refresh")),
      Delete: () => this.setExcluded(!shiftKey, this.targets()),
    }[key];
  }

  close() {
    this.sendSelectionLater.cancel();
    this.announcement.close();
    this.bar.close();
    this.sampling.close();
    this.tagging.close();
    this.keptLine.close();
    this.groupMenu.close();
    this.tagShortcuts.close();
    this.ratingKeys.close();
    this.stopFollowing();
    brush.stop();
    this.modeLine.close();
    this.unanswer();
    selection.removeEventListener("change", this.onSelectionChange);
    document.removeEventListener("keydown", this.onKeyDown);
  }
}
