// The foot of the page: the button that imports, the progress, the result and its undo. Not here:
// importing (the server).
import { el, icon, set, write } from "../shared/ui/dom.js";

/** @typedef {import("./session.js").ImportState} ImportState */

export class Summary {
  /** @param {import("./importing.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    const { session } = tools;
    this.importButton = el("button", { type: "button", class: "main", onclick: () => session.write() });
    this.progressBar = el("progress", {});
    this.stopButton = el("button", { type: "button", onclick: () => session.stop() });
    this.icon = icon("check");
    this.message = el("span", { role: "status" });
    this.showButton = el("button", { type: "button", class: "link", onclick: () => this.showResult() });
    this.undoButton = el("button", { type: "button", class: "link", onclick: () => session.undo() });
    this.problem = el("span", { class: "problem", role: "alert" });
    this.node = el(
      "footer",
      { class: "finish" },
      this.importButton,
      this.progressBar,
      this.icon,
      this.message,
      this.stopButton,
      this.showButton,
      this.undoButton,
      this.problem,
    );
  }

  /** @param {ImportState} state */
  draw(state) {
    const { session } = this.tools;
    const focused = /** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement;
    const hadFocus = this.node.contains(focused);
    const isDone = state.phase === "done" && state.written !== null;
    this.icon.hidden = !isDone && !session.isUndone;
    write(this.icon, session.isUndone ? "undo" : "check");
    write(this.message, this.sentence(state));
    this.drawButtons(state);
    this.drawProgress(state);
    this.drawProblem(state);
    // The button that had the keyboard is hidden: the next one gets it.
    if (hadFocus && /** @type {HTMLElement} */ (focused).hidden)
      [this.stopButton, this.showButton, this.importButton].find((button) => !button.hidden)?.focus();
  }

  /** @param {ImportState} state */
  drawButtons(state) {
    const { t, session } = this.tools;
    const { phase, written, tags } = state;
    const isDone = phase === "done" && written !== null;
    this.importButton.hidden = phase === "writing" || isDone;
    this.importButton.disabled = !state.canWrite || !this.writtenCount(state) || session.isWaiting;
    write(this.importButton, this.buttonLabel(state));
    this.showButton.hidden = this.undoButton.hidden = !isDone || !written.changes;
    write(this.showButton, t(tags || !written?.images ? "to_tags" : "show"));
    write(this.undoButton, t("undo"));
  }

  /** @param {ImportState} state */
  drawProgress(state) {
    const { done, of } = state.progress;
    const isWriting = state.phase === "writing";
    this.progressBar.hidden = !isWriting;
    set(this.progressBar, "value", of && done < of ? done / of : null);
    set(this.progressBar, "aria-label", this.sentence(state));
    // What is being saved can no longer be stopped.
    this.stopButton.hidden = !isWriting || (of > 0 && done >= of);
    write(this.stopButton, this.tools.t("stop"));
  }

  /** @param {ImportState} state */
  drawProblem(state) {
    const { t, session } = this.tools;
    const problem = state.problem?.about === "import" ? state.problem.message : session.failure;
    this.problem.hidden = !problem;
    write(this.problem, problem === "failed" ? t("failed") : problem);
  }

  /** How many values or tags would be written. @param {ImportState} state */
  writtenCount(state) {
    if (state.tags) return state.tags.count;
    return (state.plan?.columns ?? []).reduce((sum, column) => sum + (column.writes ?? 0), 0);
  }

  /** @param {ImportState} state */
  buttonLabel(state) {
    const { t } = this.tools;
    const count = this.writtenCount(state);
    if (!count) return t("import_nothing");
    if (state.tags)
      return t("import", { what: t("tags", { count }), where: t("quoted", { name: state.choices.into }) });
    const properties = state.plan.columns.filter((column) => column.writes).length;
    return t("import", { what: t("values", { count }), where: t("properties", { count: properties }) });
  }

  /** What happens or has happened. @param {ImportState} state */
  sentence(state) {
    const { t, session } = this.tools;
    const { phase, written, progress } = state;
    if (session.isUndone) return t("undone");
    if (phase === "writing")
      return progress.done < progress.of ? t("importing", { done: progress.done + 1, of: progress.of }) : t("saving");
    if (phase === "done" && written) return this.doneSentence(written);
    return session.isWaiting ? t("arranging") : "";
  }

  /** @param {NonNullable<ImportState["written"]>} written */
  doneSentence({ changes, values, images, properties, tags }) {
    const { t } = this.tools;
    if (!changes) return t("done_nothing");
    if (!values) return t("done_tags", { what: t("tags", { count: tags }) });
    return t("done", {
      what: t("values", { count: values }),
      where: t("properties", { count: properties.length }),
      images: t("images", { count: images }),
    });
  }

  showResult() {
    const { send, session } = this.tools;
    if (session.state.tags || !session.state.written.images) send("properties", true);
    else send("show", session.state.written.batch);
  }
}
