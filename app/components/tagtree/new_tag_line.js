// The line in which new tags are written: one by Enter, many by pasting lines. Not here: the tree
// that they come into (tagtree.js).
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";

export class NewTagLine {
  /** @param {import("./tagtree.js").TagTree} tree */
  constructor(tree) {
    this.tree = tree;
    /**
     * The tag under which a new one is written; null for the top, undefined while closed.
     * @type {string | null | undefined}
     */
    this.parentId = undefined;
    this.name = el("input", {
      type: "text",
      class: "field",
      maxlength: 500,
      autocomplete: "off",
      onkeydown: (event) => this.keydown(event),
      onpaste: (event) => this.paste(event),
    });
    this.hint = el("span", { class: "quiet" });
    this.closeButton = iconButton("close", "", () => this.leave());
    this.node = el("div", { class: "new", hidden: true }, icon("new_label"), this.name, this.hint, this.closeButton);
  }

  get isOpen() {
    return this.parentId !== undefined;
  }

  /** @param {string | null} parentId  null for a tag at the top */
  open(parentId, isFocused = true) {
    this.parentId = parentId;
    this.node.hidden = false;
    this.writeTexts();
    if (isFocused) this.name.focus();
  }

  close() {
    this.parentId = undefined;
    this.node.hidden = true;
  }

  writeTexts() {
    const { tags, tools } = this.tree;
    const { t } = tools;
    for (const attribute of ["title", "aria-label"]) set(this.closeButton, attribute, t("close"));
    if (!this.isOpen) return;
    const parent = this.parentId === null ? null : tags.get(/** @type {string} */ (this.parentId));
    const text = parent ? t("new_tag_under", { name: parent.name }) : t("new_tag");
    for (const attribute of ["aria-label", "placeholder"]) set(this.name, attribute, text);
    write(this.hint, t("new_tag_hint"));
  }

  /** Close and give the keyboard back to the tree. */
  leave() {
    this.close();
    this.name.value = "";
    this.tree.body.focus();
  }

  keydown(event) {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Escape") this.leave();
    if (event.key !== "Enter" || !this.name.value.trim()) return;
    event.preventDefault();
    this.create([this.name.value]);
  }

  paste(event) {
    const lines = (event.clipboardData?.getData("text/plain") ?? "").split(/\r?\n/).filter((line) => line.trim());
    if (lines.length < 2) return;
    event.preventDefault();
    this.create(lines);
  }

  /** Create tags and select the last of them. @param {string[]} names */
  async create(names) {
    const { tree } = this;
    const parents = this.parentId ? [this.parentId] : [];
    this.name.value = "";
    const result = await tree.tools.change({ do: "tag", id: tree.property.id, names, parents });
    if (!result) {
      this.name.value = names.length === 1 ? names[0] : "";
      return;
    }
    await tree.show(tree.property);
    const last = result.ids?.at(-1);
    if (last && tree.tags.has(last)) tree.selectCreated(last);
  }
}
