// All batches, newest first, with a heading a day; older ones are read while scrolling, new ones
// appear at the top. Not here: one batch (batch_item.js), following the server (undo_state.js).
import { annotations } from "../shared/store/annotations.js";
import { debounced, el, icon, set, write } from "../shared/ui/dom.js";
import { latest } from "../shared/store/undo_state.js";
import { routeTo } from "../shared/bridge/address.js";
import { BatchItem } from "./batch_item.js";
import { dayName, dayOf, endOf } from "./batch_text.js";

const PAGE_SIZE = 50;
const REREAD_AT_MOST = 200;
const FRESHEN_AFTER = 120;

/** @typedef {import("./batch_text.js").Batch} Batch */

export class HistoryPage {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** Sends an event to Python; new with each run. @type {(name: string, value: any) => void} */
    this.press = () => {};
    /** @type {Map<string, BatchItem>} */
    this.items = new Map();
    this.filters = { author: "", property: "", until: "" };
    this.more = false;
    /** The position in the log of what is shown. */
    this.position = 0;
    const filterChanged = (name) => (event) => this.setFilters({ [name]: event.target.value });
    this.author = el("select", { onchange: filterChanged("author") });
    this.property = el("select", { onchange: filterChanged("property") });
    this.until = el("input", { type: "date", onchange: filterChanged("until") });
    this.latest = el("button", { type: "button", onclick: () => this.setFilters({ until: "" }) });
    this.labels = [this.author, this.property, this.until].map((field) => el("label", {}, el("span", {}), field));
    this.bar = el("div", { class: "bar", role: "search" }, ...this.labels, this.latest);
    this.days = el("div", { class: "days" });
    this.message = el("p", { class: "message", role: "status", hidden: true });
    this.retryButton = el("button", { type: "button", hidden: true, onclick: () => this.retry() });
    this.empty = el("div", { class: "empty", hidden: true });
    this.end = el("div", { class: "end" });
    root.replaceChildren(this.bar, this.empty, this.days, this.message, this.retryButton, this.end);
    this.endObserver = new IntersectionObserver(([entry]) => entry.isIntersecting && this.readOlder(), {
      rootMargin: "600px",
    });
    this.endObserver.observe(this.end);
    this.freshen = debounced(() => this.readNew(), FRESHEN_AFTER);
    this.onChange = () => latest.state && latest.state.position > this.position && this.freshen();
    latest.addEventListener("change", this.onChange);
    this.unfollow = latest.follow();
  }

  /** @param {import("./history.js").Data} data */
  update(data) {
    const written = JSON.stringify(data);
    if (written === this.written) return;
    this.written = written;
    this.data = data;
    annotations.language = data.language;
    const { texts, language } = data;
    this.context = {
      texts,
      language,
      show: (batch) => this.press("show", batch),
      switchBatch: (batch, isOn) => this.switchBatch(batch, isOn),
    };
    set(this.bar, "aria-label", texts.label);
    for (const [index, name] of ["author", "property", "until"].entries())
      write(this.labels[index].firstChild, texts[name]);
    write(this.latest, texts.latest);
    write(this.retryButton, texts.again);
    this.drawEmpty();
    this.restart();
  }

  /** @param {Partial<HistoryPage["filters"]>} changes */
  setFilters(changes) {
    this.filters = { ...this.filters, ...changes };
    if ("until" in changes) this.until.value = this.filters.until;
    this.restart();
  }

  /** Read from the top, with the filters of now. */
  restart() {
    this.request?.abort();
    this.latest.hidden = !this.filters.until;
    this.clear();
    this.read();
  }

  clear() {
    this.items.clear();
    this.days.replaceChildren();
    this.more = false;
  }

  readOlder() {
    if (this.more && !this.isReading) this.read([...this.items.keys()].at(-1));
  }

  /** Read a page of batches and append it. @param {string} [before] */
  async read(before) {
    const { texts } = this.data;
    const request = (this.request = new AbortController());
    this.isReading = true;
    this.retryButton.hidden = true;
    this.showMessage(this.items.size ? "" : texts.loading);
    try {
      const result = await this.fetch({ limit: PAGE_SIZE, before, signal: request.signal });
      for (const batch of result.batches) this.append(batch);
      this.more = result.more;
      if (!before) this.fillFilters(result);
      this.isReading = false;
      this.showStatus();
      // A page may be shorter than the window: observe the end again.
      this.endObserver.unobserve(this.end);
      this.endObserver.observe(this.end);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.isReading = false;
      this.showMessage(texts.failed);
      this.retryButton.hidden = false;
    }
  }

  retry() {
    this.read([...this.items.keys()].at(-1));
  }

  /** Read what others did, and what was switched, since the page was read. */
  async readNew() {
    if (!this.data) return;
    if (this.isReading) {
      this.freshen();
      return;
    }
    const newest = [...this.items.keys()][0] ?? "";
    try {
      const result = await this.fetch({ limit: Math.min(REREAD_AT_MOST, Math.max(PAGE_SIZE, this.items.size)) });
      if (this.isReading || newest !== ([...this.items.keys()][0] ?? "")) return;
      this.merge(result, newest);
      this.fillFilters(result);
      this.showStatus();
    } catch {
      // The server did not answer: the next change is another occasion.
    }
  }

  merge({ batches, more }, newest) {
    const hasGap = batches.length && !batches.some(({ batch }) => this.items.has(batch));
    if (hasGap) {
      this.clear();
      this.more = more;
      for (const batch of batches) this.append(batch);
      return;
    }
    for (const batch of batches.toReversed()) {
      const item = this.items.get(batch.batch);
      if (item) item.setOn(batch.isOn);
      else if (batch.batch > newest) this.prepend(batch);
      if (batch.undoes) this.items.get(batch.undoes)?.setOn(batch.act === "redo");
    }
    // The server decides which are on.
    for (const { batch, isOn } of batches) this.items.get(batch)?.setOn(isOn);
  }

  async fetch({ limit, before = "", signal = undefined }) {
    const { author, property, until } = this.filters;
    const query = new URLSearchParams({ limit: String(limit), lang: this.data.language, author, property });
    const from = before || (until && endOf(until));
    if (from) query.set("before", from);
    const response = await fetch(routeTo(`/batches?${query}`), { signal });
    if (!response.ok) throw new Error(String(response.status));
    const result = await response.json();
    this.position = Math.max(this.position, result.position);
    return result;
  }

  /** Fill the filters with the authors and properties that there are. */
  fillFilters({ authors, properties }) {
    if (!authors) return;
    const { texts } = this.data;
    fillSelect(this.author, [["", texts.everyone], ...authors.map((name) => [name, name])], this.filters.author);
    fillSelect(this.property, [["", texts.every], ...properties], this.filters.property);
  }

  /** @param {Batch} batch */
  append(batch) {
    if (this.items.has(batch.batch)) return;
    const at = new Date(batch.at);
    let section = /** @type {HTMLElement | null} */ (this.days.lastElementChild);
    if (section?.dataset.day !== dayOf(at)) this.days.append((section = this.daySection(at)));
    const item = new BatchItem(batch, this.context);
    this.items.set(batch.batch, item);
    section.lastElementChild?.append(item.node);
  }

  /** @param {Batch} batch */
  prepend(batch) {
    const at = new Date(batch.at);
    let section = /** @type {HTMLElement | null} */ (this.days.firstElementChild);
    if (section?.dataset.day !== dayOf(at)) this.days.prepend((section = this.daySection(at)));
    const item = new BatchItem(batch, this.context);
    this.items = new Map([[batch.batch, item], ...this.items]);
    section.lastElementChild?.prepend(item.node);
  }

  /** @param {Date} at */
  daySection(at) {
    const { language, texts } = this.data;
    return el("section", { "data-day": dayOf(at) }, el("h2", {}, dayName(at, language, texts)), el("ol", {}));
  }

  /** Show whether the list is empty, has ended, or has more. */
  showStatus() {
    const { texts } = this.data;
    const isFiltered = Object.values(this.filters).some(Boolean);
    const isEmpty = !this.items.size;
    this.empty.hidden = !isEmpty || isFiltered;
    this.bar.hidden = isEmpty && !isFiltered;
    if (!isEmpty) this.showMessage(this.more ? "" : texts.end);
    else this.showMessage(isFiltered ? texts.nothing_found : "");
  }

  /** @param {string} text */
  showMessage(text) {
    write(this.message, text);
    this.message.hidden = !text;
  }

  drawEmpty() {
    const { texts, command } = this.data;
    this.empty.replaceChildren(
      icon("history"),
      el("h1", {}, texts.none),
      el("p", {}, texts.none_help),
      el("p", {}, texts.begin),
      el("code", {}, command),
      el("button", { type: "button", class: "go", onclick: () => this.press("explore", true) }, texts.go),
    );
  }

  /** @param {Batch} batch @param {boolean} isOn */
  async switchBatch(batch, isOn) {
    try {
      await annotations.write("/switch", { batch: batch.batch, on: isOn });
    } catch (error) {
      this.showMessage(this.data.texts.failed);
      throw error;
    }
  }

  close() {
    this.request?.abort();
    this.freshen.cancel();
    this.endObserver.disconnect();
    latest.removeEventListener("change", this.onChange);
    this.unfollow();
  }
}

/**
 * Fill a list of choices, keeping what is chosen.
 * @param {HTMLSelectElement} field
 * @param {string[][]} choices
 * @param {string} chosen
 */
function fillSelect(field, choices, chosen) {
  const options = choices.some(([value]) => value === chosen) ? choices : [...choices, [chosen, chosen]];
  const written = JSON.stringify(options);
  if (field.dataset.written === written) return;
  field.dataset.written = written;
  field.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
  field.value = chosen;
}
