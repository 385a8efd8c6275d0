// What is sorted into, and how the model is told of it: which tags, what sentence, whether with the
// names of their parents. Not here: sorting (classes.js).
import { annotations } from "../shared/store/annotations.js";
import { debounced, el, number, set, write } from "../shared/ui/dom.js";

const PARENTS = ["ignore", "add", "mean"];
const ASK_AFTER = 700;
const KEPT = "panoptic.classes.";

/** @typedef {{off: string[], template: string, parents: string}} Wanted */

export class Setup {
  /** @param {import("./classes.js").Tools} tools @param {{changed: () => void, reach: (tag: string) => void}} acts */
  constructor(tools, { changed, reach }) {
    const { say } = tools;
    this.tools = tools;
    this.reach = reach;
    /** @type {Wanted} */
    this.wanted = { off: [], template: "", parents: "ignore" };
    this.changed = debounced(changed, ASK_AFTER);
    const every = (name, isOn) =>
      el("button", { type: "button", class: "quiet", onclick: () => this.tickAll(isOn) }, say(name));
    this.every = el(
      "div",
      { class: "every" },
      el("h2", {}, say("tags")),
      el("span", { class: "gap" }),
      every("all", true),
      every("none", false),
    );
    this.list = el("ul", { class: "ticks" });
    this.field = el("input", {
      type: "text",
      class: "field",
      maxlength: 200,
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "{name}",
      "aria-label": say("template"),
      title: say("template_help", { name: "{name}", parent: "{parent}" }),
      oninput: () => this.write(),
      onchange: () => this.changed.now(),
    });
    this.which = el(
      "select",
      { class: "field", "aria-label": say("parents"), onchange: () => this.turn() },
      ...PARENTS.map((one) => el("option", { value: one }, say(`parents_${one}`))),
    );
    this.above = el("label", { class: "above" }, el("span", { class: "quiet" }, say("parents")), this.which);
    this.example = el("p", { class: "example" });
    this.fitted = el("p", { class: "quiet fitted" });
    this.node = el(
      "aside",
      { class: "learnt setup", "aria-label": say("setup") },
      this.every,
      this.list,
      el("h2", { class: "reads" }, say("reads")),
      el(
        "label",
        {},
        el("span", { class: "quiet" }, say("template")),
        this.field,
        el("span", { class: "quiet" }, say("english")),
      ),
      this.above,
      this.example,
      this.fitted,
    );
  }

  /** Another property: what was wanted of it when it was seen last. @param {string | null} property */
  open(property) {
    this.property = property;
    this.changed.cancel();
    this.wanted = {
      off: [],
      template: "",
      parents: "ignore",
      ...JSON.parse(sessionStorage.getItem(KEPT + property) ?? "{}"),
    };
    this.field.value = this.wanted.template || this.tools.say("template_first", { name: "{name}" });
    this.which.value = this.wanted.parents;
    this.written = "";
  }

  get tags() {
    return annotations.tagsOf(this.property ?? "");
  }

  /** Those that are ticked. */
  get chosen() {
    return this.tags.filter(({ id }) => !this.wanted.off.includes(id));
  }

  /** What is asked of the server. */
  asked() {
    const { template, parents, off } = this.wanted;
    return { template, parents, ...(off.length ? { tags: this.chosen.map(({ id }) => id) } : {}) };
  }

  keep() {
    sessionStorage.setItem(KEPT + this.property, JSON.stringify(this.wanted));
  }

  tickAll(isOn) {
    this.wanted.off = isOn ? [] : this.tags.map(({ id }) => id);
    this.keep();
    this.written = "";
    this.draw([]);
    this.changed();
  }

  tick(id, isOn) {
    const { off } = this.wanted;
    this.wanted.off = isOn ? off.filter((one) => one !== id) : [...off, id];
    this.keep();
    this.changed();
  }

  write() {
    const text = this.field.value.trim();
    this.wanted.template = text === this.tools.say("template_first", { name: "{name}" }) ? "" : text;
    // Who names the parent means it.
    if (text.includes("{parent}") && this.wanted.parents === "ignore") this.which.value = this.wanted.parents = "add";
    this.keep();
    this.changed();
  }

  turn() {
    this.wanted.parents = this.which.value;
    this.keep();
    this.changed.now();
  }

  /**
   * @param {{tag: string, name: string, prompts: string[]}[]} classes  what was sorted
   * @param {(tag: string) => number | null} [countOf] @param {number} [fitted]  null while nothing was sorted
   */
  draw(classes, countOf = () => null, fitted) {
    const { say, language } = this.tools;
    const { tags } = this;
    const written = JSON.stringify(tags.map(({ id, name }) => [id, name]));
    if (this.written !== written) this.drawList(tags);
    this.written = written;
    for (const [id, figure] of this.figures ?? []) {
      const count = countOf(id);
      write(figure, count === null ? "" : number(count, language));
    }
    this.above.hidden = !tags.some((tag) => tag.parents.length);
    const known = new Map(tags.map((tag) => [tag.id, tag]));
    // One that has a parent shows best what is read.
    const shown = classes.find(({ tag }) => known.get(tag)?.parents.length) ?? classes[0];
    write(
      this.example,
      shown
        ? say("example", {
            name: shown.name,
            texts: shown.prompts.map((text) => say("quoted", { text })).join(` ${say("and")} `),
          })
        : "",
    );
    write(this.fitted, fitted === undefined ? "" : fitted ? say("fitted", { count: fitted }) : say("unfitted"));
    set(this.fitted, "title", fitted === undefined ? null : say("fitted_help"));
  }

  drawList(tags) {
    /** @type {Map<string, HTMLElement>} */
    this.figures = new Map();
    const lines = tags.map(({ id, name, colour }) => {
      const box = el("input", { type: "checkbox", "aria-label": name, onchange: () => this.tick(id, box.checked) });
      box.checked = !this.wanted.off.includes(id);
      const figure = el("span", { class: "quiet" });
      this.figures?.set(id, figure);
      const dot = el("span", { class: "dot" });
      if (colour) dot.style.background = colour;
      return el(
        "li",
        {},
        box,
        el(
          "button",
          { type: "button", title: name, onclick: () => this.reach(id) },
          dot,
          el("span", { class: "name" }, name),
        ),
        figure,
      );
    });
    this.list.replaceChildren(...lines);
  }

  close() {
    this.changed.cancel();
  }
}
