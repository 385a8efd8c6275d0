// Making a property where it is wanted: a name and a type. Not here: altering one.
import { annotations } from "../shared/store/annotations.js";
import { el, write } from "../shared/ui/dom.js";

const TYPES = ["tags", "tag", "text", "number", "date", "checkbox", "colour", "url", "path", "image"];

export class Making {
  /** @param {Record<string, string>} texts @param {(id: string) => void} made */
  constructor(texts, made) {
    this.texts = texts;
    this.made = made;
    this.name = el("input", {
      type: "text",
      class: "field",
      required: true,
      maxlength: "200",
      placeholder: texts.new_name,
      "aria-label": texts.new_name,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.type = el(
      "select",
      { "aria-label": texts.new_type },
      ...TYPES.map((type) => el("option", { value: type }, texts[`type_${type}`])),
    );
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    this.node = el(
      "form",
      {
        class: "making",
        hidden: true,
        "aria-label": texts.new_property,
        onsubmit: (event) => this.submit(event),
        onkeydown: (event) => event.key === "Escape" && this.close(),
      },
      this.name,
      this.type,
      el(
        "div",
        { class: "acts" },
        el("button", { type: "submit", class: "plain" }, texts.new_make),
        el("button", { type: "button", onclick: () => this.close() }, texts.cancel),
      ),
      this.trouble,
    );
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /** @param {string} [suggested]  a name to begin with */
  open(suggested = "") {
    this.node.hidden = false;
    this.trouble.hidden = true;
    this.name.value = suggested;
    this.name.focus();
    this.name.select();
    this.node.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.node.hidden = true;
    annotations.dispatchEvent(new Event("change"));
  }

  async submit(event) {
    event.preventDefault();
    try {
      const { property } = await annotations.write("/properties", { name: this.name.value, type: this.type.value });
      this.close();
      this.made(/** @type {string} */ (property));
    } catch (error) {
      write(this.trouble, error.message || this.texts.not_written);
      this.trouble.hidden = false;
    }
  }
}
