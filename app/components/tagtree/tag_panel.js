// The panel of the selected tags: colour, key, parents, pictures, and what can be done with them.
// Not here: doing it (tag_changes.js).
import { ask } from "../shared/bridge/page_requests.js";
import { el, icon, iconButton, number, set, write } from "../shared/ui/dom.js";
import { identifierField } from "./identifier_field.js";
import { rename } from "../shared/ui/inline_rename.js";
import { isVersion, routeTo } from "../shared/bridge/address.js";
import { withBelow } from "./tag_graph.js";
import { suggest } from "./tag_suggest.js";

/** @typedef {import("./tag_graph.js").Tag} Tag */

const PICTURES_AFTER = 120;
// The length of an address is limited.
const MOST_IDS = 500;

export class TagPanel {
  /** @param {import("../properties/properties.js").Tools} tools @param {import("./tagtree.js").TagTree} tree */
  constructor(tools, tree) {
    this.tools = tools;
    this.tree = tree;
    this.pictures = el("div", { class: "pictures" });
    this.putField = suggest({
      tags: () => this.possibleParents(),
      take: (id) => this.tree.changes.putUnder(this.tree.selectedRows(), id, false),
    });
    this.node = el("aside", { class: "panel" });
  }

  /** @param {string[]} ids the selected tags @param {boolean} [isSameImages] whether their pictures stay as they are */
  draw(ids, isSameImages = false) {
    const { t } = this.tools;
    const tags = ids.map((id) => this.tree.tags.get(id)).filter(Boolean);
    const signature = JSON.stringify([
      tags,
      this.tree.tags.size > 0,
      this.tools.language,
      this.parentNames(tags),
      this.tree.selectedRows().map((row) => row.parent),
    ]);
    if (this.signature === signature) return;
    // Typing in the panel is not interrupted.
    if (this.isBusy() && this.shownIds?.join() === ids.join()) return;
    this.signature = signature;
    this.shownIds = ids;
    set(this.node, "aria-label", tags.length ? this.tree.changes.describe(ids) : t("tag"));
    if (!tags.length) {
      clearTimeout(this.timer);
      this.node.replaceChildren(
        el("p", { class: "message" }, this.tree.tags.size ? t("tag_help") : ""),
        el("p", { class: "message" }, this.tree.tags.size ? t("tree_keys") : ""),
      );
      return;
    }
    const focused = this.focused();
    const parts = tags.length === 1 ? this.singleTag(tags[0]) : this.severalTags(tags);
    this.node.replaceChildren(...parts, this.pictures);
    if (focused) /** @type {HTMLElement | null} */ (this.node.querySelector(`[data-part="${focused}"]`))?.focus();
    if (!isSameImages) this.loadPictures(ids);
  }

  isBusy() {
    const active = /** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement;
    return (
      active instanceof HTMLInputElement &&
      /text/.test(active.type) &&
      this.node.contains(active) &&
      active.value !== "" &&
      !active.dataset.part
    );
  }

  focused() {
    const active = /** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement;
    return active && this.node.contains(active) ? /** @type {HTMLElement} */ (active).dataset.part : undefined;
  }

  /** The names of the parents of tags. @param {Tag[]} tags */
  parentNames(tags) {
    return tags.flatMap((tag) => tag.parents.map((id) => this.tree.tags.get(id)?.name));
  }

  /** @param {Tag} tag */
  singleTag(tag) {
    const { t } = this.tools;
    const name = el("h2", { title: tag.name, ondblclick: () => startRename() }, tag.name);
    const startRename = () =>
      isVersion ||
      rename(name, tag.name, t("name"), (newName) => {
        if (newName !== null) this.tree.changes.alter([tag.id], { name: newName });
      });
    const counts = tag.children.length
      ? t("counts", { all: this.images(tag.all), itself: number(tag.itself, this.tools.language) })
      : this.images(tag.all);
    return [
      el(
        "div",
        { class: "named" },
        name,
        iconButton("edit", t("rename"), startRename, { class: "tool writes", "data-part": "rename" }),
      ),
      el("p", { class: "quiet" }, counts),
      this.actions([tag]),
      this.colours([tag]),
      this.keyField(tag),
      identifierField(tag, this.tree.tools),
      this.parentsPart(tag),
      this.deletePart([tag]),
    ];
  }

  /** @param {Tag[]} tags */
  severalTags(tags) {
    const { t } = this.tools;
    const names = el(
      "p",
      { class: "names" },
      tags
        .slice(0, 12)
        .map((tag) => tag.name)
        .join(", ") + (tags.length > 12 ? ", …" : ""),
    );
    const [keep, ...others] = tags;
    this.merging = el("p", { class: "quiet" });
    this.writeMergeHelp(
      keep,
      others.reduce((sum, tag) => sum + tag.itself, 0),
    );
    const merge = el(
      "div",
      { class: "part writes" },
      el(
        "button",
        { type: "button", class: "line", "data-part": "merge", onclick: () => this.tree.changes.merge() },
        icon("merge"),
        el("span", {}, t("merge", { name: keep.name })),
      ),
      this.merging,
    );
    return [
      el("div", { class: "named" }, el("h2", {}, t("chosen", { count: tags.length }))),
      names,
      this.actions(tags),
      this.colours(tags),
      this.putUnderPart(),
      merge,
      this.deletePart(tags),
    ];
  }

  writeMergeHelp({ name }, count) {
    const { t } = this.tools;
    write(this.merging, t("merge_help", { name, what: this.images(count) }));
  }

  images(count) {
    return this.tools.t(this.tree.property.target === "file" ? "files" : "images", { count });
  }

  /** @param {Tag[]} tags */
  actions(tags) {
    const { t } = this.tools;
    const ids = tags.map((tag) => tag.id);
    const property = this.tree.property.id;
    const query = new URLSearchParams(ids.map((id) => ["tag", id]));
    const explore = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.tools.explore(property, ids);
    };
    const suggestImages = (tag) => ask("suggest", { tag });
    return el(
      "div",
      { class: "acts" },
      el(
        "a",
        { class: "line", href: routeTo(`/definitions/${property}/explore?${query}`), onclick: explore },
        icon("grid_view"),
        el("span", {}, t("explore")),
      ),
      tags.length === 1
        ? el(
            "button",
            { type: "button", class: "line writes", "data-part": "more", onclick: () => suggestImages(tags[0].id) },
            icon("join_inner"),
            el("span", {}, t("more_images")),
          )
        : null,
      tags.length === 1
        ? el(
            "button",
            {
              type: "button",
              class: "line writes",
              "data-part": "new",
              onclick: () => this.tree.newTag.open(tags[0].id),
            },
            icon("add"),
            el("span", {}, t("new_tag_below")),
          )
        : null,
    );
  }

  /** @param {Tag[]} tags */
  colours(tags) {
    const { t, colours } = this.tools;
    const ids = tags.map((tag) => tag.id);
    const common = tags.every((tag) => tag.colour === tags[0].colour) ? tags[0].colour : undefined;
    const setColour = (colour) => this.tree.changes.alter(ids, { colour });
    const ownColour = el("input", {
      type: "color",
      value: common ?? "#808080",
      "data-part": "own",
      title: t("own_colour"),
      "aria-label": t("own_colour"),
      onchange: () => setColour(ownColour.value),
    });
    const swatches = colours.map((colour, index) => {
      const button = el("button", {
        type: "button",
        class: "pick",
        "data-part": `colour-${index}`,
        "aria-pressed": String(colour === common),
        title: t("swatch", { number: index + 1 }),
        "aria-label": t("swatch", { number: index + 1 }),
        onclick: () => setColour(colour),
      });
      button.style.setProperty("--colour", colour);
      return button;
    });
    const none = el(
      "button",
      {
        type: "button",
        class: "pick none",
        "data-part": "colourless",
        "aria-pressed": String(common === null),
        title: t("no_colour"),
        "aria-label": t("no_colour"),
        onclick: () => setColour(null),
      },
      icon("format_color_reset"),
    );
    return el(
      "div",
      { class: "part writes", role: "group", "aria-label": t("colour") },
      el("h3", {}, t("colour")),
      el("div", { class: "picks" }, ...swatches, none, ownColour),
    );
  }

  /** @param {Tag} tag */
  keyField(tag) {
    const { t } = this.tools;
    const field = el("input", {
      type: "text",
      class: "field key",
      maxlength: 1,
      autocomplete: "off",
      "data-part": "key",
      "aria-description": t("key_help"),
      onfocus: () => field.select(),
      oninput: () => this.tree.changes.alter([tag.id], { key: field.value.trim().toLowerCase() || null }),
      onkeydown: (event) => event.stopPropagation(),
    });
    field.value = tag.key ?? "";
    return el(
      "label",
      { class: "part key writes", title: t("key_help") },
      el("h3", {}, t("key")),
      field,
      el("span", { class: "quiet" }, t("key_help")),
    );
  }

  /** @param {Tag} tag */
  parentsPart(tag) {
    const { t } = this.tools;
    const parents = tag.parents.map((id) => this.tree.tags.get(id)).filter(Boolean);
    const items = parents.map((parent) =>
      el(
        "li",
        {},
        el(
          "button",
          { type: "button", class: "to", title: parent.name, onclick: () => this.tree.selectTag(parent.id) },
          parent.name,
        ),
        iconButton("close", t("unlink", { name: parent.name }), () => this.tree.changes.unlink(tag.id, parent.id), {
          class: "tool writes",
        }),
      ),
    );
    if (!items.length) items.push(el("li", { class: "quiet" }, t("top")));
    const part = this.putUnderPart();
    part.insertBefore(el("ul", { class: "parents" }, ...items), part.children[1]);
    return part;
  }

  putUnderPart() {
    const { t } = this.tools;
    for (const name of ["aria-label", "placeholder"]) set(this.putField.field, name, t("put"));
    const isBelow = this.tree.selectedRows().some((row) => row.tag.parents.length);
    const top = isBelow
      ? el(
          "button",
          {
            type: "button",
            class: "top",
            "data-part": "top",
            onclick: () => this.tree.changes.putUnder(this.tree.selectedRows(), null),
          },
          t("to_top"),
        )
      : null;
    return el(
      "div",
      { class: "part" },
      el("h3", {}, t("under")),
      el("div", { class: "placing writes" }, this.putField.node, top),
    );
  }

  /** The tags that the selected ones can be put under. */
  *possibleParents() {
    const below = withBelow(this.tree.tags, this.shownIds ?? []);
    for (const tag of this.tree.tags.values()) if (!below.has(tag.id)) yield tag;
  }

  /** @param {Tag[]} tags */
  deletePart(tags) {
    const { t } = this.tools;
    this.touched = el("p", { class: "quiet" });
    this.writeTouched(
      tags,
      tags.reduce((sum, tag) => sum + tag.itself, 0),
    );
    return el(
      "div",
      { class: "part writes" },
      el(
        "button",
        { type: "button", class: "line", "data-part": "delete", onclick: () => this.tree.changes.remove() },
        icon("delete"),
        el("span", {}, t("delete")),
      ),
      this.touched,
    );
  }

  /** @param {Tag[]} tags @param {number} count of images that lose them */
  writeTouched(tags, count) {
    const { t } = this.tools;
    const ids = new Set(tags.map((tag) => tag.id));
    const below = new Set(tags.flatMap((tag) => tag.children).filter((id) => !ids.has(id))).size;
    const touched = [
      count ? t("tag_touches", { what: this.images(count) }) : "",
      below ? t("tag_below", { count: below }) : "",
    ];
    write(this.touched, touched.filter(Boolean).join(". "));
  }

  /** Show the first pictures of tags, once the selection has not changed for a moment. @param {string[]} ids */
  loadPictures(ids) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.showPictures(ids), PICTURES_AFTER);
  }

  async showPictures(ids) {
    const { t, definitions } = this.tools;
    if (ids.length > MOST_IDS) return;
    const query = /** @type {[string, string][]} */ (ids.map((id) => ["tag", id]));
    const response = await definitions.of(this.tree.property.id, "pictures", query).catch(() => null);
    const result = await response?.json();
    if (!result || this.shownIds?.join() !== ids.join()) return;
    const tags = ids.map((id) => this.tree.tags.get(id)).filter(Boolean);
    // An image with several of the tags counts once: only the server knows how many there are.
    this.writeTouched(tags, result.itself);
    if (tags.length > 1) this.writeMergeHelp(tags[0], result.others);
    const images = result.sha1s.map((sha1) =>
      el("img", { src: routeTo(`/thumb/${sha1}`), alt: "", loading: "lazy", decoding: "async" }),
    );
    this.pictures.replaceChildren(
      el("h3", {}, t("pictures")),
      ...(images.length ? [el("div", { class: "grid" }, ...images)] : [el("p", { class: "quiet" }, t("no_pictures"))]),
    );
  }
}
