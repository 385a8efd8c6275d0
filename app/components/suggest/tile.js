// One image that is suggested, the image of the tag that it is most like, and its two answers. Not
// here: writing them (suggest.js).
import { el, iconButton, set, write } from "../shared/ui/dom.js";

/**
 * How probable an offer is, or how similar, in short and in whole.
 * @param {import("./suggest.js").Tools} tools @param {import("./suggest.js").Offer} offer
 */
export function scored({ say, language }, { similarity, probability }) {
  const cosine = new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(
    similarity,
  );
  if (probability === null) {
    const short = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(
      similarity,
    );
    return { short, whole: say("similarity", { cosine }) };
  }
  const percent = (digits) =>
    new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(probability);
  return { short: percent(0), whole: say("probability", { value: percent(2), cosine }) };
}

export class Tile {
  /**
   * @param {import("./suggest.js").Tools} tools @param {import("./suggest.js").Offer} offer @param {number} at
   * @param {{hold: () => void, decide: (is: boolean) => void, enlarge: () => void}} acts
   */
  constructor(tools, offer, at, { hold, decide, enlarge }) {
    const { say } = tools;
    const { short, whole } = scored(tools, offer);
    this.says = say;
    this.score = short;
    const answer = (is, sign, name) =>
      iconButton(sign, say(name), (event) => act(event, () => decide(is)), { class: `tool ${name}`, tabindex: "-1" });
    const act = (event, then) => {
      event.stopPropagation();
      then();
    };
    this.accept = answer(true, "check", "accept");
    this.refuse = answer(false, "close", "refuse");
    this.sign = el("span", { class: "icon sign", "aria-hidden": "true" });
    this.node = el(
      "div",
      {
        class: "tile",
        role: "gridcell",
        id: `suggested-${at}`,
        "data-sha1": offer.sha1,
        onclick: hold,
        ondblclick: enlarge,
      },
      el(
        "div",
        { class: "picture" },
        el("img", { src: `/thumb/${offer.sha1}`, alt: "", decoding: "async", draggable: "false" }),
        this.sign,
      ),
      el(
        "div",
        { class: "about" },
        el("img", {
          src: `/thumb/${offer.why}`,
          alt: say("why"),
          title: say("why"),
          decoding: "async",
          draggable: "false",
        }),
        el("span", { class: "score", title: whole }, short),
        this.refuse,
        this.accept,
      ),
    );
    // A press must not take the keys from the pictures.
    for (const button of [this.accept, this.refuse])
      button.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** @param {boolean} isInHand @param {boolean | undefined} is */
  draw(isInHand, is) {
    const word = is === undefined ? "" : this.says(is ? "is_accepted" : "is_refused");
    set(this.node, "aria-selected", String(isInHand));
    set(this.node, "aria-label", [this.score, word].filter(Boolean).join(", "));
    this.node.classList.toggle("accepted", is === true);
    this.node.classList.toggle("refused", is === false);
    set(this.accept, "aria-pressed", String(is === true));
    set(this.refuse, "aria-pressed", String(is === false));
    write(this.sign, is === undefined ? "" : is ? "check" : "close");
  }
}
