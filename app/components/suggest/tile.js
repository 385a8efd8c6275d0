// One suggested image, the image of the tag that it is most similar to, and its two answers. Not
// here: writing answers (suggest.js), the tiles of Sort by words (classes/tile.js).
import { el, iconButton, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";

/** @typedef {import("../shared/ui/review_page.js").PageTools} PageTools */

/**
 * How probable an image is, or how similar where no probability is known: short, and as a title.
 * @param {PageTools} tools
 * @param {{similarity: number, probability: number | null}} suggestion  both from 0 to 1
 */
export function formatScore({ t, language }, { similarity, probability }) {
  const cosine = new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(
    similarity,
  );
  if (probability === null) {
    const short = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(
      similarity,
    );
    return { short, title: t("similarity", { cosine }) };
  }
  const percent = (digits) =>
    new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(probability);
  return { short: percent(0), title: t("probability", { value: percent(2), cosine }) };
}

export class Tile {
  /**
   * @param {PageTools} tools @param {import("./batch.js").Suggestion} image @param {number} index
   * @param {{select: () => void, decide: (belongs: boolean) => void, enlarge: () => void}} actions
   * @param {boolean} isDoubt  whether its tag, or that it has none, is in doubt
   */
  constructor(tools, image, index, { select, decide, enlarge }, isDoubt) {
    const { t } = tools;
    const { short, title } = formatScore(tools, image);
    this.t = t;
    this.score = isDoubt ? t(image.has_tag ? "has_tag" : "has_not") : short;
    const answerButton = (symbol, name, belongs) => {
      const answer = (event) => {
        event.stopPropagation();
        decide(belongs);
      };
      return iconButton(symbol, t(name), answer, { class: `tool ${name}`, tabindex: "-1" });
    };
    this.accept = answerButton("check", "accept", true);
    this.refuse = answerButton("close", "refuse", false);
    this.mark = el("span", { class: "icon sign", "aria-hidden": "true" });
    this.node = el(
      "div",
      {
        class: isDoubt && image.has_tag ? "tile tagged" : "tile",
        role: "gridcell",
        id: `suggested-${index}`,
        "data-sha1": image.sha1,
        onclick: select,
        ondblclick: enlarge,
      },
      el(
        "div",
        { class: "picture" },
        el("img", { src: routeTo(`/thumb/${image.sha1}`), alt: "", decoding: "async", draggable: "false" }),
        this.mark,
      ),
      el(
        "div",
        { class: "about" },
        el("img", {
          src: routeTo(`/thumb/${image.why}`),
          alt: t("why"),
          title: t("why"),
          decoding: "async",
          draggable: "false",
        }),
        isDoubt
          ? el("span", { class: "state", title }, t(image.has_tag ? "has_tag" : "has_not"))
          : el("span", { class: "score", title }, short),
        this.refuse,
        this.accept,
      ),
    );
    // A press must not take the keyboard focus from the grid.
    for (const button of [this.accept, this.refuse])
      button.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /** @param {boolean} isCurrent @param {boolean | undefined} answer  undefined where there is none */
  draw(isCurrent, answer) {
    const status = answer === undefined ? "" : this.t(answer ? "is_accepted" : "is_refused");
    set(this.node, "aria-selected", String(isCurrent));
    set(this.node, "aria-label", [this.score, status].filter(Boolean).join(", "));
    this.node.classList.toggle("accepted", answer === true);
    this.node.classList.toggle("refused", answer === false);
    set(this.accept, "aria-pressed", String(answer === true));
    set(this.refuse, "aria-pressed", String(answer === false));
    write(this.mark, answer === undefined ? "" : answer ? "check" : "close");
  }
}
