// The page Import: a file, the images that its rows are about, its columns, what happens to existing
// values, and a button. Streamlit calls the default export with the data of each run; the rest is
// read and written over HTTP. Not here: the import itself (session.js), the steps (file_choice.js,
// matching.js, columns.js, tag_list.js, summary.js).
import { annotations } from "../shared/store/annotations.js";
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { el, set } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { translator } from "../shared/ui/translate.js";
import { FileChoice } from "./file_choice.js";
import { Columns } from "./columns.js";
import { Summary } from "./summary.js";
import { ImportSession } from "./session.js";
import { Matching } from "./matching.js";
import { TagList } from "./tag_list.js";

// Where the page Properties leaves the name of the property whose tags are to be imported.
export const INTO_KEY = "panoptic.import.into";

/**
 * @typedef {{language: string, types: string[], ways: string[], encodings: string[],
 *   texts: Record<string, string>}} Data
 */
/**
 * What the steps need.
 * @typedef {object} Tools
 * @property {import("../shared/ui/translate.js").Translate} t
 * @property {string} language
 * @property {string[]} types
 * @property {string[]} ways
 * @property {string[]} encodings
 * @property {ImportSession} session
 * @property {(name: string, value: any) => void} send  sends an event to Python
 */

export default component(
  (root) => new ImportPage(root),
  (page, { press }) => (page.tools.send = press),
);

class ImportPage {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.session = new ImportSession();
    /** @type {Tools} */
    this.tools = {
      t: (name) => name,
      language: "en",
      types: [],
      ways: [],
      encodings: [],
      session: this.session,
      send: () => {},
    };
    this.into = sessionStorage.getItem(INTO_KEY);
    this.fileChoice = new FileChoice(this.tools, {
      begin: (file) => this.begin(file),
      openPath: (path) => this.openPath(path),
    });
    this.matching = new Matching(this.tools);
    this.columns = new Columns(this.tools);
    this.existing = el("fieldset", { class: "existing" });
    this.tagList = new TagList(this.tools);
    this.summary = new Summary(this.tools);
    this.existingStep = el("section", { class: "step" }, this.existing);
    this.steps = el(
      "div",
      { class: "steps" },
      this.fileChoice.node,
      this.tagList.node,
      this.matching.node,
      this.columns.node,
      this.existingStep,
    );
    root.replaceChildren(this.steps, this.summary.node);
    this.onChange = () => this.draw();
    this.session.addEventListener("change", this.onChange);
    this.session.addEventListener("wait", this.onChange);
    annotations.addEventListener("define", this.onChange);
    // An undo elsewhere is seen here.
    this.unfollow = onAnnotationChange(() => this.session.state?.phase === "done" && this.session.poll());
    this.listenForDrops();
    // To import the tags of a property one begins with a file.
    if (!this.into) this.session.resume();
  }

  /** A file can be dropped anywhere on the page. */
  listenForDrops() {
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
    this.session.begin(file, this.into).then(() => this.forgetInto());
  }

  /** @param {string} path */
  openPath(path) {
    this.session.open(path, this.into).then(() => this.forgetInto());
  }

  forgetInto() {
    if (!this.session.state) return;
    sessionStorage.removeItem(INTO_KEY);
    this.into = null;
  }

  /** @param {Data} data */
  update(data) {
    const signature = JSON.stringify(data);
    if (signature === this.signature) return;
    const isUpdate = this.signature !== undefined;
    this.signature = signature;
    const { language, texts, types, ways, encodings } = data;
    Object.assign(this.tools, { t: translator(texts, language), language, types, ways, encodings });
    this.session.language = language;
    this.draw();
    // Messages of the server are in the language of the request.
    if (isUpdate && this.session.state) this.session.poll();
  }

  draw() {
    const { state } = this.session;
    const isRead = Boolean(state?.table);
    this.root.classList.toggle("empty", !isRead);
    this.fileChoice.draw(state, this.into);
    this.drawSteps(state);
    this.summary.node.hidden = !isRead;
    if (isRead) this.summary.draw(state);
    set(this.steps, "aria-busy", this.session.isWaiting ? "true" : null);
    // Choices cannot be changed while the import is being written.
    const steps = [this.tagList.node, this.matching.node, this.columns.node, this.existingStep];
    for (const step of steps) set(step, "inert", state?.phase === "writing");
  }

  /** Show the steps that the file has by now. @param {import("./session.js").ImportState | null} state */
  drawSteps(state) {
    const isTagList = Boolean(state?.table) && state.tags !== null;
    const isMatched = Boolean(state?.table) && !isTagList;
    const isPlanned = isMatched && Boolean(state.plan);
    this.tagList.node.hidden = !isTagList;
    this.matching.node.hidden = !isMatched;
    this.columns.node.hidden = this.existingStep.hidden = !isPlanned;
    if (isTagList) this.tagList.draw(state);
    if (isMatched) this.matching.draw(state);
    if (!isPlanned) return;
    this.columns.draw(state);
    this.drawExisting(state);
  }

  /** What happens to values that are there already. @param {import("./session.js").ImportState} state */
  drawExisting(state) {
    const { t, language } = this.tools;
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
            onchange: () => this.session.choose({ existing: way }),
          }),
          el("strong", {}, t(`existing_${way}`)),
          el("span", { class: "quiet" }, t(`existing_${way}_help`)),
        ),
      );
      this.existing.replaceChildren(el("legend", {}, el("h2", {}, t("existing"))), ...ways);
    }
    const chosen = this.session.unanswered.existing ?? state.choices.existing;
    for (const input of this.existing.querySelectorAll("input")) input.checked = input.value === chosen;
  }

  close() {
    this.session.close();
    this.unfollow();
    annotations.removeEventListener("define", this.onChange);
  }
}
