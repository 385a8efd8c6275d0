// From–to of a number or a date, above bars that say where the images are; a bar can be pressed,
// bars can be dragged over. Not here: units (Python says the scale).
import { debounced, el, number, set, write } from "../shared/ui/dom.js";
import { dayBefore, parseDay, parseNumber } from "./parse_range.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 208;
const HEIGHT = 36;
const TELL_AFTER = 600;

export function makeRange() {
  const bars = document.createElementNS(SVG, "svg");
  set(bars, "viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  set(bars, "preserveAspectRatio", "none");
  set(bars, "aria-hidden", "true");
  const ends = ["from", "to"].map((end) => el("input", { class: `end ${end}` }));
  const node = el("div", { class: "range" }, bars, el("div", { class: "ends" }, ends[0], el("span", {}, "–"), ends[1]));
  let given = null;
  let how = null;
  let start = -1;

  const tell = debounced(() => how.change(values()), TELL_AFTER);

  function values() {
    const read = ends.map((end, at) =>
      given.kind === "dates" ? parseDay(end.value, at === 1) : parseNumber(end.value, given.scale),
    );
    return read.some((value) => value !== null) ? read : null;
  }

  function pressed(from, to) {
    const { edges } = given.histogram;
    const last = edges[Math.max(from, to) + 1];
    writeEnds([
      edges[Math.min(from, to)],
      given.kind === "dates" ? dayBefore(last) : given.histogram.whole ? last - 1 : last,
    ]);
    tell.now();
  }

  function writeEnds(pair) {
    ends.forEach((end, at) => {
      const value =
        pair[at] == null ? "" : given.kind === "dates" ? pair[at] : String(+(pair[at] / given.scale).toPrecision(6));
      if (/** @type {ShadowRoot} */ (node.getRootNode()).activeElement !== end && end.value !== value)
        end.value = value;
    });
  }

  const barAt = (event) => {
    const box = bars.getBoundingClientRect();
    const count = given.histogram.counts.length;
    return Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count)));
  };
  bars.addEventListener("pointerdown", (event) => {
    start = barAt(event);
    bars.setPointerCapture(event.pointerId);
  });
  bars.addEventListener(
    "pointermove",
    (event) => start >= 0 && mark(Math.min(start, barAt(event)), Math.max(start, barAt(event))),
  );
  bars.addEventListener("pointerup", (event) => {
    if (start >= 0) pressed(start, barAt(event));
    start = -1;
  });
  for (const end of ends) {
    end.addEventListener("input", () => tell());
    end.addEventListener("change", () => tell.now());
  }

  function mark(from, to) {
    [...bars.children].forEach((bar, at) => bar.classList.toggle("inside", at >= from && at <= to));
  }

  function draw() {
    const { counts, edges } = given.histogram ?? { counts: [], edges: [] };
    const most = Math.max(1, ...counts);
    const width = WIDTH / Math.max(1, counts.length);
    while (bars.children.length > counts.length) bars.lastChild.remove();
    while (bars.children.length < counts.length) bars.append(document.createElementNS(SVG, "rect"));
    const [low, high] = given.selected.length ? given.selected : [null, null];
    counts.forEach((count, at) => {
      const height = count ? Math.max(2, Math.sqrt(count / most) * HEIGHT) : 0;
      const bar = bars.children[at];
      set(bar, "x", at * width);
      set(bar, "y", HEIGHT - height);
      set(bar, "width", Math.max(1, width - 1));
      set(bar, "height", height);
      const isInside = (low === null || edges[at + 1] > low) && (high === null || edges[at] <= high);
      bar.classList.toggle("inside", isInside);
      const title = bar.firstChild ?? bar.appendChild(document.createElementNS(SVG, "title"));
      const range = given.histogram.whole ? label(edges[at]) : `${label(edges[at])} – ${label(edges[at + 1])}`;
      write(title, `${range}: ${number(count, how.language)}`);
    });
    bars.style.display = counts.length ? "" : "none";
  }

  const label = (edge) =>
    given.kind === "dates" ? edge : number(Number((edge / given.scale).toPrecision(3)), how.language);

  return {
    node,
    update(section, tools) {
      given = section;
      how = tools;
      ends.forEach((end, at) => {
        set(end, "type", section.kind === "dates" ? "text" : "number");
        set(end, "step", section.kind === "dates" ? null : "any");
        set(end, "aria-label", `${section.title}, ${[how.texts.from, how.texts.to][at]}`);
        set(end, "placeholder", section.kind === "dates" ? how.texts.year : [how.texts.from, how.texts.to][at]);
      });
      writeEnds(section.selected.length ? section.selected : [null, null]);
      draw();
    },
  };
}
