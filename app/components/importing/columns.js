// What becomes of each column: taken or not, which property, its type, whom it belongs to, how it is
// read. Not here: reading it (the server).
import { annotations } from "../shared/store/annotations.js";
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { ICONS, hasTags } from "../shared/ui/property_types.js";

/** @typedef {import("./session.js").Told} Told */
/** @typedef {import("./session.js").Column} Column */

const SEPARATORS = /** @type {const} */ ([
  [",", "comma"],
  [";", "semicolon"],
  ["|", "bar"],
]);
const LONGEST = 200;

export class Columns {
  /** @param {import("./importing.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.title = el("h2", {});
    this.all = el("input", { type: "checkbox", onchange: () => this.takeAll() });
    this.heads = ["source", "values_read", "property", "type", "target", "separator", "comes"].map((name) =>
      el("th", { scope: "col", class: name }),
    );
    this.body = el("tbody", {});
    this.table = el(
      "table",
      { class: "columns" },
      el("thead", {}, el("tr", {}, el("td", {}, this.all), ...this.heads)),
      this.body,
    );
    this.names = el("datalist", { id: "property-names" });
    this.node = el("section", { class: "step" }, this.title, this.table, this.names);
  }

  /** @param {Told} told */
  draw(told) {
    const { say, language } = this.tools;
    const columns = told.plan.columns;
    const written = JSON.stringify([told.id, language, columns.map((one) => one.source)]);
    write(this.title, say("becomes"));
    set(this.all, "aria-label", say("take_all"));
    if (written !== this.written) {
      this.written = written;
      this.heads.forEach((head) => write(head, say(head.className)));
      this.rows = new Map(columns.map((one) => [one.source, new Row(this.tools, one)]));
      this.body.replaceChildren(...[...this.rows.values()].flatMap((row) => [row.node, row.below]));
    }
    const taken = columns.filter((one) => one.take).length;
    this.all.checked = taken === columns.length;
    this.all.indeterminate = taken > 0 && taken < columns.length;
    // Between whose tags, where no column has any?
    const isTagged = columns.some((one) => one.take && one.type === "tags");
    this.table.classList.toggle("tagged", isTagged);
    for (const row of this.rows.values()) set(row.below.lastElementChild, "colspan", isTagged ? 7 : 6);
    const known = annotations.properties.map((one) => one.name);
    if (this.known !== known.join("\n")) {
      this.known = known.join("\n");
      this.names.replaceChildren(...known.map((value) => el("option", { value })));
    }
    for (const one of columns) this.rows.get(one.source).draw(one, told);
  }

  takeAll() {
    const take = this.all.checked;
    this.tools.hand.choose({ columns: Object.fromEntries([...this.rows.keys()].map((name) => [name, { take }])) });
  }
}

class Row {
  /** @param {import("./importing.js").Tools} tools @param {Column} one */
  constructor(tools, one) {
    this.tools = tools;
    const { say, types } = tools;
    const { source } = one;
    this.source = source;
    this.take = el("input", {
      type: "checkbox",
      "aria-label": say("take_one", { name: source }),
      onchange: () => this.choose({ take: this.take.checked }),
    });
    this.read = el("td", { class: "values_read" });
    this.name = el("input", {
      type: "text",
      class: "field",
      list: "property-names",
      maxlength: LONGEST,
      autocomplete: "off",
      "aria-label": say("property_of", { name: source }),
      onchange: () => this.rename(),
      onkeydown: (event) => this.key(event),
    });
    this.glyph = icon("notes");
    this.state = el("span", { class: "state" });
    this.type = el(
      "select",
      { "aria-label": say("type_of", { name: source }), onchange: () => this.choose({ type: this.type.value }) },
      ...types.map((type) => el("option", { value: type }, say(`type_${type}`))),
    );
    this.target = el(
      "select",
      { "aria-label": say("target_of", { name: source }), onchange: () => this.choose({ target: this.target.value }) },
      ...["image", "file"].map((target) => el("option", { value: target }, say(`target_${target}`))),
    );
    this.separator = el(
      "select",
      {
        "aria-label": say("separator_of", { name: source }),
        onchange: () => this.choose({ separator: this.separator.value }),
      },
      ...SEPARATORS.map(([value, name]) => el("option", { value }, say(`separator_${name}`))),
    );
    this.comes = el("td", { class: "comes" });
    const label = el("label", {}, this.take);
    this.node = el(
      "tr",
      {},
      el("td", {}, label),
      el("th", { scope: "row", title: source }, el("span", {}, source)),
      this.read,
      el("td", { class: "property" }, this.name, this.state),
      el("td", { class: "type" }, el("span", { class: "typed" }, this.glyph, this.type)),
      el("td", { class: "target" }, this.target),
      el("td", { class: "separator" }, this.separator),
      this.comes,
    );
    this.problem = el("p", { class: "problem", role: "alert" });
    this.unreadLine = el("summary", {});
    this.unreadList = el("ul", {});
    this.unread = el("details", {}, this.unreadLine, this.unreadList);
    this.below = el("tr", { class: "below", hidden: true }, el("td", {}), el("td", {}, this.problem, this.unread));
  }

  /** @param {Column} one @param {Told} told */
  draw(one, told) {
    const { say } = this.tools;
    const isRefused = told.problem?.about === "column" && told.problem.column === this.source;
    // What cannot be stays as it was chosen, with the reason below.
    const chosen = isRefused ? { ...one, ...told.choices.columns[this.source] } : one;
    this.one = one;
    this.node.classList.toggle("left", !one.take);
    this.take.checked = chosen.take;
    const isHere =
      this.name.getRootNode() instanceof ShadowRoot &&
      /** @type {ShadowRoot} */ (this.name.getRootNode()).activeElement === this.name;
    if (!isHere || this.name.value === this.sent) this.name.value = chosen.name;
    set(this.name, "title", chosen.name);
    const isKnown = one.take && !one.is_new;
    write(this.state, one.take ? say(one.is_new ? "new" : "known") : "");
    this.type.value = chosen.type ?? one.type;
    write(this.glyph, ICONS[this.type.value]);
    this.target.value = chosen.target;
    this.separator.value = chosen.separator;
    // A property that is there is as it is.
    this.type.disabled = !one.take || (isKnown && !isRefused);
    this.target.disabled = !one.take || isKnown;
    this.name.disabled = !one.take;
    this.separator.hidden = !one.take || one.type !== "tags";
    this.read.replaceChildren(...this.examples(one));
    this.comes.replaceChildren(...this.coming(one));
    this.drawBelow(one, isRefused ? told.problem.message : "");
  }

  /** @param {Column} one */
  examples(one) {
    const { say, language } = this.tools;
    const raw = [...new Set(one.examples.map((value) => [value].flat().join(", ")))];
    const shown = one.read?.length ? one.read : raw.map((value) => [value]);
    const title = raw.map((value) => value.replace(/\s+/g, " ")).join("\n");
    // A line is enough of what is left out.
    if (!one.take) return [el("div", { title, class: "example quiet" }, raw.join(" · "))];
    return shown.map((values) => {
      const parts = hasTags(one.type)
        ? values.map((value) => el("span", { class: "chip" }, value))
        : [spoken(values[0], one, say, language)];
      return el("div", { title, class: "example" }, ...parts);
    });
  }

  /** @param {Column} one */
  coming(one) {
    const { say } = this.tools;
    if (!one.take) return [el("span", { class: "quiet" }, say("left_out"))];
    const lines = [el("div", {}, say("values", { count: one.targets }))];
    if (one.new_tags.count) lines.push(el("div", { class: "quiet" }, say("new_tags", { count: one.new_tags.count })));
    if (one.held) lines.push(el("div", { class: "quiet" }, say("held", { count: one.held })));
    if (one.repeated) lines.push(el("div", { class: "quiet" }, say("repeated", { count: one.repeated })));
    return lines;
  }

  /** @param {Column} one @param {string} problem */
  drawBelow(one, problem) {
    const { say, language } = this.tools;
    const bad = one.take ? one.unreadable : { count: 0, first: [] };
    this.problem.hidden = !problem;
    write(this.problem, problem);
    this.unread.hidden = !bad.count;
    this.below.hidden = !problem && !bad.count;
    if (!bad.count) return;
    write(this.unreadLine, say("unread", { count: bad.count, type: say(`type_${one.type}`) }));
    const lines = bad.first.map(({ line, value }) =>
      el(
        "li",
        {},
        el("span", { class: "quiet" }, say("line", { line: number(line, language) })),
        el("span", { title: value }, value),
      ),
    );
    const more = bad.count - bad.first.length;
    if (more > 0) lines.push(el("li", { class: "quiet" }, say("more", { count: number(more, language) })));
    this.unreadList.replaceChildren(...lines);
  }

  rename() {
    const name = this.name.value.trim();
    this.sent = this.name.value;
    if (!name) {
      this.name.value = this.one.name;
      return;
    }
    const known = annotations.properties.some((other) => spelled(other.name) === spelled(name));
    // One that is there has its type.
    this.choose(known ? { name, type: null } : { name });
  }

  key(event) {
    event.stopPropagation();
    if (event.key === "Enter") this.name.blur();
    if (event.key !== "Escape") return;
    this.name.value = this.one.name;
    this.name.blur();
  }

  choose(parts) {
    this.tools.hand.choose({ columns: { [this.source]: parts } });
  }
}

function spelled(name) {
  return name.split(/\s+/).join(" ").toLowerCase();
}

/**
 * @param {string} value
 * @param {Column} one
 * @param {import("../shared/ui/translate.js").Translate} say
 * @param {string} language
 */
function spoken(value, one, say, language) {
  if (value === undefined) return "";
  if (one.type === "checkbox") return say(value === "true" ? "yes" : "no");
  if (one.type === "number" && Math.abs(Number(value)) < 1e15)
    return new Intl.NumberFormat(language, { maximumFractionDigits: 20 }).format(Number(value));
  if (one.type !== "colour") return value;
  const swatch = el("span", { class: "swatch" });
  swatch.style.setProperty("--colour", value);
  return el("span", { class: "coloured" }, swatch, value);
}
