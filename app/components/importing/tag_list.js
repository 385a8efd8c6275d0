// A file that lists tags: the property that they go into, and the first of them with their parents.
// Not here: creating them (the server).
import { annotations } from "../shared/store/annotations.js";
import { el, number, set, write } from "../shared/ui/dom.js";
import { hasTags } from "../shared/ui/property_types.js";

export class TagList {
  /** @param {import("./importing.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    this.title = el("h2", {});
    this.name = el("input", {
      type: "text",
      class: "field",
      list: "tag-properties",
      maxlength: 200,
      autocomplete: "off",
      onchange: () => this.intoChanged(),
      onkeydown: (event) => event.stopPropagation(),
    });
    this.names = el("datalist", { id: "tag-properties" });
    this.newMark = el("span", { class: "quiet" });
    this.list = el("ul", { class: "tags" });
    this.moreText = el("p", { class: "quiet" });
    this.node = el(
      "section",
      { class: "step" },
      this.title,
      el("div", { class: "sentence" }, this.name, this.newMark, this.names),
      this.list,
      this.moreText,
    );
  }

  /** @param {import("./session.js").ImportState} state */
  draw(state) {
    const { t, language } = this.tools;
    const { into } = state.choices;
    const tagProperties = annotations.properties.filter((property) => hasTags(property.type));
    write(this.title, t("into"));
    set(this.name, "aria-label", t("into_name"));
    if (this.shownInto !== into) this.name.value = this.shownInto = into;
    this.names.replaceChildren(...tagProperties.map((property) => el("option", { value: property.name })));
    write(
      this.newMark,
      t(tagProperties.some((property) => property.name.toLowerCase() === into.toLowerCase()) ? "known" : "new"),
    );
    this.list.replaceChildren(...state.tags.first.map((tag) => this.tag(tag)));
    const hiddenCount = state.tags.count - state.tags.first.length;
    write(this.moreText, hiddenCount > 0 ? t("more", { count: number(hiddenCount, language) }) : "");
  }

  tag({ name, colour, parents }) {
    const swatch = el("span", { class: "swatch" });
    if (colour && CSS.supports("color", colour)) swatch.style.setProperty("--colour", colour);
    const under = parents.length ? this.tools.t("under", { names: parents.join(", ") }) : "";
    return el("li", {}, swatch, el("span", {}, name), el("span", { class: "quiet" }, under));
  }

  intoChanged() {
    if (this.name.value.trim()) this.tools.session.choose({ into: this.name.value });
    else this.name.value = this.shownInto;
  }
}
