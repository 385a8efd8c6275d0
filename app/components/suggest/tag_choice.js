// Which tag images are suggested for: all tags, found while one writes. Not here: suggesting.
import { annotations } from "../shared/store/annotations.js";
import { el, write } from "../shared/ui/dom.js";
import { withoutAccents } from "../shared/ui/text.js";

const SHOWN_AT_MOST = 200;

export class Choose {
  /** @param {import("./suggest.js").Tools} tools @param {(tag: string) => void} take */
  constructor(tools, take) {
    const { say } = tools;
    this.tools = tools;
    this.take = take;
    this.field = el("input", {
      type: "search",
      class: "field",
      placeholder: say("find"),
      "aria-label": say("find"),
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.draw(this.isGone),
      onkeydown: (event) => this.press(event),
    });
    this.isGone = false;
    this.help = el("p", { class: "quiet" });
    this.list = el("div", { class: "list" });
    this.node = el("div", { class: "choose" }, el("h1", {}, say("choose")), this.help, this.field, this.list);
  }

  focus() {
    this.field.focus();
  }

  /** Enter takes the first that is found. @param {KeyboardEvent} event */
  press(event) {
    const [first] = /** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll("button"));
    if (event.key !== "Enter" || event.isComposing || !first) return;
    event.preventDefault();
    first.click();
  }

  /** @param {boolean} isGone  whether the one that was asked for is there no more */
  draw(isGone) {
    const { say } = this.tools;
    this.isGone = isGone;
    const words = withoutAccents(this.field.value.trim());
    const { properties, tags } = annotations;
    const found = tags.filter((tag) => withoutAccents(tag.name).includes(words)).slice(0, SHOWN_AT_MOST);
    write(this.help, isGone ? say("gone") : tags.length ? say("choose_help") : say("choose_none"));
    this.field.hidden = !tags.length;
    const written = JSON.stringify(found.map(({ id, name, property, colour }) => [id, name, property, colour]));
    if (this.written === written) return;
    this.written = written;
    const groups = properties
      .map((one) => ({ one, own: found.filter((tag) => tag.property === one.id) }))
      .filter(({ own }) => own.length);
    this.list.replaceChildren(
      ...groups.flatMap(({ one, own }) => [
        el("h2", {}, one.name, own.length > 1 ? this.words(one) : null),
        el("ul", {}, ...own.map((tag) => el("li", {}, this.button(tag)))),
      ]),
    );
  }

  /** The other way to fill the tags of a property. @param {import("../shared/store/annotations.js").Property} one */
  words(one) {
    const { tools } = this;
    const { say } = tools;
    return el(
      "button",
      { type: "button", class: "quiet words", title: say("by_words_title"), onclick: () => tools.ask("sort", one.id) },
      say("by_words"),
    );
  }

  /** @param {import("../shared/store/annotations.js").Tag} tag */
  button(tag) {
    const dot = el("span", { class: "dot" });
    if (tag.colour) dot.style.background = tag.colour;
    return el("button", { type: "button", onclick: () => this.take(tag.id) }, dot, tag.name);
  }
}
