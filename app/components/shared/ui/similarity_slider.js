// How alike images must be to be shown: a slider over the similarities of a view's search, read as
// "the closest 5 %" with the raw cosine beside it. Not here: what the view is (Python).
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

/**
 * @typedef {object} Spread
 * @property {number[]} counts
 * @property {number[]} edges                cosines
 * @property {(number | null)[]} percentiles of the edges; null where there is nothing to compare
 * @property {number} least                  the cosine from which images are shown
 */

export class SimilaritySlider {
  /** @param {(least: {percentile: number} | {threshold: number}) => void} tell */
  constructor(tell) {
    this.bars = document.createElementNS(SVG, "svg");
    set(this.bars, "viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    set(this.bars, "preserveAspectRatio", "none");
    set(this.bars, "aria-hidden", "true");
    this.slider = el("input", { type: "range", class: "slider", min: 0, step: 1 });
    this.closest = el("strong", {});
    this.cosine = el("span", {});
    this.about = el("span", { class: "about" });
    this.node = el(
      "div",
      { class: "nearness", hidden: true },
      this.bars,
      this.slider,
      el("div", { class: "said" }, this.closest, this.cosine, this.about),
    );
    this.tell = debounced(() => tell(this.least()), TELL_AFTER);
    this.slider.addEventListener("input", () => this.say());
    this.slider.addEventListener("change", () => this.tell());
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
    set(this.node, "title", texts.limit_help);
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
    const { counts, edges, least } = spread;
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
    const position = ((least - edges[0]) / (edges[counts.length] - edges[0])) * counts.length;
    this.slider.value = String(Math.round(Math.min(counts.length, Math.max(0, position)) * FINE));
    this.say(least);
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
    const { counts, edges, percentiles } = this.spread;
    const { texts, language, position } = this;
    const percentile = this.at(percentiles);
    const part =
      percentile === null
        ? null
        : new Intl.NumberFormat(language, { maximumSignificantDigits: 2 }).format(Math.max(0, 100 - percentile));
    const cosine = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(
      least ?? this.at(edges),
    );
    // Of the bar that the slider is in, the part above it.
    const shown = counts.reduce((sum, count, at) => sum + count * Math.min(1, Math.max(0, at + 1 - position)), 0);
    const images = Math.round(shown);
    write(this.closest, part === null ? "" : fill(texts.closest, { part }));
    write(this.cosine, fill(texts.cosine, { value: cosine }));
    write(this.about, fill(images === 1 ? texts.about_one : texts.about_other, { count: number(images, language) }));
    set(this.slider, "aria-valuetext", [this.closest.textContent, this.cosine.textContent].filter(Boolean).join(", "));
    [...this.bars.children].forEach((bar, at) => bar.classList.toggle("inside", at + 1 > position));
  }
}
