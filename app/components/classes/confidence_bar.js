// The bar above the classes: from which probability on images are shown, how many they are, and
// accepting all of them. Not here: the classes (class_sheet.js), writing answers (classes.js).
import { el, number, write } from "../shared/ui/dom.js";

const STORED_THRESHOLD = "panoptic.classes.least";
const INITIAL_THRESHOLD = 50;

export class ConfidenceBar {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {{changed: () => void, acceptAll: () => void}} actions
   */
  constructor(tools, { changed, acceptAll }) {
    const { t } = tools;
    this.tools = tools;
    this.changed = changed;
    /** In per cent. */
    this.threshold = Number(localStorage.getItem(STORED_THRESHOLD) ?? INITIAL_THRESHOLD);
    this.slider = el("input", {
      type: "range",
      class: "slider",
      min: 0,
      max: 100,
      step: 1,
      "aria-label": t("least"),
      title: t("least_help"),
      oninput: () => this.setThreshold(Number(this.slider.value)),
    });
    this.slider.value = String(this.threshold);
    this.percent = el("output", {});
    this.count = el("span", { class: "quiet", role: "status" });
    this.acceptAll = el("button", { type: "button", class: "main", onclick: acceptAll });
    this.node = el(
      "div",
      { class: "bar-of" },
      el("label", {}, el("span", {}, t("least")), this.slider),
      this.percent,
      this.count,
      el("span", { class: "gap" }),
      this.acceptAll,
    );
  }

  /** @param {number} percent */
  setThreshold(percent) {
    this.threshold = percent;
    localStorage.setItem(STORED_THRESHOLD, String(percent));
    this.slider.value = String(percent);
    this.changed();
  }

  /**
   * @param {{shown: number, unanswered: number, all: number}} counts  of images; all: whatever their probability
   * @param {boolean} isLoading
   * @param {boolean} hasFailed
   */
  draw({ shown, unanswered, all }, isLoading, hasFailed) {
    const { t, language } = this.tools;
    // Where no image is probable enough, the threshold is lowered here.
    this.node.hidden = !all || hasFailed;
    write(this.percent, t("percent", { value: number(this.threshold, language) }));
    write(this.count, t("shown", { count: shown, all: number(all, language) }));
    write(this.acceptAll, t("accept_all", { count: unanswered }));
    this.acceptAll.hidden = !unanswered;
    this.acceptAll.disabled = isLoading;
  }
}
