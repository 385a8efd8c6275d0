// The chain of a value as boxes and lines: one box is chosen, arrow keys lead from one to the next.
// Not here: where boxes stand (layout.js), the facts of a step (lineage.js).
import { el, set } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { rowsOf, stepBy } from "./layout.js";

const SVG = "http://www.w3.org/2000/svg";
const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
// Pictures of the corpus, of which a box shows the thumbnail.
const PICTURED = ["image", "member"];

/** @typedef {import("./lineage.js").Value} Value @typedef {import("./lineage.js").Step} Step */

export class Graph {
  /** @param {(step: Step) => void} choose */
  constructor(choose) {
    this.choose = choose;
    /** @type {Step[][]} */
    this.rows = [];
    /** @type {Map<string, HTMLElement>} */
    this.boxes = new Map();
    this.lines = document.createElementNS(SVG, "svg");
    set(this.lines, "aria-hidden", "true");
    this.list = el("div", { class: "rows" });
    this.node = el("div", { class: "graph", role: "group", onkeydown: (event) => this.keydown(event) });
    this.node.append(this.lines, this.list);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.list);
  }

  /** @param {Value} value @param {string} label */
  show(value, label) {
    this.edges = value.edges;
    this.rows = rowsOf(value.steps, value.edges);
    set(this.node, "aria-label", label);
    this.boxes = new Map(value.steps.map((step) => [step.id, this.box(step)]));
    const rows = this.rows.map((steps) => el("div", { class: "row" }, ...steps.map(({ id }) => this.boxes.get(id))));
    this.list.replaceChildren(...rows);
    this.steps = new Map(value.steps.map((step) => [step.id, step]));
    const last = value.steps.at(-1);
    if (last) this.select(last.id);
    this.draw();
  }

  /** @param {Step} step */
  box({ id, kind, title, label, stale, details }) {
    const isPicture = PICTURED.includes(kind) && details.sha1;
    const picture = isPicture
      ? el("img", { src: routeTo(`/thumb/${details.sha1}`), alt: "", decoding: "async" })
      : null;
    return el(
      "button",
      { type: "button", class: "box", "data-kind": kind, "data-stale": stale, onclick: () => this.select(id) },
      picture,
      el("span", { class: "kind" }, title),
      el("span", { class: "name", title: label }, shortened(kind, label)),
    );
  }

  /** @param {string} id */
  select(id) {
    for (const [other, box] of this.boxes) {
      set(box, "aria-pressed", String(other === id));
      set(box, "tabindex", other === id ? "0" : "-1");
    }
    this.selected = id;
    const step = this.steps?.get(id);
    if (step) this.choose(step);
  }

  focus() {
    this.boxes.get(this.selected ?? "")?.focus();
  }

  /** @param {KeyboardEvent} event */
  keydown(event) {
    if (!ARROWS.includes(event.key) || !this.selected) return;
    event.preventDefault();
    this.select(stepBy(this.rows, this.selected, event.key));
    this.focus();
  }

  /** Draw a line for each edge, between the boxes as they stand now. */
  draw() {
    const { width, height, left, top } = this.list.getBoundingClientRect();
    set(this.lines, "width", width);
    set(this.lines, "height", height);
    const lines = (this.edges ?? []).map(([from, to]) => {
      const [start, end] = [from, to].map((id) => this.boxes.get(id)?.getBoundingClientRect());
      const line = document.createElementNS(SVG, "path");
      if (!start || !end) return line;
      const [x1, y1] = [start.left + start.width / 2 - left, start.bottom - top];
      const [x2, y2] = [end.left + end.width / 2 - left, end.top - top];
      const bend = (y2 - y1) / 2;
      set(line, "d", `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`);
      return line;
    });
    this.lines.replaceChildren(...lines);
  }

  close() {
    this.observer.disconnect();
  }
}

/** A name that fits a box: of a path its end, of a digest its beginning. */
function shortened(kind, name) {
  if (kind === "image") return name.slice(0, 12);
  return kind === "file" || kind === "member" ? (name.split("/").at(-1) ?? name) : name;
}
