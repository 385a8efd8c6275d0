// Which property images are sorted into: those that hold tags. Not here: sorting.
import { annotations } from "../shared/store/annotations.js";
import { el, icon, write } from "../shared/ui/dom.js";

const NAMED = 6;

export class Choose {
  /** @param {import("./classes.js").Tools} tools @param {(property: string) => void} take */
  constructor(tools, take) {
    const { say } = tools;
    this.tools = tools;
    this.take = take;
    this.help = el("p", { class: "quiet" });
    this.list = el("ul", { class: "places" });
    this.way = el(
      "button",
      { type: "button", class: "main", onclick: () => tools.ask("leave", "properties") },
      say("to_properties"),
    );
    this.node = el(
      "div",
      { class: "choose" },
      el("h1", {}, say("choose")),
      this.help,
      this.list,
      el("div", {}, this.way),
    );
  }

  focus() {
    /** @type {HTMLElement | null} */ (this.list.querySelector("button"))?.focus();
  }

  /** @param {boolean} isGone  whether the one that was asked for is there no more */
  draw(isGone) {
    const { say } = this.tools;
    const found = annotations.properties.filter(({ type }) => type === "tag" || type === "tags");
    this.way.hidden = found.length > 0;
    write(this.help, isGone ? say("gone") : found.length ? say("choose_help") : say("choose_none"));
    this.list.replaceChildren(...found.map((one) => el("li", {}, this.button(one))));
  }

  /** @param {import("../shared/store/annotations.js").Property} one */
  button(one) {
    const { say } = this.tools;
    const tags = annotations.tagsOf(one.id);
    const names = tags
      .slice(0, NAMED)
      .map(({ name }) => name)
      .join(", ");
    return el(
      "button",
      { type: "button", onclick: () => this.take(one.id) },
      icon("sell"),
      el("strong", {}, one.name),
      el("span", { class: "quiet" }, say("tags_of", { count: tags.length })),
      el("span", { class: "quiet names" }, tags.length > NAMED ? `${names}…` : names),
    );
  }
}
