// The image in hand seen large, beside the image of the tag that it is most like where there is one.
// The same keys answer. Not here: what they do (suggest.js, classes.js).
import { el, iconButton, set, write } from "../shared/ui/dom.js";
import { scored } from "./tile.js";

const SIDE = 1024;

export class Large {
  /** @param {import("./suggest.js").Tools} tools */
  constructor(tools) {
    const { say } = tools;
    this.tools = tools;
    this.image = el("img", { alt: "" });
    this.why = el("img", { alt: say("why") });
    this.score = el("figcaption", {});
    this.beside = el("figure", {}, this.why, el("figcaption", { class: "quiet" }, say("why")));
    this.node = el(
      "dialog",
      {
        class: "compare",
        tabindex: "-1",
        "aria-label": say("large"),
        onclick: (event) => event.target === this.node && this.node.close(),
      },
      el("figure", { class: "asked" }, this.image, this.score),
      this.beside,
      iconButton("close", say("close"), () => this.node.close(), { class: "tool shut" }),
    );
  }

  toggle() {
    if (this.node.open) {
      this.node.close();
      return;
    }
    this.node.showModal();
    // Else Enter would be for the button that closes it.
    this.node.focus();
  }

  /**
   * @param {import("./suggest.js").Offer | null} offer
   * @param {boolean | undefined} is
   * @param {string} [name]  of what it is offered for
   */
  draw(offer, is, name = "") {
    if (!this.node.open) return;
    if (!offer) {
      this.node.close();
      return;
    }
    const { say } = this.tools;
    set(this.image, "src", `/thumb/${offer.sha1}?w=${SIDE}`);
    this.beside.hidden = !offer.why;
    this.node.classList.toggle("alone", !offer.why);
    if (offer.why) set(this.why, "src", `/thumb/${offer.why}?w=${SIDE}`);
    const { short } = scored(this.tools, offer);
    write(
      this.score,
      [name, short, is === undefined ? "" : say(is ? "is_accepted" : "is_refused")].filter(Boolean).join(" · "),
    );
  }
}
