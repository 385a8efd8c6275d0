// Finding the images that share a part: what it is for and what it costs before it is done, how far
// it is, and a line that says so where what was found is out of date. Not here: the groups that were
// found (part_group.js), the run itself (Python).
import { isVersion } from "../shared/bridge/address.js";
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { fetchMaking, postMaking } from "./api.js";
import { formatBytes } from "./image_facts.js";

const WHILE_RUNNING = 1_500;
const WHILE_COUNTING = 1_000;
const WHILE_BUSY = 4_000;

/** @typedef {import("./api.js").Making} Making */

export class PartsMaking {
  /**
   * @param {import("../shared/ui/review_page.js").PageTools} tools
   * @param {() => void} changed  other groups are there
   */
  constructor(tools, changed) {
    const { t } = tools;
    this.tools = tools;
    this.changed = changed;
    /** @type {Making | null} */
    this.state = null;
    this.isWatching = false;
    this.start = el("button", { type: "button", class: "main writes", onclick: () => this.send("start") });
    this.stop = el(
      "button",
      { type: "button", class: "bordered writes", onclick: () => this.send("stop") },
      t("part_stop"),
    );
    this.title = el("h2", {});
    this.help = el("p", { class: "quiet" });
    this.cost = el("p", { class: "cost" });
    this.trouble = el("p", { class: "trouble", role: "alert" });
    this.bar = el("progress", { "aria-label": t("part_progress") });
    this.status = el("p", { class: "quiet", role: "status" });
    this.node = el(
      "div",
      { class: "partsmaking", hidden: true },
      icon("join_inner"),
      el("div", { class: "words" }, this.title, this.help, this.cost),
      this.bar,
      this.status,
      this.trouble,
      el("div", { class: "acts" }, this.start, this.stop),
    );
  }

  /** Ask how far it is, again and again while that changes. */
  async watch() {
    this.isWatching = true;
    clearTimeout(this.timer);
    const state = await fetchMaking(this.tools.language).catch(() => null);
    if (this.isWatching) this.take(state);
  }

  /** It is not shown: ask no more. */
  rest() {
    this.isWatching = false;
    clearTimeout(this.timer);
    this.node.hidden = true;
  }

  /** @param {"start" | "stop"} act */
  async send(act) {
    clearTimeout(this.timer);
    // Shown at once; what the server says comes after.
    if (act === "start" && this.state) this.draw({ ...this.state, isRunning: true, done: 0, total: 0, problem: "" });
    this.stop.disabled = act === "stop";
    const state = await postMaking(act, this.tools.language).catch((error) =>
      this.state ? { ...this.state, problem: error.message || this.tools.t("failed") } : null,
    );
    if (this.isWatching) this.take(state);
  }

  /** @param {Making | null} state  null where the server did not answer */
  take(state) {
    const before = this.state;
    if (state) this.draw(state);
    this.timer = window.setTimeout(() => this.watch(), waitAfter(state));
    const isOther = before && state && (before.isMade !== state.isMade || before.version !== state.version);
    if (isOther) this.changed();
  }

  /** @param {Making} state */
  draw(state) {
    this.state = state;
    const { t } = this.tools;
    const { isMade, isRunning, isBusy, outdated, cost, problem } = state;
    this.node.hidden = isMade && !outdated && !isRunning && !problem;
    // Groups that are there are more than the line above them.
    set(this.node, "class", isMade ? "partsmaking line" : "partsmaking");
    write(this.title, t(isMade ? "part_outdated" : "part_not_yet"));
    write(this.help, isMade ? outdated : t("part_purpose"));
    write(this.cost, isRunning || isVersion ? "" : this.costText(cost, isBusy));
    write(this.trouble, problem);
    write(this.start, t(isMade ? "part_renew" : "part_make"));
    this.start.hidden = isRunning;
    this.start.disabled = isBusy;
    this.stop.hidden = this.bar.hidden = !isRunning;
    if (!isRunning) this.stop.disabled = false;
    this.drawProgress(state);
  }

  /** @param {Making} state */
  drawProgress({ isRunning, done, total }) {
    const { t, language } = this.tools;
    set(this.bar, "max", total || 1);
    // Without a value it says that nothing is known yet.
    set(this.bar, "value", total ? done : null);
    const figures = { done: number(done, language), total: number(total, language) };
    write(this.status, !isRunning ? "" : total ? t("part_done", figures) : t("part_starting"));
  }

  /** @param {Making["cost"]} cost @param {boolean} isBusy */
  costText(cost, isBusy) {
    const { t, language } = this.tools;
    if (isBusy) return t("part_busy");
    if (!cost) return t("part_counting");
    const { images, time, bytes } = cost;
    const parts = [
      images !== null && t("images", { count: images }),
      time ?? t("part_time_unknown"),
      bytes !== null && t("part_disk", { size: formatBytes(bytes, language) }),
    ];
    return parts.filter(Boolean).join(" · ");
  }
}

/** Milliseconds until it is asked again. @param {Making | null} state */
function waitAfter(state) {
  if (!state || state.isRunning) return WHILE_RUNNING;
  const isCounting = !state.cost && !state.isBusy && (state.outdated || !state.isMade);
  return isCounting ? WHILE_COUNTING : WHILE_BUSY;
}
