// The form of a new property, and the options of numbers. Not here: what values a type takes (Python).
import { el, icon } from "../shared/ui/dom.js";
import { ICONS } from "../shared/ui/property_types.js";

const NUMBER_FIELDS = ["least", "most", "step"];

export class PropertyForm {
  /** @param {import("./properties.js").Tools} tools @param {{done: (id?: string) => void}} callbacks */
  constructor(tools, callbacks) {
    this.tools = tools;
    this.callbacks = callbacks;
    this.node = el("form", {
      class: "maker",
      hidden: true,
      onsubmit: (event) => {
        event.preventDefault();
        this.submit();
      },
      onkeydown: (event) => event.key === "Escape" && this.callbacks.done(),
    });
  }

  /** Show an empty form. */
  open() {
    const { t, types, definitions } = this.tools;
    this.name = el("input", { type: "text", class: "field", required: true, maxlength: 200, autocomplete: "off" });
    this.folder = el("input", { type: "text", class: "field", maxlength: 200, autocomplete: "off", list: "headings" });
    const headings = [...new Set(definitions.properties.map((property) => property.folder).filter(Boolean))];
    this.options = numberOptions(t);
    this.options.node.hidden = true;
    const kinds = types.map((type) =>
      choice("type", type, type === "tags", t(`type_${type}`), t(`type_${type}_help`), ICONS[type]),
    );
    const targets = ["image", "file"].map((target) =>
      choice("target", target, target === "image", t(`of_${target}`), t(`of_${target}_help`)),
    );
    this.node.onchange = () => (this.options.node.hidden = this.checkedValue("type") !== "number");
    this.node.replaceChildren(
      el("h1", {}, t("new")),
      el("label", { class: "line" }, el("span", {}, t("name")), this.name),
      el("fieldset", { class: "kinds" }, el("legend", {}, t("type")), ...kinds),
      this.options.node,
      el("fieldset", { class: "targets" }, el("legend", {}, t("of")), ...targets),
      el("label", { class: "line" }, el("span", {}, t("heading")), this.folder),
      el("datalist", { id: "headings" }, ...headings.map((value) => el("option", { value }))),
      el(
        "div",
        { class: "buttons" },
        el("button", { type: "submit", class: "main" }, t("create")),
        el("button", { type: "button", onclick: () => this.callbacks.done() }, t("cancel")),
      ),
    );
  }

  focus() {
    this.name.focus();
  }

  /** @param {string} name of the radio buttons */
  checkedValue(name) {
    return /** @type {HTMLInputElement} */ (this.node.querySelector(`input[name=${name}]:checked`)).value;
  }

  async submit() {
    const type = this.checkedValue("type");
    const options = type === "number" ? this.options.read() : {};
    const command = {
      do: "create",
      name: this.name.value,
      type,
      target: this.checkedValue("target"),
      folder: this.folder.value,
      options,
    };
    const result = await this.tools.change(command);
    if (result) this.callbacks.done(result.id);
    else this.name.focus();
  }
}

/** A radio button with an icon, its label and what it means. */
function choice(name, value, checked, label, help, glyph) {
  return el(
    "label",
    { class: "choice" },
    el("input", { type: "radio", name, value, checked }),
    glyph ? icon(glyph) : null,
    el("strong", {}, label),
    el("span", {}, help),
  );
}

/**
 * Fields for the options of a number: least, most, step, slider.
 * @param {import("../shared/ui/translate.js").Translate} t
 * @param {(options: Record<string, any>) => void} [onChange]
 */
export function numberOptions(t, onChange) {
  const notify = () => onChange?.(read());
  const fields = NUMBER_FIELDS.map(() =>
    el("input", { type: "number", class: "field", step: "any", onchange: notify }),
  );
  const slider = el("input", { type: "checkbox", onchange: notify });
  const node = el(
    "div",
    { class: "figures" },
    ...fields.map((field, index) => el("label", {}, el("span", {}, t(NUMBER_FIELDS[index])), field)),
    el("label", {}, slider, el("span", {}, t("slider"))),
  );
  function read() {
    const entries = NUMBER_FIELDS.map((name, index) => [
      name,
      fields[index].value === "" ? null : Number(fields[index].value),
    ]);
    const options = Object.fromEntries(entries.filter(([, value]) => value !== null));
    return slider.checked ? { ...options, slider: true } : options;
  }
  return {
    node,
    read,
    /** @param {Record<string, any>} options */
    write(options) {
      const active = /** @type {ShadowRoot} */ (node.getRootNode()).activeElement;
      fields.forEach((field, index) => field !== active && (field.value = options[NUMBER_FIELDS[index]] ?? ""));
      slider.checked = Boolean(options.slider);
    },
  };
}
