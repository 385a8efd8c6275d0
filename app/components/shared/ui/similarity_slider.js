// How alike images must be to be shown: a slider over the similarities of a view's search, read in
// four words, which can be pressed as well; percentile and cosine are in its tooltip. Not here: what
// the view is, and from where on each word holds (Python).
import { routeTo } from "../bridge/address.js";
import { debounced, el, fill, number, set, write } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 240;
const HEIGHT = 32;
const TELL_AFTER = 300;
// Steps of the slider within a bar.
const FINE = 20;
// Beyond it no pair that chance made is so alike: the cosine alone says more.
const RAREST = 99.99;
// Cosines that differ by less are the same.
const ROUNDING = 1e-5;

/**
 * A word for how alike, and from where on it holds.
 * @typedef {object} Level
 * @property {string} name
 * @property {number} cosine
 * @property {number | null} percentile  null where only the cosine says it
 */

/**
 * @typedef {object} Spread
 * @property {number[]} counts
 * @property {number[]} edges                cosines
 * @property {(number | null)[]} percentiles of the edges; null where there is nothing to compare
 * @property {number} least                  the cosine from which images are shown
 * @property {number} likely                 the one from which they are where nobody chose
 * @property {Level[]} levels                the closest first
 */

export class SimilaritySlider {
  /** @param {(least: {percentile?: number, threshold?: number}) => void} tell  without either: as nobody chose */
  constructor(tell) {
    this.bars = document.createElementNS(SVG, "svg");
    set(this.bars, "viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    set(this.bars, "preserveAspectRatio", "none");
    set(this.bars, "aria-hidden", "true");
    this.slider = el("input", { type: "range", class: "slider", min: 0, step: 1 });
    this.about = el("span", { class: "about" });
    this.levels = el("div", { class: "levels", role: "group" });
    this.node = el(
      "div",
      { class: "nearness", hidden: true },
      this.bars,
      this.slider,
      this.levels,
      el("div", { class: "said" }, this.about),
    );
    this.tell = debounced((least) => tell(least ?? this.least()), TELL_AFTER);
    this.slider.addEventListener("input", () => this.say());
    this.slider.addEventListener("change", () => this.tell(this.least()));
    /** @type {Spread | null} */
    this.spread = null;
    this.view = "";
  }

  /**
   * @param {string} view  its address
   * @param {string} version
   * @param {Record<string, string>} texts
   * @param {string} language
   */
  async update(view, version, texts, language) {
    this.texts = texts;
    this.language = language;
    set(this.slider, "aria-label", texts.limit);
    set(this.levels, "aria-label", texts.limit);
    const known = `${version} ${view}`;
    if (known === this.known) return;
    this.known = known;
    this.request?.abort();
    this.request = new AbortController();
    try {
      const answer = await fetch(routeTo(`/search/spread?${new URLSearchParams({ view, lang: language })}`), {
        signal: this.request.signal,
      });
      if (answer.status !== 200) throw new Error(String(answer.status));
      this.draw(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.draw(null);
    }
  }

  close() {
    this.request?.abort();
    this.tell.cancel();
  }

  /** @param {Spread | null} spread */
  draw(spread) {
    this.spread = spread;
    // Nothing to choose from: no slider.
    this.node.hidden = !spread || !spread.counts.some(Boolean);
    if (!spread || this.node.hidden) return;
    const { counts, least } = spread;
    const most = Math.max(...counts);
    const width = WIDTH / counts.length;
    this.bars.replaceChildren(
      ...counts.map((count, at) => {
        const bar = document.createElementNS(SVG, "rect");
        const height = count ? Math.max(2, Math.sqrt(count / most) * HEIGHT) : 0;
        for (const [name, value] of Object.entries({ x: at * width, y: HEIGHT - height, width: width * 0.8, height }))
          set(bar, name, value);
        return bar;
      }),
    );
    set(this.slider, "max", counts.length * FINE);
    this.drawLevels();
    this.move(least);
    this.say(least);
  }

  /** The words, the least alike at the left, as on the slider. */
  drawLevels() {
    this.levels.replaceChildren(
      ...[...this.spread.levels]
        .reverse()
        .map((level) =>
          el(
            "button",
            { type: "button", "aria-pressed": "false", "data-level": level.name, onclick: () => this.choose(level) },
            this.texts[`level_${level.name}`],
          ),
        ),
    );
  }

  /** Show from a word on. @param {Level} level */
  choose({ cosine, percentile }) {
    this.move(cosine);
    this.say(cosine);
    // From where nobody chose, the nearest are shown however few are so alike.
    if (Math.abs(cosine - this.spread.likely) < ROUNDING) this.tell.now({});
    else this.tell.now(percentile === null ? { threshold: Number(cosine.toFixed(6)) } : { percentile });
  }

  /** Move the slider to a cosine. @param {number} cosine */
  move(cosine) {
    const { counts, edges } = this.spread;
    const position = ((cosine - edges[0]) / (edges[counts.length] - edges[0])) * counts.length;
    this.slider.value = String(Math.round(Math.min(counts.length, Math.max(0, position)) * FINE));
  }

  /** Where the slider is, in bars. */
  get position() {
    return Number(this.slider.value) / FINE;
  }

  /** @param {(number | null)[]} edges  what the edges of the bars are worth */
  at(edges) {
    const below = Math.min(Math.floor(this.position), edges.length - 2);
    const [low, high] = [edges[below], edges[below + 1]];
    return low === null || high === null ? null : low + (high - low) * (this.position - below);
  }

  least() {
    const { edges, percentiles } = this.spread;
    const percentile = this.at(percentiles);
    if (percentile === null || percentile > RAREST) return { threshold: Number(this.at(edges).toFixed(6)) };
    return { percentile: Number(percentile.toFixed(4)) };
  }

  /** Say what the slider means. @param {number} [least]  the cosine, where it is known exactly */
  say(least) {
    const { counts, edges, percentiles, levels } = this.spread;
    const { texts, language, position } = this;
    const cosine = least ?? this.at(edges);
    const percentile = this.at(percentiles);
    // Of the bar that the slider is in, the part above it.
    const shown = counts.reduce((sum, count, at) => sum + count * Math.min(1, Math.max(0, at + 1 - position)), 0);
    const images = Math.round(shown);
    const level = levels.find((candidate) => cosine >= candidate.cosine - ROUNDING) ?? levels[levels.length - 1];
    write(this.about, fill(images === 1 ? texts.about_one : texts.about_other, { count: number(images, language) }));
    set(this.slider, "aria-valuetext", `${texts[`level_${level.name}`]}, ${this.about.textContent}`);
    for (const button of /** @type {HTMLElement[]} */ ([...this.levels.children]))
      set(button, "aria-pressed", String(button.dataset.level === level.name));
    const rounded = (value, digits) =>
      new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
    const figures = [
      percentile === null ? "" : fill(texts.percentile, { percentile: rounded(percentile, percentile < 99 ? 0 : 2) }),
      fill(texts.cosine, { value: rounded(cosine, 3) }),
    ];
    set(this.node, "title", figures.filter(Boolean).join(" · "));
    [...this.bars.children].forEach((bar, at) => bar.classList.toggle("inside", at + 1 > position));
  }
}
