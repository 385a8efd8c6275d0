// The menu of a tag's chip: the shortcut that adds the tag, more images for it. Not here: what else
// can be done with tags (tagtree).
import { ask } from "../shared/bridge/page_requests.js";
import { annotations } from "../shared/store/annotations.js";
import { el, fill, icon, write } from "../shared/ui/dom.js";

const MARGIN = 8;

export class TagMenu {
  /** @param {Record<string, string>} texts @param {() => void} leave  give the keyboard back */
  constructor(texts, leave) {
    this.texts = texts;
    this.leave = leave;
    /** @type {import("../shared/store/annotations.js").Tag | null} */
    this.tag = null;
    this.title = el("p", { class: "path" });
    this.field = el("input", {
      type: "text",
      class: "field",
      maxlength: 1,
      autocomplete: "off",
      "aria-label": texts.tag_key,
      "aria-description": texts.tag_key_help,
      onfocus: () => this.field.select(),
      oninput: () => this.saveKey(),
    });
    this.message = el("p", { class: "message", role: "status" });
    this.suggestButton = el(
      "button",
      { type: "button", class: "more", onclick: () => this.suggestImages() },
      icon("join_inner"),
      el("span", {}, texts.more_images),
    );
    this.node = el(
      "div",
      { class: "tag-menu", popover: "auto", role: "dialog" },
      this.title,
      el("label", {}, el("span", {}, texts.tag_key), this.field),
      this.message,
      this.suggestButton,
    );
    this.node.addEventListener("keydown", (event) => this.keydown(event));
  }

  /** @param {import("../shared/store/annotations.js").Tag} tag @param {Element} anchor */
  open(tag, anchor) {
    this.tag = tag;
    write(this.title, tag.name);
    this.node.setAttribute("aria-label", tag.name);
    this.field.value = tag.key ?? "";
    write(this.message, this.texts.tag_key_help);
    this.node.showPopover();
    const box = anchor.getBoundingClientRect();
    const { style, offsetWidth, offsetHeight } = this.node;
    style.left = `${Math.max(MARGIN, Math.min(box.left, innerWidth - offsetWidth - MARGIN))}px`;
    style.top = `${Math.min(box.bottom + 2, innerHeight - offsetHeight - MARGIN)}px`;
    this.field.focus();
  }

  keydown(event) {
    event.stopPropagation();
    const [target] = event.composedPath();
    if (event.key === "Enter" && target === this.suggestButton) return;
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    this.node.hidePopover();
    this.leave();
  }

  /** Open the page that suggests more images for the tag. */
  suggestImages() {
    const tag = this.tag?.id;
    this.node.hidePopover();
    if (tag) ask("suggest", { tag });
  }

  /** Save the shortcut; it is taken from another tag that has it. */
  async saveKey() {
    const { tag, texts } = this;
    const key = this.field.value.trim().toLowerCase() || null;
    const other = key && annotations.tags.find((candidate) => candidate.key === key && candidate.id !== tag.id);
    try {
      await annotations.write("/define", { do: "tag_alter", ids: [tag.id], parts: { key } });
      write(this.message, other ? fill(texts.tag_key_taken, { name: other.name }) : texts.tag_key_help);
      await annotations.read();
    } catch (error) {
      write(this.message, error.message || texts.not_written);
    }
  }
}
