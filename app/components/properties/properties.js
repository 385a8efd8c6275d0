// The page where properties are defined: their list, and one of them beside it. Streamlit calls
// the default export with the data of each run; definitions come and go over HTTP. Not here: the
// list (property_list.js), the head of a property (property_header.js), tags (tagtree), values (value_histogram.js).
import { el, icon } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { TagTree, extras } from "../tagtree/tagtree.js";
import { Definitions } from "../shared/store/property_definitions.js";
import { Head } from "./property_header.js";
import { List } from "./property_list.js";
import { Maker } from "./property_form.js";
import { translator } from "../shared/ui/translate.js";
import { Toast } from "./undo_toast.js";
import { ICONS, hasTags } from "../shared/ui/property_types.js";
import { Values } from "./value_histogram.js";

const KEY = "panoptic.property";
// Whose tags are to come from a file: the page Import reads it.
const INTO = "panoptic.import.into";
const EXAMPLES = [
  { type: "tags" },
  { type: "date" },
  { type: "number", options: { least: 1, most: 5, step: 1, slider: true } },
];

/**
 * @typedef {object} Data
 * @property {string} language
 * @property {string[]} types
 * @property {string[]} colours  offered for tags
 * @property {Record<string, string>} texts
 */
/**
 * What the parts of the page need.
 * @typedef {object} Tools
 * @property {import("../shared/ui/translate.js").Translate} say
 * @property {string} language
 * @property {string[]} types
 * @property {string[]} colours
 * @property {Definitions} definitions
 * @property {(told: Record<string, any>, said?: string) => Promise<any>} tell changes something
 *   and says so, with a way to undo it; answers null where it could not be done, and says why
 * @property {(id: string | null) => void} choose
 * @property {(property: string, tags: string[]) => void} explore
 * @property {(into?: string) => void} bring  what lies in files; tags of the property of this name
 * @property {(property: string) => void} sort  images into its tags by words
 */

extras.push(({ id }, tools) =>
  el(
    "button",
    { type: "button", class: "add", title: tools.say("sort_by_words_help"), onclick: () => tools.sort(id) },
    icon("text_fields_alt"),
    el("span", {}, tools.say("sort_by_words")),
  ),
);
extras.push(({ name }, tools) =>
  el(
    "button",
    { type: "button", class: "add", title: tools.say("import_tags"), onclick: () => tools.bring(name) },
    icon("upload_file"),
    el("span", {}, tools.say("import_tags")),
  ),
);

export default component(
  (root) => new Page(root),
  (page, { press }) => (page.ask = press),
);

class Page {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.ask = () => {};
    this.definitions = new Definitions();
    this.toast = new Toast();
    this.isMaking = false;
    /** @type {string | null} */
    this.chosen = sessionStorage.getItem(KEY);
    /** @type {Tools} */
    this.tools = {
      say: (name) => name,
      language: "en",
      types: [],
      colours: [],
      definitions: this.definitions,
      tell: (told, said) => this.tell(told, said),
      choose: (id) => this.choose(id),
      explore: (property, tags) => this.ask("explore", { property, tags }),
      bring: (into) => this.bring(into),
      sort: (property) => this.ask("sort", property),
    };
    this.list = new List(this.tools, { make: () => this.make(), remove: (one) => this.remove(one) });
    this.maker = new Maker(this.tools, { done: (id) => this.made(id) });
    this.head = new Head(this.tools, { remove: (one) => this.remove(one) });
    this.tree = new TagTree(this.tools);
    this.values = new Values(this.tools);
    this.none = el("div", { class: "none" });
    this.shown = el("div", { class: "shown" }, this.head.node, this.tree.node, this.values.node);
    this.stage = el("div", { class: "stage" }, this.none, this.maker.node, this.shown);
    root.replaceChildren(this.list.node, this.stage, this.toast.node);
    this.changed = () => this.draw();
    this.definitions.addEventListener("change", this.changed);
  }

  /** @param {Data} data */
  update(data) {
    const written = JSON.stringify(data);
    if (written === this.written) return;
    this.written = written;
    const { language, texts, types, colours } = data;
    Object.assign(this.tools, { say: translator(texts, language), language, types, colours });
    this.definitions.language = language;
    if (this.definitions.position < 0) this.definitions.refresh().catch((error) => this.toast.say(error.message));
    else this.draw();
  }

  draw() {
    const { properties } = this.definitions;
    if (!properties.some((one) => one.id === this.chosen)) this.chosen = properties[0]?.id ?? null;
    const one = this.chosen === null ? null : this.definitions.get(this.chosen);
    this.list.draw(properties, this.isMaking ? null : this.chosen);
    this.maker.node.hidden = !this.isMaking;
    this.none.hidden = this.isMaking || Boolean(one);
    this.shown.hidden = this.isMaking || !one;
    if (!one) this.writeNone();
    if (!one || this.isMaking) return;
    this.head.draw(one);
    this.tree.node.hidden = !hasTags(one.type);
    this.values.node.hidden = hasTags(one.type);
    if (hasTags(one.type)) this.tree.show(one);
    else this.values.show(one);
  }

  /** What a property is, and three that are made by one press. */
  writeNone() {
    const { say } = this.tools;
    if (this.none.dataset.language === this.tools.language) return;
    this.none.dataset.language = this.tools.language;
    const examples = EXAMPLES.map(({ type, options }, at) => {
      const name = say(`example_${at + 1}`);
      const act = async () => this.made((await this.tell({ do: "create", name, type, options }))?.id);
      return el(
        "button",
        { type: "button", class: "example", onclick: act },
        icon(ICONS[type]),
        el("strong", {}, name),
        el("span", {}, say(`example_${at + 1}_help`)),
      );
    });
    this.none.replaceChildren(
      el("h1", {}, say("empty")),
      el("p", {}, say("empty_help")),
      ...examples,
      el("button", { type: "button", class: "link", onclick: () => this.make() }, icon("add"), say("new")),
      el("button", { type: "button", class: "link", onclick: () => this.bring() }, icon("upload_file"), say("import")),
    );
  }

  /** @param {string} [into] */
  bring(into) {
    if (into) sessionStorage.setItem(INTO, into);
    else sessionStorage.removeItem(INTO);
    this.ask("import", true);
  }

  make() {
    this.isMaking = true;
    this.maker.open();
    this.draw();
    this.maker.focus();
  }

  /** @param {string} [id] of what was made; undefined where nothing was */
  made(id) {
    this.isMaking = false;
    if (id) this.choose(id);
    else this.draw();
    if (id) this.list.focus(id);
  }

  /** @param {string | null} id */
  choose(id) {
    this.isMaking = false;
    this.chosen = id;
    if (id) sessionStorage.setItem(KEY, id);
    this.draw();
  }

  /** @param {import("../shared/store/property_definitions.js").Property} one */
  async remove(one) {
    const { say } = this.tools;
    const what = this.head.touched(one);
    const { properties } = this.definitions;
    const at = properties.indexOf(one);
    if (this.chosen === one.id) this.chosen = (properties[at + 1] ?? properties[at - 1])?.id ?? null;
    await this.tell({ do: "delete", id: one.id }, say("deleted", { name: one.name, what }));
  }

  async tell(told, said) {
    const { say } = this.tools;
    try {
      const done = await this.definitions.change(told);
      if (said && done.batch) this.toast.say(said, say("undo"), () => this.undo(done.batch));
      return done;
    } catch (error) {
      this.toast.say(error.message);
      // What was shown at once is taken back.
      this.definitions.dispatchEvent(new Event("change"));
      return null;
    }
  }

  async undo(batch) {
    await this.definitions.off(batch).catch((error) => this.toast.say(error.message));
  }

  close() {
    this.definitions.close();
    this.tree.close();
  }
}
