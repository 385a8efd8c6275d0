// A list of tags: the property they go into, and the first of them under what they stand. Not here:
// making them (the server).
import { annotations } from "../shared/store/annotations.js";
import { el, number, set, write } from "../shared/ui/dom.js";
import { hasTags } from "../shared/ui/property_types.js";

export class Tags {
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
      onchange: () => this.choose(),
      onkeydown: (event) => event.stopPropagation(),
    });
    this.names = el("datalist", { id: "tag-properties" });
    this.state = el("span", { class: "quiet" });
    this.list = el("ul", { class: "tags" });
    this.more = el("p", { class: "quiet" });
    this.node = el(
      "section",
      { class: "step" },
      this.title,
      el("div", { class: "sentence" }, this.name, this.state, this.names),
      this.list,
      this.more,
    );
  }

  /** @param {import("./session.js").Told} told */
  draw(told) {
    const { say, language } = this.tools;
    const { into } = told.choices;
    const known = annotations.properties.filter((one) => hasTags(one.type));
    write(this.title, say("into"));
    set(this.name, "aria-label", say("into_name"));
    if (this.shown !== into) this.name.value = this.shown = into;
    this.names.replaceChildren(...known.map((one) => el("option", { value: one.name })));
    write(this.state, say(known.some((one) => one.name.toLowerCase() === into.toLowerCase()) ? "known" : "new"));
    this.list.replaceChildren(...told.tags.first.map((tag) => this.tag(tag)));
    const more = told.tags.count - told.tags.first.length;
    write(this.more, more > 0 ? say("more", { count: number(more, language) }) : "");
  }

  tag({ name, colour, parents }) {
    const swatch = el("span", { class: "swatch" });
    if (colour && CSS.supports("color", colour)) swatch.style.setProperty("--colour", colour);
    const under = parents.length ? this.tools.say("under", { names: parents.join(", ") }) : "";
    return el("li", {}, swatch, el("span", {}, name), el("span", { class: "quiet" }, under));
  }

  choose() {
    if (this.name.value.trim()) this.tools.hand.choose({ into: this.name.value });
    else this.name.value = this.shown;
  }
}
