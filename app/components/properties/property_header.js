// What one property is: its name, type, heading and options, changed where they stand. Not here:
// its tags (tagtree) and values (value_histogram.js).
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";
import { figures } from "./property_form.js";
import { rename } from "../shared/ui/inline_rename.js";
import { ICONS, hasTags } from "../shared/ui/property_types.js";

/** @typedef {import("../shared/store/property_definitions.js").Property} Property */

export class Head {
  /** @param {import("./properties.js").Tools} tools @param {{remove: (one: Property) => void}} acts */
  constructor(tools, acts) {
    this.tools = tools;
    this.acts = acts;
    /** @type {Property | null} */
    this.one = null;
    this.glyph = icon("label");
    this.name = el("h1", { ondblclick: () => this.rename() });
    this.edit = iconButton("edit", "", () => this.rename());
    this.hide = iconButton("visibility", "", () => this.toggle());
    this.touches = el("span", { class: "touches" });
    this.bin = iconButton("delete", "", () => acts.remove(this.one));
    this.type = el("select", { onchange: () => this.preview() });
    this.said = el("span", { class: "quiet" });
    this.folder = el("input", {
      type: "text",
      class: "field",
      maxlength: 200,
      autocomplete: "off",
      list: "all-headings",
      onchange: () => this.move(),
      onkeydown: (event) => event.key === "Enter" && this.folder.blur(),
    });
    this.headings = el("datalist", { id: "all-headings" });
    this.folderLabel = el("span", {});
    this.options = el("div", {});
    this.change = el("section", { class: "change", hidden: true });
    this.node = el(
      "header",
      { class: "head" },
      el(
        "div",
        { class: "named" },
        this.glyph,
        this.name,
        this.edit,
        el("span", { class: "gap" }),
        this.touches,
        this.hide,
        this.bin,
      ),
      el(
        "div",
        { class: "meta" },
        this.type,
        this.said,
        el("label", { class: "under" }, this.folderLabel, this.folder, this.headings),
        this.options,
      ),
      this.change,
    );
  }

  /** @param {Property} one */
  draw(one) {
    const { say, types, language, definitions } = this.tools;
    const isOther = this.one?.id !== one.id || this.one?.type !== one.type || this.language !== language;
    this.one = one;
    this.language = language;
    write(this.glyph, ICONS[one.type]);
    write(this.name, one.name);
    set(this.name, "title", one.name);
    label(this.edit, say("rename"));
    label(this.hide, say(one.hidden ? "unhide" : "hide"));
    set(this.hide, "aria-pressed", String(one.hidden));
    write(this.hide.firstChild, one.hidden ? "visibility_off" : "visibility");
    write(this.touches, say("delete_touches", { what: this.touched(one) }));
    label(this.bin, say("delete"));
    write(this.said, [this.target(one), this.count(one)].join(" · "));
    write(this.folderLabel, say("heading"));
    set(this.folder, "placeholder", say("no_heading"));
    if (/** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement !== this.folder)
      this.folder.value = one.folder ?? "";
    const headings = [...new Set(definitions.properties.map((other) => other.folder).filter(Boolean))];
    this.headings.replaceChildren(...headings.map((value) => el("option", { value })));
    if (isOther) this.begin(types, say);
    this.figures?.write(one.options);
  }

  /** Write what differs from property to property. */
  begin(types, say) {
    set(this.type, "aria-label", say("type"));
    this.type.replaceChildren(
      ...types.map((type) => el("option", { value: type, selected: type === this.one.type }, say(`type_${type}`))),
    );
    this.type.value = this.one.type;
    this.figures = this.one.type === "number" ? figures(say, (options) => this.alter({ options })) : null;
    this.options.replaceChildren(...(this.figures ? [this.figures.node] : []));
    this.endChange();
  }

  /** Say what goes with a property. @param {Property} one */
  touched(one) {
    const { say } = this.tools;
    const values = one.targets ? say(`values_of_${one.target}s`, { count: one.targets }) : "";
    const tags = hasTags(one.type) && one.tags ? say("tags", { count: one.tags }) : "";
    return [values, tags].filter(Boolean).join(", ") || say("nothing");
  }

  target(one) {
    return `${this.tools.say("of")} ${this.tools.say(`of_${one.target}`)}`;
  }

  count(one) {
    const { say } = this.tools;
    const images = say(one.target === "file" ? "files" : "images", { count: one.targets });
    return hasTags(one.type) ? `${images}, ${say("tags", { count: one.tags })}` : images;
  }

  rename() {
    const { id, name } = this.one;
    if (!this.name.isConnected) return;
    rename(this.name, name, this.tools.say("name"), (given) => {
      this.edit.focus();
      if (given === null) return;
      write(this.name, given);
      this.alter({ name: given }, id);
    });
  }

  toggle() {
    this.alter({ hidden: !this.one.hidden });
  }

  move() {
    this.alter({ folder: this.folder.value });
  }

  alter(parts, id = this.one.id) {
    return this.tools.tell({ do: "alter", id, parts });
  }

  // Another type: what it keeps and loses is said first.

  async preview() {
    const { say, definitions } = this.tools;
    const one = this.one;
    const type = this.type.value;
    if (type === one.type) return this.endChange();
    const answer = await definitions.of(one.id, "conversion", [["type", type]]).catch(() => null);
    const told = await answer?.json();
    if (!told || this.one.id !== one.id || this.type.value !== type) return;
    const names = { from: say(`type_${one.type}`), to: say(`type_${type}`) };
    const listed = told.values.map(({ value, count }) =>
      el("li", {}, el("span", {}, value), el("span", { class: "number" }, say("images", { count }))),
    );
    const rest = told.distinct - told.values.length;
    if (rest > 0) listed.push(el("li", { class: "quiet" }, say("convert_more", { count: rest })));
    const accept = el(
      "button",
      { type: "button", class: "main", onclick: () => this.convert(one, type) },
      say("convert"),
    );
    this.change.replaceChildren(
      el("h2", {}, say("convert_title", names)),
      el("p", {}, ...this.kept(told)),
      ...(listed.length
        ? [el("ul", { class: "lost", tabindex: 0, "aria-label": say("convert_lost", { count: told.lost }) }, ...listed)]
        : []),
      el(
        "div",
        { class: "buttons" },
        accept,
        el("button", { type: "button", onclick: () => this.endChange() }, say("cancel")),
      ),
    );
    this.change.hidden = false;
    accept.focus();
  }

  kept({ kept, lost, tags }) {
    const { say } = this.tools;
    const made = tags ? ` ${say("convert_tags", { count: tags })}` : "";
    if (!kept && !lost) return [say("convert_none")];
    if (!lost) return [say("convert_all", { count: kept }), made];
    return [say("convert_kept", { count: kept }), made, " ", el("strong", {}, say("convert_lost", { count: lost }))];
  }

  async convert(one, type) {
    const { say, tell } = this.tools;
    this.endChange();
    await tell({ do: "convert", id: one.id, type }, say("converted", { name: one.name, type: say(`type_${type}`) }));
  }

  endChange() {
    this.change.hidden = true;
    this.type.value = this.one.type;
  }
}

function label(button, text) {
  set(button, "title", text);
  set(button, "aria-label", text);
}
