// Choosing the property that images are sorted into: those that hold tags. Not here: sorting
// (classes.js).
import { annotations } from "../shared/store/annotations.js";
import { el, icon, write } from "../shared/ui/dom.js";
import { hasTags } from "../shared/ui/property_types.js";

const TAGS_NAMED = 6;

export class PropertyChoice {
  /** @param {import("../shared/ui/review_page.js").PageTools} tools @param {(property: string) => void} choose */
  constructor(tools, choose) {
    const { t } = tools;
    this.tools = tools;
    this.choose = choose;
    this.help = el("p", { class: "quiet" });
    this.list = el("ul", { class: "places" });
    this.link = el(
      "button",
      { type: "button", class: "main", onclick: () => tools.send("leave", "properties") },
      t("to_properties"),
    );
    this.node = el(
      "div",
      { class: "choose" },
      el("h1", {}, t("choose")),
      this.help,
      this.list,
      el("div", {}, this.link),
    );
  }

  focus() {
    this.list.querySelector("button")?.focus();
  }

  /** @param {boolean} isGone  whether the property that was asked for does not exist any more */
  draw(isGone) {
    const { t } = this.tools;
    const properties = annotations.properties.filter(({ type }) => hasTags(type));
    this.link.hidden = properties.length > 0;
    write(this.help, isGone ? t("gone") : properties.length ? t("choose_help") : t("choose_none"));
    this.list.replaceChildren(...properties.map((property) => el("li", {}, this.propertyButton(property))));
  }

  /** @param {import("../shared/store/annotations.js").Property} property */
  propertyButton({ id, name }) {
    const tags = annotations.tagsOf(id);
    const names = tags
      .slice(0, TAGS_NAMED)
      .map((tag) => tag.name)
      .join(", ");
    return el(
      "button",
      { type: "button", onclick: () => this.choose(id) },
      icon("sell"),
      el("strong", {}, name),
      el("span", { class: "quiet" }, this.tools.t("tags_of", { count: tags.length })),
      el("span", { class: "quiet names" }, tags.length > TAGS_NAMED ? `${names}…` : names),
    );
  }
}
