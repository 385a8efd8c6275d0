// Choosing the tag that images are suggested for: all tags, filtered while someone types. Not here:
// suggesting (suggest.js).
import { annotations } from "../shared/store/annotations.js";
import { el, write } from "../shared/ui/dom.js";
import { typedOrFirst, withoutAccents } from "../shared/ui/text.js";

const SHOWN_AT_MOST = 200;

/** @typedef {import("../shared/store/annotations.js").Property} Property */
/** @typedef {import("../shared/store/annotations.js").Tag} Tag */

export class TagChoice {
  /** @param {import("../shared/ui/review_page.js").PageTools} tools @param {(tag: string) => void} choose */
  constructor(tools, choose) {
    const { t } = tools;
    this.tools = tools;
    this.choose = choose;
    this.field = el("input", {
      type: "search",
      class: "field",
      placeholder: t("find"),
      "aria-label": t("find"),
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.draw(this.isGone),
      onkeydown: (event) => this.onKey(event),
    });
    this.isGone = false;
    this.written = "";
    /** The tags of the list in its order. @type {Tag[]} */
    this.listed = [];
    this.help = el("p", { class: "quiet" });
    this.list = el("div", { class: "list" });
    this.node = el("div", { class: "choose" }, el("h1", {}, t("choose")), this.help, this.field, this.list);
  }

  focus() {
    this.field.focus();
  }

  /** Enter takes the tag of the name that was typed, or the first of the list. @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    const tag = typedOrFirst(this.listed, this.field.value);
    if (!tag) return;
    event.preventDefault();
    this.choose(tag.id);
  }

  /** @param {boolean} isGone  whether the tag that was asked for does not exist any more */
  draw(isGone) {
    const { t } = this.tools;
    this.isGone = isGone;
    const query = withoutAccents(this.field.value.trim());
    const { properties, tags } = annotations;
    const matches = tags.filter((tag) => withoutAccents(tag.name).includes(query)).slice(0, SHOWN_AT_MOST);
    write(this.help, isGone ? t("gone") : tags.length ? t("choose_help") : t("choose_none"));
    this.field.hidden = !tags.length;
    const written = JSON.stringify(matches.map(({ id, name, property, colour }) => [id, name, property, colour]));
    if (this.written === written) return;
    this.written = written;
    const groups = properties
      .map((property) => ({ property, own: matches.filter((tag) => tag.property === property.id) }))
      .filter(({ own }) => own.length);
    this.listed = groups.flatMap(({ own }) => own);
    this.list.replaceChildren(
      ...groups.flatMap(({ property, own }) => [
        el("h2", {}, property.name, own.length > 1 ? this.sortButton(property) : null),
        el("ul", {}, ...own.map((tag) => el("li", {}, this.tagButton(tag)))),
      ]),
    );
  }

  /** Leads to the page that fills the tags of a property by their names. @param {Property} property */
  sortButton(property) {
    const { t } = this.tools;
    return el(
      "button",
      {
        type: "button",
        class: "quiet words",
        title: t("by_words_title"),
        onclick: () => this.tools.send("sort", property.id),
      },
      t("by_words"),
    );
  }

  /** @param {Tag} tag */
  tagButton(tag) {
    const dot = el("span", { class: "dot" });
    if (tag.colour) dot.style.background = tag.colour;
    return el("button", { type: "button", onclick: () => this.choose(tag.id) }, dot, tag.name);
  }
}
