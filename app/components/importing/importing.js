// The page Import: a file, whose images its rows are about, its columns, what is there already, and
// a button. Streamlit calls the default export with the data of each run; the rest comes and goes
// over HTTP. Not here: the steps (file_choice.js, matching.js, columns.js, tag_list.js, summary.js).
import { annotations } from "../shared/store/annotations.js";
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { el, set } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { translator } from "../shared/ui/translate.js";
import { Choose } from "./file_choice.js";
import { Columns } from "./columns.js";
import { Finish } from "./summary.js";
import { ImportSession } from "./session.js";
import { Matching } from "./matching.js";
import { Tags } from "./tag_list.js";

// Left by whoever leads here for the tags of one property.
export const INTO = "panoptic.import.into";

/**
 * @typedef {{language: string, types: string[], ways: string[], texts: Record<string, string>}} Data
 */
/**
 * What the steps need.
 * @typedef {object} Tools
 * @property {import("../shared/ui/translate.js").Translate} say
 * @property {string} language
 * @property {string[]} types
 * @property {string[]} ways
 * @property {ImportSession} hand
 * @property {(name: string, value: any) => void} ask  Streamlit's
 */

export default component(
  (root) => new Page(root),
  (page, { press }) => (page.tools.ask = press),
);

class Page {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.hand = new ImportSession();
    /** @type {Tools} */
    this.tools = { say: (name) => name, language: "en", types: [], ways: [], hand: this.hand, ask: () => {} };
    this.into = sessionStorage.getItem(INTO);
    this.choose = new Choose(this.tools, { begin: (file) => this.begin(file), open: (path) => this.open(path) });
    this.matching = new Matching(this.tools);
    this.columns = new Columns(this.tools);
    this.existing = el("fieldset", { class: "existing" });
    this.tags = new Tags(this.tools);
    this.finish = new Finish(this.tools);
    this.stepping = el("section", { class: "step" }, this.existing);
    this.steps = el(
      "div",
      { class: "steps" },
      this.choose.node,
      this.tags.node,
      this.matching.node,
      this.columns.node,
      this.stepping,
    );
    root.replaceChildren(this.steps, this.finish.node);
    this.changed = () => this.draw();
    this.hand.addEventListener("change", this.changed);
    this.hand.addEventListener("wait", this.changed);
    annotations.addEventListener("define", this.changed);
    // Undone elsewhere, it is undone here.
    this.unfollow = onAnnotationChange(() => this.hand.told?.phase === "done" && this.hand.look());
    this.listen();
    // Who comes for the tags of a property begins with a file.
    if (!this.into) this.hand.resume();
  }

  /** A file may be dropped wherever one is. */
  listen() {
    const over = (isOver) => this.root.classList.toggle("over", isOver);
    this.root.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      over(true);
    });
    this.root.addEventListener(
      "dragleave",
      (event) => this.root.contains(/** @type {Node} */ (event.relatedTarget)) || over(false),
    );
    this.root.addEventListener("drop", (event) => {
      over(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (!file) return;
      event.preventDefault();
      this.begin(file);
    });
  }

  /** @param {File} file */
  begin(file) {
    this.hand.begin(file, this.into).then(() => this.leaveInto());
  }

  /** @param {string} path */
  open(path) {
    this.hand.open(path, this.into).then(() => this.leaveInto());
  }

  leaveInto() {
    if (!this.hand.told) return;
    sessionStorage.removeItem(INTO);
    this.into = null;
  }

  /** @param {Data} data */
  update(data) {
    const written = JSON.stringify(data);
    if (written === this.written) return;
    const isOther = this.written !== undefined;
    this.written = written;
    const { language, texts, types, ways } = data;
    Object.assign(this.tools, { say: translator(texts, language), language, types, ways });
    this.hand.language = language;
    this.draw();
    // Sentences of the server are in the language they were asked for in.
    if (isOther && this.hand.told) this.hand.look();
  }

  draw() {
    const { told } = this.hand;
    const isHere = Boolean(told?.table);
    const isOfTags = isHere && told.tags !== null;
    this.root.classList.toggle("empty", !isHere);
    this.choose.draw(told, this.into);
    this.tags.node.hidden = !isOfTags;
    this.matching.node.hidden = !isHere || isOfTags;
    const isPlanned = Boolean(told?.plan) && !isOfTags;
    this.columns.node.hidden = this.stepping.hidden = !isPlanned;
    this.finish.node.hidden = !isHere;
    if (isOfTags) this.tags.draw(told);
    if (isHere && !isOfTags) this.matching.draw(told);
    if (isPlanned) this.columns.draw(told);
    if (isPlanned) this.drawExisting(told);
    if (isHere) this.finish.draw(told);
    set(this.steps, "aria-busy", this.hand.isWaiting ? "true" : null);
    // What is being written is no longer to be changed.
    for (const step of [this.tags, this.matching, this.columns]) set(step.node, "inert", told?.phase === "writing");
    set(this.stepping, "inert", told?.phase === "writing");
  }

  drawExisting(told) {
    const { say, language } = this.tools;
    if (this.existing.dataset.language !== language) {
      this.existing.dataset.language = language;
      const ways = ["replace", "keep", "new"].map((way) =>
        el(
          "label",
          { class: "way" },
          el("input", {
            type: "radio",
            name: "existing",
            value: way,
            onchange: () => this.hand.choose({ existing: way }),
          }),
          el("strong", {}, say(`existing_${way}`)),
          el("span", { class: "quiet" }, say(`existing_${way}_help`)),
        ),
      );
      this.existing.replaceChildren(el("legend", {}, el("h2", {}, say("existing"))), ...ways);
    }
    for (const input of this.existing.querySelectorAll("input")) input.checked = input.value === told.choices.existing;
  }

  close() {
    this.hand.close();
    this.unfollow();
    annotations.removeEventListener("define", this.changed);
  }
}
