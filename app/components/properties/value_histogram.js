// What values a property has that holds no tags: how many, how they are spread, the first of them.
// Not here: counting (Python).
import { el, icon, number, set, write } from "../shared/ui/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 96;
const WIDTH = 640;

export class Values {
  /** @param {import("./properties.js").Tools} tools */
  constructor(tools) {
    this.tools = tools;
    this.node = el("div", { class: "values", hidden: true });
  }

  /** @param {import("../shared/store/property_definitions.js").Property} one */
  async show(one) {
    const asked = `${one.id} ${one.type} ${this.tools.definitions.position} ${this.tools.language}`;
    if (this.asked === asked) return;
    if (this.property !== one.id) this.node.replaceChildren();
    this.asked = asked;
    this.property = one.id;
    const answer = await this.tools.definitions.of(one.id, "values").catch(() => null);
    const told = await answer?.json();
    if (told && this.asked === asked) this.write(one, told);
  }

  write(one, told) {
    const { say } = this.tools;
    if (!told.targets) {
      this.node.replaceChildren(el("p", { class: "message" }, say("no_values")));
      return;
    }
    const facts = [
      say(one.target === "file" ? "files" : "images", { count: told.targets }),
      say("distinct", { count: told.distinct }),
    ];
    if (told.least !== null)
      facts.push(say("range", { least: this.text(one, told.least), most: this.text(one, told.most) }));
    const explore = el(
      "a",
      { class: "link", href: `/definitions/${one.id}/explore`, onclick: (event) => this.leave(event, one) },
      icon("grid_view"),
      say("explore"),
    );
    const isWhole = told.distinct <= told.values.length;
    const title = isWhole
      ? say("shown_all")
      : say("shown_values", { count: told.values.length, total: number(told.distinct, this.tools.language) });
    const most = Math.max(...told.values.map(({ count }) => count));
    this.node.replaceChildren(
      el("p", { class: "facts" }, facts.join(" · "), explore),
      ...(told.bars.length > 1 ? [this.chart(one, told.bars)] : []),
      el("h2", {}, title),
      el("ul", { class: "first" }, ...told.values.map((value) => this.line(one, value, most))),
    );
  }

  leave(event, one) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.tools.explore(one.id, []);
  }

  line(one, { value, count, sha1 }, most) {
    const shown = one.type === "image" ? value : sha1;
    const bar = el("span", { class: "bar" });
    bar.style.setProperty("--part", String(count / most));
    const swatch = one.type === "colour" ? el("span", { class: "swatch" }) : null;
    swatch?.style.setProperty("--colour", value);
    return el(
      "li",
      {},
      shown
        ? el("img", { src: `/thumb/${shown}`, alt: "", loading: "lazy", decoding: "async" })
        : el("span", { class: "blank" }),
      swatch,
      el("span", { class: "text", title: value }, this.text(one, value)),
      bar,
      el("span", { class: "number" }, number(count, this.tools.language)),
    );
  }

  text(one, value) {
    if (one.type === "checkbox") return this.tools.say(value === "true" ? "yes" : "no");
    if (one.type === "number") return figure(Number(value), this.tools.language);
    return value;
  }

  chart(one, bars) {
    const { say, language } = this.tools;
    const most = Math.max(...bars.map(({ count }) => count));
    const width = WIDTH / bars.length;
    const svg = document.createElementNS(SVG, "svg");
    set(svg, "viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    set(svg, "preserveAspectRatio", "none");
    set(svg, "role", "img");
    set(svg, "aria-label", say("chart"));
    const name = (value) => (one.type === "date" ? String(value) : figure(value, language));
    bars.forEach(({ start, end, count }, at) => {
      const height = count ? Math.max(2, (count / most) * HEIGHT) : 0;
      const bar = document.createElementNS(SVG, "rect");
      const sizes = { x: at * width, y: HEIGHT - height, width: Math.max(1, width - 2), height };
      for (const [attribute, size] of Object.entries(sizes)) set(bar, attribute, size);
      const title = document.createElementNS(SVG, "title");
      const last = one.type === "date" ? end - 1 : end;
      write(title, `${name(start)}${last > start ? ` – ${name(last)}` : ""}: ${number(count, language)}`);
      bar.append(title);
      svg.append(bar);
    });
    const last = bars[bars.length - 1];
    const ends = el(
      "div",
      { class: "ends" },
      el("span", {}, name(bars[0].start)),
      el("span", {}, name(one.type === "date" ? last.end - 1 : last.end)),
    );
    return el("figure", {}, svg, ends);
  }
}

function figure(value, language) {
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 6, useGrouping: Math.abs(value) >= 10000 }).format(
    value,
  );
}
