// Tags as chips, and a field that suggests tags while somebody types, or creates one. Not here:
// writing values.
import { annotations } from "../shared/store/annotations.js";
import { el, fill, icon, set } from "../shared/ui/dom.js";
import { ignoringCase, tidied, withoutAccents } from "../shared/ui/text.js";
import { TagMenu } from "./tag_menu.js";
import { bestMatches, mostRecent } from "./tag_ranking.js";

const MOST_SHOWN = 60;
const ROOM_BELOW = 200;
const WIDEST = 320;
// The tags used last are suggested first, while nothing is typed.
/** @type {string[]} */
const recent = [];
const MOST_RECENT = 8;
let lists = 0;

/**
 * @typedef {import("../shared/store/annotations.js").Tag} Tag
 * @typedef {{id: string | null, name: string}} ChipTag  a tag; without an id while it is being created
 */

export class TagChips {
  /**
   * @param {import("../shared/store/annotations.js").Property} property
   * @param {import("./editors.js").EditorContext} context
   */
  constructor(property, context) {
    this.property = property;
    this.context = context;
    /** @type {ChipTag[]} */
    this.tags = [];
    /** Those that have a chip now. @type {ChipTag[]} */
    this.drawnTags = [];
    this.activeIndex = -1;
    /** @type {{tag: Tag | null, name: string}[]} */
    this.suggestions = [];
    const { texts } = context;
    this.id = `tags-${++lists}`;
    this.input = el("input", {
      type: "text",
      class: "field",
      role: "combobox",
      "aria-label": property.name,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.id,
      placeholder: texts.add_tag,
      spellcheck: "false",
      autocomplete: "off",
      oninput: () => this.suggest(0),
      onkeydown: (event) => this.keydown(event),
      onclick: () => this.list.matches(":popover-open") || this.suggest(-1),
      onblur: () => this.focusLeft(),
    });
    this.menu = new TagMenu(texts, () => this.input.focus());
    this.chips = el("span", {
      class: "held",
      role: "list",
      "aria-label": property.name,
      onkeydown: (event) => this.chipKeydown(event),
    });
    this.list = el("ul", {
      class: "offers",
      id: this.id,
      role: "listbox",
      popover: "manual",
      "aria-label": property.name,
    });
    // A click on the list must not take the keyboard from the field.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.node = el("div", { class: "editor tags" }, this.chips, this.input, this.list, this.menu.node);
    this.node.addEventListener("click", (event) => event.target === this.node && this.input.focus());
  }

  /** @param {string[]} texts  ids @param {boolean} isMixed */
  show(texts, isMixed = false) {
    this.tags = texts.flatMap((id) => {
      const tag = annotations.tagOf.get(id);
      return tag ? [{ id, name: tag.name }] : [];
    });
    set(
      this.input,
      "placeholder",
      isMixed ? this.context.texts.mixed : this.tags.length ? "" : this.context.texts.add_tag,
    );
    this.draw();
  }

  /** Show a tag by its name; where there is none it is created when it is written. @param {string} name */
  showProposal(name) {
    const tag = annotations.tagsOf(this.property.id).find((item) => ignoringCase(item.name) === ignoringCase(name));
    this.tags = [{ id: tag?.id ?? null, name: tag?.name ?? name }];
    set(this.input, "placeholder", "");
    this.draw();
  }

  draw() {
    this.drawChips();
    this.chips.hidden = !this.tags.length;
    if (this.list.matches(":popover-open")) this.suggest(this.activeIndex);
  }

  /** Values that come in take neither a chip from under the pointer nor the keyboard from it. */
  drawChips() {
    const contents = this.tags.map(({ id, name }) => {
      const tag = annotations.tagOf.get(id ?? "") ?? null;
      return [id, name, tag, pathOf(tag)];
    });
    const signature = JSON.stringify(contents);
    if (signature === this.signature) return;
    this.signature = signature;
    const focused = [...this.chips.children].findIndex((chip) => chip.matches(":focus-within"));
    const focusedTag = this.drawnTags[focused];
    this.drawnTags = this.tags;
    this.chips.replaceChildren(...this.tags.map((item) => this.chip(item)));
    if (!focusedTag) return;
    const index = this.tags.findIndex((item) => item.id === focusedTag.id);
    this.focusChip(index < 0 ? this.tags.length : index);
  }

  /** @param {ChipTag} item */
  chip(item) {
    const tag = item.id === null ? null : annotations.tagOf.get(item.id);
    const label = fill(this.context.texts.remove_tag, { name: item.name });
    const remove = el(
      "button",
      { type: "button", tabindex: "-1", title: label, "aria-label": label, onclick: () => this.remove(item) },
      icon("close"),
    );
    const name = tag
      ? el(
          "button",
          {
            type: "button",
            class: "name",
            tabindex: "-1",
            "aria-haspopup": "dialog",
            "aria-description": this.context.texts.tag_menu,
            onclick: () => this.menu.open(tag, name),
          },
          item.name,
        )
      : el("span", { class: "name" }, item.name);
    const title = [pathOf(tag), tag?.key ? `(${tag.key})` : ""].join(" ").trim();
    const node = el("span", { class: "chip", role: "listitem", title: title || null }, name, remove);
    if (tag?.colour) node.style.setProperty("--tag", tag.colour);
    return node;
  }

  /** Show the tags that match what is typed. @param {number} index  of the one that Enter chooses */
  suggest(index) {
    const typed = tidied(this.input.value);
    const words = withoutAccents(typed);
    const taken = new Set(this.tags.map((item) => item.id));
    const free = annotations.tagsOf(this.property.id).filter((tag) => !taken.has(tag.id));
    const matches = words ? bestMatches(free, words) : mostRecent(free, recent);
    /** @type {{tag: Tag | null, name: string}[]} */
    this.suggestions = matches.slice(0, MOST_SHOWN).map((tag) => ({ tag, name: tag.name }));
    const typedName = ignoringCase(typed);
    const isKnown = !typed || annotations.tagsOf(this.property.id).some((tag) => ignoringCase(tag.name) === typedName);
    if (!isKnown) this.suggestions.push({ tag: null, name: typed });
    // An exact match comes before a name that only begins with the text.
    const exact = this.suggestions.findIndex(({ tag }) => tag && ignoringCase(tag.name) === typedName);
    this.activeIndex = Math.min(typed && index <= 0 && exact >= 0 ? exact : index, this.suggestions.length - 1);
    this.list.replaceChildren(...this.suggestions.map((suggestion, index) => this.option(suggestion, index)));
    this.open(this.suggestions.length > 0);
    this.markActive();
  }

  option({ tag, name }, index) {
    const path = tag ? pathOf(tag) : null;
    const dot = el("span", { class: "dot" });
    if (tag?.colour) dot.style.background = tag.colour;
    return el(
      "li",
      { role: "option", id: `${this.id}-${index}`, onclick: () => this.choose(index), class: tag ? null : "make" },
      tag ? dot : icon("add"),
      el("span", { class: "name" }, tag ? name : fill(this.context.texts.make_tag, { name })),
      path && path !== name ? el("span", { class: "path" }, path.slice(0, -name.length - 3)) : null,
      tag?.key ? el("kbd", {}, tag.key) : null,
    );
  }

  /** Open the list below the field, above it where there is no room, or close it. */
  open(isOpen) {
    set(this.input, "aria-expanded", String(isOpen));
    if (!isOpen) {
      if (this.list.matches(":popover-open")) this.list.hidePopover();
      return;
    }
    if (!this.list.matches(":popover-open")) this.list.showPopover();
    const box = this.node.getBoundingClientRect();
    const { style } = this.list;
    const isBelow = innerHeight - box.bottom > ROOM_BELOW;
    style.minWidth = `${Math.min(box.width, WIDEST)}px`;
    style.left = `${Math.max(0, Math.min(box.left, innerWidth - this.list.offsetWidth - 4))}px`;
    style.top = isBelow ? `${box.bottom + 2}px` : "auto";
    style.bottom = isBelow ? "auto" : `${innerHeight - box.top + 2}px`;
    style.maxHeight = `${Math.min(320, (isBelow ? innerHeight - box.bottom : box.top) - 12)}px`;
  }

  markActive() {
    [...this.list.children].forEach((option, index) =>
      set(option, "aria-selected", String(index === this.activeIndex)),
    );
    const option = this.list.children[this.activeIndex];
    set(this.input, "aria-activedescendant", option?.id ?? null);
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  keydown(event) {
    if (event.isComposing) return;
    const isOpen = this.list.matches(":popover-open");
    const act = {
      ArrowDown: () => (isOpen ? this.step(1) : this.suggest(0)),
      ArrowUp: () => (isOpen ? this.step(-1) : this.suggest(0)),
      // With nothing typed or chosen Enter belongs to whatever contains the field.
      Enter: this.activeIndex < 0 && !this.input.value ? null : () => this.choose(this.activeIndex),
      Escape: () => this.escape(event, isOpen),
      ArrowLeft: this.input.value || !this.tags.length ? null : () => this.focusChip(this.tags.length - 1),
    }[event.key];
    if (act && !event.altKey) {
      event.preventDefault();
      act();
    } else if (event.key === "Tab" && this.input.value.trim()) this.choose(this.activeIndex);
    else if (event.key === "Backspace" && !this.input.value && this.tags.length) {
      event.preventDefault();
      this.remove(/** @type {ChipTag} */ (this.tags.at(-1)));
    }
  }

  /** @param {number} index  the field, where it is after the last chip */
  focusChip(index) {
    this.open(false);
    const name = this.chips.children[Math.max(0, index)]?.querySelector("button.name");
    /** @type {HTMLElement} */ (name ?? this.input).focus();
  }

  /** Shortcuts on a chip. */
  chipKeydown(event) {
    const index = [...this.chips.children].findIndex((chip) => chip.contains(event.target));
    const act = {
      ArrowLeft: () => this.focusChip(index - 1),
      ArrowRight: () => this.focusChip(index + 1),
      Escape: () => this.focusChip(this.tags.length),
      Delete: () => this.remove(this.tags[index]),
      Backspace: () => this.remove(this.tags[index]),
    }[event.key];
    if (!act || index < 0) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  escape(event, isOpen) {
    const isTouched = Boolean(this.input.value);
    this.input.value = "";
    this.open(false);
    // Close the list, not what contains it.
    if (isTouched || isOpen) event.stopPropagation();
    else this.context.leave();
  }

  step(by) {
    const { length } = this.suggestions;
    this.activeIndex = (this.activeIndex + by + length) % length;
    this.markActive();
  }

  choose(index) {
    const suggestion = this.suggestions[index];
    if (!suggestion || !this.list.matches(":popover-open")) return;
    const { tag, name } = suggestion;
    this.input.value = "";
    if (tag) remember(tag.id);
    const added = { id: tag?.id ?? null, name };
    const isSingle = this.property.type === "tag";
    this.tags = isSingle ? [added] : [...this.tags, added];
    set(this.input, "placeholder", "");
    this.activeIndex = -1;
    if (isSingle) this.open(false);
    this.draw();
    this.context.commit(tag ? { op: "add", values: [tag.id] } : { op: "add", names: [name] });
  }

  /** @param {ChipTag} item */
  remove(item) {
    this.tags = this.tags.filter(({ id, name }) => id !== item.id || name !== item.name);
    this.draw();
    this.input.focus();
    this.context.commit(item.id === null ? { op: "remove", names: [item.name] } : { op: "remove", values: [item.id] });
  }

  focusLeft() {
    this.open(false);
    // A complete name is added; part of one stays in the field.
    const typed = ignoringCase(tidied(this.input.value));
    const tag = typed && annotations.tagsOf(this.property.id).find((item) => ignoringCase(item.name) === typed);
    if (!tag || this.tags.some((item) => item.id === tag.id)) return;
    this.input.value = "";
    this.tags = this.property.type === "tag" ? [tag] : [...this.tags, tag];
    this.draw();
    this.context.commit({ op: "add", values: [tag.id] });
  }

  refuse() {}

  commit() {}

  /**
   * The tags, as an edit of any images: by their ids, and by name those that are made by it.
   * @returns {{values: string[], names?: string[]} | null}
   */
  edit() {
    if (!this.tags.length) return null;
    const names = this.tags.filter(({ id }) => id === null).map(({ name }) => name);
    const values = this.tags.flatMap(({ id }) => id ?? []);
    return names.length ? { values, names } : { values };
  }

  /** Put another tag in the place of one that is gone. @param {string} id @param {string} other */
  replace(id, other) {
    for (const item of this.tags) if (item.id === id) item.id = other;
    this.draw();
  }

  discard() {
    this.reset();
  }

  /** Type nothing, close the list. */
  reset() {
    this.input.value = "";
    this.open(false);
  }

  focus() {
    this.input.focus();
    this.suggest(-1);
  }
}

/** @param {string} id */
function remember(id) {
  const index = recent.indexOf(id);
  if (index >= 0) recent.splice(index, 1);
  recent.unshift(id);
  recent.splice(MOST_RECENT);
}

/** The path to a tag by its first parents, up to six names. @param {Tag | null | undefined} tag */
function pathOf(tag) {
  const names = [];
  for (let next = tag; next && names.length < 6; next = annotations.tagOf.get(next.parents[0]))
    names.unshift(next.name);
  return names.join(" › ");
}
