// The current image enlarged in a dialog, beside the image of the tag that it is most similar to, if
// there is one. The page's keys answer here too. Not here: what they do (suggest.js, classes.js).
import { el, iconButton, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { formatScore } from "./tile.js";

// Pixels of the longer side.
const WIDTH = 1024;

/** @typedef {{sha1: string, similarity: number, probability: number | null, why?: string}} Shown */

export class Enlarged {
  /** @param {import("../shared/ui/review_page.js").PageTools} tools */
  constructor(tools) {
    const { t } = tools;
    this.tools = tools;
    this.image = el("img", { alt: "" });
    this.similar = el("img", { alt: t("why") });
    this.caption = el("figcaption", {});
    this.comparison = el("figure", {}, this.similar, el("figcaption", { class: "quiet" }, t("why")));
    this.node = el(
      "dialog",
      {
        class: "compare",
        tabindex: "-1",
        "aria-label": t("large"),
        onclick: (event) => event.target === this.node && this.node.close(),
      },
      el("figure", { class: "asked" }, this.image, this.caption),
      this.comparison,
      iconButton("close", t("close"), () => this.node.close(), { class: "tool shut" }),
    );
  }

  toggle() {
    if (this.node.open) {
      this.node.close();
      return;
    }
    this.node.showModal();
    // With the focus on the close button, Enter would close the dialog.
    this.node.focus();
  }

  /**
   * @param {Shown | null} image  null closes the dialog
   * @param {boolean | null | undefined} answer
   * @param {string} [name]  of the tag that it is suggested for
   */
  draw(image, answer, name = "") {
    if (!this.node.open) return;
    if (!image) {
      this.node.close();
      return;
    }
    const { t } = this.tools;
    set(this.image, "src", routeTo(`/thumb/${image.sha1}?w=${WIDTH}`));
    this.comparison.hidden = !image.why;
    this.node.classList.toggle("alone", !image.why);
    if (image.why) set(this.similar, "src", routeTo(`/thumb/${image.why}?w=${WIDTH}`));
    const status = answer == null ? "" : t(answer ? "is_accepted" : "is_refused");
    write(this.caption, [name, formatScore(this.tools, image).short, status].filter(Boolean).join(" · "));
  }
}
