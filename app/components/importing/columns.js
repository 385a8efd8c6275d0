// The columns of the file: whether each is taken, its property, type, target and separator, and what
// of it can be read. Not here: reading it (the server).
import { annotations } from "../shared/store/annotations.js";
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { ICONS, hasTags } from "../shared/ui/property_types.js";

/** @typedef {import("./session.js").ImportState} ImportState */
/** @typedef {import("./session.js").Column} Column */

const SEPARATORS = /** @type {const} */ ([
  [",", "comma"],
  [";", "semicolon"],
  ["|", "bar"],
]);
const NAME_LENGTH = 200;

export class Columns {
  /** @param {import("./importing.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    /** @type {Map<string, ColumnRow>} */
    this.rows = new Map();
    this.title = el("h2", {});
    this.takeAll = el("input", { type: "checkbox", onchange: () => this.takeAllChanged() });
    this.heads = ["source", "values_read", "property", "type", "target", "separator", "comes"].map((name) =>
      el("th", { scope: "col", class: name }),
    );
    this.body = el("tbody", {});
    this.table = el(
      "table",
      { class: "columns" },
      el("thead", {}, el("tr", {}, el("td", {}, this.takeAll), ...this.heads)),
      this.body,
    );
    this.names = el("datalist", { id: "property-names" });
    this.node = el("section", { class: "step" }, this.title, this.table, this.names);
  }

  /** @param {ImportState} state */
  draw(state) {
    const { t, language } = this.tools;
    const columns = state.plan.columns;
    const signature = JSON.stringify([state.id, language, columns.map((column) => column.source)]);
    write(this.title, t("becomes"));
    set(this.takeAll, "aria-label", t("take_all"));
    if (signature !== this.signature) {
      this.signature = signature;
      this.heads.forEach((head) => write(head, t(head.className)));
      this.rows = new Map(columns.map((column) => [column.source, new ColumnRow(this.tools, column)]));
      this.body.replaceChildren(...[...this.rows.values()].flatMap((row) => [row.node, row.detailRow]));
    }
    const { columns: unanswered = {} } = this.tools.session.unanswered;
    const takenCount = columns.filter((column) => unanswered[column.source]?.take ?? column.take).length;
    this.takeAll.checked = takenCount === columns.length;
    this.takeAll.indeterminate = takenCount > 0 && takenCount < columns.length;
    // The separator is of tags: without a column of tags its column is hidden.
    const isTagged = columns.some((column) => column.take && column.type === "tags");
    this.table.classList.toggle("tagged", isTagged);
    for (const row of this.rows.values()) set(row.detailRow.lastElementChild, "colspan", isTagged ? 7 : 6);
    const propertyNames = annotations.properties.map(({ name }) => name);
    if (this.knownNames !== propertyNames.join("\n")) {
      this.knownNames = propertyNames.join("\n");
      this.names.replaceChildren(...propertyNames.map((value) => el("option", { value })));
    }
    for (const column of columns) this.rows.get(column.source).draw(column, state);
  }

  takeAllChanged() {
    const take = this.takeAll.checked;
    this.tools.session.choose({ columns: Object.fromEntries([...this.rows.keys()].map((name) => [name, { take }])) });
  }
}

class ColumnRow {
  /** @param {import("./importing.js").Tools} tools @param {Column} column */
  constructor(tools, column) {
    this.tools = tools;
    const { t, types } = tools;
    const { source } = column;
    this.source = source;
    this.take = el("input", {
      type: "checkbox",
      "aria-label": t("take_one", { name: source }),
      onchange: () => this.change({ take: this.take.checked }),
    });
    this.valuesCell = el("td", { class: "values_read" });
    this.name = el("input", {
      type: "text",
      class: "field",
      list: "property-names",
      maxlength: NAME_LENGTH,
      autocomplete: "off",
      "aria-label": t("property_of", { name: source }),
      onchange: () => this.nameChanged(),
      onkeydown: (event) => this.keydown(event),
    });
    this.glyph = icon("notes");
    this.newMark = el("span", { class: "state" });
    this.type = el(
      "select",
      { "aria-label": t("type_of", { name: source }), onchange: () => this.change({ type: this.type.value }) },
      ...types.map((type) => el("option", { value: type }, t(`type_${type}`))),
    );
    this.target = el(
      "select",
      { "aria-label": t("target_of", { name: source }), onchange: () => this.change({ target: this.target.value }) },
      ...["image", "file"].map((target) => el("option", { value: target }, t(`target_${target}`))),
    );
    this.separator = el(
      "select",
      {
        "aria-label": t("separator_of", { name: source }),
        onchange: () => this.change({ separator: this.separator.value }),
      },
      ...SEPARATORS.map(([value, name]) => el("option", { value }, t(`separator_${name}`))),
    );
    this.order = el(
      "select",
      { "aria-label": t("order_of", { name: source }), onchange: () => this.change({ order: this.order.value }) },
      el("option", { value: "", disabled: true }, t("choose_one")),
      ...["day", "month"].map((order) => el("option", { value: order }, t(`order_${order}`))),
    );
    this.isOrderShown = false;
    this.effectCell = el("td", { class: "comes" });
    const label = el("label", {}, this.take);
    this.node = el(
      "tr",
      {},
      el("td", {}, label),
      el("th", { scope: "row", title: source }, el("span", {}, source)),
      this.valuesCell,
      el("td", { class: "property" }, this.name, this.newMark),
      el("td", { class: "type" }, el("span", { class: "typed" }, this.glyph, this.type), this.order),
      el("td", { class: "target" }, this.target),
      el("td", { class: "separator" }, this.separator),
      this.effectCell,
    );
    this.problem = el("p", { class: "problem", role: "alert" });
    this.unreadSummary = el("summary", {});
    this.unreadList = el("ul", {});
    this.unreadDetails = el("details", {}, this.unreadSummary, this.unreadList);
    this.detailRow = el(
      "tr",
      { class: "below", hidden: true },
      el("td", {}),
      el("td", {}, this.problem, this.unreadDetails),
    );
  }

  /** @param {Column} column @param {ImportState} state */
  draw(column, state) {
    const isRefused = state.problem?.about === "column" && state.problem.column === this.source;
    this.column = column;
    this.node.classList.toggle("left", !column.take);
    // A choice that was refused stays visible, with the reason below.
    const refused = isRefused ? state.choices.columns[this.source] : {};
    this.drawChoices({ ...column, ...refused, ...this.tools.session.unanswered.columns?.[this.source] });
    this.drawDisabled(column, isRefused);
    this.valuesCell.replaceChildren(...this.examples(column));
    this.effectCell.replaceChildren(...this.effectLines(column));
    this.drawDetails(column, isRefused ? this.problemOf(state.problem) : "");
  }

  /** @param {{code: string, message: string}} problem */
  problemOf({ code, message }) {
    return code === "dates" ? this.tools.t("dates_unclear") : message;
  }

  /** @param {Column} choices */
  drawChoices(choices) {
    const { t } = this.tools;
    const { column } = this;
    this.take.checked = choices.take;
    const root = this.name.getRootNode();
    const isFocused = root instanceof ShadowRoot && root.activeElement === this.name;
    if (!isFocused || this.name.value === this.lastSent) this.name.value = choices.name;
    set(this.name, "title", choices.name);
    write(this.newMark, column.take ? t(column.is_new ? "new" : "known") : "");
    this.type.value = choices.type ?? column.type;
    write(this.glyph, ICONS[this.type.value]);
    this.target.value = choices.target;
    this.separator.value = choices.separator;
    this.order.value = column.order ?? "";
  }

  /** An existing property keeps its type and target. @param {Column} column @param {boolean} isRefused */
  drawDisabled(column, isRefused) {
    const isExisting = column.take && !column.is_new;
    this.type.disabled = !column.take || (isExisting && !isRefused);
    this.target.disabled = !column.take || isExisting;
    this.name.disabled = !column.take;
    this.separator.hidden = !column.take || column.type !== "tags";
    // Shown where dates may be read both ways, and where they are read the other way.
    this.isOrderShown ||= column.order !== "day";
    this.order.hidden = !column.take || column.type !== "date" || !this.isOrderShown;
  }

  /** Some values: as read, or as written in the file. @param {Column} column */
  examples(column) {
    const { t, language } = this.tools;
    const rawTexts = [...new Set(column.examples.map((value) => [value].flat().join(", ")))];
    const shown = column.read?.length ? column.read : rawTexts.map((value) => [value]);
    const title = rawTexts.map((value) => value.replace(/\s+/g, " ")).join("\n");
    // One line is enough for a column that is left out.
    if (!column.take) return [el("div", { title, class: "example quiet" }, rawTexts.join(" · "))];
    return shown.map((values) => {
      const parts = hasTags(column.type)
        ? values.map((value) => el("span", { class: "chip" }, value))
        : [valueElement(values[0], column, t, language)];
      return el("div", { title, class: "example" }, ...parts);
    });
  }

  /** What the import would write. @param {Column} column */
  effectLines(column) {
    const { t } = this.tools;
    if (!column.take) return [el("span", { class: "quiet" }, t("left_out"))];
    const lines = [el("div", {}, t("values", { count: column.targets }))];
    if (column.new_tags.count)
      lines.push(el("div", { class: "quiet" }, t("new_tags", { count: column.new_tags.count })));
    if (column.held) lines.push(el("div", { class: "quiet" }, t("held", { count: column.held })));
    if (column.conflicts.count) {
      const examples = column.conflicts.first.map(({ held, value }) => `${held} → ${value}`).join("\n");
      lines.push(el("div", { class: "quiet", title: examples }, t("conflicts", { count: column.conflicts.count })));
    }
    if (column.rewritten.count) {
      const examples = column.rewritten.first.map(({ value, becomes }) => `${value} → ${becomes}`).join("\n");
      lines.push(el("div", { class: "quiet", title: examples }, t("rewritten", { count: column.rewritten.count })));
    }
    if (column.repeated) lines.push(el("div", { class: "quiet" }, t("repeated", { count: column.repeated })));
    return lines;
  }

  /** Below the row: a problem, values that cannot be read. @param {Column} column @param {string} problem */
  drawDetails(column, problem) {
    const { t, language } = this.tools;
    const unreadable = column.take ? column.unreadable : { count: 0, first: [] };
    this.problem.hidden = !problem;
    write(this.problem, problem);
    this.unreadDetails.hidden = !unreadable.count;
    this.detailRow.hidden = !problem && !unreadable.count;
    if (!unreadable.count) return;
    write(this.unreadSummary, t("unread", { count: unreadable.count, type: t(`type_${column.type}`) }));
    const lines = unreadable.first.map(({ line, value }) =>
      el(
        "li",
        {},
        el("span", { class: "quiet" }, t("line", { line: number(line, language) })),
        el("span", { title: value }, value),
      ),
    );
    const more = unreadable.count - unreadable.first.length;
    if (more > 0) lines.push(el("li", { class: "quiet" }, t("more", { count: number(more, language) })));
    this.unreadList.replaceChildren(...lines);
  }

  nameChanged() {
    const name = this.name.value.trim();
    this.lastSent = this.name.value;
    if (!name) {
      this.name.value = this.column.name;
      return;
    }
    const isExisting = annotations.properties.some((property) => normalized(property.name) === normalized(name));
    // An existing property keeps its type.
    this.change(isExisting ? { name, type: null } : { name });
  }

  keydown(event) {
    event.stopPropagation();
    if (event.key === "Enter") this.name.blur();
    if (event.key !== "Escape") return;
    this.name.value = this.column.name;
    this.name.blur();
  }

  change(parts) {
    this.tools.session.choose({ columns: { [this.source]: parts } });
  }
}

/** A name as the server compares it. @param {string} name */
function normalized(name) {
  return name.split(/\s+/).join(" ").toLowerCase();
}

/**
 * @param {string} value
 * @param {Column} column
 * @param {import("../shared/ui/translate.js").Translate} t
 * @param {string} language
 */
function valueElement(value, column, t, language) {
  if (value === undefined) return "";
  if (column.type === "checkbox") return t(value === "true" ? "yes" : "no");
  if (column.type === "number" && Math.abs(Number(value)) < 1e15)
    return new Intl.NumberFormat(language, { maximumFractionDigits: 20 }).format(Number(value));
  if (column.type !== "colour") return value;
  const swatch = el("span", { class: "swatch" });
  swatch.style.setProperty("--colour", value);
  return el("span", { class: "coloured" }, swatch, value);
}
