// What is chosen in the tree: its colour, key, where it stands, its pictures, and what can be done.
// Not here: doing it (tagtree.js).
import { el, icon, iconButton, number, set, write } from "../shared/ui/dom.js";
import { rename } from "../shared/ui/inline_rename.js";
import { withBelow } from "./tag_graph.js";
import { suggest } from "./tag_suggest.js";

/** @typedef {import("./tag_graph.js").Tag} Tag */

const ASK_AFTER = 120;
// The address of a question cannot be of any length.
const ASKED_AT_MOST = 500;

export class Panel {
  /** @param {import("../properties/properties.js").Tools} tools @param {import("./tagtree.js").TagTree} tree */
  constructor(tools, tree) {
    this.tools = tools;
    this.tree = tree;
    this.pictures = el("div", { class: "pictures" });
    this.put = suggest({ tags: () => this.places(), take: (id) => this.tree.put(this.tree.chosenRows(), id, false) });
    this.node = el("aside", { class: "panel" });
  }

  /** @param {string[]} ids the chosen tags @param {boolean} [isSame] whether their images are the same */
  draw(ids, isSame = false) {
    const { say } = this.tools;
    const tags = ids.map((id) => this.tree.tags.get(id)).filter(Boolean);
    const written = JSON.stringify([
      tags,
      this.tree.tags.size > 0,
      this.tools.language,
      this.above(tags),
      this.tree.chosenRows().map((row) => row.parent),
    ]);
    if (this.written === written) return;
    // Whoever writes a name or a place here is not disturbed.
    if (this.isBusy() && this.shown?.join() === ids.join()) return;
    this.written = written;
    this.shown = ids;
    set(this.node, "aria-label", tags.length ? this.tree.named(ids) : say("tag"));
    if (!tags.length) {
      clearTimeout(this.timer);
      this.node.replaceChildren(
        el("p", { class: "message" }, this.tree.tags.size ? say("tag_help") : ""),
        el("p", { class: "message" }, this.tree.tags.size ? say("tree_keys") : ""),
      );
      return;
    }
    const focused = this.focused();
    const parts = tags.length === 1 ? this.one(tags[0]) : this.several(tags);
    this.node.replaceChildren(...parts, this.pictures);
    if (focused) /** @type {HTMLElement | null} */ (this.node.querySelector(`[data-part="${focused}"]`))?.focus();
    if (!isSame) this.ask(ids);
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

  /** The names of what tags stand under. @param {Tag[]} tags */
  above(tags) {
    return tags.flatMap((tag) => tag.parents.map((id) => this.tree.tags.get(id)?.name));
  }

  /** @param {Tag} tag */
  one(tag) {
    const { say } = this.tools;
    const name = el("h2", { title: tag.name, ondblclick: () => act() }, tag.name);
    const act = () =>
      rename(name, tag.name, say("name"), (given) => {
        if (given !== null) this.tree.alter([tag.id], { name: given });
      });
    const counts = tag.children.length
      ? say("counts", { all: this.images(tag.all), itself: number(tag.itself, this.tools.language) })
      : this.images(tag.all);
    return [
      el("div", { class: "named" }, name, iconButton("edit", say("rename"), act, { "data-part": "rename" })),
      el("p", { class: "quiet" }, counts),
      this.acts([tag]),
      this.colours([tag]),
      this.key(tag),
      this.standing(tag),
      this.deletion([tag]),
    ];
  }

  /** @param {Tag[]} tags */
  several(tags) {
    const { say } = this.tools;
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
    this.sayMerging(
      keep,
      others.reduce((sum, tag) => sum + tag.itself, 0),
    );
    const merge = el(
      "div",
      { class: "part" },
      el(
        "button",
        { type: "button", class: "line", "data-part": "merge", onclick: () => this.tree.merge() },
        icon("merge"),
        el("span", {}, say("merge", { name: keep.name })),
      ),
      this.merging,
    );
    return [
      el("div", { class: "named" }, el("h2", {}, say("chosen", { count: tags.length }))),
      names,
      this.acts(tags),
      this.colours(tags),
      this.placing(),
      merge,
      this.deletion(tags),
    ];
  }

  sayMerging({ name }, count) {
    const { say } = this.tools;
    write(this.merging, say("merge_help", { name, what: this.images(count) }));
  }

  images(count) {
    return this.tools.say(this.tree.property.target === "file" ? "files" : "images", { count });
  }

  /** @param {Tag[]} tags */
  acts(tags) {
    const { say } = this.tools;
    const ids = tags.map((tag) => tag.id);
    const property = this.tree.property.id;
    const query = new URLSearchParams(ids.map((id) => ["tag", id]));
    const leave = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.tools.explore(property, ids);
    };
    const more = (tag) => document.dispatchEvent(new CustomEvent("panoptic:suggest", { detail: { tag } }));
    return el(
      "div",
      { class: "acts" },
      el(
        "a",
        { class: "line", href: `/definitions/${property}/explore?${query}`, onclick: leave },
        icon("grid_view"),
        el("span", {}, say("explore")),
      ),
      tags.length === 1
        ? el(
            "button",
            { type: "button", class: "line", "data-part": "more", onclick: () => more(tags[0].id) },
            icon("join_inner"),
            el("span", {}, say("more_images")),
          )
        : null,
      tags.length === 1
        ? el(
            "button",
            { type: "button", class: "line", "data-part": "new", onclick: () => this.tree.write(tags[0].id) },
            icon("add"),
            el("span", {}, say("new_tag_below")),
          )
        : null,
    );
  }

  /** @param {Tag[]} tags */
  colours(tags) {
    const { say, colours } = this.tools;
    const ids = tags.map((tag) => tag.id);
    const now = tags.every((tag) => tag.colour === tags[0].colour) ? tags[0].colour : undefined;
    const give = (colour) => this.tree.alter(ids, { colour });
    const own = el("input", {
      type: "color",
      value: now ?? "#808080",
      "data-part": "own",
      title: say("own_colour"),
      "aria-label": say("own_colour"),
      onchange: () => give(own.value),
    });
    const swatches = colours.map((colour, at) => {
      const button = el("button", {
        type: "button",
        class: "pick",
        "data-part": `colour-${at}`,
        "aria-pressed": String(colour === now),
        title: say("swatch", { number: at + 1 }),
        "aria-label": say("swatch", { number: at + 1 }),
        onclick: () => give(colour),
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
        "aria-pressed": String(now === null),
        title: say("no_colour"),
        "aria-label": say("no_colour"),
        onclick: () => give(null),
      },
      icon("format_color_reset"),
    );
    return el(
      "div",
      { class: "part", role: "group", "aria-label": say("colour") },
      el("h3", {}, say("colour")),
      el("div", { class: "picks" }, ...swatches, none, own),
    );
  }

  /** @param {Tag} tag */
  key(tag) {
    const { say } = this.tools;
    const field = el("input", {
      type: "text",
      class: "field key",
      maxlength: 1,
      autocomplete: "off",
      "data-part": "key",
      "aria-description": say("key_help"),
      onfocus: () => field.select(),
      oninput: () => this.tree.alter([tag.id], { key: field.value.trim().toLowerCase() || null }),
      onkeydown: (event) => event.stopPropagation(),
    });
    field.value = tag.key ?? "";
    return el(
      "label",
      { class: "part key", title: say("key_help") },
      el("h3", {}, say("key")),
      field,
      el("span", { class: "quiet" }, say("key_help")),
    );
  }

  /** @param {Tag} tag */
  standing(tag) {
    const { say } = this.tools;
    const parents = tag.parents.map((id) => this.tree.tags.get(id)).filter(Boolean);
    const chips = parents.map((parent) =>
      el(
        "li",
        {},
        el(
          "button",
          { type: "button", class: "to", title: parent.name, onclick: () => this.tree.find(parent.id) },
          parent.name,
        ),
        iconButton("close", say("unlink", { name: parent.name }), () => this.tree.unlink(tag.id, parent.id)),
      ),
    );
    if (!chips.length) chips.push(el("li", { class: "quiet" }, say("top")));
    const part = this.placing();
    part.insertBefore(el("ul", { class: "parents" }, ...chips), part.children[1]);
    return part;
  }

  placing() {
    const { say } = this.tools;
    for (const name of ["aria-label", "placeholder"]) set(this.put.field, name, say("put"));
    const isBelow = this.tree.chosenRows().some((row) => row.tag.parents.length);
    const top = isBelow
      ? el(
          "button",
          {
            type: "button",
            class: "top",
            "data-part": "top",
            onclick: () => this.tree.put(this.tree.chosenRows(), null),
          },
          say("to_top"),
        )
      : null;
    return el(
      "div",
      { class: "part" },
      el("h3", {}, say("under")),
      el("div", { class: "placing" }, this.put.node, top),
    );
  }

  /** The tags that the chosen ones can be put under. */
  *places() {
    const below = withBelow(this.tree.tags, this.shown ?? []);
    for (const tag of this.tree.tags.values()) if (!below.has(tag.id)) yield tag;
  }

  /** @param {Tag[]} tags */
  deletion(tags) {
    const { say } = this.tools;
    this.touches = el("p", { class: "quiet" });
    this.sayTouches(
      tags,
      tags.reduce((sum, tag) => sum + tag.itself, 0),
    );
    return el(
      "div",
      { class: "part" },
      el(
        "button",
        { type: "button", class: "line", "data-part": "delete", onclick: () => this.tree.remove() },
        icon("delete"),
        el("span", {}, say("delete")),
      ),
      this.touches,
    );
  }

  /** @param {Tag[]} tags @param {number} count of images that lose them */
  sayTouches(tags, count) {
    const { say } = this.tools;
    const ids = new Set(tags.map((tag) => tag.id));
    const below = new Set(tags.flatMap((tag) => tag.children).filter((id) => !ids.has(id))).size;
    const touches = [
      count ? say("tag_touches", { what: this.images(count) }) : "",
      below ? say("tag_below", { count: below }) : "",
    ];
    write(this.touches, touches.filter(Boolean).join(". "));
  }

  /** Show the first pictures of tags, once it is quiet. @param {string[]} ids */
  ask(ids) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.show(ids), ASK_AFTER);
  }

  async show(ids) {
    const { say, definitions } = this.tools;
    if (ids.length > ASKED_AT_MOST) return;
    const query = /** @type {[string, string][]} */ (ids.map((id) => ["tag", id]));
    const answer = await definitions.of(this.tree.property.id, "pictures", query).catch(() => null);
    const told = await answer?.json();
    if (!told || this.shown?.join() !== ids.join()) return;
    const tags = ids.map((id) => this.tree.tags.get(id)).filter(Boolean);
    // An image with several of them is one: only the server knows.
    this.sayTouches(tags, told.itself);
    if (tags.length > 1) this.sayMerging(tags[0], told.others);
    const images = told.sha1s.map((sha1) =>
      el("img", { src: `/thumb/${sha1}`, alt: "", loading: "lazy", decoding: "async" }),
    );
    this.pictures.replaceChildren(
      el("h3", {}, say("pictures")),
      ...(images.length
        ? [el("div", { class: "grid" }, ...images)]
        : [el("p", { class: "quiet" }, say("no_pictures"))]),
    );
  }
}
