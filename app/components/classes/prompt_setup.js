// Which tags images are sorted into, and the sentence that the model reads for each of them, with or
// without the names of parent tags. Not here: sorting (classes.js).
import { annotations } from "../shared/store/annotations.js";
import { debounced, el, number, set, write } from "../shared/ui/dom.js";

const PARENTS = ["ignore", "add", "mean"];
const SORT_AFTER = 700;
const STORED = "panoptic.classes.";

/**
 * @typedef {object} Settings
 * @property {string[]} off     tags that are left out
 * @property {string} template  "": the usual one
 * @property {string} parents   one of PARENTS
 */

export class PromptSetup {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {{changed: () => void, reveal: (tag: string) => void}} actions
   */
  constructor(tools, { changed, reveal }) {
    const { t } = tools;
    this.tools = tools;
    this.reveal = reveal;
    /** @type {string | null} */
    this.property = null;
    /** @type {Settings} */
    this.settings = { off: [], template: "", parents: "ignore" };
    /** Counts of images by tag. @type {Map<string, HTMLElement>} */
    this.figures = new Map();
    this.written = "";
    this.changed = debounced(changed, SORT_AFTER);
    const tickButton = (name, isOn) =>
      el("button", { type: "button", class: "quiet", onclick: () => this.tickAll(isOn) }, t(name));
    const heading = el(
      "div",
      { class: "every" },
      el("h2", {}, t("tags")),
      el("span", { class: "gap" }),
      tickButton("all", true),
      tickButton("none", false),
    );
    this.list = el("ul", { class: "ticks" });
    this.template = el("input", {
      type: "text",
      class: "field",
      maxlength: 200,
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "{name}",
      "aria-label": t("template"),
      title: t("template_help", { name: "{name}", parent: "{parent}" }),
      oninput: () => this.setTemplate(this.template.value.trim()),
      onchange: () => this.changed.now(),
    });
    this.parents = el(
      "select",
      { class: "field", "aria-label": t("parents"), onchange: () => this.setParents(this.parents.value) },
      ...PARENTS.map((value) => el("option", { value }, t(`parents_${value}`))),
    );
    this.parentsLabel = el("label", { class: "above" }, el("span", { class: "quiet" }, t("parents")), this.parents);
    this.example = el("p", { class: "example" });
    this.fitted = el("p", { class: "quiet fitted" });
    this.node = el(
      "aside",
      { class: "learnt setup", "aria-label": t("setup") },
      heading,
      this.list,
      el("h2", { class: "reads" }, t("reads")),
      el(
        "label",
        {},
        el("span", { class: "quiet" }, t("template")),
        this.template,
        el("span", { class: "quiet" }, t("english")),
      ),
      this.parentsLabel,
      this.example,
      this.fitted,
    );
  }

  get usualTemplate() {
    return this.tools.t("template_first", { name: "{name}" });
  }

  /** Take another property with its settings, as this window remembers them. @param {string | null} property */
  open(property) {
    this.property = property;
    this.changed.cancel();
    this.settings = {
      off: [],
      template: "",
      parents: "ignore",
      ...JSON.parse(sessionStorage.getItem(STORED + property) ?? "{}"),
    };
    this.template.value = this.settings.template || this.usualTemplate;
    this.parents.value = this.settings.parents;
    this.written = "";
  }

  get tags() {
    return annotations.tagsOf(this.property ?? "");
  }

  get tickedTags() {
    return this.tags.filter(({ id }) => !this.settings.off.includes(id));
  }

  /** The part of a request that says what to sort into. */
  requestBody() {
    const { template, parents, off } = this.settings;
    return { template, parents, ...(off.length ? { tags: this.tickedTags.map(({ id }) => id) } : {}) };
  }

  store() {
    sessionStorage.setItem(STORED + this.property, JSON.stringify(this.settings));
  }

  /** @param {boolean} isOn */
  tickAll(isOn) {
    this.settings.off = isOn ? [] : this.tags.map(({ id }) => id);
    this.store();
    this.written = "";
    this.draw([]);
    this.changed();
  }

  /** @param {string} tag @param {boolean} isOn */
  tick(tag, isOn) {
    const { off } = this.settings;
    this.settings.off = isOn ? off.filter((id) => id !== tag) : [...off, tag];
    this.store();
    this.changed();
  }

  /** @param {string} template */
  setTemplate(template) {
    this.settings.template = template === this.usualTemplate ? "" : template;
    // A sentence that names the parent is meant to be read with it.
    if (template.includes("{parent}") && this.settings.parents === "ignore")
      this.parents.value = this.settings.parents = "add";
    this.store();
    this.changed();
  }

  /** @param {string} parents */
  setParents(parents) {
    this.settings.parents = parents;
    this.store();
    this.changed.now();
  }

  /**
   * @param {import("./sorted_images.js").Class[]} classes
   * @param {(tag: string) => number | null} [countOf]
   * @param {number} [fitted]  images that the probabilities were fitted to; undefined while nothing is sorted
   */
  draw(classes, countOf = () => null, fitted) {
    const { t, language } = this.tools;
    const { tags } = this;
    const written = JSON.stringify(tags.map(({ id, name }) => [id, name]));
    if (this.written !== written) this.drawList(tags);
    this.written = written;
    for (const [tag, figure] of this.figures) {
      const count = countOf(tag);
      write(figure, count === null ? "" : number(count, language));
    }
    this.parentsLabel.hidden = !tags.some(({ parents }) => parents.length);
    write(this.example, this.exampleText(classes));
    write(this.fitted, fitted === undefined ? "" : fitted ? t("fitted", { count: fitted }) : t("unfitted"));
    set(this.fitted, "title", fitted === undefined ? null : t("fitted_help"));
  }

  /**
   * What the model reads for a class: if possible, one whose tag has a parent.
   * @param {import("./sorted_images.js").Class[]} classes
   */
  exampleText(classes) {
    const { t } = this.tools;
    const withParents = new Set(this.tags.filter(({ parents }) => parents.length).map(({ id }) => id));
    const example = classes.find(({ tag }) => withParents.has(tag)) ?? classes[0];
    if (!example) return "";
    const texts = example.prompts.map((text) => t("quoted", { text })).join(` ${t("and")} `);
    return t("example", { name: example.name, texts });
  }

  /** @param {import("../shared/store/annotations.js").Tag[]} tags */
  drawList(tags) {
    this.figures.clear();
    this.list.replaceChildren(...tags.map((tag) => this.tagLine(tag)));
  }

  /** @param {import("../shared/store/annotations.js").Tag} tag */
  tagLine({ id, name, colour }) {
    const box = el("input", { type: "checkbox", "aria-label": name, onchange: () => this.tick(id, box.checked) });
    box.checked = !this.settings.off.includes(id);
    const figure = el("span", { class: "quiet" });
    this.figures.set(id, figure);
    const dot = el("span", { class: "dot" });
    if (colour) dot.style.background = colour;
    const label = el("span", { class: "name" }, name);
    const button = el("button", { type: "button", title: name, onclick: () => this.reveal(id) }, dot, label);
    return el("li", {}, box, button, figure);
  }

  close() {
    this.changed.cancel();
  }
}
