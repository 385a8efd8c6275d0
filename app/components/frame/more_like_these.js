// From images to others like them: what is selected gets a tag, for which others are then
// suggested. Not here: suggesting (their page), other values for many images (tagging.js).
import { TagChips } from "../annotate/tag_chips.js";
import { NewProperty } from "../annotate/new_property.js";
import { annotations } from "../shared/store/annotations.js";
import { el, set, write } from "../shared/ui/dom.js";
import { ignoringCase } from "../shared/ui/text.js";

const ROOM = 8;

export class Likening {
  /**
   * @param {{texts: Record<string, string>, colours: string[], language: string}} words
   * @param {{tag: (edits: import("../shared/store/brush.js").Stamped[], label: string) => Promise<void>,
   *   begin: (tag: string) => void}} acts
   */
  constructor(words, { tag, begin }) {
    const { texts } = words;
    this.words = words;
    this.tag = tag;
    this.begin = begin;
    this.title = el("h2", {});
    this.help = el("p", { class: "message" });
    this.which = el("select", { class: "which", "aria-label": texts.property, onchange: () => this.turn() });
    this.field = el("div", { class: "field-of" });
    this.line = el("div", { class: "line" }, this.which, this.field);
    this.making = new NewProperty(texts, (id) => this.made(id));
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    this.go = el("button", { type: "button", class: "plain", onclick: () => this.submit() });
    this.panel = el(
      "div",
      { class: "tagging likening", popover: "auto", role: "dialog" },
      this.title,
      this.help,
      this.line,
      this.making.node,
      this.trouble,
      el("div", { class: "acts last" }, this.go),
    );
    this.panel.addEventListener("keydown", (event) => this.press(event));
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
   * @param {Record<string, string>} links  what leads here, in words
   * @param {string} [name]  of a group: what the tag may be called
   */
  async open(anchor, links, name = "") {
    this.links = links;
    this.name = name;
    write(this.title, links.more);
    set(this.panel, "aria-label", links.more);
    write(this.go, links.do);
    this.say("");
    this.place(anchor);
    await annotations.read().catch(() => {});
    // Left meanwhile.
    if (!this.isOpen) return;
    const same = annotations.tags.find((one) => name && one.name === name);
    this.draw(same?.property ?? this.properties[0]?.id ?? "");
    this.place(anchor);
  }

  /** Above what opens it, or below where there is no room. @param {Element} anchor */
  place(anchor) {
    if (!this.isOpen) this.panel.showPopover();
    const box = anchor.getBoundingClientRect();
    const { style, offsetWidth, offsetHeight } = this.panel;
    const above = box.top - offsetHeight - ROOM;
    style.left = `${Math.max(ROOM, Math.min(box.left, innerWidth - offsetWidth - ROOM))}px`;
    style.top = `${above >= ROOM ? above : Math.min(box.bottom + ROOM, innerHeight - offsetHeight - ROOM)}px`;
  }

  /** @param {string} id  of the property */
  draw(id) {
    const { properties } = this;
    const property = properties.find((one) => one.id === id);
    this.line.hidden = this.go.hidden = !property;
    write(this.help, property ? this.links.help : this.links.none);
    if (!property) {
      this.making.open(this.words.texts.new_suggested);
      return;
    }
    this.which.replaceChildren(...properties.map((one) => el("option", { value: one.id }, one.name)));
    this.which.value = property.id;
    this.property = property;
    const { texts, colours } = this.words;
    // One tag is asked for, whatever the property holds.
    this.editor = new TagChips(
      { ...property, type: "tag" },
      { texts, colours, commit: () => this.say(""), leave: () => this.panel.hidePopover() },
    );
    if (this.name) this.editor.showProposal(this.name);
    this.field.replaceChildren(this.editor.node);
    // Another name may be written all the same: it takes the place of this one.
    if (this.name) this.go.focus();
    else this.editor.focus();
  }

  turn() {
    this.draw(this.which.value);
  }

  async made(id) {
    await annotations.read().catch(() => {});
    this.draw(id);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
    if (!(event.target instanceof HTMLInputElement) || event.target.role !== "combobox") return;
    event.preventDefault();
    this.submit();
  }

  async submit() {
    const edit = this.editor?.edit();
    // What is being written is not yet one of those that are offered.
    if (!edit || this.editor.input.value.trim() || this.isBusy) {
      this.editor?.focus();
      return;
    }
    const { property, words } = this;
    const [name] = edit.names;
    this.isBusy = this.go.disabled = true;
    try {
      await this.tag([{ property: property.id, op: "add", names: [name] }], `${property.name}: ${name}`);
      await annotations.read();
      const made = annotations.tagsOf(property.id).find((one) => ignoringCase(one.name) === ignoringCase(name));
      this.panel.hidePopover();
      if (made) this.begin(made.id);
    } catch (error) {
      this.say(error.message || words.texts.not_written);
    }
    this.isBusy = this.go.disabled = false;
  }

  say(text) {
    write(this.trouble, text);
    this.trouble.hidden = !text;
  }
}
