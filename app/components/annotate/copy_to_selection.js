// Giving what is said of one image to those that are selected. Not here: the selection.
import { annotations } from "../shared/store/annotations.js";
import { el, fill, number, write } from "../shared/ui/dom.js";
import { selection } from "../shared/store/selection.js";

export class Copying {
  /**
   * @param {Record<string, string>} texts @param {string} language
   * @param {() => {sha1: string | null, view: string | null}} source
   */
  constructor(texts, language, source) {
    this.texts = texts;
    this.language = language;
    this.source = source;
    /** @type {import("../shared/store/annotations.js").Property[]} */
    this.offered = [];
    this.button = el("button", {
      type: "button",
      class: "plain",
      "aria-expanded": "false",
      onclick: () => this.toggle(),
    });
    this.list = el("ul", {});
    this.apply = el("button", { type: "submit", class: "plain" }, texts.copy);
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
        this.apply,
        el("button", { type: "button", onclick: () => this.toggle() }, texts.cancel),
      ),
    );
    this.said = el("p", { class: "message", role: "status", hidden: true });
    this.node = el("div", { class: "copying", hidden: true }, this.button, this.form, this.said);
  }

  /**
   * @param {import("../shared/store/annotations.js").Property[]} properties
   * @param {import("../shared/store/annotations.js").ImageValues} said
   */
  update(properties, said) {
    this.offered = properties.filter((one) => said.values[one.id]?.texts.length);
    this.count();
  }

  count() {
    const { count } = selection;
    this.node.hidden = !count || !this.offered.length;
    const text = count === 1 ? this.texts.copy_to_one : this.texts.copy_to_other;
    write(this.button, fill(text, { count: number(count, this.language) }));
  }

  toggle() {
    this.form.hidden = !this.form.hidden;
    this.button.setAttribute("aria-expanded", String(!this.form.hidden));
    this.said.hidden = true;
    if (this.form.hidden) return;
    const rows = this.offered.map(({ id, name }) => {
      const box = el("input", { type: "checkbox", value: id });
      box.checked = true;
      return el("li", {}, el("label", {}, box, name));
    });
    this.list.replaceChildren(...rows);
    this.list.querySelector("input")?.focus();
  }

  async submit(event) {
    event.preventDefault();
    const { sha1, view } = this.source();
    const boxes = /** @type {HTMLInputElement[]} */ ([...this.list.querySelectorAll("input")]);
    const properties = boxes.filter((box) => box.checked).map((box) => box.value);
    this.apply.disabled = true;
    try {
      const { changed } = await annotations.write("/copy", {
        source: sha1,
        properties,
        targets: { view: view ?? "", selection: selection.plain() },
      });
      this.toggle();
      write(this.said, fill(this.texts.copied, { count: number(changed, this.language) }));
    } catch (error) {
      write(this.said, error.message || this.texts.not_written);
    }
    this.said.hidden = false;
    this.apply.disabled = false;
  }
}
