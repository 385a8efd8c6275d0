// The images that share a part with the current one, in a row: the part is outlined on both where one
// is pointed at or has the keys, a press puts the two side by side. Streamlit calls the default export
// with the data of each run. Not here: which images they are (Python), the two large
// (shared/ui/part_pair.js).
import { routeTo } from "../shared/bridge/address.js";
import { component, inItsLanguage } from "../shared/bridge/lifecycle.js";
import { ask } from "../shared/bridge/page_requests.js";
import { el } from "../shared/ui/dom.js";
import { outlinedPicture } from "../shared/ui/outline.js";
import { PartPair } from "../shared/ui/part_pair.js";
import { translator } from "../shared/ui/translate.js";

/** @typedef {import("../shared/ui/part_pair.js").Outlined} Outlined */
/**
 * An image that shares a part: `outline` is on it, `ours` on the current one.
 * @typedef {Outlined & {ours: [number, number][], inliers: number, sure: "high" | "medium" | "low"}} Part
 * @typedef {object} Data
 * @property {Omit<Outlined, "outline">} image  the current one
 * @property {Part[]} parts  the surest first
 * @property {string} language
 * @property {Record<string, string>} texts
 */

export default component((root, data) => new Parts(root, data), undefined, inItsLanguage);

class Parts {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    this.data = data;
    this.t = translator(data.texts, data.language);
    this.both = el("div", { class: "both", "aria-hidden": "true" });
    this.list = el("ul", { class: "row", "aria-label": this.t("label") });
    const texts = { close: this.t("close"), pair: this.t("pair"), open: this.t("open") };
    this.pair = new PartPair(texts, ({ sha1, name }) => ask("open", { sha1, name }));
    root.replaceChildren(this.both, this.list, this.pair.node);
    this.written = "";
  }

  /** @param {Data} data */
  update(data) {
    const written = JSON.stringify([data.image, data.parts]);
    if (written === this.written) return;
    this.written = written;
    this.data = data;
    this.list.replaceChildren(...data.parts.map((part) => this.picture(part)));
    if (data.parts[0]) this.point(data.parts[0]);
  }

  /** @param {Part} part */
  picture(part) {
    const { sha1, name, outline, inliers, sure } = part;
    const label = `${name}, ${this.t(`sure_${sure}`)}`;
    return el(
      "li",
      {},
      el(
        "button",
        {
          type: "button",
          "data-sha1": sha1,
          title: `${label}\n${this.t("points", { count: inliers })}`,
          "aria-label": label,
          onpointerenter: () => this.point(part),
          onfocus: () => this.point(part),
          onclick: () => this.compare(part),
        },
        outlinedPicture(routeTo(`/thumb/${sha1}`), "", outline, part),
      ),
    );
  }

  /** Outline the part that an image shares on both. @param {Part} part */
  point(part) {
    const { image } = this.data;
    if (this.both.dataset.sha1 === part.sha1 && this.both.dataset.of === image.sha1) return;
    Object.assign(this.both.dataset, { sha1: part.sha1, of: image.sha1 });
    this.both.replaceChildren(
      outlinedPicture(routeTo(`/thumb/${image.sha1}`), "", part.ours, image),
      outlinedPicture(routeTo(`/thumb/${part.sha1}`), "", part.outline, part),
    );
  }

  /** @param {Part} part */
  compare(part) {
    const points = this.t("points", { count: part.inliers });
    const image = { ...this.data.image, outline: part.ours };
    this.pair.show([image, part], `${this.t(`sure_${part.sure}`)} · ${points}`);
  }
}
