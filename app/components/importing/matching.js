// Which image each row is about: the way, the column, the folder; how many rows found one; some
// pictures beside their rows. Not here: finding images (the server).
import { el, icon, number, set, write } from "../shared/ui/dom.js";

/** @typedef {import("./session.js").Told} Told */

export class Matching {
  /** @param {import("./importing.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    /** @type {[string, number][] | null} */
    this.folders = null;
    this.page = 0;
    this.title = el("h2", {});
    this.by = this.chooser("by");
    this.column = this.chooser("column");
    this.folder = this.chooser("folder");
    this.line = el("div", { class: "sentence" }, this.by.node, this.column.node, this.folder.node);
    this.problem = el("p", { class: "problem", role: "alert", hidden: true });
    this.note = el("p", { class: "note", hidden: true }, icon("visibility"), el("span", {}));
    this.found = el("p", { class: "found", role: "status" });
    this.missedLine = el("summary", {});
    this.missedList = el("tbody", {});
    this.missedAll = el("a", { class: "link", download: "" });
    this.missedMore = el("span", { class: "quiet" });
    this.missed = el(
      "details",
      { class: "missed" },
      this.missedLine,
      el("div", { class: "listed", tabindex: 0 }, el("table", {}, this.missedList)),
      el("p", {}, this.missedMore, this.missedAll),
    );
    this.pictureTitle = el("h3", {});
    this.others = el(
      "button",
      { type: "button", class: "add", onclick: () => this.turn() },
      icon("refresh"),
      el("span", {}),
    );
    this.pictures = el("ul", { class: "pictures" });
    this.compare = el("div", {}, el("div", { class: "named" }, this.pictureTitle, this.others), this.pictures);
    this.node = el(
      "section",
      { class: "step matching" },
      this.title,
      this.line,
      this.problem,
      this.note,
      this.found,
      this.missed,
      this.compare,
    );
  }

  chooser(name) {
    const label = el("span", {});
    const select = el("select", { class: "field", onchange: () => this.choose(name) });
    return { label, select, node: el("label", {}, label, select) };
  }

  /** @param {Told} told */
  draw(told) {
    const { say, language } = this.tools;
    const { by, folder } = told.choices;
    const isByRow = by === "row";
    this.told = told;
    write(this.title, say("matching"));
    write(this.by.label, say("by"));
    write(this.column.label, say("column"));
    write(this.folder.label, say(isByRow ? "folder_followed" : "folder"));
    this.column.node.hidden = isByRow || by === null;
    this.folder.node.hidden = by === null;
    const isOther = this.id !== told.id || this.language !== language || this.wasByRow !== isByRow;
    if (this.id !== told.id) this.page = 0;
    this.id = told.id;
    this.language = language;
    this.wasByRow = isByRow;
    if (isOther) this.fill(told);
    this.by.select.value = by ?? "";
    this.column.select.value = told.choices.column ?? "";
    this.folder.select.value = folder ?? "";
    if (!this.folders || this.folderOf !== told.id) this.readFolders(told.id);
    const refused = told.problem?.about === "matching" ? told.problem : null;
    // Nothing was chosen yet: no reproach, but what to do.
    const problem = refused?.code === "no_key" ? say(by === "row" ? "no_folder" : "no_key") : (refused?.message ?? "");
    this.problem.hidden = !problem;
    write(this.problem, problem);
    this.drawFound(told);
  }

  /** Offer what can be chosen. @param {Told} told */
  fill(told) {
    const { say, ways } = this.tools;
    const none = () => el("option", { value: "", disabled: true }, say("choose_one"));
    this.by.select.replaceChildren(none(), ...ways.map((way) => el("option", { value: way }, say(`by_${way}`))));
    this.column.select.replaceChildren(
      none(),
      ...told.table.columns.map((name) => el("option", { value: name }, name)),
    );
    this.fillFolders(told);
  }

  /** @param {Told} told */
  fillFolders(told) {
    const { say, language } = this.tools;
    const isByRow = told.choices.by === "row";
    const all = isByRow
      ? el("option", { value: "", disabled: true }, say("choose_one"))
      : el("option", { value: "" }, say("folders_all"));
    const option = ([name, count]) => el("option", { value: name }, `${name} (${number(count, language)})`);
    const known = this.folders ?? [];
    const fitting = known.filter(([, count]) => count === told.table.rows);
    const rest = known.filter(([, count]) => count !== told.table.rows);
    const groups =
      isByRow && fitting.length && rest.length
        ? [
            el("optgroup", { label: say("folders_fitting") }, ...fitting.map(option)),
            el("optgroup", { label: say("folders_rest") }, ...rest.map(option)),
          ]
        : known.map(option);
    const { folder } = told.choices;
    // One that is written otherwise than the project has it.
    if (folder && !known.some(([name]) => name === folder)) groups.push(el("option", { value: folder }, folder));
    this.folder.select.replaceChildren(all, ...groups);
    this.folder.select.value = folder ?? "";
  }

  async readFolders(id) {
    this.folderOf = id;
    const answer = await this.tools.hand.ask("/imports/folders").catch(() => null);
    const told = answer?.ok ? await answer.json() : { folders: [] };
    this.folders = told.folders;
    if (this.told) this.fillFolders(this.told);
  }

  /** @param {"by" | "column" | "folder"} name */
  choose(name) {
    const by = this.by.select.value || null;
    const was = this.told.choices;
    const isOther = name === "by" && (by === "row") !== (was.by === "row");
    // Another way may be by another column: that is found out.
    const column = by === "row" || name === "by" ? null : this.column.select.value || null;
    const folder = isOther ? null : this.folder.select.value || null;
    this.isChosen = name === "by" || name === "folder";
    this.page = 0;
    this.tools.hand.choose({ matching: { by, column, folder } });
  }

  /** @param {Told} told */
  drawFound(told) {
    const { say, language } = this.tools;
    const { plan } = told;
    this.found.hidden = this.missed.hidden = this.compare.hidden = !plan;
    this.note.hidden = !plan || told.choices.by !== "row" || Boolean(this.isChosen);
    if (!plan) {
      this.shown = "";
      return;
    }
    write(this.note.lastChild, say("guessed"));
    const images = say("images", { count: plan.images });
    write(
      this.found,
      say(plan.matched ? "matched" : "matched_none", {
        count: plan.rows,
        matched: number(plan.matched, language),
        images,
      }),
    );
    const { missed } = plan;
    this.missed.hidden = !missed.count;
    write(this.missedLine, say("missed", { count: missed.count }));
    set(this.missedList.closest("div"), "aria-label", say("missed", { count: missed.count }));
    this.missedList.replaceChildren(
      ...missed.first.map(({ line, key, why }) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, say("line", { line: number(line, language) })),
          el("td", { title: key }, key ?? ""),
          el("td", { class: "quiet" }, say(`why_${why}`)),
        ),
      ),
    );
    const more = missed.count - missed.first.length;
    write(this.missedMore, more > 0 ? say("more", { count: number(more, language) }) : "");
    write(this.missedAll, say("missed_all"));
    set(this.missedAll, "href", `/imports/${told.id}/missing.csv?lang=${language}`);
    write(this.pictureTitle, say("pictures"));
    write(this.others.lastChild, say("others"));
    this.compare.hidden = !plan.images;
    this.readRows(told);
  }

  turn() {
    this.page += 1;
    this.readRows(this.told);
  }

  /** @param {Told} told */
  async readRows(told) {
    const { by, column, folder } = told.choices;
    const taken = told.plan.columns.filter((one) => one.take).map((one) => one.source);
    const asked = JSON.stringify([told.id, by, column, folder, taken, this.page, this.language]);
    if (asked === this.shown) return;
    this.shown = asked;
    const answer = await this.tools.hand.ask(`/imports/${told.id}/rows?page=${this.page}`).catch(() => null);
    if (!answer?.ok || this.shown !== asked) return;
    const { rows } = await answer.json();
    if (this.shown !== asked) return;
    const { say, language } = this.tools;
    this.others.hidden = told.plan.images <= rows.length;
    this.pictures.replaceChildren(
      ...rows.map((row) => picture(row, say("line", { line: number(row.line, language) }))),
    );
  }
}

/** @param {{line: number, sha1: string, place: string, cells: [string, string][]}} row @param {string} line */
function picture({ sha1, place, cells }, line) {
  const name = place.slice(place.lastIndexOf("/") + 1);
  const said = cells.map(([column, text]) =>
    el("div", {}, el("dt", { title: column }, column), el("dd", { title: text }, text)),
  );
  return el(
    "li",
    {},
    el("img", { src: `/thumb/${sha1}`, alt: name, decoding: "async" }),
    el("p", { class: "name", title: place }, name),
    el("p", { class: "quiet" }, line),
    el("dl", {}, ...said),
  );
}
