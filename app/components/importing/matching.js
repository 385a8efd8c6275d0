// Which image each row is about: how they are matched, by which column, in which folder; how many
// rows match; some pictures with their rows. Not here: matching (the server).
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";

/** @typedef {import("./session.js").ImportState} ImportState */

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
    this.summary = el("p", { class: "found", role: "status" });
    this.caseless = el("p", { class: "quiet", hidden: true });
    this.hint = el("p", { class: "problem", hidden: true });
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
    this.othersButton = el(
      "button",
      { type: "button", class: "add", onclick: () => this.nextPage() },
      icon("refresh"),
      el("span", {}),
    );
    this.pictures = el("ul", { class: "pictures" });
    this.compare = el("div", {}, el("div", { class: "named" }, this.pictureTitle, this.othersButton), this.pictures);
    this.node = el(
      "section",
      { class: "step matching" },
      this.title,
      this.line,
      this.problem,
      this.note,
      this.summary,
      this.hint,
      this.caseless,
      this.missed,
      this.compare,
    );
  }

  chooser(name) {
    const label = el("span", {});
    const select = el("select", { class: "field", onchange: () => this.choose(name) });
    return { label, select, node: el("label", {}, label, select) };
  }

  /** @param {ImportState} state */
  draw(state) {
    const { t } = this.tools;
    const { by } = state.choices;
    const isByRow = by === "row";
    this.state = state;
    write(this.title, t("matching"));
    write(this.by.label, t("by"));
    write(this.column.label, t("column"));
    write(this.folder.label, t(isByRow ? "folder_followed" : "folder"));
    this.column.node.hidden = isByRow || by === null;
    this.folder.node.hidden = by === null;
    this.drawOptions(state);
    const problem = this.problemOf(state);
    this.problem.hidden = !problem;
    write(this.problem, problem);
    this.drawResult(state);
  }

  /** Show what is chosen; fill the choices where they are others. @param {ImportState} state */
  drawOptions(state) {
    const { language } = this.tools;
    const { by } = state.choices;
    const isByRow = by === "row";
    const isOther = this.id !== state.id || this.language !== language || this.wasByRow !== isByRow;
    if (this.id !== state.id) this.page = 0;
    this.id = state.id;
    this.language = language;
    this.wasByRow = isByRow;
    if (isOther) this.fillOptions(state);
    const chosen = this.chosen(state);
    this.by.select.value = chosen.by ?? "";
    this.column.select.value = chosen.column ?? "";
    this.folder.select.value = chosen.folder ?? "";
    if (!this.folders || this.folderOf !== state.id) this.readFolders(state.id);
  }

  /** @param {ImportState} state */
  problemOf(state) {
    if (state.problem?.about !== "matching") return "";
    // Nothing is chosen yet: say what to do.
    if (state.problem.code === "no_key") return this.tools.t(state.choices.by === "row" ? "no_folder" : "no_key");
    return state.problem.message ?? "";
  }

  /** Fill the choices. @param {ImportState} state */
  fillOptions(state) {
    const { t, ways } = this.tools;
    const placeholder = () => el("option", { value: "", disabled: true }, t("choose_one"));
    this.by.select.replaceChildren(placeholder(), ...ways.map((way) => el("option", { value: way }, t(`by_${way}`))));
    this.column.select.replaceChildren(
      placeholder(),
      ...state.table.columns.map((name) => el("option", { value: name }, name)),
    );
    this.fillFolders(state);
  }

  /** @param {ImportState} state */
  fillFolders(state) {
    const { t, language } = this.tools;
    const isByRow = state.choices.by === "row";
    const allOption = isByRow
      ? el("option", { value: "", disabled: true }, t("choose_one"))
      : el("option", { value: "" }, t("folders_all"));
    const option = ([name, count]) => el("option", { value: name }, `${name} (${number(count, language)})`);
    const folders = this.folders ?? [];
    const fitting = folders.filter(([, count]) => count === state.table.rows);
    const rest = folders.filter(([, count]) => count !== state.table.rows);
    const groups =
      isByRow && fitting.length && rest.length
        ? [
            el("optgroup", { label: t("folders_fitting") }, ...fitting.map(option)),
            el("optgroup", { label: t("folders_rest") }, ...rest.map(option)),
          ]
        : folders.map(option);
    const { folder } = state.choices;
    // A folder that the project does not have, or spells differently.
    if (folder && !folders.some(([name]) => name === folder)) groups.push(el("option", { value: folder }, folder));
    this.folder.select.replaceChildren(allOption, ...groups);
    this.folder.select.value = this.chosen(state).folder ?? "";
  }

  /** What is chosen, also where the server has not answered yet. @param {ImportState} state */
  chosen(state) {
    return this.tools.session.unanswered.matching ?? state.choices;
  }

  async readFolders(id) {
    this.folderOf = id;
    const response = await this.tools.session.request("/imports/folders").catch(() => null);
    const { folders } = response?.ok ? await response.json() : { folders: [] };
    this.folders = folders;
    if (this.state) this.fillFolders(this.state);
  }

  /** @param {"by" | "column" | "folder"} name */
  choose(name) {
    const by = this.by.select.value || null;
    const previous = this.state.choices;
    const isOther = name === "by" && (by === "row") !== (previous.by === "row");
    // For another way of matching the server looks for the best column.
    const column = by === "row" || name === "by" ? null : this.column.select.value || null;
    const folder = isOther ? null : this.folder.select.value || null;
    this.isChosen = name === "by" || name === "folder";
    this.page = 0;
    this.tools.session.choose({ matching: { by, column, folder } });
  }

  /** @param {ImportState} state */
  drawResult(state) {
    const { t, language } = this.tools;
    const { plan } = state;
    this.summary.hidden = this.missed.hidden = this.compare.hidden = !plan;
    this.hint.hidden = !plan?.hint;
    this.caseless.hidden = !plan?.caseless;
    this.note.hidden = !plan || state.choices.by !== "row" || Boolean(this.isChosen);
    if (!plan) {
      this.shownKey = "";
      return;
    }
    write(this.note.lastChild, t("guessed"));
    const images = t("images", { count: plan.images });
    write(
      this.summary,
      t(plan.matched ? "matched" : "matched_none", {
        count: plan.rows,
        matched: number(plan.matched, language),
        images,
      }),
    );
    if (plan.hint) write(this.hint, t(`hint_${plan.hint}`));
    write(this.caseless, t("caseless", { count: plan.caseless }));
    const { missed } = plan;
    this.missed.hidden = !missed.count;
    write(this.missedLine, t("missed", { count: missed.count }));
    set(this.missedList.closest("div"), "aria-label", t("missed", { count: missed.count }));
    this.missedList.replaceChildren(
      ...missed.first.map(({ line, key, why }) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, t("line", { line: number(line, language) })),
          el("td", { title: key }, key ?? ""),
          el("td", { class: "quiet" }, t(`why_${why}`)),
        ),
      ),
    );
    const more = missed.count - missed.first.length;
    write(this.missedMore, more > 0 ? t("more", { count: number(more, language) }) : "");
    write(this.missedAll, t("missed_all"));
    set(this.missedAll, "href", routeTo(`/imports/${state.id}/missing.csv?lang=${language}`));
    write(this.pictureTitle, t("pictures"));
    write(this.othersButton.lastChild, t("others"));
    this.compare.hidden = !plan.images;
    this.readRows(state);
  }

  nextPage() {
    this.page += 1;
    this.readRows(this.state);
  }

  /** @param {ImportState} state */
  async readRows(state) {
    const { by, column, folder } = state.choices;
    const takenColumns = state.plan.columns.filter((column) => column.take).map((column) => column.source);
    const encoding = state.table.text?.encoding;
    const chosen = [state.id, encoding, by, column, folder, takenColumns, this.page, this.language];
    const requestKey = JSON.stringify(chosen);
    if (requestKey === this.shownKey) return;
    this.shownKey = requestKey;
    const response = await this.tools.session.request(`/imports/${state.id}/rows?page=${this.page}`).catch(() => null);
    if (!response?.ok || this.shownKey !== requestKey) return;
    const { rows } = await response.json();
    if (this.shownKey !== requestKey) return;
    const { t, language } = this.tools;
    this.othersButton.hidden = state.plan.images <= rows.length;
    this.pictures.replaceChildren(
      ...rows.map((row) => pictureItem(row, t("line", { line: number(row.line, language) }))),
    );
  }
}

/** @param {{line: number, sha1: string, place: string, cells: [string, string][]}} row @param {string} line */
function pictureItem({ sha1, place: path, cells }, line) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const cellRows = cells.map(([column, text]) =>
    el("div", {}, el("dt", { title: column }, column), el("dd", { title: text }, text)),
  );
  return el(
    "li",
    {},
    el("img", { src: routeTo(`/thumb/${sha1}`), alt: name, decoding: "async" }),
    el("p", { class: "name", title: path }, name),
    el("p", { class: "quiet" }, line),
    el("dl", {}, ...cellRows),
  );
}
