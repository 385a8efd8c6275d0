// The menu of a tag where it stands as a chip: the key that puts it on, more images for it. Not
// here: all else that can be done with tags (their page).
import { annotations } from "../shared/store/annotations.js";
import { el, fill, icon, write } from "../shared/ui/dom.js";

const ROOM = 8;

export class TagMenu {
  /** @param {Record<string, string>} texts @param {() => void} leave  give the keys back */
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
      oninput: () => this.write(),
    });
    this.said = el("p", { class: "message", role: "status" });
    this.more = el(
      "button",
      { type: "button", class: "more", onclick: () => this.suggest() },
      icon("join_inner"),
      el("span", {}, texts.more_images),
    );
    this.node = el(
      "div",
      { class: "tag-menu", popover: "auto", role: "dialog" },
      this.title,
      el("label", {}, el("span", {}, texts.tag_key), this.field),
      this.said,
      this.more,
    );
    this.node.addEventListener("keydown", (event) => this.press(event));
  }

  /** @param {import("../shared/store/annotations.js").Tag} tag @param {Element} anchor */
  open(tag, anchor) {
    this.tag = tag;
    write(this.title, tag.name);
    this.node.setAttribute("aria-label", tag.name);
    this.field.value = tag.key ?? "";
    write(this.said, this.texts.tag_key_help);
    this.node.showPopover();
    const box = anchor.getBoundingClientRect();
    const { style, offsetWidth, offsetHeight } = this.node;
    style.left = `${Math.max(ROOM, Math.min(box.left, innerWidth - offsetWidth - ROOM))}px`;
    style.top = `${Math.min(box.bottom + 2, innerHeight - offsetHeight - ROOM)}px`;
    this.field.focus();
  }

  press(event) {
    event.stopPropagation();
    const [target] = event.composedPath();
    if (event.key === "Enter" && target === this.more) return;
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    this.node.hidePopover();
    this.leave();
  }

  /** Other images that may have it. */
  suggest() {
    const tag = this.tag?.id;
    this.node.hidePopover();
    if (tag) document.dispatchEvent(new CustomEvent("panoptic:suggest", { detail: { tag } }));
  }

  /** A key belongs to one tag: from another it is taken. */
  async write() {
    const { tag, texts } = this;
    const key = this.field.value.trim().toLowerCase() || null;
    const other = key && annotations.tags.find((one) => one.key === key && one.id !== tag.id);
    try {
      await annotations.write("/define", { do: "tag_alter", ids: [tag.id], parts: { key } });
      write(this.said, other ? fill(texts.tag_key_taken, { name: other.name }) : texts.tag_key_help);
      await annotations.read();
    } catch (error) {
      write(this.said, error.message || texts.not_written);
    }
  }
}
