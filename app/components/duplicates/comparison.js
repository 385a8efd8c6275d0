// The image that stays and another one: side by side, one over the other, or their difference. Not
// here: which two (pair.js), how they differ (pixel_difference.js), what is known of them
// (image_facts.js), moving and enlarging them (zoom.js).
import { el, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { GAIN, differenceOf, isOfOtherShape } from "./pixel_difference.js";
import { Overlap } from "./overlap.js";
import { Zoom } from "./zoom.js";

export const MODES = /** @type {const} */ (["beside", "difference", "slide", "blink"]);
// Pixels of the longer side.
const WIDTH = 1024;
const BLINK_EVERY = 700;
// Enlarged more than this, an image of `WIDTH` is not sharp enough.
const ORIGINAL_FROM = 1.5;

/** @typedef {import("./api.js").Member} Member */
/** @typedef {typeof MODES[number]} Mode */

/** @param {string} sha1 */
export const imageAddress = (sha1) => routeTo(`/thumb/${sha1}?w=${WIDTH}`);

export class Comparison {
  /** @param {import("../shared/ui/review_page.js").PageTools} tools */
  constructor(tools) {
    const { t } = tools;
    this.tools = tools;
    /** @type {Mode} */
    this.mode = "beside";
    /** @type {[Member, Member] | null} */
    this.members = null;
    // Two panes side by side, and one in which both images lie over each other.
    this.images = [0, 1].map(() => el("img", { alt: "", decoding: "async", draggable: "false" }));
    this.overlaps = [new Overlap(), new Overlap()];
    this.panes = this.images.map((image, index) => el("div", { class: "pane" }, image, this.overlaps[index].node));
    this.beside = el("div", { class: "beside" }, ...this.panes);
    this.layers = [0, 1].map(() => el("img", { alt: "", draggable: "false" }));
    this.canvas = el("canvas", {});
    this.frame = el("div", { class: "both-lie" }, this.layers[1], this.layers[0], this.canvas);
    this.over = el("div", { class: "pane over" }, el("div", { class: "frame" }, this.frame));
    // What is below them.
    this.slider = el("input", {
      type: "range",
      class: "slider",
      min: 0,
      max: 100,
      value: 50,
      "aria-label": t("slide"),
      oninput: () => this.slide(),
    });
    this.legend = el(
      "span",
      { class: "legend", title: t("difference_title", { gain: GAIN }) },
      t("difference_none"),
      el("span", { class: "scale" }),
      t("difference_much"),
    );
    this.status = el("span", { class: "quiet" });
    this.shapeNote = el("span", { class: "quiet" });
    this.sameLight = el("input", { type: "checkbox", onchange: () => this.drawDifference() });
    this.sameLightLabel = el("label", { class: "check", title: t("even_title") }, this.sameLight, t("even"));
    this.under = el(
      "div",
      { class: "under" },
      this.slider,
      this.legend,
      this.sameLightLabel,
      this.status,
      this.shapeNote,
    );
    this.node = el("div", { class: "compare" }, this.beside, this.over, this.under);
    this.zoom = new Zoom([...this.panes, this.over], (scale) => this.sharpen(scale));
    for (const image of [...this.images, ...this.layers]) image.addEventListener("error", () => this.loadFailed(image));
    for (const layer of this.layers) layer.addEventListener("load", () => this.fitFrame());
    this.observer = new ResizeObserver(() => this.fitFrame());
    this.observer.observe(this.over);
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.mode = mode;
    this.draw();
  }

  /** @param {[Member, Member]} members  the one that stays first */
  show(members) {
    const isSame = this.members && members.every(({ sha1 }, index) => sha1 === this.members?.[index].sha1);
    this.members = members;
    if (isSame) return;
    for (const overlap of this.overlaps) overlap.clear();
    this.zoom.reset();
    members.forEach(({ sha1, name }, index) => {
      for (const image of [this.images[index], this.layers[index]]) {
        image.classList.remove("broken");
        set(image, "src", imageAddress(sha1));
        set(image, "alt", name);
      }
    });
    this.draw();
  }

  /** Outline on each what both show. @param {(import("./api.js").Beside | null)[]} sides */
  outline(sides) {
    sides.forEach((side, index) => {
      const member = this.members?.[index];
      if (side && member) this.overlaps[index].draw(side.outline, member);
    });
  }

  draw() {
    const { mode } = this;
    this.beside.hidden = mode !== "beside";
    this.over.hidden = this.under.hidden = mode === "beside";
    this.slider.hidden = mode !== "slide";
    this.legend.hidden = this.sameLightLabel.hidden = mode !== "difference";
    this.canvas.hidden = mode !== "difference";
    clearInterval(this.timer);
    write(this.status, "");
    // What blinks would be read out without end.
    set(this.status, "role", mode === "difference" ? "status" : null);
    this.layers[0].style.clipPath = "";
    this.layers[0].style.visibility = "";
    if (!this.members || mode === "beside") return;
    this.fitFrame();
    if (mode === "difference") this.drawDifference();
    if (mode === "slide") this.slide();
    if (mode === "blink") this.blink();
  }

  async drawDifference() {
    const { members } = this;
    if (!members) return;
    const { t, language } = this.tools;
    const isSameLight = this.sameLight.checked;
    this.canvas.hidden = true;
    write(this.status, t("difference_wait"));
    const [first, second] = members.map(({ sha1 }) => imageAddress(sha1));
    const difference = await differenceOf(first, second, isSameLight).catch(() => null);
    if (members !== this.members || this.mode !== "difference" || isSameLight !== this.sameLight.checked) return;
    if (!difference) {
      write(this.status, t("unseen"));
      return;
    }
    const { image, mean, area } = difference;
    this.canvas.width = image.width;
    this.canvas.height = image.height;
    this.canvas.getContext("2d")?.putImageData(image, 0, 0);
    this.canvas.hidden = false;
    const percent = (value) =>
      new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(value);
    write(this.status, t("difference", { mean: percent(mean), area: percent(area) }));
  }

  /** Show as much of the first image as the slider says. */
  slide() {
    this.layers[0].style.clipPath = `inset(0 ${100 - Number(this.slider.value)}% 0 0)`;
  }

  /** Show both in turn: by itself, or by the key alone where someone wants nothing to move. */
  blink() {
    this.writeBlinking();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.timer = setInterval(() => this.swap(), BLINK_EVERY);
  }

  swap() {
    const { style } = this.layers[0];
    style.visibility = style.visibility ? "" : "hidden";
    this.writeBlinking();
  }

  writeBlinking() {
    const index = this.layers[0].style.visibility ? 1 : 0;
    write(this.status, this.members ? this.tools.t("blinks", { name: this.members[index].name }) : "");
  }

  /** Both images fill the largest box that has the shape of the first one. */
  fitFrame() {
    const [first, second] = this.layers;
    const { clientWidth, clientHeight } = this.over;
    if (!first.naturalWidth || !clientWidth) return;
    const scale = Math.min(clientWidth / first.naturalWidth, clientHeight / first.naturalHeight);
    this.frame.style.width = `${first.naturalWidth * scale}px`;
    this.frame.style.height = `${first.naturalHeight * scale}px`;
    const isStretched = second.naturalWidth > 0 && isOfOtherShape(first, second);
    write(this.shapeNote, isStretched ? this.tools.t("stretched") : "");
  }

  /** Load the originals where the images are enlarged. @param {number} scale */
  sharpen(scale) {
    if (scale < ORIGINAL_FROM || !this.members) return;
    this.members.forEach(({ sha1 }, index) => {
      const image = this.mode === "beside" ? this.images[index] : this.layers[index];
      const address = routeTo(`/image/${sha1}`);
      if (image.getAttribute("src") === address) return;
      const original = new Image();
      original.src = address;
      original.decode().then(
        () => this.members?.[index].sha1 === sha1 && set(image, "src", address),
        () => {},
      );
    });
  }

  /** @param {HTMLImageElement} image */
  loadFailed(image) {
    image.classList.add("broken");
    set(image, "alt", this.tools.t("unseen"));
  }

  close() {
    clearInterval(this.timer);
    this.observer.disconnect();
  }
}
