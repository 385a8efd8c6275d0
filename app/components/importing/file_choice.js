// The choice of a file, from the browser or by its path; then its name, its size and whether it
// has values or tags. Not here: dropping a file (importing.js), reading it (the server).
import { routeTo } from "../shared/bridge/address.js";
import { el, icon, number, set, write } from "../shared/ui/dom.js";

const ACCEPTED = ".csv,.tsv,.txt,.parquet,.json,.jsonl,.ndjson,.db,.sqlite,.sqlite3,.xmp";
const FORMATS = /** @type {const} */ ([
  ["table", "values"],
  ["folder_open", "panoptic"],
  ["sell", "xmp"],
  ["account_tree", "tags"],
]);

export class FileChoice {
  /**
   * @param {import("./importing.js").Tools} tools
   * @param {{begin: (file: File) => void, openPath: (path: string) => void}} callbacks
   */
  constructor(tools, callbacks) {
    this.tools = tools;
    this.callbacks = callbacks;
    this.file = el("input", { type: "file", accept: ACCEPTED, hidden: true, onchange: () => this.fileChosen() });
    this.title = el("h1", {});
    this.help = el("p", { class: "quiet" });
    this.dropText = el("span", {});
    this.pick = el("button", { type: "button", class: "main", onclick: () => this.file.click() });
    this.zone = el("div", { class: "zone" }, icon("upload_file"), this.dropText, this.pick);
    this.pathLabel = el("span", {});
    this.path = el("input", {
      type: "text",
      class: "field",
      autocomplete: "off",
      spellcheck: "false",
      onkeydown: (event) => event.stopPropagation(),
    });
    this.readButton = el("button", { type: "submit" });
    this.form = el(
      "form",
      { class: "path", onsubmit: (event) => this.openPath(event) },
      el("label", {}, this.pathLabel, this.path),
      this.readButton,
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
    this.anotherButton = el(
      "button",
      { type: "button", class: "link", onclick: () => this.discard() },
      icon("upload_file"),
      el("span", {}),
    );
    this.kindButtons = ["values", "tags"].map((kind) =>
      el("button", { type: "button", class: "mode", onclick: () => this.setKind(kind) }),
    );
    this.kindGroup = el("div", { class: "modes", role: "group" }, ...this.kindButtons);
    this.encodingLabel = el("span", {});
    this.encoding = el("select", { class: "field", onchange: () => this.chooseEncoding() });
    this.accented = el("span", { class: "accented" });
    this.encodingRow = el(
      "div",
      { class: "encoding" },
      el("label", {}, this.encodingLabel, this.encoding),
      this.accented,
    );
    this.encodingProblem = el("p", { class: "problem", role: "alert", hidden: true });
    this.badLines = el("p", { class: "quiet" });
    this.openQuotes = el("p", { class: "quiet" });
    this.leftOutText = el("span", {});
    this.leftOutList = el("a", { class: "link", download: "" });
    this.leftOut = el("p", { class: "quiet" }, this.leftOutText, " ", this.leftOutList);
    this.overlong = el("p", { class: "quiet" });
    this.unread = el("p", { class: "quiet" });
    this.fileRow = el(
      "div",
      { class: "file" },
      icon("description"),
      this.name,
      this.size,
      this.kindGroup,
      el("span", { class: "gap" }),
      this.anotherButton,
    );
    const notes = [
      this.encodingRow,
      this.encodingProblem,
      this.badLines,
      this.openQuotes,
      this.overlong,
      this.unread,
      this.leftOut,
    ];
    this.node = el("section", { class: "step" }, this.file, this.empty, this.fileRow, ...notes);
  }

  /** @param {import("./session.js").ImportState | null} state @param {string | null} into */
  draw(state, into) {
    const { t, language, session } = this.tools;
    const isRead = Boolean(state?.table);
    this.empty.hidden = isRead;
    this.fileRow.hidden = !isRead;
    this.overlong.hidden = !state?.plan?.overlong.length;
    this.unread.hidden = !state?.plan?.unread.count;
    this.leftOut.hidden = !state?.plan?.left_out;
    this.drawText(state);
    if (!isRead) return this.drawEmpty(state, into);
    write(this.name, state.name);
    set(this.name, "title", state.name);
    write(
      this.size,
      `${t("rows", { count: state.table.rows })}, ${t("columns", { count: state.table.columns.length })}`,
    );
    write(this.anotherButton.lastChild, t("another"));
    this.kindGroup.hidden = !state.table.listsTags;
    set(this.kindGroup, "aria-label", t("holds"));
    ["values", "tags"].forEach((kind, index) => {
      write(this.kindButtons[index], t(`holds_${kind}`));
      set(this.kindButtons[index], "aria-pressed", String((kind === "tags") === (state.tags !== null)));
    });
    if (state.plan) this.drawNotes(state.plan);
    set(this.leftOutList, "href", routeTo(`/imports/${state.id}/left-out.csv?lang=${language}`));
    this.language = language;
    this.anotherButton.disabled = session.state.phase === "writing";
  }

  /** How the file was read as text: its encoding and some cells to judge it by. */
  drawText(state) {
    const { t, language } = this.tools;
    const text = state?.table?.text ?? null;
    const isPlain = !text || (text.encoding.startsWith("utf") && !text.bad_lines.count && !text.accented.length);
    this.encodingRow.hidden = isPlain;
    this.badLines.hidden = !text?.bad_lines.count;
    this.openQuotes.hidden = !text?.open_quotes.count;
    const problem = this.encodingProblemOf(state);
    this.encodingProblem.hidden = !problem;
    write(this.encodingProblem, problem);
    if (!text) return;
    write(this.encodingLabel, t("encoding"));
    this.fillEncodings(text);
    const cells = text.accented.map((cell) => el("q", {}, cell.length > 40 ? `${cell.slice(0, 40)}…` : cell));
    this.accented.replaceChildren(...(cells.length ? [el("span", { class: "quiet" }, t("accented")), ...cells] : []));
    const lines = ({ count, first }) =>
      first.map((line) => number(line, language)).join(", ") + (count > first.length ? " …" : "");
    write(this.badLines, t("bad_lines", { lines: lines(text.bad_lines) }));
    write(this.openQuotes, t("open_quotes", { lines: lines(text.open_quotes) }));
  }

  encodingProblemOf(state) {
    if (state?.problem?.about !== "encoding") return "";
    if (state.problem.code !== "unclear_encoding") return state.problem.message;
    const { encoding, others } = state.table.text;
    return this.tools.t("encoding_unclear", { known: [encoding, ...others].join(", ") });
  }

  /** The likeliest encodings first. @param {import("./session.js").TextForm} text */
  fillEncodings(text) {
    const likely = [text.encoding, ...text.others];
    const names = [...new Set([...likely, ...this.tools.encodings])];
    if (names.join() !== this.encodingNames) {
      this.encodingNames = names.join();
      this.encoding.replaceChildren(...names.map((name) => el("option", { value: name }, name)));
    }
    this.encoding.value = text.encoding;
  }

  chooseEncoding() {
    this.tools.session.choose({ encoding: this.encoding.value });
  }

  /** What of the file is not imported. @param {import("./session.js").Plan} plan */
  drawNotes(plan) {
    const { t } = this.tools;
    write(this.leftOutText, t("not_taken", { count: plan.left_out }));
    write(this.leftOutList, t("not_taken_list"));
    write(this.overlong, t("overlong", { lines: plan.overlong.join(", ") }));
    const files = plan.unread.first.map(({ file, cause }) => `${file} (${cause})`).join(", ");
    write(this.unread, t("unread_files", { count: plan.unread.count, files }));
  }

  drawEmpty(state, into) {
    const { t, language, session } = this.tools;
    write(this.title, t("title"));
    write(this.help, into ? t("help_tags", { name: into }) : t("help"));
    write(this.dropText, t("drop"));
    write(this.pick, t("choose"));
    set(this.file, "aria-label", t("choose"));
    write(this.pathLabel, t("path"));
    set(this.path, "placeholder", t("path_hint"));
    write(this.readButton, t("read"));
    const isReading = state?.phase === "reading" || (session.isWaiting && Boolean(session.readingName));
    this.reading.hidden = !isReading;
    if (isReading) write(this.reading, t("reading", { name: state?.name ?? session.readingName }));
    const problem = isReading ? "" : (state?.problem?.message ?? session.failure);
    this.problem.hidden = !problem;
    write(this.problem, problem && (problem === "failed" ? t("failed") : problem));
    if (this.formats.dataset.language === language) return;
    this.formats.dataset.language = language;
    this.formats.replaceChildren(
      ...FORMATS.map(([glyph, name]) =>
        el("div", {}, el("dt", {}, icon(glyph), t(`format_${name}`)), el("dd", {}, t(`format_${name}_help`))),
      ),
    );
  }

  fileChosen() {
    const [file] = this.file.files ?? [];
    // The same file may be chosen again after it has changed.
    if (file) this.callbacks.begin(file);
    this.file.value = "";
  }

  openPath(event) {
    event.preventDefault();
    if (this.path.value.trim()) this.callbacks.openPath(this.path.value);
  }

  setKind(kind) {
    const { session } = this.tools;
    const name = session.state.name.replace(/\.[^.]*$/, "");
    session.choose({ into: kind === "tags" ? name : null });
  }

  discard() {
    this.tools.session.discard();
    this.pick.focus();
  }
}
