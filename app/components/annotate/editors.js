// A field for the values of each type: shows what is stored, tells what to write instead. Not here:
// tags (tag_chips.js), writing a value, where the fields are placed.
import { ask } from "../shared/bridge/page_requests.js";
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { StarsField } from "./stars_field.js";
import { TagChips } from "./tag_chips.js";

/**
 * @typedef {import("../shared/store/annotations.js").Property} Property
 * @typedef {import("../shared/store/annotations.js").Edit} Edit
 * @typedef {object} EditorContext
 * @property {Record<string, string>} texts
 * @property {string[]} colours
 * @property {(edit: Edit) => void} commit
 * @property {() => void} leave  give the keyboard back to the pictures
 * @property {() => void} [done]  Enter was pressed in a field
 * @property {() => void} [corrected]  a refused value was reset
 */

/** @param {Property} property @param {EditorContext} context @returns {Editor} */
export function makeEditor(property, context) {
  if (property.type === "tag" || property.type === "tags") return new TagChips(property, context);
  if (property.type === "checkbox") return new CheckboxField(property, context);
  if (property.marks === "stars") return new StarsField(property, context);
  if (property.type === "number" && property.options.slider) return new SliderField(property, context);
  if (property.type === "colour") return new ColourField(property, context);
  if (property.type === "url" || property.type === "image") return new LinkField(property, context);
  return new TextField(property, context);
}

/** A line of text: Enter or leaving it commits, Escape restores. */
class TextField {
  /** @param {Property} property @param {EditorContext} context */
  constructor(property, context) {
    this.property = property;
    this.context = context;
    this.stored = "";
    /** What was sent and is not answered yet. @type {string | null} */
    this.pending = null;
    this.input = this.makeInput();
    this.node = el("div", { class: `editor ${property.type}` }, this.input);
    this.input.addEventListener("keydown", (event) => this.keydown(/** @type {KeyboardEvent} */ (event)));
    this.input.addEventListener("blur", () => this.commit());
  }

  /** @returns {HTMLInputElement | HTMLTextAreaElement} */
  makeInput() {
    const { name, type } = this.property;
    const hint = this.context.texts[`hint_${type}`] ?? this.context.texts.empty;
    const props = { "aria-label": name, placeholder: hint, spellcheck: "false", autocomplete: "off", class: "field" };
    if (type === "text") return el("textarea", { ...props, rows: "1" });
    return el("input", { ...props, type: "text", inputmode: type === "number" ? "decimal" : null });
  }

  /** Show what is stored; what someone is typing stays. @param {string[]} texts @param {boolean} isMixed */
  show(texts, isMixed = false) {
    const { value } = this.input;
    const isTouched = this.isFocused && value !== this.stored && value !== this.pending;
    this.stored = isMixed ? "" : (texts[0] ?? "");
    this.pending = null;
    set(
      this.input,
      "placeholder",
      isMixed
        ? this.context.texts.mixed
        : (this.context.texts[`hint_${this.property.type}`] ?? this.context.texts.empty),
    );
    if (!isTouched) this.setText(this.stored);
  }

  setText(text) {
    if (this.input.value !== text) this.input.value = text;
    set(this.input, "aria-invalid", null);
  }

  get isFocused() {
    const root = /** @type {ShadowRoot} */ (this.node.getRootNode());
    return root.activeElement === this.input;
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  commit() {
    const { value } = this.input;
    if (value === this.stored || value === this.pending) return;
    this.pending = value;
    this.context.commit({ op: "set", value });
  }

  /** The server could not read it: what was typed stays to be corrected. */
  refuse() {
    this.pending = null;
    set(this.input, "aria-invalid", "true");
  }

  /** Another image is the current one: forget what was typed. */
  discard() {
    this.stored = "";
    this.pending = null;
    this.setText("");
  }

  /** What is in the field, as an edit of any images. @returns {Edit | null} */
  edit() {
    return this.input.value.trim() ? { value: this.input.value } : null;
  }

  keydown(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.commit();
      this.context.done?.();
    } else if (event.key === "Escape") {
      event.preventDefault();
      const isTouched = this.input.value !== this.stored;
      this.setText(this.stored);
      if (!isTouched) this.context.leave();
      else {
        event.stopPropagation();
        this.context.corrected?.();
      }
    }
  }
}

/** A field with a link beside it: to an address, to another image. */
class LinkField extends TextField {
  constructor(property, context) {
    super(property, context);
    const label = context.texts[`open_${property.type}`];
    this.link =
      property.type === "url"
        ? el(
            "a",
            {
              class: "lead",
              target: "_blank",
              rel: "noreferrer noopener",
              title: label,
              "aria-label": label,
              hidden: true,
            },
            icon("open_in_new"),
          )
        : el(
            "button",
            {
              type: "button",
              class: "lead",
              title: label,
              "aria-label": label,
              hidden: true,
              onclick: () => this.open(),
            },
            el("img", { alt: "" }),
          );
    this.node.append(this.link);
  }

  setText(text) {
    super.setText(text);
    if (!this.link) return;
    this.link.hidden = !text;
    // Only an address that the server would accept is a link.
    if (this.property.type === "url") set(this.link, "href", addressOf(text));
    else set(this.link.firstElementChild, "src", text ? routeTo(`/thumb/${text}`) : null);
  }

  open() {
    ask("open", { sha1: this.stored, name: "" });
  }
}

/** A number on a scale. */
class SliderField extends TextField {
  constructor(property, context) {
    super(property, context);
    const { least = 0, most = 100, step } = property.options;
    this.range = el("input", {
      type: "range",
      class: "slider",
      "aria-label": property.name,
      min: least,
      max: most,
      step: step ?? "any",
    });
    this.range.addEventListener("input", () => {
      this.input.value = String(Number(Number(this.range.value).toPrecision(6)));
    });
    this.range.addEventListener("change", () => this.commit());
    this.node.prepend(this.range);
  }

  setText(text) {
    super.setText(text);
    if (!this.range) return;
    this.range.classList.toggle("empty", !text);
    this.range.value = text || this.range.min;
  }
}

/** A colour: one of the palette, or any other that is typed. */
class ColourField extends TextField {
  constructor(property, context) {
    super(property, context);
    this.swatch = el("span", { class: "swatch", "aria-hidden": "true" });
    const buttons = context.colours.map((colour) => {
      const button = el("button", {
        type: "button",
        class: "dot",
        title: colour,
        "aria-label": colour,
        onclick: () => this.choose(colour),
      });
      button.style.background = colour;
      return button;
    });
    this.palette = el("div", { class: "palette", role: "group", "aria-label": property.name }, ...buttons);
    this.node.prepend(this.swatch);
    this.node.append(this.palette);
  }

  setText(text) {
    super.setText(text);
    if (!this.swatch) return;
    this.swatch.style.background = text || "transparent";
    for (const dot of /** @type {HTMLElement[]} */ ([...this.palette.children]))
      set(dot, "aria-pressed", String(dot.title === text));
  }

  /** Choosing the current colour removes it. */
  choose(colour) {
    this.setText(colour === this.input.value ? "" : colour);
    this.commit();
  }
}

/** Yes, no, or no value. */
class CheckboxField {
  /** @param {Property} property @param {EditorContext} context */
  constructor(property, context) {
    this.context = context;
    this.box = el("input", { type: "checkbox", "aria-label": property.name, onchange: () => this.change() });
    this.label = el("span", { class: "said" });
    this.clearButton = iconButton("close", context.texts.clear_value, () => this.clearValue(), { class: "tool clear" });
    this.node = el("div", { class: "editor checkbox" }, el("label", {}, this.box, this.label), this.clearButton);
    this.show([]);
  }

  show(texts, isMixed = false) {
    this.setText(isMixed ? undefined : texts[0]);
    this.box.indeterminate = isMixed;
    if (isMixed) write(this.label, this.context.texts.mixed);
  }

  /** @param {string | undefined} text */
  setText(text) {
    this.value = text ?? null;
    this.box.checked = text === "true";
    this.box.indeterminate = false;
    this.clearButton.hidden = text === undefined;
    write(this.label, text === undefined ? "" : this.context.texts[text === "true" ? "yes" : "no"]);
  }

  change() {
    this.setText(this.box.checked ? "true" : "false");
    this.context.commit({ op: "set", value: this.value });
  }

  clearValue() {
    this.setText(undefined);
    this.box.focus();
    this.context.commit({ op: "set", value: null });
  }

  refuse() {}

  commit() {}

  edit() {
    return this.value === null ? null : { value: this.value };
  }

  focus() {
    this.box.focus();
  }
}

/**
 * What every field can do; some can do more.
 * @typedef {object} Editor
 * @property {HTMLElement} node
 * @property {(texts: string[], isMixed?: boolean) => void} show
 * @property {() => Edit | null} edit  what is in it, as an edit of any images
 * @property {() => void} focus
 * @property {() => void} commit
 * @property {() => void} refuse  the server could not read it
 * @property {() => void} [discard]  another image is the current one
 * @property {() => void} [reset]  of tags: nothing typed, nothing open
 * @property {import("./tag_chips.js").ChipTag[]} [tags]
 * @property {(id: string, other: string) => void} [replace]  of tags: another in the place of one
 */

/** Where a link leads: one without a scheme is of the web. @param {string} text @returns {string | null} */
function addressOf(text) {
  if (/^((https?|ftp):\/\/|mailto:)/i.test(text)) return text;
  return /^[\w-]+(\.[\w-]+)+(?![^/?#:])/.test(text) ? `https://${text}` : null;
}
