// The form of a new property. Not here: what the types hold (Python).
import { el, icon } from "../shared/ui/dom.js";
import { ICONS } from "../shared/ui/property_types.js";

const FIGURES = ["least", "most", "step"];

export class Maker {
  /** @param {import("./properties.js").Tools} tools @param {{done: (id?: string) => void}} acts */
  constructor(tools, acts) {
    this.tools = tools;
    this.acts = acts;
    this.node = el("form", {
      class: "maker",
      hidden: true,
      onsubmit: (event) => {
        event.preventDefault();
        this.make();
      },
      onkeydown: (event) => event.key === "Escape" && this.acts.done(),
    });
  }

  /** Begin anew. */
  open() {
    const { say, types, definitions } = this.tools;
    this.name = el("input", { type: "text", class: "field", required: true, maxlength: 200, autocomplete: "off" });
    this.folder = el("input", { type: "text", class: "field", maxlength: 200, autocomplete: "off", list: "headings" });
    const headings = [...new Set(definitions.properties.map((one) => one.folder).filter(Boolean))];
    this.options = figures(say);
    this.options.node.hidden = true;
    const kinds = types.map((type) =>
      choice("type", type, type === "tags", say(`type_${type}`), say(`type_${type}_help`), ICONS[type]),
    );
    const targets = ["image", "file"].map((target) =>
      choice("target", target, target === "image", say(`of_${target}`), say(`of_${target}_help`)),
    );
    this.node.onchange = () => (this.options.node.hidden = this.chosen("type") !== "number");
    this.node.replaceChildren(
      el("h1", {}, say("new")),
      el("label", { class: "line" }, el("span", {}, say("name")), this.name),
      el("fieldset", { class: "kinds" }, el("legend", {}, say("type")), ...kinds),
      this.options.node,
      el("fieldset", { class: "targets" }, el("legend", {}, say("of")), ...targets),
      el("label", { class: "line" }, el("span", {}, say("heading")), this.folder),
      el("datalist", { id: "headings" }, ...headings.map((value) => el("option", { value }))),
      el(
        "div",
        { class: "buttons" },
        el("button", { type: "submit", class: "main" }, say("create")),
        el("button", { type: "button", onclick: () => this.acts.done() }, say("cancel")),
      ),
    );
  }

  focus() {
    this.name.focus();
  }

  chosen(name) {
    return /** @type {HTMLInputElement} */ (this.node.querySelector(`input[name=${name}]:checked`)).value;
  }

  async make() {
    const type = this.chosen("type");
    const options = type === "number" ? this.options.read() : {};
    const told = {
      do: "create",
      name: this.name.value,
      type,
      target: this.chosen("target"),
      folder: this.folder.value,
      options,
    };
    const done = await this.tools.tell(told);
    if (done) this.acts.done(done.id);
    else this.name.focus();
  }
}

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
 * The options of a number: from, to, step, slider. @param {import("../shared/ui/translate.js").Translate} say
 * @param {(options: Record<string, any>) => void} [changed]
 */
export function figures(say, changed) {
  const tell = () => changed?.(read());
  const fields = FIGURES.map(() => el("input", { type: "number", class: "field", step: "any", onchange: tell }));
  const slider = el("input", { type: "checkbox", onchange: tell });
  const node = el(
    "div",
    { class: "figures" },
    ...fields.map((field, at) => el("label", {}, el("span", {}, say(FIGURES[at])), field)),
    el("label", {}, slider, el("span", {}, say("slider"))),
  );
  function read() {
    const told = FIGURES.map((name, at) => [name, fields[at].value === "" ? null : Number(fields[at].value)]);
    const known = Object.fromEntries(told.filter(([, value]) => value !== null));
    return slider.checked ? { ...known, slider: true } : known;
  }
  return {
    node,
    read,
    /** @param {Record<string, any>} options */
    write(options) {
      const active = /** @type {ShadowRoot} */ (node.getRootNode()).activeElement;
      fields.forEach((field, at) => field !== active && (field.value = options[FIGURES[at]] ?? ""));
      slider.checked = Boolean(options.slider);
    },
  };
}
