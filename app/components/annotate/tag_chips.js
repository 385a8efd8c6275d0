// Tags as chips, and a field that finds one while it is typed or makes it. Not here: writing them.
import { annotations } from "../shared/store/annotations.js";
import { el, fill, icon, set } from "../shared/ui/dom.js";
import { ignoringCase, tidied, withoutAccents } from "../shared/ui/text.js";
import { TagMenu } from "./tag_menu.js";
import { bestMatches, mostRecent } from "./tag_ranking.js";

const SHOWN_AT_MOST = 60;
const ROOM_BELOW = 200;
const WIDEST = 320;
// Tags used last stand first, while nothing is typed.
/** @type {string[]} */
const recent = [];
const RECENT_AT_MOST = 8;
let lists = 0;

/**
 * @typedef {import("../shared/store/annotations.js").Tag} Tag
 * @typedef {{id: string | null, name: string}} Held  a tag; without an id while it is being made
 */

export class Chips {
  /** @param {import("../shared/store/annotations.js").Property} property @param {import("./editors.js").How} how */
  constructor(property, how) {
    this.property = property;
    this.how = how;
    /** @type {Held[]} */
    this.held = [];
    this.at = -1;
    /** @type {{tag: Tag | null, name: string}[]} */
    this.offers = [];
    const { texts } = how;
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
      oninput: () => this.offer(0),
      onkeydown: (event) => this.press(event),
      onclick: () => this.list.matches(":popover-open") || this.offer(-1),
      onblur: () => this.leave(),
    });
    this.menu = new TagMenu(texts, () => this.input.focus());
    this.chips = el("span", {
      class: "held",
      role: "list",
      "aria-label": property.name,
      onkeydown: (event) => this.among(event),
    });
    this.list = el("ul", {
      class: "offers",
      id: this.id,
      role: "listbox",
      popover: "manual",
      "aria-label": property.name,
    });
    // A press on the list must not take the keys from the field.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.node = el("div", { class: "editor tags" }, this.chips, this.input, this.list, this.menu.node);
    this.node.addEventListener("click", (event) => event.target === this.node && this.input.focus());
  }

  /** @param {string[]} texts  ids @param {boolean} isMixed */
  show(texts, isMixed = false) {
    this.held = texts.flatMap((id) => {
      const tag = annotations.tagOf.get(id);
      return tag ? [{ id, name: tag.name }] : [];
    });
    set(this.input, "placeholder", isMixed ? this.how.texts.mixed : this.held.length ? "" : this.how.texts.add_tag);
    this.draw();
  }

  /** Have a tag stand here by its name, one that is to be made where there is none. @param {string} name */
  propose(name) {
    const tag = annotations.tagsOf(this.property.id).find((one) => ignoringCase(one.name) === ignoringCase(name));
    this.held = [{ id: tag?.id ?? null, name: tag?.name ?? name }];
    set(this.input, "placeholder", "");
    this.draw();
  }

  draw() {
    this.chips.replaceChildren(...this.held.map((one) => this.chip(one)));
    this.chips.hidden = !this.held.length;
    if (this.list.matches(":popover-open")) this.offer(this.at);
  }

  /** @param {Held} one */
  chip(one) {
    const tag = one.id === null ? null : annotations.tagOf.get(one.id);
    const label = fill(this.how.texts.remove_tag, { name: one.name });
    const remove = el(
      "button",
      { type: "button", tabindex: "-1", title: label, "aria-label": label, onclick: () => this.remove(one) },
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
            "aria-description": this.how.texts.tag_menu,
            onclick: () => this.menu.open(tag, name),
          },
          one.name,
        )
      : el("span", { class: "name" }, one.name);
    const title = [pathOf(tag), tag?.key ? `(${tag.key})` : ""].join(" ").trim();
    const node = el("span", { class: "chip", role: "listitem", title: title || null }, name, remove);
    if (tag?.colour) node.style.setProperty("--tag", tag.colour);
    return node;
  }

  /** Show what fits what is typed. @param {number} at  which of them is chosen by Enter */
  offer(at) {
    const typed = tidied(this.input.value);
    const words = withoutAccents(typed);
    const taken = new Set(this.held.map((one) => one.id));
    const free = annotations.tagsOf(this.property.id).filter((tag) => !taken.has(tag.id));
    const found = words ? bestMatches(free, words) : mostRecent(free, recent);
    /** @type {{tag: Tag | null, name: string}[]} */
    this.offers = found.slice(0, SHOWN_AT_MOST).map((tag) => ({ tag, name: tag.name }));
    const same = ignoringCase(typed);
    const isKnown = !typed || annotations.tagsOf(this.property.id).some((tag) => ignoringCase(tag.name) === same);
    if (!isKnown) this.offers.push({ tag: null, name: typed });
    // What is spelled out comes before what merely begins so.
    const exact = this.offers.findIndex(({ tag }) => tag && ignoringCase(tag.name) === same);
    this.at = Math.min(typed && at <= 0 && exact >= 0 ? exact : at, this.offers.length - 1);
    this.list.replaceChildren(...this.offers.map((one, place) => this.option(one, place)));
    this.open(this.offers.length > 0);
    this.mark();
  }

  option({ tag, name }, place) {
    const path = tag ? pathOf(tag) : null;
    const dot = el("span", { class: "dot" });
    if (tag?.colour) dot.style.background = tag.colour;
    return el(
      "li",
      { role: "option", id: `${this.id}-${place}`, onclick: () => this.pick(place), class: tag ? null : "make" },
      tag ? dot : icon("add"),
      el("span", { class: "name" }, tag ? name : fill(this.how.texts.make_tag, { name })),
      path && path !== name ? el("span", { class: "path" }, path.slice(0, -name.length - 3)) : null,
      tag?.key ? el("kbd", {}, tag.key) : null,
    );
  }

  /** Over everything, above the field where there is no room below. */
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

  mark() {
    [...this.list.children].forEach((option, place) => set(option, "aria-selected", String(place === this.at)));
    const option = this.list.children[this.at];
    set(this.input, "aria-activedescendant", option?.id ?? null);
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.isComposing) return;
    const isOpen = this.list.matches(":popover-open");
    const act = {
      ArrowDown: () => (isOpen ? this.step(1) : this.offer(0)),
      ArrowUp: () => (isOpen ? this.step(-1) : this.offer(0)),
      // With nothing typed or chosen it is for what is around.
      Enter: this.at < 0 && !this.input.value ? null : () => this.pick(this.at),
      Escape: () => this.escape(event, isOpen),
      ArrowLeft: this.input.value || !this.held.length ? null : () => this.toChip(this.held.length - 1),
    }[event.key];
    if (act && !event.altKey) {
      event.preventDefault();
      act();
    } else if (event.key === "Tab" && this.input.value.trim()) this.pick(this.at);
    else if (event.key === "Backspace" && !this.input.value && this.held.length) {
      event.preventDefault();
      this.remove(/** @type {Held} */ (this.held.at(-1)));
    }
  }

  /** @param {number} at  after the last: the field */
  toChip(at) {
    const names = /** @type {NodeListOf<HTMLElement>} */ (this.chips.querySelectorAll("button.name"));
    this.open(false);
    (names[Math.max(0, at)] ?? this.input).focus();
  }

  /** Keys on a chip. */
  among(event) {
    const at = [...this.chips.children].findIndex((chip) => chip.contains(event.target));
    const act = {
      ArrowLeft: () => this.toChip(at - 1),
      ArrowRight: () => this.toChip(at + 1),
      Escape: () => this.toChip(this.held.length),
      Delete: () => this.remove(this.held[at]),
      Backspace: () => this.remove(this.held[at]),
    }[event.key];
    if (!act || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  escape(event, isOpen) {
    const isTouched = Boolean(this.input.value);
    this.input.value = "";
    this.open(false);
    // Closes the list, not what is around it.
    if (isTouched || isOpen) event.stopPropagation();
    else this.how.leave();
  }

  step(by) {
    const { length } = this.offers;
    this.at = (this.at + by + length) % length;
    this.mark();
  }

  pick(place) {
    const offer = this.offers[place];
    if (!offer || !this.list.matches(":popover-open")) return;
    const { tag, name } = offer;
    this.input.value = "";
    if (tag) remember(tag.id);
    const one = { id: tag?.id ?? null, name };
    const isOne = this.property.type === "tag";
    this.held = isOne ? [one] : [...this.held, one];
    set(this.input, "placeholder", "");
    this.at = -1;
    if (isOne) this.open(false);
    this.draw();
    this.how.commit(tag ? { op: "add", values: [tag.id] } : { op: "add", names: [name] });
  }

  /** @param {Held} one */
  remove(one) {
    this.held = this.held.filter((other) => other !== one);
    this.draw();
    this.input.focus();
    this.how.commit(one.id === null ? { op: "remove", names: [one.name] } : { op: "remove", values: [one.id] });
  }

  leave() {
    this.open(false);
    // A name that is spelled out is meant; half of one is left where it is.
    const typed = ignoringCase(tidied(this.input.value));
    const tag = typed && annotations.tagsOf(this.property.id).find((one) => ignoringCase(one.name) === typed);
    if (!tag || this.held.some((one) => one.id === tag.id)) return;
    this.input.value = "";
    this.held = this.property.type === "tag" ? [tag] : [...this.held, tag];
    this.draw();
    this.how.commit({ op: "add", values: [tag.id] });
  }

  refuse() {}

  commit() {}

  /**
   * The tags that stand here, wherever they are to be written.
   * @returns {{names: string[]} | null}
   */
  edit() {
    return this.held.length ? { names: this.held.map((one) => one.name) } : null;
  }

  forget() {
    this.rest();
  }

  /** Nothing typed, nothing open. */
  rest() {
    this.input.value = "";
    this.open(false);
  }

  focus() {
    this.input.focus();
    this.offer(-1);
  }
}

/** @param {string} id */
function remember(id) {
  const at = recent.indexOf(id);
  if (at >= 0) recent.splice(at, 1);
  recent.unshift(id);
  recent.splice(RECENT_AT_MOST);
}

/** The names above a tag and its own, the first of its parents taken. @param {Tag | null | undefined} tag */
function pathOf(tag) {
  const names = [];
  for (let one = tag; one && names.length < 6; one = annotations.tagOf.get(one.parents[0])) names.unshift(one.name);
  return names.join(" › ");
}
