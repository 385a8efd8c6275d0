// From images to others like them: what is selected gets a tag, for which others are then
// suggested. Not here: suggesting (their page), other values for many images (tagging.js).
import { TagChips } from "../annotate/tag_chips.js";
import { NewProperty } from "../annotate/new_property.js";
import { annotations } from "../shared/store/annotations.js";
import { el, set, write } from "../shared/ui/dom.js";
import { ignoringCase } from "../shared/ui/text.js";

// Pixels from the window's edges, and from what opens the panel.
const MARGIN = 8;

export class MoreLikeThese {
  /**
   * @param {{texts: Record<string, string>, colours: string[], language: string}} words
   * @param {{tag: (edits: import("../shared/store/brush.js").Stamped[], label: string) => Promise<void>,
   *   begin: (tag: string) => void}} acts
   */
  constructor(words, { tag, begin }) {
    const { texts } = words;
    this.words = words;
    /** @type {Record<string, string>} */
    this.labels = {};
    this.name = "";
    this.isBusy = false;
    /** @type {import("../shared/store/annotations.js").Property | null} */
    this.property = null;
    /** @type {TagChips | null} */
    this.editor = null;
    this.tag = tag;
    this.begin = begin;
    this.title = el("h2", {});
    this.help = el("p", { class: "message" });
    this.propertySelect = el("select", {
      class: "which",
      "aria-label": texts.property,
      onchange: () => this.propertyChanged(),
    });
    this.field = el("div", { class: "field-of" });
    this.line = el("div", { class: "line" }, this.propertySelect, this.field);
    this.newProperty = new NewProperty(texts, (id) => this.propertyMade(id));
    this.problem = el("p", { class: "trouble", role: "alert", hidden: true });
    this.submitButton = el("button", { type: "button", class: "plain", onclick: () => this.submit() });
    this.panel = el(
      "div",
      { class: "tagging likening", popover: "auto", role: "dialog" },
      this.title,
      this.help,
      this.line,
      this.newProperty.node,
      this.problem,
      el("div", { class: "acts last" }, this.submitButton),
    );
    this.panel.addEventListener("keydown", (event) => this.onKey(event));
    this.panel.addEventListener(
      "toggle",
      (event) => /** @type {any} */ (event).newState === "closed" && this.editor?.reset(),
    );
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  /** The properties that hold tags of images, or of their files. */
  get properties() {
    return annotations.properties.filter(({ type }) => type === "tag" || type === "tags");
  }

  /**
   * @param {Element} anchor  beside which it opens
   * @param {Record<string, string>} labels  `more`, `help`, `do`, `none`: the title and texts of the panel
   * @param {string} [name]  of a group: what the tag may be called
   */
  async open(anchor, labels, name = "") {
    this.labels = labels;
    this.name = name;
    write(this.title, labels.more);
    set(this.panel, "aria-label", labels.more);
    write(this.submitButton, labels.do);
    this.showProblem("");
    this.moveTo(anchor);
    await annotations.read().catch(() => {});
    // It was closed meanwhile.
    if (!this.isOpen) return;
    const same = annotations.tags.find((tag) => name && tag.name === name);
    this.draw(same?.property ?? this.properties[0]?.id ?? "");
    this.moveTo(anchor);
  }

  /** Show it above what opens it, or below where there is no room. @param {Element} anchor */
  moveTo(anchor) {
    if (!this.isOpen) this.panel.showPopover();
    const box = anchor.getBoundingClientRect();
    const { style, offsetWidth, offsetHeight } = this.panel;
    const above = box.top - offsetHeight - MARGIN;
    style.left = `${Math.max(MARGIN, Math.min(box.left, innerWidth - offsetWidth - MARGIN))}px`;
    style.top = `${above >= MARGIN ? above : Math.min(box.bottom + MARGIN, innerHeight - offsetHeight - MARGIN)}px`;
  }

  /** @param {string} id  of the property */
  draw(id) {
    const { properties } = this;
    const property = properties.find((candidate) => candidate.id === id);
    this.line.hidden = this.submitButton.hidden = !property;
    write(this.help, property ? this.labels.help : this.labels.none);
    if (!property) {
      this.newProperty.open(this.words.texts.new_suggested);
      return;
    }
    this.propertySelect.replaceChildren(...properties.map((choice) => el("option", { value: choice.id }, choice.name)));
    this.propertySelect.value = property.id;
    this.property = property;
    const { texts, colours } = this.words;
    // One tag is enough, even where the property holds several.
    this.editor = new TagChips(
      { ...property, type: "tag" },
      { texts, colours, commit: () => this.showProblem(""), leave: () => this.panel.hidePopover() },
    );
    if (this.name) this.editor.showProposal(this.name);
    this.field.replaceChildren(this.editor.node);
    // Another name can still be written: it takes the place of this one.
    if (this.name) this.submitButton.focus();
    else this.editor.focus();
  }

  propertyChanged() {
    this.draw(this.propertySelect.value);
  }

  async propertyMade(id) {
    await annotations.read().catch(() => {});
    this.draw(id);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
    if (!(event.target instanceof HTMLInputElement) || event.target.role !== "combobox") return;
    event.preventDefault();
    this.submit();
  }

  async submit() {
    const { editor, property, words } = this;
    const edit = editor?.edit();
    // A name that is still being written is not a tag yet.
    if (!edit || !editor || !property || editor.input.value.trim() || this.isBusy) {
      editor?.focus();
      return;
    }
    const [{ name }] = editor.tags;
    this.isBusy = this.submitButton.disabled = true;
    try {
      await this.tag([{ property: property.id, op: "add", ...edit }], `${property.name}: ${name}`);
      await annotations.read();
      const given = annotations.tagsOf(property.id).find((tag) => ignoringCase(tag.name) === ignoringCase(name));
      this.panel.hidePopover();
      if (given) this.begin(given.id);
    } catch (error) {
      this.showProblem(error.message || words.texts.not_written);
    }
    this.isBusy = this.submitButton.disabled = false;
  }

  showProblem(text) {
    write(this.problem, text);
    this.problem.hidden = !text;
  }
}
