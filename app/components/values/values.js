// The values of a chart as a table. Streamlit calls the default export with the data of each run.
// Not here: the chart.
import { el, fill, number, write } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";

/**
 * @typedef {object} Data
 * @property {string} version  tells one chart from another
 * @property {string[]} head   what is counted by, then each column of counts
 * @property {[string, number[]][]} rows
 * @property {[number, number]} pressable  how many rows and columns of counts are buttons
 * @property {string} language
 * @property {Record<string, string>} texts
 */

export default component(
  (root) => new Values(root),
  (shown, { press }) => (shown.send = press),
);

class Values {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.send = () => {};
    this.summary = el("summary", {});
    this.table = el("table", {});
    this.node = el("details", {}, this.summary, this.table);
    root.replaceChildren(this.node);
  }

  /** @param {Data} data */
  update(data) {
    const written = JSON.stringify(data);
    if (written === this.written) return;
    this.written = written;
    this.data = data;
    const { head, rows, texts } = data;
    write(this.summary, texts.values);
    const isHere = this.table.contains(/** @type {ShadowRoot} */ (this.node.getRootNode()).activeElement);
    const [name, ...columns] = head;
    this.table.replaceChildren(
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, name),
          ...columns.map((column) => el("th", { scope: "col", class: "figure" }, column)),
        ),
      ),
      el("tbody", {}, ...rows.map((row, at) => this.row(row, at))),
    );
    // The button that was pressed is gone: keys go on from here.
    if (isHere) this.summary.focus();
  }

  /** @param {[string, number[]]} row @param {number} at */
  row([name, counts], at) {
    const { pressable, language } = this.data;
    const [rows, columns] = pressable;
    const isPressable = at < rows;
    const cells = counts.map((count, column) => {
      const text = number(count, language);
      const isButton = isPressable && count && column < columns;
      return el(
        "td",
        { class: "figure" },
        isButton ? this.button(text, at, column, `${name}, ${this.data.head[column + 1]}`) : text,
      );
    });
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, isPressable ? this.button(name, at, columns, name) : name),
      ...cells,
    );
  }

  button(text, row, column, what) {
    const { texts, version } = this.data;
    return el(
      "button",
      {
        type: "button",
        title: fill(texts.values_show, { what }),
        onclick: () => this.send("pick", { version, row, column }),
      },
      text,
    );
  }
}
