// The current group of images that share a part: each as a picture with the part outlined; a press
// puts one beside the image that shares it with all of them. Not here: which group is current
// (duplicates.js), what can be done with it (foot.js), the two side by side (shared/ui/part_pair.js).
import { el, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { outlinedPicture } from "../shared/ui/outline.js";
import { PartPair } from "../shared/ui/part_pair.js";

// Pixels of a tile: all are equally high, panoramas and spines within bounds.
const HEIGHT = 190;
const WIDTHS = { least: 96, most: 420 };
// More are drawn when one scrolls to the end.
const AT_ONCE = 60;

/** @typedef {import("./api.js").PartImage} PartImage */

export class PartGroup {
  /** @param {import("../shared/ui/review_page.js").PageTools} tools @param {(sha1: string) => void} open */
  constructor(tools, open) {
    const { t } = tools;
    this.tools = tools;
    /** @type {import("./api.js").PartGroup | null} */
    this.group = null;
    this.title = el("h2", {});
    this.help = el("p", { class: "quiet" }, t("part_help"));
    this.tiles = el("ul", { class: "tiles", "aria-label": t("part_images") });
    this.end = el("div", { class: "end" });
    this.pair = new PartPair({ close: t("close"), pair: t("part_pair"), open: t("part_open") }, ({ sha1 }) =>
      open(sha1),
    );
    this.scroller = el("div", { class: "sharing" }, this.tiles, this.end);
    this.node = el("div", { class: "parts" }, el("header", {}, this.title, this.help), this.scroller, this.pair.node);
    this.observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && this.drawMore(), {
      root: this.scroller,
      rootMargin: "400px",
    });
    this.observer.observe(this.end);
  }

  /** @param {import("./api.js").PartGroup} group */
  show(group) {
    if (group === this.group) return;
    this.group = group;
    write(this.title, this.tools.t("part_group", { count: group.images.length }));
    this.tiles.replaceChildren();
    this.scroller.scrollTop = 0;
    this.drawMore();
  }

  /** Draw the next images, and make sure that the end is looked at again. */
  drawMore() {
    const images = this.group?.images ?? [];
    const drawn = this.tiles.children.length;
    if (drawn >= images.length) return;
    this.tiles.append(...images.slice(drawn, drawn + AT_ONCE).map((image) => this.tile(image)));
    this.observer.unobserve(this.end);
    this.observer.observe(this.end);
  }

  /** @param {PartImage} image */
  tile(image) {
    const { sha1, name, place, width, height, outline, isHub, inliers, sure } = image;
    const { t } = this.tools;
    const label = isHub ? t("part_hub") : t(`part_sure_${sure}`);
    const wide = Math.min(WIDTHS.most, Math.max(WIDTHS.least, (HEIGHT * (width ?? 1)) / (height || 1)));
    const picture = outlinedPicture(routeTo(`/thumb/${sha1}?w=512`), "", outline, image);
    return el(
      "li",
      { style: `width:${Math.round(wide)}px` },
      el(
        "button",
        {
          type: "button",
          class: "tile",
          "data-sha1": sha1,
          "aria-label": `${name}, ${label}`,
          title: `${place}\n${isHub ? t("part_hub_title") : t("part_points", { count: inliers })}`,
          onclick: () => this.compare(image),
        },
        picture,
        el("span", { class: "name" }, name),
        el("span", { class: "about" }, label),
      ),
    );
  }

  /** Put an image beside the one that shares the part with all. @param {PartImage} image */
  compare(image) {
    const { images } = /** @type {import("./api.js").PartGroup} */ (this.group);
    const [first, second] = images;
    const other = image === first ? second : image;
    const { t } = this.tools;
    this.pair.show(
      [{ ...first, outline: other.onHub }, other],
      `${t("part_sure_" + other.sure)} · ${t("part_points", { count: other.inliers })}`,
    );
  }

  /** Go to the next or the previous picture. @param {1 | -1} by */
  step(by) {
    const tiles = /** @type {HTMLElement[]} */ ([...this.tiles.querySelectorAll(".tile")]);
    const root = /** @type {Document | ShadowRoot} */ (this.node.getRootNode());
    const index = tiles.indexOf(/** @type {HTMLElement} */ (root.activeElement));
    tiles[Math.min(tiles.length - 1, Math.max(0, index + by))]?.focus();
  }

  close() {
    this.observer.disconnect();
  }
}
