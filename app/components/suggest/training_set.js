// What a tag is learnt from, beside the suggestions: how many images it has and lacks, some of its
// images, what was refused. Not here: suggesting (suggest.js).
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";

const REFUSED_SHOWN = 60;

export class TrainingSet {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {{takeBack: (sha1: string) => void}} actions  takes a refusal back
   */
  constructor(tools, { takeBack }) {
    const { t } = tools;
    this.tools = tools;
    this.takeBack = takeBack;
    const names = ["inside", "accepted", "refused", "left"];
    this.figures = Object.fromEntries(names.map((name) => [name, el("dd", {})]));
    this.range = el("dd", { class: "quiet range" });
    this.tabs = ["examples", "refused"].map((name) =>
      el("button", { type: "button", role: "tab", "data-tab": name, onclick: () => this.setTab(name) }, t(name)),
    );
    this.list = el("ul", { class: "thumbs" });
    this.noImages = el("p", { class: "quiet" });
    this.tab = "examples";
    this.written = "";
    /** @type {import("./suggest.js").TagStatus | null} */
    this.status = null;
    /** @type {string[]} */
    this.refused = [];
    const line = (name, label) => [el("dt", {}, t(label)), this.figures[name]];
    const missing = line("left", "left");
    for (const node of [...missing, this.range]) set(node, "title", t("left_title"));
    this.node = el(
      "aside",
      { class: "learnt", "aria-label": t("learns") },
      el(
        "dl",
        { class: "figures" },
        ...line("inside", "examples"),
        ...line("accepted", "accepted"),
        ...line("refused", "refused_count"),
        ...missing,
        this.range,
      ),
      el("div", { class: "tabs", role: "tablist", "aria-label": t("learns") }, ...this.tabs),
      this.noImages,
      this.list,
    );
    this.draw();
  }

  /** Hashes of what was refused, the last first. @param {string} tag @returns {Promise<string[]>} */
  async fetchRefused(tag) {
    const query = new URLSearchParams({ tag, count: String(REFUSED_SHOWN) });
    try {
      const response = await fetch(routeTo(`/suggestions/refused?${query}`));
      return response.ok ? (await response.json()).sha1s : [];
    } catch {
      return [];
    }
  }

  /** @param {import("./suggest.js").TagStatus} status @param {string[]} refused */
  show(status, refused) {
    this.status = status;
    this.refused = refused;
    this.draw();
  }

  /** @param {string} name */
  setTab(name) {
    this.tab = name;
    this.draw();
  }

  /**
   * @param {import("./suggest.js").TagStatus | null} status
   * @param {import("./batch.js").Suggestions | null} suggestions
   */
  drawFigures(status, suggestions) {
    const { language } = this.tools;
    const counts = status ?? suggestions?.progress;
    const rounded = (value) => (value === undefined ? "" : number(Math.round(value), language));
    for (const name of ["inside", "accepted", "refused"]) write(this.figures[name], rounded(counts?.[name]));
    const estimate = suggestions?.estimate;
    write(this.figures.left, estimate ? rounded(estimate.count) : "–");
    write(this.range, suggestions && suggestions.kind !== "none" ? this.rangeText(suggestions) : "");
  }

  /** @param {import("./batch.js").Suggestions} suggestions */
  rangeText({ estimate, progress }) {
    const { t, language } = this.tools;
    if (!estimate) return t("left_unknown");
    const rounded = (value) => number(Math.round(value), language);
    const range = t("left_range", { least: rounded(estimate.least), most: rounded(estimate.most) });
    return `${range} ${progress ? t("of", { count: progress.candidates }) : ""}`;
  }

  draw() {
    const { t } = this.tools;
    for (const tab of this.tabs) set(tab, "aria-selected", String(tab.dataset.tab === this.tab));
    const isRefused = this.tab === "refused";
    const sha1s = isRefused ? this.refused : (this.status?.examples ?? []);
    write(this.noImages, t(`${this.tab}_none`));
    // Nothing is known yet before the first status.
    this.noImages.hidden = sha1s.length > 0 || !this.status;
    const written = `${this.tab} ${sha1s.join()}`;
    if (this.written === written) return;
    this.written = written;
    this.list.replaceChildren(
      ...sha1s.map((sha1) => el("li", {}, isRefused ? this.takeBackButton(sha1) : thumbnail(sha1))),
    );
  }

  /** @param {string} sha1 */
  takeBackButton(sha1) {
    const label = this.tools.t("take_back");
    return el(
      "button",
      {
        type: "button",
        class: "back",
        title: label,
        "aria-label": label,
        "data-sha1": sha1,
        onclick: () => this.takeBack(sha1),
      },
      thumbnail(sha1),
      icon("undo"),
    );
  }
}

/** @param {string} sha1 */
function thumbnail(sha1) {
  return el("img", { src: routeTo(`/thumb/${sha1}`), alt: "", loading: "lazy", decoding: "async", draggable: "false" });
}
