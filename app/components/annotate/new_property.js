// The short form of a new property: a name and a type. Not here: altering properties.
import { annotations } from "../shared/store/annotations.js";
import { el, write } from "../shared/ui/dom.js";

const TYPES = ["tags", "tag", "text", "number", "date", "checkbox", "colour", "url", "path", "image"];

export class NewProperty {
  /** @param {Record<string, string>} texts @param {(id: string) => void} onCreated */
  constructor(texts, onCreated) {
    this.texts = texts;
    this.onCreated = onCreated;
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
    this.errorMessage = el("p", { class: "trouble", role: "alert", hidden: true });
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
      this.errorMessage,
    );
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /** @param {string} [suggested]  the name to begin with */
  open(suggested = "") {
    this.node.hidden = false;
    this.errorMessage.hidden = true;
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
      this.onCreated(/** @type {string} */ (property));
    } catch (error) {
      if (error.isKept) {
        this.close();
        annotations.say(error.message, null);
        return;
      }
      write(this.errorMessage, error.message || this.texts.not_written);
      this.errorMessage.hidden = false;
    }
  }
}
