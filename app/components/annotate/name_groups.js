// The groups of a view as a property: every group's name to its images, told before it is written.
// Not here: what a group is called (the server), tagging one group (frame/tagging.js).
import { annotations } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { el, fill, number, write } from "../shared/ui/dom.js";
import { selection } from "../shared/store/selection.js";

const TYPES = ["tag", "tags", "text", "path"];
const ROOM = 8;

/**
 * @typedef {object} Level
 * @property {string} label
 * @property {string} field
 * @property {number} groups
 *
 * @typedef {object} Words
 * @property {Record<string, string>} texts
 * @property {string} language
 */

/** The levels that a view is grouped by. @param {string} view @param {string} language @returns {Promise<Level[]>} */
export async function levelsOf(view, language) {
  const answer = await fetch(`/levels?${new URLSearchParams({ view, lang: language })}`).catch(() => null);
  return answer?.ok ? (await answer.json()).levels : [];
}

export class Naming {
  /** @param {Words} words @param {{done: (what: string, changed: number, batch: string | null) => void}} acts */
  constructor({ texts, language }, { done }) {
    this.texts = texts;
    this.language = language;
    this.done = done;
    this.view = "";
    /** Grows with each question: an answer to an older one is not taken. */
    this.turn = 0;
    /** @type {Level[]} */
    this.levels = [];
    const changed = () => this.changed();
    const choice = (label, names, prefix) =>
      el(
        "select",
        { "aria-label": label, onchange: changed },
        ...names.map((name) => el("option", { value: name }, texts[`${prefix}${name}`])),
      );
    this.level = el("select", { "aria-label": texts.names_level, onchange: () => this.turnLevel() });
    this.short = choice(texts.names_short, ["last", "whole"], "names_");
    this.into = el("select", { "aria-label": texts.names_into, onchange: () => this.turnInto() });
    this.name = el("input", {
      type: "text",
      class: "field",
      maxlength: "200",
      "aria-label": texts.new_name,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.check(),
    });
    this.type = choice(texts.new_type, TYPES, "type_");
    this.target = choice(texts.names_target, ["image", "file"], "names_of_");
    this.way = el("select", { "aria-label": texts.names_way, onchange: changed });
    this.told = el("p", { class: "message", role: "status" });
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    this.apply = el("button", { type: "submit", class: "plain" }, texts.new_make);
    this.rows = [
      [texts.names_level, this.level],
      [texts.names_short, this.short],
      [texts.names_into, this.into],
      [texts.new_name, this.name],
      [texts.new_type, this.type],
      [texts.names_target, this.target],
      [texts.names_way, this.way],
    ].map(([label, control]) =>
      el("label", {}, el("span", {}, /** @type {string} */ (label)), /** @type {Node} */ (control)),
    );
    this.form = el(
      "form",
      { onsubmit: (event) => this.submit(event) },
      ...this.rows,
      this.told,
      this.trouble,
      el(
        "div",
        { class: "acts last" },
        this.apply,
        el("button", { type: "button", onclick: () => this.close() }, texts.cancel),
      ),
    );
    this.panel = el(
      "div",
      { class: "tagging naming", popover: "auto", role: "dialog", "aria-label": texts.names_title },
      el("h2", {}, texts.names_title),
      this.form,
    );
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  /**
   * @param {string} view
   * @param {number} depth  the level that is meant
   * @param {Element} anchor  beside which it opens
   */
  async open(view, depth, anchor) {
    this.view = view;
    this.levels = await levelsOf(view, this.language);
    await annotations.read().catch(() => {});
    if (!this.levels.length) return;
    const { texts } = this;
    this.level.replaceChildren(
      ...this.levels.map(({ label, groups }, at) =>
        el("option", { value: at }, fill(texts.names_level_of, { label, count: number(groups, this.language) })),
      ),
    );
    this.level.value = String(Math.min(depth, this.levels.length - 1));
    const fitting = annotations.properties.filter(({ type }) => TYPES.includes(type));
    this.into.replaceChildren(
      el("option", { value: "" }, texts.names_new),
      ...fitting.map(({ id, name }) => el("option", { value: id }, name)),
    );
    this.target.value = "image";
    this.suggest();
    this.panel.showPopover();
    this.place(anchor.getBoundingClientRect());
    this.changed();
    (this.levels.length > 1 ? this.level : this.into).focus();
  }

  /** Below what it is about, or above where there is no room. @param {DOMRect} box */
  place(box) {
    const { style, offsetWidth, offsetHeight } = this.panel;
    style.left = `${Math.max(ROOM, Math.min(box.left, innerWidth - offsetWidth - ROOM))}px`;
    style.top = `${Math.max(ROOM, Math.min(box.bottom + ROOM, innerHeight - offsetHeight - 2 * ROOM - 36))}px`;
  }

  get chosen() {
    return this.levels[Number(this.level.value)];
  }

  /** The property that is there already and gets the names. */
  get property() {
    return annotations.properties.find((one) => one.id === this.into.value);
  }

  turnLevel() {
    this.suggest();
    this.changed();
  }

  /** Another property begins with what loses nothing, where it can. */
  turnInto() {
    this.way.replaceChildren();
    this.changed();
  }

  /** A name that no property has yet. */
  suggest() {
    const { label } = this.chosen;
    const taken = new Set(annotations.properties.map(({ name }) => name.toLowerCase()));
    let name = label;
    for (let at = 2; taken.has(name.toLowerCase()); at++) name = `${label} ${at}`;
    this.name.value = name;
  }

  /** Show what can be chosen now, and what would come of it. */
  changed() {
    const { property } = this;
    const isFolder = this.chosen.field === "folder";
    const isNew = !property;
    const shown = [true, isFolder, true, isNew, isNew, isNew, !isNew];
    this.rows.forEach((row, at) => (row.hidden = !shown[at]));
    const ways = property?.type === "tags" ? ["add", "set", "fill"] : ["set", "fill"];
    const now = ways.includes(this.way.value) ? this.way.value : ways[0];
    this.way.replaceChildren(...ways.map((way) => el("option", { value: way }, this.texts[`way_${way}`])));
    this.way.value = now;
    this.look();
  }

  /** What is asked of the server. */
  body() {
    const made = { name: this.name.value, type: this.type.value, target: this.target.value };
    const into = this.property ? { property: this.property.id, way: this.way.value } : { new: made };
    return {
      view: this.view,
      held: selection.view === this.view ? selection.held : null,
      level: Number(this.level.value),
      short: this.short.value === "last",
      ...into,
    };
  }

  /** Ask what would be written, writing nothing. */
  async look() {
    const turn = ++this.turn;
    this.count = null;
    write(this.told, this.texts.names_counting);
    this.check();
    const isNamed = this.property || this.name.value.trim();
    const body = this.body();
    // A name is judged when it is given.
    if (!isNamed && body.new) body.new.name = "?";
    const { told, refused } = await this.ask({ ...body, dry: true });
    if (turn !== this.turn) return;
    this.count = told;
    this.tell(refused);
    write(this.told, told ? this.counted(told) : "");
    this.check();
  }

  counted({ names, targets, tags, replaced }) {
    const { texts, language } = this;
    const isOfFiles = (this.property?.target ?? this.target.value) === "file";
    const parts = [
      [texts.names_names, names],
      [texts[isOfFiles ? "names_files" : "names_images"], targets],
      [texts.names_tags, tags],
      [texts.names_replaced, replaced],
    ];
    return parts
      .filter(([, count], at) => count || at < 2)
      .map(([label, count]) => fill(texts.names_figure, { label, count: number(count, language) }))
      .join(" · ");
  }

  check() {
    const isNamed = Boolean(this.property || this.name.value.trim());
    this.apply.disabled = !this.count?.changed || !isNamed || this.isBusy;
    const { count } = this;
    write(
      this.apply,
      count
        ? fill(this.texts[count.changed === 1 ? "names_write_one" : "names_write_other"], {
            count: number(count.changed, this.language),
          })
        : this.texts.new_make,
    );
  }

  async submit(event) {
    event.preventDefault();
    if (this.apply.disabled) return;
    this.isBusy = true;
    this.check();
    write(this.apply, this.texts.writing);
    const { told, refused } = await this.ask(this.body());
    this.isBusy = false;
    this.check();
    this.tell(refused);
    if (!told) return;
    const name = this.property?.name ?? this.name.value;
    this.close();
    this.done(name, told.changed, told.batch);
  }

  /** @returns {Promise<{told: any, refused: string}>} */
  async ask(body) {
    try {
      // What is only asked moves nothing on the page.
      return {
        told: await (body.dry ? annotations.post("/names", body) : annotations.write("/names", body)),
        refused: "",
      };
    } catch (error) {
      return { told: null, refused: error.message || this.texts.not_written };
    }
  }

  tell(text) {
    write(this.trouble, text);
    this.trouble.hidden = !text;
  }

  close() {
    this.panel.hidePopover();
    current.focus();
  }
}
