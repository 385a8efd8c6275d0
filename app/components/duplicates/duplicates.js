// The page of duplicates: their kinds, the open groups of one kind, and the current group, whose
// suggested image is compared with another one. One key merges the group, and the next one is there.
// Streamlit calls the default export with the data of each run; groups and merges go over HTTP. Not
// here: what all pages of this kind do (shared/ui/review_page.js), fetching groups (group_pages.js),
// the list (group_list.js), head and foot (head.js, foot.js), what is chosen in a group (pair.js),
// what becomes of it (decisions.js), files with the same bytes (file_copies.js), images that share a
// part (part_stage.js), many groups at once (merge_all.js).
import { el, set } from "../shared/ui/dom.js";
import { ReviewPage, reviewComponent } from "../shared/ui/review_page.js";
import { fetchGroups } from "./api.js";
import { imageAddress } from "./comparison.js";
import { Decisions } from "./decisions.js";
import { emptyStateOf } from "./empty_states.js";
import { FileCopies } from "./file_copies.js";
import { DuplicatesFoot } from "./foot.js";
import { GroupList } from "./group_list.js";
import { GroupPages, PAGE } from "./group_pages.js";
import { DuplicatesHead, ORDERS, PREFERENCES } from "./head.js";
import { MergeAll } from "./merge_all.js";
import { Pair } from "./pair.js";
import { PartStage } from "./part_stage.js";
import { actionOfKey } from "./shortcuts.js";
import { readStored, store } from "./stored_state.js";

// Groups after the current one that are read in advance.
const PREFETCHED = 2;
const REFRESH_AFTER = 120;
const EXACT = "exact";
const PART = "part";

/**
 * @typedef {import("./api.js").Group} Group
 * @typedef {object} Data
 * @property {string} project  its place
 * @property {string} language
 * @property {string | null} view
 * @property {string | null} group  the group to begin with
 * @property {string} version  differs when duplicates were looked for anew
 * @property {Record<string, string>} encoders  names by slug
 * @property {Record<string, string>} texts
 */

/** @extends {ReviewPage<Data>} */
export class DuplicatesPage extends ReviewPage {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    super(root, data, REFRESH_AFTER);
    const stored = readStored();
    /** @type {string} */
    this.kind = stored.kind ?? "";
    /** @type {string} */
    this.order = ORDERS.includes(stored.order) ? stored.order : "size";
    /** @type {string} */
    this.preference = PREFERENCES.includes(stored.first) ? stored.first : "pixels";
    this.isInView = Boolean(stored.isInView && data.view);
    /** Id of the current group. @type {string} */
    this.groupId = stored.group ?? "";
    // A link leads to its group once, and not again after a reload.
    if (data.group && data.group !== stored.entry) this.followLink(data.group);
    /** Of the current group in the list. */
    this.index = 0;
    /** @type {import("./api.js").GroupListing | null} */
    this.listing = null;
    this.pages = new GroupPages(
      (more) => this.query(more),
      () => this.drawList(),
    );
    this.decisions = new Decisions(this);
    /** The current group, once it was read. @type {import("./api.js").AnyGroup | null} */
    this.current = null;
    /** Counts openings of groups: only the last one is shown. */
    this.openTurn = 0;
    /** Whether another group is being read: the one that is still shown is not acted on. */
    this.isOpening = false;
    this.head = new DuplicatesHead(this);
    this.mergeAll = new MergeAll(this.tools, (body) => this.decisions.mergeGroups(body));
    this.list = new GroupList(this.tools, {
      open: (index) => this.open(index),
      fetchRange: (start, end) => this.fetchRange(start, end),
    });
    this.pair = new Pair(this.tools, () => this.drawGroup());
    this.copies = new FileCopies(this.tools);
    this.parts = new PartStage(this);
    this.foot = new DuplicatesFoot(this);
    this.stage.append(this.pair.node, this.copies.node, this.parts.node, this.empty);
    const side = el("div", { class: "side" }, this.head.summary, this.list.node);
    this.body = el("div", { class: "body" }, side, this.stage);
    this.mount(this.head.node, this.body, this.foot.node, this.mergeAll.node);
    this.draw();
    // The browser asks before the window is closed while something is still being written.
    const beforeUnload = (event) => this.queue.isWriting && event.preventDefault();
    window.addEventListener("beforeunload", beforeUnload);
    this.cleanups.push(
      () => window.removeEventListener("beforeunload", beforeUnload),
      () => this.pair.close(),
      () => this.parts.close(),
      () => this.list.close(),
    );
    this.load();
  }

  /** Begin with a group, wherever it is. @param {string} group */
  followLink(group) {
    this.groupId = group;
    this.kind = group.slice(0, group.lastIndexOf(":"));
    this.isInView = false;
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    super.update(data);
    if (data.group && data.group !== before.group) {
      this.followLink(data.group);
      this.restart();
    } else if (this.isInView && data.view !== before.view) {
      this.isInView = Boolean(data.view);
      this.restart();
    } else if (data.version !== before.version) {
      this.pages.groups.clear();
      this.refreshLater();
    } else this.draw();
  }

  // Which groups

  /** Address of the view whose images are compared; null for the whole corpus. */
  get view() {
    return this.isInView ? this.data.view : null;
  }

  /** Whether the groups are files with the same bytes, which are not merged. */
  get isExact() {
    return this.kind === EXACT;
  }

  /** Whether the groups are images that share a part: nothing is merged there. */
  get isPart() {
    return this.kind === PART;
  }

  /** Whether groups of this kind are merged or kept apart. */
  get isMerged() {
    return !this.isExact && !this.isPart;
  }

  get currentKind() {
    return this.listing?.kinds.find(({ kind }) => kind === this.kind);
  }

  /** @param {string} kind */
  setKind(kind) {
    if (kind === this.kind) return;
    this.kind = kind;
    this.groupId = "";
    this.restart();
  }

  /** @param {string} order */
  setOrder(order) {
    this.order = order;
    this.restart();
  }

  /** @param {string} preference */
  setPreference(preference) {
    this.preference = preference;
    this.restart();
  }

  /** @param {boolean} isInView */
  setScope(isInView) {
    this.isInView = isInView;
    this.restart();
  }

  /** List other groups. */
  restart() {
    this.pages.clear();
    this.decisions.outcomes.clear();
    this.current = null;
    this.index = 0;
    this.store();
    // A list of choices or a button would keep the keyboard focus.
    this.list.focus();
    this.load();
  }

  store() {
    const { kind, order, preference, isInView, groupId } = this;
    store({ kind, order, first: preference, isInView, group: groupId, entry: this.data.group });
  }

  /** @param {Record<string, any>} more */
  query(more) {
    const { kind, order, preference, view } = this;
    const query = new URLSearchParams({ kind, order, first: preference, lang: this.tools.language, ...more });
    if (view) query.set("view", view);
    return query;
  }

  refresh() {
    this.load();
  }

  /** Read the list again, around the group whose decision was undone, or the current one. */
  async load() {
    if (this.queue.isWriting) return;
    const at = [...this.decisions.recent, this.groupId].filter(Boolean).join(",");
    const listing = await this.latest(
      () => fetchGroups(this.query({ at, count: PAGE })),
      () => this.queue.isWriting,
    );
    if (listing) this.replace(listing);
    else if (listing === null) this.draw();
  }

  /** @param {import("./api.js").GroupListing} listing */
  replace(listing) {
    const { kinds, position, total } = listing;
    if (!this.isPart && kinds.length && !kinds.some(({ kind }) => kind === this.kind)) {
      this.kind = initialKind(kinds);
      this.groupId = "";
      this.load();
      return;
    }
    // Groups that were read are outdated once anything was written.
    if (position !== this.listing?.position) this.pages.groups.clear();
    this.listing = listing;
    this.pages.replace(listing);
    this.decisions.outcomes.clear();
    const index = listing.at ?? Math.min(this.index, Math.max(0, total - 1));
    this.decisions.forget(this.pages.row(index)?.group);
    if (!total) {
      this.current = null;
      this.groupId = "";
      this.draw();
      return;
    }
    this.open(index);
  }

  /** Fetch the rows of the list in a range. @param {number} start @param {number} end */
  async fetchRange(start, end) {
    if (this.listing && !this.trouble) await this.pages.fetchRange(start, Math.min(end, this.listing.total));
  }

  // The current group

  /** Make a group the current one. @param {number} index */
  async open(index) {
    if (!this.listing || index < 0 || index >= this.listing.total) return;
    const turn = ++this.openTurn;
    this.index = index;
    this.setOpening(true);
    this.drawList();
    await this.fetchRange(index, index + 1);
    if (turn !== this.openTurn) return;
    const row = this.pages.row(index);
    if (!row) {
      this.openFailed();
      return;
    }
    const isSame = this.groupId === row.group && this.current !== null;
    this.groupId = row.group;
    this.store();
    const group = await this.pages.group(row.group).catch((error) => this.failureOf(turn, error));
    if (turn !== this.openTurn || !group) return;
    this.setOpening(false);
    this.trouble = "";
    if (group !== this.current) this.setCurrent(group, isSame);
    this.draw();
    for (let offset = 1; offset <= PREFETCHED; offset += 1) this.prefetch(index + offset);
  }

  /** @param {number} turn @param {Error} error @returns {null} */
  failureOf(turn, error) {
    if (turn === this.openTurn) this.openFailed(error.message);
    return null;
  }

  /** @param {boolean} isOpening */
  setOpening(isOpening) {
    this.isOpening = isOpening;
    set(this.stage, "data-opening", isOpening ? "true" : null);
  }

  /** @param {string} [message] */
  openFailed(message) {
    this.setOpening(false);
    this.current = null;
    this.trouble = message || this.tools.t("failed");
    this.draw();
  }

  /** Read a group and its first two images before it is opened. @param {number} index */
  async prefetch(index) {
    const row = this.pages.row(index);
    if (!row) return;
    const group = await this.pages.group(row.group).catch(() => null);
    if (!group || !("members" in group)) return;
    for (const { sha1 } of group.members.slice(0, 2)) new Image().src = imageAddress(sha1);
  }

  /** @param {import("./api.js").AnyGroup} group @param {boolean} isSame  what was chosen in it is kept */
  setCurrent(group, isSame) {
    this.current = group;
    this.pair.show("members" in group ? group : null, isSame);
  }

  /** The current group, where its images differ. */
  get currentPair() {
    return this.current ? this.pair.group : null;
  }

  /** The group that buttons and keys act on: none while the next one is being read. @returns {Group | null} */
  get actionableGroup() {
    return this.isOpening ? null : this.currentPair;
  }

  /** Go to the next group that is open, else to the last one before. */
  goToNext() {
    const total = this.listing?.total ?? 0;
    const isOpen = (index) => !this.decisions.outcomes.has(this.pages.row(index)?.group ?? "");
    for (let index = this.index + 1; index < total; index += 1) if (isOpen(index)) return void this.open(index);
    for (let index = this.index - 1; index >= 0; index -= 1) if (isOpen(index)) return void this.open(index);
    // The list is read again once everything is written.
    this.current = null;
    this.draw();
  }

  skip() {
    this.open(this.index + 1);
  }

  openMergeAll() {
    const { currentKind } = this;
    if (currentKind?.groups && this.isMerged) this.mergeAll.open(currentKind, this.preference, this.view);
  }

  // Keys

  /** @param {KeyboardEvent} event */
  actionOf(event) {
    return this.root.querySelector("dialog[open]") || !this.listing?.total ? null : actionOfKey(event, this);
  }

  /** @param {Element | undefined} target */
  isControl(target) {
    // Arrows go on from a picture; Enter presses it.
    return (!target?.closest(".tile") && super.isControl(target)) || Boolean(target?.closest("dialog"));
  }

  // Drawing

  emptyState() {
    return emptyStateOf(this);
  }

  draw() {
    this.head.draw();
    this.drawList();
    this.drawGroup();
    this.drawEmpty();
  }

  drawList() {
    const { index, kind } = this;
    const { outcomes } = this.decisions;
    const total = this.listing?.total ?? 0;
    this.list.show({ total, index, kind, row: (at) => this.pages.row(at), outcomes });
    this.foot.drawPosition(index, total);
  }

  drawGroup() {
    const { current, currentPair } = this;
    this.pair.node.hidden = !currentPair;
    this.copies.node.hidden = !current || !("files" in current);
    this.parts.draw();
    this.foot.draw();
    if (current && "files" in current) this.copies.show(current, this.view);
    if (currentPair) this.pair.draw();
    if (!current || "files" in current) return;
    // The list takes the keyboard focus, unless something else has it.
    if (document.activeElement === document.body) this.list.focus();
  }

  close() {
    super.close();
    this.openTurn += 1;
  }
}

/** The kind to begin with: the one that is decided with least doubt. @param {import("./api.js").Kind[]} kinds */
function initialKind(kinds) {
  const open = kinds.filter(({ groups }) => groups);
  return (open.find(({ kind }) => kind !== EXACT) ?? open[0] ?? kinds[kinds.length - 1]).kind;
}

export default reviewComponent(DuplicatesPage);
