// The values of a property without tags: how many, their distribution, the most frequent ones.
// Not here: counting them (Python).
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";

/** @typedef {import("../shared/store/property_definitions.js").Property} Property */
/** @typedef {{value: string, count: number, sha1: string | null}} ValueCount  and an image that has it */
/** @typedef {{start: number, end: number, count: number}} Bar */
/**
 * @typedef {object} ValueStats
 * @property {number} targets   images or files that have a value
 * @property {number} distinct
 * @property {any} least        null where values have no order
 * @property {any} most
 * @property {Bar[]} bars
 * @property {ValueCount[]} values
 */

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 96;
const WIDTH = 640;

export class ValueHistogram {
  /** @param {import("./properties.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    this.node = el("div", { class: "values", hidden: true });
  }

  /** @param {Property} property */
  async show(property) {
    const requestKey = `${property.id} ${property.type} ${this.tools.definitions.position} ${this.tools.language}`;
    if (this.requestKey === requestKey) return;
    if (this.propertyId !== property.id) this.node.replaceChildren();
    this.requestKey = requestKey;
    this.propertyId = property.id;
    const response = await this.tools.definitions.of(property.id, "values").catch(() => null);
    const stats = await response?.json();
    if (stats && this.requestKey === requestKey) this.write(property, stats);
  }

  /** @param {Property} property @param {ValueStats} stats */
  write(property, stats) {
    const { t } = this.tools;
    if (!stats.targets) {
      this.node.replaceChildren(el("p", { class: "message" }, t("no_values")));
      return;
    }
    const facts = [
      t(property.target === "file" ? "files" : "images", { count: stats.targets }),
      t("distinct", { count: stats.distinct }),
    ];
    if (stats.least !== null)
      facts.push(t("range", { least: this.format(property, stats.least), most: this.format(property, stats.most) }));
    const explore = el(
      "a",
      {
        class: "link",
        href: routeTo(`/definitions/${property.id}/explore`),
        onclick: (event) => this.explore(event, property),
      },
      icon("grid_view"),
      t("explore"),
    );
    const isComplete = stats.distinct <= stats.values.length;
    const title = isComplete
      ? t("shown_all")
      : t("shown_values", { count: stats.values.length, total: number(stats.distinct, this.tools.language) });
    const largest = Math.max(...stats.values.map(({ count }) => count));
    this.node.replaceChildren(
      el("p", { class: "facts" }, facts.join(" · "), explore),
      ...(stats.bars.length > 1 ? [this.chart(property, stats.bars)] : []),
      el("h2", {}, title),
      el("ul", { class: "first" }, ...stats.values.map((value) => this.valueRow(property, value, largest))),
    );
  }

  /** @param {MouseEvent} event @param {Property} property */
  explore(event, property) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.tools.explore(property.id, []);
  }

  /** @param {Property} property @param {ValueCount} entry @param {number} largest count of any value */
  valueRow(property, { value, count, sha1 }, largest) {
    const thumbnail = property.type === "image" ? value : sha1;
    const bar = el("span", { class: "bar" });
    bar.style.setProperty("--part", String(count / largest));
    const swatch = property.type === "colour" ? el("span", { class: "swatch" }) : null;
    swatch?.style.setProperty("--colour", value);
    return el(
      "li",
      {},
      thumbnail
        ? el("img", { src: routeTo(`/thumb/${thumbnail}`), alt: "", loading: "lazy", decoding: "async" })
        : el("span", { class: "blank" }),
      swatch,
      el("span", { class: "text", title: value }, this.format(property, value)),
      bar,
      el("span", { class: "number" }, number(count, this.tools.language)),
    );
  }

  /** @param {Property} property @param {any} value */
  format(property, value) {
    if (property.type === "checkbox") return this.tools.t(value === "true" ? "yes" : "no");
    if (property.type === "number") return formatNumber(Number(value), this.tools.language);
    return value;
  }

  /** @param {Property} property @param {Bar[]} bars */
  chart(property, bars) {
    const { t, language } = this.tools;
    const largest = Math.max(...bars.map(({ count }) => count));
    const width = WIDTH / bars.length;
    const svg = document.createElementNS(SVG, "svg");
    set(svg, "viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    set(svg, "preserveAspectRatio", "none");
    set(svg, "role", "img");
    set(svg, "aria-label", t("chart"));
    const format = (value) => (property.type === "date" ? String(value) : formatNumber(value, language));
    bars.forEach(({ start, end, count }, index) => {
      const height = count ? Math.max(2, (count / largest) * HEIGHT) : 0;
      const bar = document.createElementNS(SVG, "rect");
      const sizes = { x: index * width, y: HEIGHT - height, width: Math.max(1, width - 2), height };
      for (const [attribute, size] of Object.entries(sizes)) set(bar, attribute, size);
      const title = document.createElementNS(SVG, "title");
      const last = property.type === "date" ? end - 1 : end;
      write(title, `${format(start)}${last > start ? ` – ${format(last)}` : ""}: ${number(count, language)}`);
      bar.append(title);
      svg.append(bar);
    });
    const last = bars[bars.length - 1];
    const ends = el(
      "div",
      { class: "ends" },
      el("span", {}, format(bars[0].start)),
      el("span", {}, format(property.type === "date" ? last.end - 1 : last.end)),
    );
    return el("figure", {}, svg, ends);
  }
}

/** @param {number} value @param {string} language */
function formatNumber(value, language) {
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 6, useGrouping: Math.abs(value) >= 10000 }).format(
    value,
  );
}
