// The head of the selected property: its name, type, heading and options, edited in place. Not
// here: its tags (tagtree), its values (value_histogram.js).
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";
import { numberOptions } from "./property_form.js";
import { rename } from "../shared/ui/inline_rename.js";
import { ICONS, hasTags } from "../shared/ui/property_types.js";
import { isVersion } from "../shared/bridge/address.js";

/** @typedef {import("../shared/store/property_definitions.js").Property} Property */

export class PropertyHeader {
  /** @param {import("./properties.js").Tools} tools @param {{remove: (property: Property) => void}} callbacks */
  constructor(tools, callbacks) {
    this.tools = tools;
    this.callbacks = callbacks;
    /** @type {Property | null} */
    this.property = null;
    this.glyph = icon("label");
    this.name = el("h1", { ondblclick: () => this.rename() });
    this.renameButton = iconButton("edit", "", () => this.rename(), { class: "tool writes" });
    this.hideButton = iconButton("visibility", "", () => this.toggleHidden(), { class: "tool writes" });
    this.touched = el("span", { class: "touches writes" });
    this.deleteButton = iconButton("delete", "", () => callbacks.remove(this.property), { class: "tool writes" });
    this.type = el("select", { onchange: () => this.preview() });
    this.summary = el("span", { class: "quiet" });
    this.folder = el("input", {
      type: "text",
      class: "field",
      maxlength: 200,
      autocomplete: "off",
      list: "all-headings",
      onchange: () => this.changeFolder(),
      onkeydown: (event) => event.key === "Enter" && this.folder.blur(),
    });
    this.headings = el("datalist", { id: "all-headings" });
    this.folderLabel = el("span", {});
    this.options = el("div", {});
    this.conversionPart = el("section", { class: "change", hidden: true });
    this.node = el(
      "header",
      { class: "head" },
      el(
        "div",
        { class: "named" },
        this.glyph,
        this.name,
        this.renameButton,
        el("span", { class: "gap" }),
        this.touched,
        this.hideButton,
        this.deleteButton,
      ),
      el(
        isVersion ? "fieldset" : "div",
        { class: "meta", disabled: isVersion },
        this.type,
        this.summary,
        el("label", { class: "under" }, this.folderLabel, this.folder, this.headings),
        this.options,
      ),
      this.conversionPart,
    );
  }

  /** @param {Property} property */
  draw(property) {
    const { t, types, language, definitions } = this.tools;
    const isOther =
      this.property?.id !== property.id || this.property?.type !== property.type || this.language !== language;
    this.property = property;
    this.language = language;
    write(this.glyph, ICONS[property.type]);
    write(this.name, property.name);
    set(this.name, "title", property.name);
    label(this.renameButton, t("rename"));
    label(this.hideButton, t(property.hidden ? "unhide" : "hide"));
    set(this.hideButton, "aria-pressed", String(property.hidden));
    write(this.hideButton.firstChild, property.hidden ? "visibility_off" : "visibility");
    write(this.touched, t("delete_touches", { what: this.describeTouched(property) }));
    label(this.deleteButton, t("delete"));
    write(this.summary, [this.targetText(property), this.countText(property)].join(" · "));
    write(this.folderLabel, t("heading"));
    set(this.folder, "placeholder", t("no_heading"));
    if (/** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement !== this.folder)
      this.folder.value = property.folder ?? "";
    const headings = [...new Set(definitions.properties.map((other) => other.folder).filter(Boolean))];
    this.headings.replaceChildren(...headings.map((value) => el("option", { value })));
    if (isOther) this.reset(types, t);
    this.numberOptions?.write(property.options);
  }

  /** Another property, type or language: make the fields that depend on it anew. */
  reset(types, t) {
    set(this.type, "aria-label", t("type"));
    this.type.replaceChildren(
      ...types.map((type) => el("option", { value: type, selected: type === this.property.type }, t(`type_${type}`))),
    );
    this.type.value = this.property.type;
    this.numberOptions =
      this.property.type === "number" ? numberOptions(t, (options) => this.alter({ options })) : null;
    this.options.replaceChildren(...(this.numberOptions ? [this.numberOptions.node] : []));
    this.endChange();
  }

  /** What is deleted together with a property: values, tags. @param {Property} property */
  describeTouched(property) {
    const { t } = this.tools;
    const values = property.targets ? t(`values_of_${property.target}s`, { count: property.targets }) : "";
    const tags = hasTags(property.type) && property.tags ? t("tags", { count: property.tags }) : "";
    return [values, tags].filter(Boolean).join(", ") || t("nothing");
  }

  /** What its values belong to. @param {Property} property */
  targetText(property) {
    return `${this.tools.t("of")} ${this.tools.t(`of_${property.target}`)}`;
  }

  /** How many images or files have a value. @param {Property} property */
  countText(property) {
    const { t } = this.tools;
    const images = t(property.target === "file" ? "files" : "images", { count: property.targets });
    return hasTags(property.type) ? `${images}, ${t("tags", { count: property.tags })}` : images;
  }

  rename() {
    const { id, name } = this.property;
    if (isVersion || !this.name.isConnected) return;
    rename(this.name, name, this.tools.t("name"), (newName) => {
      this.renameButton.focus();
      if (newName === null) return;
      write(this.name, newName);
      this.alter({ name: newName }, id);
    });
  }

  toggleHidden() {
    this.alter({ hidden: !this.property.hidden });
  }

  changeFolder() {
    this.alter({ folder: this.folder.value });
  }

  /** @param {Record<string, any>} parts */
  alter(parts, id = this.property.id) {
    return this.tools.change({ do: "alter", id, parts });
  }

  // Another type: what the conversion keeps and loses is shown first.

  async preview() {
    const { t, definitions } = this.tools;
    const property = this.property;
    const type = this.type.value;
    if (type === property.type) return this.endChange();
    const response = await definitions.of(property.id, "conversion", [["type", type]]).catch(() => null);
    const conversion = await response?.json();
    if (!conversion || this.property.id !== property.id || this.type.value !== type) return;
    const names = { from: t(`type_${property.type}`), to: t(`type_${type}`) };
    const listed = conversion.values.map(({ value, count }) =>
      el("li", {}, el("span", {}, value), el("span", { class: "number" }, t("images", { count }))),
    );
    const rest = conversion.distinct - conversion.values.length;
    if (rest > 0) listed.push(el("li", { class: "quiet" }, t("convert_more", { count: rest })));
    const accept = el(
      "button",
      { type: "button", class: "main", onclick: () => this.convert(property, type) },
      t("convert"),
    );
    this.conversionPart.replaceChildren(
      el("h2", {}, t("convert_title", names)),
      el("p", {}, ...this.conversionTexts(conversion)),
      ...(listed.length
        ? [
            el(
              "ul",
              { class: "lost", tabindex: 0, "aria-label": t("convert_lost", { count: conversion.lost }) },
              ...listed,
            ),
          ]
        : []),
      el(
        "div",
        { class: "buttons" },
        accept,
        el("button", { type: "button", onclick: () => this.endChange() }, t("cancel")),
      ),
    );
    this.conversionPart.hidden = false;
    accept.focus();
  }

  /** @param {{kept: number, lost: number, tags: number}} conversion */
  conversionTexts({ kept, lost, tags }) {
    const { t } = this.tools;
    const newTags = tags ? ` ${t("convert_tags", { count: tags })}` : "";
    if (!kept && !lost) return [t("convert_none")];
    if (!lost) return [t("convert_all", { count: kept }), newTags];
    return [t("convert_kept", { count: kept }), newTags, " ", el("strong", {}, t("convert_lost", { count: lost }))];
  }

  /** @param {Property} property @param {string} type */
  async convert(property, type) {
    const { t, change } = this.tools;
    this.endChange();
    await change(
      { do: "convert", id: property.id, type },
      t("converted", { name: property.name, type: t(`type_${type}`) }),
    );
  }

  endChange() {
    this.conversionPart.hidden = true;
    this.type.value = this.property.type;
  }
}

/** Name a button that has only an icon. @param {HTMLElement} button @param {string} text */
function label(button, text) {
  set(button, "title", text);
  set(button, "aria-label", text);
}
