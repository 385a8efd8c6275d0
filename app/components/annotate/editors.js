// A field for a value of each type: shows what is kept, says what is wanted instead. Not here:
// tags (tag_chips.js), writing a value, where fields stand.
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";
import { Chips } from "./tag_chips.js";

/**
 * @typedef {import("../shared/store/annotations.js").Property} Property
 * @typedef {import("../shared/store/annotations.js").Edit} Edit
 * @typedef {object} How
 * @property {Record<string, string>} texts
 * @property {string[]} colours
 * @property {(edit: Edit) => void} commit
 * @property {() => void} leave  give the keys back to the pictures
 * @property {() => void} [done]  Enter was pressed in a field
 * @property {() => void} [mended]  what was refused is as it was
 */

/** @param {Property} property @param {How} how @returns {Editor} */
export function makeEditor(property, how) {
  if (property.type === "tag" || property.type === "tags") return new Chips(property, how);
  if (property.type === "checkbox") return new Check(property, how);
  if (property.type === "number" && property.options.slider) return new Slider(property, how);
  if (property.type === "colour") return new Colour(property, how);
  if (property.type === "url" || property.type === "image") return new Link(property, how);
  return new Field(property, how);
}

/** A line of text: Enter or leaving it commits, Escape restores. */
class Field {
  /** @param {Property} property @param {How} how */
  constructor(property, how) {
    this.property = property;
    this.how = how;
    this.stored = "";
    /** What was asked for and not answered yet. @type {string | null} */
    this.asked = null;
    this.input = this.makeInput();
    this.node = el("div", { class: `editor ${property.type}` }, this.input);
    this.input.addEventListener("keydown", (event) => this.press(/** @type {KeyboardEvent} */ (event)));
    this.input.addEventListener("blur", () => this.commit());
  }

  /** @returns {HTMLInputElement | HTMLTextAreaElement} */
  makeInput() {
    const { name, type } = this.property;
    const hint = this.how.texts[`hint_${type}`] ?? this.how.texts.empty;
    const props = { "aria-label": name, placeholder: hint, spellcheck: "false", autocomplete: "off", class: "field" };
    if (type === "text") return el("textarea", { ...props, rows: "1" });
    return el("input", { ...props, type: "text", inputmode: type === "number" ? "decimal" : null });
  }

  /** Show what is kept; what someone is typing stays. @param {string[]} texts @param {boolean} isMixed */
  show(texts, isMixed = false) {
    const { value } = this.input;
    const isTouched = this.isFocused && value !== this.stored && value !== this.asked;
    this.stored = isMixed ? "" : (texts[0] ?? "");
    this.asked = null;
    set(
      this.input,
      "placeholder",
      isMixed ? this.how.texts.mixed : (this.how.texts[`hint_${this.property.type}`] ?? this.how.texts.empty),
    );
    if (!isTouched) this.put(this.stored);
  }

  put(text) {
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
    if (value === this.stored || value === this.asked) return;
    this.asked = value;
    this.how.commit({ op: "set", value });
  }

  /** The server could not read it: what was typed stays to be mended. */
  refuse() {
    this.asked = null;
    set(this.input, "aria-invalid", "true");
  }

  /** Another image is in hand: what was typed was of the one before. */
  forget() {
    this.stored = "";
    this.asked = null;
    this.put("");
  }

  /** What is in the field, wherever it is to be written. @returns {Edit | null} */
  edit() {
    return this.input.value.trim() ? { value: this.input.value } : null;
  }

  press(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.commit();
      this.how.done?.();
    } else if (event.key === "Escape") {
      event.preventDefault();
      const isTouched = this.input.value !== this.stored;
      this.put(this.stored);
      if (!isTouched) this.how.leave();
      else {
        event.stopPropagation();
        this.how.mended?.();
      }
    }
  }
}

/** A field with what it leads to beside it: an address, another image. */
class Link extends Field {
  constructor(property, how) {
    super(property, how);
    const label = how.texts[`open_${property.type}`];
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

  put(text) {
    super.put(text);
    if (!this.link) return;
    this.link.hidden = !text;
    // Only what the server has read as an address is one.
    if (this.property.type === "url") set(this.link, "href", /^(https?|ftp):\/\//.test(text) ? text : null);
    else set(this.link.firstElementChild, "src", text ? `/thumb/${text}` : null);
  }

  open() {
    document.dispatchEvent(new CustomEvent("panoptic:open", { detail: { sha1: this.stored, name: "" } }));
  }
}

/** A number on a scale. */
class Slider extends Field {
  constructor(property, how) {
    super(property, how);
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

  put(text) {
    super.put(text);
    if (!this.range) return;
    this.range.classList.toggle("empty", !text);
    this.range.value = text || this.range.min;
  }
}

/** A colour: one of a dozen, or any that is written. */
class Colour extends Field {
  constructor(property, how) {
    super(property, how);
    this.swatch = el("span", { class: "swatch", "aria-hidden": "true" });
    const buttons = how.colours.map((colour) => {
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

  put(text) {
    super.put(text);
    if (!this.swatch) return;
    this.swatch.style.background = text || "transparent";
    for (const dot of /** @type {HTMLElement[]} */ ([...this.palette.children]))
      set(dot, "aria-pressed", String(dot.title === text));
  }

  /** The one that it has already is taken away. */
  choose(colour) {
    this.put(colour === this.input.value ? "" : colour);
    this.commit();
  }
}

/** Yes, no, or nothing said. */
class Check {
  /** @param {Property} property @param {How} how */
  constructor(property, how) {
    this.how = how;
    this.box = el("input", { type: "checkbox", "aria-label": property.name, onchange: () => this.change() });
    this.said = el("span", { class: "said" });
    this.clear = iconButton("close", how.texts.clear_value, () => this.empty(), { class: "tool clear" });
    this.node = el("div", { class: "editor checkbox" }, el("label", {}, this.box, this.said), this.clear);
    this.show([]);
  }

  show(texts, isMixed = false) {
    this.put(isMixed ? undefined : texts[0]);
    this.box.indeterminate = isMixed;
    if (isMixed) write(this.said, this.how.texts.mixed);
  }

  /** @param {string | undefined} text */
  put(text) {
    this.value = text ?? null;
    this.box.checked = text === "true";
    this.box.indeterminate = false;
    this.clear.hidden = text === undefined;
    write(this.said, text === undefined ? "" : this.how.texts[text === "true" ? "yes" : "no"]);
  }

  change() {
    this.put(this.box.checked ? "true" : "false");
    this.how.commit({ op: "set", value: this.value });
  }

  empty() {
    this.put(undefined);
    this.box.focus();
    this.how.commit({ op: "set", value: null });
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
 * @property {() => Edit | null} edit  what is in it, wherever it is to be written
 * @property {() => void} focus
 * @property {() => void} commit
 * @property {() => void} refuse  the server could not read it
 * @property {() => void} [forget]  another image is in hand
 * @property {() => void} [rest]  of tags: nothing typed, nothing open
 */
