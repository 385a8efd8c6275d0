// A property, what is done with it and the value, as a line of the panel in which many images are
// tagged. Not here: which images (tagging.js), the fields (annotate/editors.js).
import { makeEditor } from "../annotate/editors.js";
import { tagNamed } from "../annotate/gone_offers.js";
import { annotations } from "../shared/store/annotations.js";
import { el, fill, iconButton, number, write } from "../shared/ui/dom.js";

/** What can be done with the values of a type. @type {Record<string, string[]>} */
const MODES = { tags: ["add", "set", "remove"], tag: ["set", "remove"] };
const OTHER_MODES = ["set", "clear"];

/**
 * @typedef {import("../shared/store/annotations.js").Property} Property
 * @typedef {import("../shared/store/brush.js").Stamped} Stamped
 * @typedef {import("./tagging.js").Words} Words
 */

export class EditLine {
  /**
   * @param {Property} property @param {Words} words
   * @param {{changed: () => void, changeProperty: (other: Property) => void, remove: () => void,
   *   done: () => void, leave: () => void}} acts
   */
  constructor(property, { texts, colours, language }, acts) {
    this.property = property;
    this.texts = texts;
    this.language = language;
    this.acts = acts;
    const names = MODES[property.type] ?? OTHER_MODES;
    this.propertySelect = el("select", {
      class: "which",
      "aria-label": texts.property,
      onchange: () => this.propertyChanged(),
    });
    this.mode = el(
      "select",
      { "aria-label": texts.mode, onchange: () => this.modeChanged() },
      ...names.map((name) => el("option", { value: name }, texts[`mode_${name}`])),
    );
    this.editor = makeEditor(property, {
      texts,
      colours,
      commit: () => acts.changed(),
      leave: acts.leave,
      done: acts.done,
    });
    this.remove = iconButton("close", texts.without, acts.remove);
    this.warning = el("p", { class: "warning", role: "status", hidden: true });
    this.node = el(
      "div",
      { class: "line" },
      this.propertySelect,
      this.mode,
      this.editor.node,
      this.remove,
      this.warning,
    );
  }

  update(canGo) {
    const isKnown = annotations.properties.some(({ id }) => id === this.property.id);
    const listed = isKnown ? annotations.properties : [...annotations.properties, this.property];
    const written = JSON.stringify(listed.map(({ id, name }) => [id, name]));
    if (written !== this.written)
      this.propertySelect.replaceChildren(...listed.map(({ id, name }) => el("option", { value: id }, name)));
    this.written = written;
    this.propertySelect.value = this.property.id;
    this.remove.hidden = !canGo;
  }

  propertyChanged() {
    const other = annotations.properties.find(({ id }) => id === this.propertySelect.value);
    if (other) this.acts.changeProperty(other);
  }

  modeChanged() {
    this.editor.node.hidden = this.mode.value === "clear";
    this.acts.changed();
  }

  /** Whether the values that images have do not stay. */
  get isReplacing() {
    return this.mode.value === "set" || this.mode.value === "clear";
  }

  /** Say how many images have a value that goes. @param {number} count */
  warn(count) {
    this.warning.hidden = !count;
    const what = this.mode.value === "clear" ? "clears" : "replaces";
    const text = this.texts[count === 1 ? `${what}_one` : `${what}_other`];
    write(this.warning, fill(text, { count: number(count, this.language), property: this.property.name }));
  }

  /** @returns {Stamped | null} */
  edit() {
    const { property, mode, editor } = this;
    if (mode.value === "clear") return { property: property.id, op: "set", value: null };
    const edit = editor.edit();
    // For a property of one tag, adding replaces the tag that is there.
    const op = property.type === "tag" && mode.value === "set" ? "add" : mode.value;
    return edit && { property: property.id, op, ...edit };
  }

  /** Make the tags that were only named. */
  async makeTags() {
    for (const tag of this.editor.tags ?? []) tag.id ??= await tagNamed(this.property.id, tag.name);
  }

  label() {
    const edit = this.edit();
    const values = this.editor.tags?.map((tag) => tag.name).join(", ") ?? edit?.value ?? "";
    const { name } = this.property;
    const sign = this.mode.value === "remove" || this.mode.value === "clear" ? "−" : "";
    return values ? `${name}: ${sign}${values}` : `${sign}${name}`;
  }
}
