// The image that stays and another one: side by side, over each other, or their difference. Not
// here: which two (duplicates.js), how they differ (pixel_difference.js), what is known of them (image_facts.js).
import { el, set, write } from "../shared/ui/dom.js";
import { GAIN, difference, isOfOtherShape } from "./pixel_difference.js";
import { Zoom } from "./zoom.js";

export const MODES = /** @type {const} */ (["beside", "difference", "slide", "blink"]);
const SIDE = 1024;
const BLINK = 700;
// Larger than this the picture of `SIDE` is not sharp enough.
const ORIGINAL_FROM = 1.5;

/** @param {string} sha1 */
export const pictured = (sha1) => `/thumb/${sha1}?w=${SIDE}`;

/** @typedef {import("./duplicates.js").Member} Member */

export class Compare {
  /** @param {import("./duplicates.js").Tools} tools */
  constructor(tools) {
    const { say } = tools;
    this.tools = tools;
    /** @type {typeof MODES[number]} */
    this.mode = "beside";
    /** @type {[Member, Member] | null} */
    this.pair = null;
    this.images = [0, 1].map(() => el("img", { alt: "", decoding: "async", draggable: "false" }));
    this.panes = this.images.map((image) => el("div", { class: "pane" }, image));
    this.beside = el("div", { class: "beside" }, ...this.panes);
    this.layers = [0, 1].map(() => el("img", { alt: "", draggable: "false" }));
    this.canvas = el("canvas", {});
    this.frame = el("div", { class: "both-lie" }, this.layers[1], this.layers[0], this.canvas);
    this.over = el("div", { class: "pane over" }, el("div", { class: "frame" }, this.frame));
    this.slider = el("input", {
      type: "range",
      class: "slider",
      min: 0,
      max: 100,
      value: 50,
      "aria-label": say("slide"),
      oninput: () => this.slide(),
    });
    this.legend = el(
      "span",
      { class: "legend", title: say("difference_title", { gain: GAIN }) },
      say("difference_none"),
      el("span", { class: "scale" }),
      say("difference_much"),
    );
    this.said = el("span", { class: "quiet" });
    this.shape = el("span", { class: "quiet" });
    this.even = el("input", { type: "checkbox", onchange: () => this.compare() });
    this.evening = el("label", { class: "check", title: say("even_title") }, this.even, say("even"));
    this.under = el("div", { class: "under" }, this.slider, this.legend, this.evening, this.said, this.shape);
    this.node = el("div", { class: "compare" }, this.beside, this.over, this.under);
    this.zoom = new Zoom([...this.panes, this.over], (scale) => this.sharpen(scale));
    for (const image of [...this.images, ...this.layers]) image.addEventListener("error", () => this.fail(image));
    this.layers[0].addEventListener("load", () => this.shapeFrame());
    this.layers[1].addEventListener("load", () => this.shapeFrame());
    this.observer = new ResizeObserver(() => this.shapeFrame());
    this.observer.observe(this.over);
  }

  /** @param {typeof MODES[number]} mode */
  turnTo(mode) {
    this.mode = mode;
    this.draw();
  }

  /** @param {[Member, Member]} pair  the one that stays first */
  show(pair) {
    const isSame = this.pair && pair.every(({ sha1 }, at) => sha1 === this.pair?.[at].sha1);
    this.pair = pair;
    if (isSame) return;
    this.zoom.reset();
    pair.forEach(({ sha1, name }, at) => {
      for (const image of [this.images[at], this.layers[at]]) {
        image.classList.remove("broken");
        set(image, "src", pictured(sha1));
        set(image, "alt", name);
      }
    });
    this.draw();
  }

  draw() {
    const { mode } = this;
    this.beside.hidden = mode !== "beside";
    this.over.hidden = this.under.hidden = mode === "beside";
    this.slider.hidden = mode !== "slide";
    this.legend.hidden = this.evening.hidden = mode !== "difference";
    this.canvas.hidden = mode !== "difference";
    clearInterval(this.timer);
    write(this.said, "");
    // What blinks would be read out without end.
    set(this.said, "role", mode === "difference" ? "status" : null);
    this.layers[0].style.clipPath = "";
    this.layers[0].style.visibility = "";
    if (!this.pair || mode === "beside") return;
    this.shapeFrame();
    if (mode === "difference") this.compare();
    if (mode === "slide") this.slide();
    if (mode === "blink") this.blink();
  }

  async compare() {
    const pair = this.pair;
    if (!pair) return;
    const { say, language } = this.tools;
    const isEven = this.even.checked;
    this.canvas.hidden = true;
    write(this.said, say("difference_wait"));
    const told = await difference(pictured(pair[0].sha1), pictured(pair[1].sha1), isEven).catch(() => null);
    if (pair !== this.pair || this.mode !== "difference" || isEven !== this.even.checked) return;
    if (!told) {
      write(this.said, say("unseen"));
      return;
    }
    this.canvas.width = told.picture.width;
    this.canvas.height = told.picture.height;
    this.canvas.getContext("2d")?.putImageData(told.picture, 0, 0);
    this.canvas.hidden = false;
    const percent = (value, digits) =>
      new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(value);
    write(this.said, say("difference", { mean: percent(told.mean, 1), area: percent(told.area, 1) }));
  }

  slide() {
    const at = Number(this.slider.value);
    this.layers[0].style.clipPath = `inset(0 ${100 - at}% 0 0)`;
  }

  /** By itself, unless someone wants nothing to move: then by the key alone. */
  blink() {
    this.sayBlink();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.timer = setInterval(() => this.turnOver(), BLINK);
  }

  turnOver() {
    const { style } = this.layers[0];
    style.visibility = style.visibility ? "" : "hidden";
    this.sayBlink();
  }

  sayBlink() {
    const at = this.layers[0].style.visibility ? 1 : 0;
    write(this.said, this.pair ? this.tools.say("blinks", { name: this.pair[at].name }) : "");
  }

  /** Both lie in the largest box of the first one's shape. */
  shapeFrame() {
    const [first, second] = this.layers;
    const { clientWidth, clientHeight } = this.over;
    if (!first.naturalWidth || !clientWidth) return;
    const scale = Math.min(clientWidth / first.naturalWidth, clientHeight / first.naturalHeight);
    this.frame.style.width = `${first.naturalWidth * scale}px`;
    this.frame.style.height = `${first.naturalHeight * scale}px`;
    const isStretched = second.naturalWidth > 0 && isOfOtherShape(first, second);
    write(this.shape, isStretched ? this.tools.say("stretched") : "");
  }

  /** @param {number} scale */
  sharpen(scale) {
    if (scale < ORIGINAL_FROM || !this.pair) return;
    this.pair.forEach(({ sha1 }, at) => {
      const image = this.mode === "beside" ? this.images[at] : this.layers[at];
      const address = `/image/${sha1}`;
      if (image.getAttribute("src") === address) return;
      const large = new Image();
      large.src = address;
      large.decode().then(
        () => this.pair?.[at].sha1 === sha1 && set(image, "src", address),
        () => {},
      );
    });
  }

  fail(image) {
    image.classList.add("broken");
    set(image, "alt", this.tools.say("unseen"));
  }

  close() {
    clearInterval(this.timer);
    this.observer.disconnect();
  }
}
