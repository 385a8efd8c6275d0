// The form that turns the groups of a view into values of a property: each image gets the name of
// its group. It shows what would be written before. Not here: the names of groups (the server),
// tagging one group (frame/tagging.js).
import { annotations } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { el, fill, number, write } from "../shared/ui/dom.js";
import { selection } from "../shared/store/selection.js";
import { routeTo } from "../shared/bridge/address.js";

const TYPES = ["tag", "tags", "text", "path"];
const MARGIN = 8;

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
  const answer = await fetch(routeTo(`/levels?${new URLSearchParams({ view, lang: language })}`)).catch(() => null);
  return answer?.ok ? (await answer.json()).levels : [];
}

export class NameGroups {
  /** @param {Words} words @param {{done: (what: string, changed: number, batch: string | null) => void}} callbacks */
  constructor({ texts, language }, { done }) {
    this.texts = texts;
    this.language = language;
    this.onDone = done;
    this.view = "";
    /** Grows with each request: the answer to an older one is dropped. */
    this.requestNumber = 0;
    /** @type {Level[]} */
    this.levels = [];
    const update = () => this.update();
    const makeSelect = (label, names, prefix) =>
      el(
        "select",
        { "aria-label": label, onchange: update },
        ...names.map((name) => el("option", { value: name }, texts[`${prefix}${name}`])),
      );
    this.level = el("select", { "aria-label": texts.names_level, onchange: () => this.levelChanged() });
    this.short = makeSelect(texts.names_short, ["last", "whole"], "names_");
    this.into = el("select", { "aria-label": texts.names_into, onchange: () => this.intoChanged() });
    this.name = el("input", {
      type: "text",
      class: "field",
      maxlength: "200",
      "aria-label": texts.new_name,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => this.check(),
    });
    this.type = makeSelect(texts.new_type, TYPES, "type_");
    this.target = makeSelect(texts.names_target, ["image", "file"], "names_of_");
    this.way = el("select", { "aria-label": texts.names_way, onchange: update });
    this.previewMessage = el("p", { class: "message", role: "status" });
    this.errorMessage = el("p", { class: "trouble", role: "alert", hidden: true });
    this.applyButton = el("button", { type: "submit", class: "plain" }, texts.new_make);
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
      this.previewMessage,
      this.errorMessage,
      el(
        "div",
        { class: "acts last" },
        this.applyButton,
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
   * @param {number} depth  of the level to begin with
   * @param {Element} anchor  beside which it opens
   */
  async open(view, depth, anchor) {
    this.view = view;
    this.levels = await levelsOf(view, this.language);
    await annotations.read().catch(() => {});
    if (!this.levels.length) return;
    const { texts } = this;
    this.level.replaceChildren(
      ...this.levels.map(({ label, groups }, index) =>
        el("option", { value: index }, fill(texts.names_level_of, { label, count: number(groups, this.language) })),
      ),
    );
    this.level.value = String(Math.min(depth, this.levels.length - 1));
    const fitting = annotations.properties.filter(({ type }) => TYPES.includes(type));
    this.into.replaceChildren(
      el("option", { value: "" }, texts.names_new),
      ...fitting.map(({ id, name }) => el("option", { value: id }, name)),
    );
    this.target.value = "image";
    this.suggestName();
    this.panel.showPopover();
    this.positionBelow(anchor.getBoundingClientRect());
    this.update();
    (this.levels.length > 1 ? this.level : this.into).focus();
  }

  /** Place the panel below an element, or higher where there is no room. @param {DOMRect} box */
  positionBelow(box) {
    const { style, offsetWidth, offsetHeight } = this.panel;
    style.left = `${Math.max(MARGIN, Math.min(box.left, innerWidth - offsetWidth - MARGIN))}px`;
    style.top = `${Math.max(MARGIN, Math.min(box.bottom + MARGIN, innerHeight - offsetHeight - 2 * MARGIN - 36))}px`;
  }

  get selectedLevel() {
    return this.levels[Number(this.level.value)];
  }

  /** The existing property that gets the names; undefined for a new one. */
  get property() {
    return annotations.properties.find((property) => property.id === this.into.value);
  }

  levelChanged() {
    this.suggestName();
    this.update();
  }

  /** For another property begin with the way that loses the least. */
  intoChanged() {
    this.way.replaceChildren();
    this.update();
  }

  /** Suggest a name that no property has yet. */
  suggestName() {
    const { label } = this.selectedLevel;
    const taken = new Set(annotations.properties.map(({ name }) => name.toLowerCase()));
    let name = label;
    for (let index = 2; taken.has(name.toLowerCase()); index++) name = `${label} ${index}`;
    this.name.value = name;
  }

  /** Show what can be chosen now, and what would be written. */
  update() {
    const { property } = this;
    const isFolder = this.selectedLevel.field === "folder";
    const isNew = !property;
    const shown = [true, isFolder, true, isNew, isNew, isNew, !isNew];
    this.rows.forEach((row, index) => (row.hidden = !shown[index]));
    const ways = property?.type === "tags" ? ["add", "set", "fill"] : ["set", "fill"];
    const current = ways.includes(this.way.value) ? this.way.value : ways[0];
    this.way.replaceChildren(...ways.map((way) => el("option", { value: way }, this.texts[`way_${way}`])));
    this.way.value = current;
    this.loadPreview();
  }

  /** The body of the request. */
  body() {
    const newProperty = { name: this.name.value, type: this.type.value, target: this.target.value };
    const into = this.property ? { property: this.property.id, way: this.way.value } : { new: newProperty };
    return {
      view: this.view,
      held: selection.view === this.view ? selection.held : null,
      level: Number(this.level.value),
      short: this.short.value === "last",
      // What was counted is what is written.
      ...(this.count ? { digest: this.count.digest } : {}),
      ...into,
    };
  }

  /** Read what would be written, without writing it. */
  async loadPreview() {
    const requestNumber = ++this.requestNumber;
    this.count = null;
    write(this.previewMessage, this.texts.names_counting);
    this.check();
    const isNamed = this.property || this.name.value.trim();
    const body = this.body();
    // A missing name is no reason not to count.
    if (!isNamed && body.new) body.new.name = "?";
    const { result, problem } = await this.send({ ...body, dry: true });
    if (requestNumber !== this.requestNumber) return;
    this.count = result;
    this.showError(problem);
    write(this.previewMessage, result ? this.previewText(result) : "");
    this.check();
  }

  previewText({ names, targets, tags, replaced }) {
    const { texts, language } = this;
    const isOfFiles = (this.property?.target ?? this.target.value) === "file";
    const parts = [
      [texts.names_names, names],
      [texts[isOfFiles ? "names_files" : "names_images"], targets],
      [texts.names_tags, tags],
      [texts.names_replaced, replaced],
    ];
    return parts
      .filter(([, count], index) => count || index < 2)
      .map(([label, count]) => fill(texts.names_figure, { label, count: number(count, language) }))
      .join(" · ");
  }

  check() {
    const isNamed = Boolean(this.property || this.name.value.trim());
    this.applyButton.disabled = !this.count?.changed || !isNamed || this.isBusy;
    const { count } = this;
    write(
      this.applyButton,
      count
        ? fill(this.texts[count.changed === 1 ? "names_write_one" : "names_write_other"], {
            count: number(count.changed, this.language),
          })
        : this.texts.new_make,
    );
  }

  async submit(event) {
    event.preventDefault();
    if (this.applyButton.disabled) return;
    this.isBusy = true;
    this.check();
    write(this.applyButton, this.texts.writing);
    const { result, problem } = await this.send(this.body());
    this.isBusy = false;
    this.check();
    this.showError(problem);
    if (!result) {
      if (problem) await this.countAgain(problem);
      return;
    }
    const name = this.property?.name ?? this.name.value;
    this.close();
    this.onDone(name, result.changed, result.batch);
  }

  /** The view may have other groups by now. @param {string} problem  stays shown */
  async countAgain(problem) {
    await this.loadPreview();
    this.showError(problem);
  }

  /** @returns {Promise<{result: any, problem: string}>} */
  async send(body) {
    try {
      // A preview changes nothing on the page.
      return {
        result: await (body.dry ? annotations.post("/names", body) : annotations.write("/names", body)),
        problem: "",
      };
    } catch (error) {
      if (error.isKept) {
        this.close();
        annotations.say(error.message, null);
        return { result: null, problem: "" };
      }
      return { result: null, problem: error.message || this.texts.not_written };
    }
  }

  showError(text) {
    write(this.errorMessage, text);
    this.errorMessage.hidden = !text;
  }

  close() {
    this.panel.hidePopover();
    current.focus();
  }
}
