// Copying values of one image to the selected ones. Not here: the selection.
import { annotations } from "../shared/store/annotations.js";
import { el, fill, number, write } from "../shared/ui/dom.js";
import { selection } from "../shared/store/selection.js";

export class CopyToSelection {
  /**
   * @param {Record<string, string>} texts @param {string} language
   * @param {() => {sha1: string | null, view: string | null}} source
   */
  constructor(texts, language, source) {
    this.texts = texts;
    this.language = language;
    this.source = source;
    /** @type {import("../shared/store/annotations.js").Property[]} */
    this.properties = [];
    this.button = el("button", {
      type: "button",
      class: "plain",
      "aria-expanded": "false",
      onclick: () => this.toggle(),
    });
    this.list = el("ul", {});
    this.applyButton = el("button", { type: "submit", class: "plain" }, texts.copy);
    this.form = el(
      "form",
      {
        class: "making",
        hidden: true,
        onsubmit: (event) => this.submit(event),
        onkeydown: (event) => event.key === "Escape" && this.toggle(),
      },
      this.list,
      el(
        "div",
        { class: "acts" },
        this.applyButton,
        el("button", { type: "button", onclick: () => this.toggle() }, texts.cancel),
      ),
    );
    this.message = el("p", { class: "message", role: "status", hidden: true });
    this.node = el("div", { class: "copying writes", hidden: true }, this.button, this.form, this.message);
  }

  /**
   * @param {import("../shared/store/annotations.js").Property[]} properties
   * @param {import("../shared/store/annotations.js").ImageValues} values
   */
  update(properties, values) {
    this.properties = properties.filter((property) => values.values[property.id]?.texts.length);
    this.count();
  }

  count() {
    const { count } = selection;
    this.node.hidden = !count || !this.properties.length;
    const text = count === 1 ? this.texts.copy_to_one : this.texts.copy_to_other;
    write(this.button, fill(text, { count: number(count, this.language) }));
  }

  toggle() {
    this.form.hidden = !this.form.hidden;
    this.button.setAttribute("aria-expanded", String(!this.form.hidden));
    this.message.hidden = true;
    if (this.form.hidden) return;
    const rows = this.properties.map(({ id, name }) => {
      const checkbox = el("input", { type: "checkbox", value: id });
      checkbox.checked = true;
      return el("li", {}, el("label", {}, checkbox, name));
    });
    this.list.replaceChildren(...rows);
    this.list.querySelector("input")?.focus();
  }

  async submit(event) {
    event.preventDefault();
    const { sha1, view } = this.source();
    const checkboxes = /** @type {HTMLInputElement[]} */ ([...this.list.querySelectorAll("input")]);
    const properties = checkboxes.filter((checkbox) => checkbox.checked).map((checkbox) => checkbox.value);
    this.applyButton.disabled = true;
    try {
      const { changed } = await annotations.write("/copy", {
        source: sha1,
        properties,
        targets: { view: view ?? "", selection: selection.plain() },
      });
      this.toggle();
      write(this.message, fill(this.texts.copied, { count: number(changed, this.language) }));
    } catch (error) {
      write(this.message, error.message || this.texts.not_written);
    }
    this.message.hidden = false;
    this.applyButton.disabled = false;
  }
}
