// The file: chosen, dropped or named by its path; then its name, its size and what it holds. Not
// here: reading it (the server).
import { el, icon, set, write } from "../shared/ui/dom.js";

const ENDINGS = ".csv,.tsv,.txt,.parquet,.json,.jsonl,.ndjson,.db,.sqlite,.sqlite3";
const FORMATS = /** @type {const} */ ([
  ["table", "values"],
  ["folder_open", "panoptic"],
  ["account_tree", "tags"],
]);

export class Choose {
  /**
   * @param {import("./importing.js").Tools} tools
   * @param {{begin: (file: File) => void, open: (path: string) => void}} acts
   */
  constructor(tools, acts) {
    this.tools = tools;
    this.acts = acts;
    this.file = el("input", { type: "file", accept: ENDINGS, hidden: true, onchange: () => this.chosen() });
    this.title = el("h1", {});
    this.help = el("p", { class: "quiet" });
    this.dropped = el("span", {});
    this.pick = el("button", { type: "button", class: "main", onclick: () => this.file.click() });
    this.zone = el("div", { class: "zone" }, icon("upload_file"), this.dropped, this.pick);
    this.pathLabel = el("span", {});
    this.path = el("input", {
      type: "text",
      class: "field",
      autocomplete: "off",
      spellcheck: "false",
      onkeydown: (event) => event.stopPropagation(),
    });
    this.read = el("button", { type: "submit" });
    this.form = el(
      "form",
      { class: "path", onsubmit: (event) => this.open(event) },
      el("label", {}, this.pathLabel, this.path),
      this.read,
    );
    this.problem = el("p", { class: "problem", role: "alert", hidden: true });
    this.reading = el("p", { class: "quiet reading", role: "status", hidden: true });
    this.formats = el("dl", { class: "formats" });
    this.empty = el(
      "div",
      { class: "begin" },
      this.title,
      this.help,
      this.zone,
      this.form,
      this.reading,
      this.problem,
      this.formats,
    );
    this.name = el("h1", {});
    this.size = el("span", { class: "quiet" });
    this.another = el(
      "button",
      { type: "button", class: "link", onclick: () => this.leave() },
      icon("upload_file"),
      el("span", {}),
    );
    this.kinds = ["values", "tags"].map((kind) =>
      el("button", { type: "button", class: "mode", onclick: () => this.turn(kind) }),
    );
    this.kind = el("div", { class: "modes", role: "group" }, ...this.kinds);
    this.overlong = el("p", { class: "quiet" });
    this.here = el(
      "div",
      { class: "file" },
      icon("description"),
      this.name,
      this.size,
      this.kind,
      el("span", { class: "gap" }),
      this.another,
    );
    this.node = el("section", { class: "step" }, this.file, this.empty, this.here, this.overlong);
  }

  /** @param {import("./session.js").Told | null} told @param {string | null} into */
  draw(told, into) {
    const { say, language, hand } = this.tools;
    const isHere = Boolean(told?.table);
    this.empty.hidden = isHere;
    this.here.hidden = !isHere;
    this.overlong.hidden = !told?.plan?.overlong.length;
    if (!isHere) return this.drawEmpty(told, into);
    write(this.name, told.name);
    set(this.name, "title", told.name);
    write(
      this.size,
      `${say("rows", { count: told.table.rows })}, ${say("columns", { count: told.table.columns.length })}`,
    );
    write(this.another.lastChild, say("another"));
    this.kind.hidden = !told.table.listsTags;
    set(this.kind, "aria-label", say("holds"));
    ["values", "tags"].forEach((kind, at) => {
      write(this.kinds[at], say(`holds_${kind}`));
      set(this.kinds[at], "aria-pressed", String((kind === "tags") === (told.tags !== null)));
    });
    if (told.plan) write(this.overlong, say("overlong", { lines: told.plan.overlong.join(", ") }));
    this.language = language;
    this.another.disabled = hand.told.phase === "writing";
  }

  drawEmpty(told, into) {
    const { say, language, hand } = this.tools;
    write(this.title, say("title"));
    write(this.help, into ? say("help_tags", { name: into }) : say("help"));
    write(this.dropped, say("drop"));
    write(this.pick, say("choose"));
    set(this.file, "aria-label", say("choose"));
    write(this.pathLabel, say("path"));
    set(this.path, "placeholder", say("path_hint"));
    write(this.read, say("read"));
    const isReading = told?.phase === "reading" || (hand.isWaiting && Boolean(hand.reading));
    this.reading.hidden = !isReading;
    if (isReading) write(this.reading, say("reading", { name: told?.name ?? hand.reading }));
    const problem = isReading ? "" : (told?.problem?.message ?? hand.failure);
    this.problem.hidden = !problem;
    write(this.problem, problem && (problem === "failed" ? say("failed") : problem));
    if (this.formats.dataset.language === language) return;
    this.formats.dataset.language = language;
    this.formats.replaceChildren(
      ...FORMATS.map(([glyph, name]) =>
        el("div", {}, el("dt", {}, icon(glyph), say(`format_${name}`)), el("dd", {}, say(`format_${name}_help`))),
      ),
    );
  }

  chosen() {
    const [file] = this.file.files ?? [];
    // The same one may be chosen again, changed since.
    if (file) this.acts.begin(file);
    this.file.value = "";
  }

  open(event) {
    event.preventDefault();
    if (this.path.value.trim()) this.acts.open(this.path.value);
  }

  turn(kind) {
    const { hand } = this.tools;
    const name = hand.told.name.replace(/\.[^.]*$/, "");
    hand.choose({ into: kind === "tags" ? name : null });
  }

  leave() {
    this.tools.hand.drop();
    this.pick.focus();
  }
}
