// The foot of the page: what one press would import, how far it is, what it did, and its undo. Not
// here: doing it (the server).
import { el, icon, set, write } from "../shared/ui/dom.js";

/** @typedef {import("./session.js").Told} Told */

export class Finish {
  /** @param {import("./importing.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    const { hand } = tools;
    this.press = el("button", { type: "button", class: "main", onclick: () => hand.write() });
    this.bar = el("progress", {});
    this.stop = el("button", { type: "button", onclick: () => hand.stop() });
    this.glyph = icon("check");
    this.said = el("span", { role: "status" });
    this.show = el("button", { type: "button", class: "link", onclick: () => this.leave() });
    this.undo = el("button", { type: "button", class: "link", onclick: () => hand.undo() });
    this.problem = el("span", { class: "problem", role: "alert" });
    this.node = el(
      "footer",
      { class: "finish" },
      this.press,
      this.bar,
      this.glyph,
      this.said,
      this.stop,
      this.show,
      this.undo,
      this.problem,
    );
  }

  /** @param {Told} told */
  draw(told) {
    const { say, hand } = this.tools;
    const { phase, written } = told;
    const focused = /** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement;
    const isHere = this.node.contains(focused);
    const isWriting = phase === "writing";
    const isDone = phase === "done" && written !== null;
    this.press.hidden = isWriting || isDone;
    this.press.disabled = !told.canWrite || !this.count(told) || hand.isWaiting;
    write(this.press, this.label(told));
    this.bar.hidden = this.stop.hidden = !isWriting;
    this.glyph.hidden = !isDone && !hand.isUndone;
    write(this.glyph, hand.isUndone ? "undo" : "check");
    write(this.said, this.sentence(told));
    write(this.stop, say("stop"));
    this.show.hidden = this.undo.hidden = !isDone || !written.changes;
    write(this.show, say(told.tags || !written?.images ? "to_tags" : "show"));
    write(this.undo, say("undo"));
    const { done, of } = told.progress;
    set(this.bar, "value", of && done < of ? done / of : null);
    set(this.bar, "aria-label", this.sentence(told));
    this.stop.hidden ||= of > 0 && done >= of;
    const problem = told.problem?.about === "import" ? told.problem.message : hand.failure;
    this.problem.hidden = !problem;
    write(this.problem, problem === "failed" ? say("failed") : problem);
    // What was pressed is gone: the next press is beside it.
    if (isHere && /** @type {HTMLElement} */ (focused).hidden)
      [this.stop, this.show, this.press].find((button) => !button.hidden)?.focus();
  }

  /** @param {Told} told */
  count(told) {
    if (told.tags) return told.tags.count;
    return (told.plan?.columns ?? []).reduce((sum, one) => sum + (one.writes ?? 0), 0);
  }

  /** @param {Told} told */
  label(told) {
    const { say } = this.tools;
    const count = this.count(told);
    if (!count) return say("import_nothing");
    if (told.tags)
      return say("import", { what: say("tags", { count }), where: say("quoted", { name: told.choices.into }) });
    const properties = told.plan.columns.filter((one) => one.writes).length;
    return say("import", { what: say("values", { count }), where: say("properties", { count: properties }) });
  }

  /** @param {Told} told */
  sentence(told) {
    const { say, hand } = this.tools;
    const { phase, written, progress } = told;
    if (hand.isUndone) return say("undone");
    if (phase === "writing")
      return progress.done < progress.of
        ? say("importing", { done: progress.done + 1, of: progress.of })
        : say("saving");
    if (phase === "done" && written) return this.done(written);
    return hand.isWaiting ? say("arranging") : "";
  }

  done({ changes, values, images, properties, tags }) {
    const { say } = this.tools;
    if (!changes) return say("done_nothing");
    if (!values) return say("done_tags", { what: say("tags", { count: tags }) });
    return say("done", {
      what: say("values", { count: values }),
      where: say("properties", { count: properties.length }),
      images: say("images", { count: images }),
    });
  }

  leave() {
    const { ask, hand } = this.tools;
    if (hand.told.tags || !hand.told.written.images) ask("properties", true);
    else ask("show", hand.told.written.batch);
  }
}
