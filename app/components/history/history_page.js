// All batches, newest first, a heading a day, older ones as one scrolls; others' come in at the
// top. Not here: one batch (batch_item.js), reaching the server's clock (annotations.js).
import { annotations } from "../shared/store/annotations.js";
import { debounced, el, icon, set, write } from "../shared/ui/dom.js";
import { latest } from "../shared/store/undo_state.js";
import { Item } from "./batch_item.js";
import { dayName, dayOf, endOf } from "./batch_text.js";

const PAGE = 50;
const REREAD_AT_MOST = 200;
const FRESHEN_AFTER = 120;

/** @typedef {import("./batch_text.js").Batch} Batch */

export class Page {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.tell = () => {};
    /** @type {Map<string, Item>} */
    this.items = new Map();
    this.asked = { author: "", property: "", until: "" };
    this.more = false;
    /** Where in the log what is shown ends. */
    this.position = 0;
    const changed = (name) => (event) => this.ask({ [name]: event.target.value });
    this.author = el("select", { onchange: changed("author") });
    this.property = el("select", { onchange: changed("property") });
    this.until = el("input", { type: "date", onchange: changed("until") });
    this.latest = el("button", { type: "button", onclick: () => this.ask({ until: "" }) });
    this.labels = [this.author, this.property, this.until].map((field) => el("label", {}, el("span", {}), field));
    this.bar = el("div", { class: "bar", role: "search" }, ...this.labels, this.latest);
    this.days = el("div", { class: "days" });
    this.message = el("p", { class: "message", role: "status", hidden: true });
    this.again = el("button", { type: "button", hidden: true, onclick: () => this.retry() });
    this.empty = el("div", { class: "empty", hidden: true });
    this.end = el("div", { class: "end" });
    root.replaceChildren(this.bar, this.empty, this.days, this.message, this.again, this.end);
    this.seen = new IntersectionObserver(([entry]) => entry.isIntersecting && this.older(), { rootMargin: "600px" });
    this.seen.observe(this.end);
    this.freshen = debounced(() => this.fresh(), FRESHEN_AFTER);
    this.changed = () => latest.state && latest.state.position > this.position && this.freshen();
    latest.addEventListener("change", this.changed);
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
    this.how = {
      texts,
      language,
      show: (batch) => this.tell("show", batch),
      turn: (batch, isOn) => this.turn(batch, isOn),
    };
    set(this.bar, "aria-label", texts.label);
    for (const [place, name] of ["author", "property", "until"].entries())
      write(this.labels[place].firstChild, texts[name]);
    write(this.latest, texts.latest);
    write(this.again, texts.again);
    this.drawEmpty();
    this.begin();
  }

  /** @param {Partial<Page["asked"]>} changes */
  ask(changes) {
    this.asked = { ...this.asked, ...changes };
    if ("until" in changes) this.until.value = this.asked.until;
    this.begin();
  }

  /** Read from the top, with what is asked now. */
  begin() {
    this.request?.abort();
    this.latest.hidden = !this.asked.until;
    this.clear();
    this.read();
  }

  clear() {
    this.items.clear();
    this.days.replaceChildren();
    this.more = false;
  }

  older() {
    if (this.more && !this.isReading) this.read([...this.items.keys()].at(-1));
  }

  /** Read a page and put it below what is here. @param {string} [before] */
  async read(before) {
    const { texts } = this.data;
    const request = (this.request = new AbortController());
    this.isReading = true;
    this.again.hidden = true;
    this.say(this.items.size ? "" : texts.loading);
    try {
      const told = await this.fetch({ limit: PAGE, before, signal: request.signal });
      for (const batch of told.batches) this.append(batch);
      this.more = told.more;
      if (!before) this.know(told);
      this.isReading = false;
      this.conclude();
      // A page may be shorter than the window.
      this.seen.unobserve(this.end);
      this.seen.observe(this.end);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.isReading = false;
      this.say(texts.failed);
      this.again.hidden = false;
    }
  }

  retry() {
    this.read([...this.items.keys()].at(-1));
  }

  /** What others did, and what was switched, since the page was read. */
  async fresh() {
    if (!this.data) return;
    if (this.isReading) {
      this.freshen();
      return;
    }
    const newest = [...this.items.keys()][0] ?? "";
    try {
      const told = await this.fetch({ limit: Math.min(REREAD_AT_MOST, Math.max(PAGE, this.items.size)) });
      if (this.isReading || newest !== ([...this.items.keys()][0] ?? "")) return;
      this.merge(told, newest);
      this.know(told);
      this.conclude();
    } catch {
      // The server is away: the next change asks again.
    }
  }

  merge({ batches, more }, newest) {
    const isApart = batches.length && !batches.some(({ batch }) => this.items.has(batch));
    if (isApart) {
      this.clear();
      this.more = more;
      for (const batch of batches) this.append(batch);
      return;
    }
    for (const batch of batches.toReversed()) {
      const item = this.items.get(batch.batch);
      if (item) item.put(batch.isOn);
      else if (batch.batch > newest) this.prepend(batch);
      if (batch.undoes) this.items.get(batch.undoes)?.put(batch.act === "redo");
    }
    // The last word on each is what the server says.
    for (const { batch, isOn } of batches) this.items.get(batch)?.put(isOn);
  }

  async fetch({ limit, before = "", signal = undefined }) {
    const { author, property, until } = this.asked;
    const query = new URLSearchParams({ limit: String(limit), lang: this.data.language, author, property });
    const from = before || (until && endOf(until));
    if (from) query.set("before", from);
    const answer = await fetch(`/batches?${query}`, { signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    this.position = Math.max(this.position, told.position);
    return told;
  }

  /** Take up what can be asked for. */
  know({ authors, properties }) {
    if (!authors) return;
    const { texts } = this.data;
    offer(this.author, [["", texts.everyone], ...authors.map((name) => [name, name])], this.asked.author);
    offer(this.property, [["", texts.every], ...properties], this.asked.property);
  }

  /** @param {Batch} batch */
  append(batch) {
    if (this.items.has(batch.batch)) return;
    const at = new Date(batch.at);
    let day = /** @type {HTMLElement | null} */ (this.days.lastElementChild);
    if (day?.dataset.day !== dayOf(at)) this.days.append((day = this.day(at)));
    const item = new Item(batch, this.how);
    this.items.set(batch.batch, item);
    day.lastElementChild?.append(item.node);
  }

  /** @param {Batch} batch */
  prepend(batch) {
    const at = new Date(batch.at);
    let day = /** @type {HTMLElement | null} */ (this.days.firstElementChild);
    if (day?.dataset.day !== dayOf(at)) this.days.prepend((day = this.day(at)));
    const item = new Item(batch, this.how);
    this.items = new Map([[batch.batch, item], ...this.items]);
    day.lastElementChild?.prepend(item.node);
  }

  /** @param {Date} at */
  day(at) {
    const { language, texts } = this.data;
    return el("section", { "data-day": dayOf(at) }, el("h2", {}, dayName(at, language, texts)), el("ol", {}));
  }

  /** Say what the list alone does not. */
  conclude() {
    const { texts } = this.data;
    const isFiltered = Object.values(this.asked).some(Boolean);
    const isEmpty = !this.items.size;
    this.empty.hidden = !isEmpty || isFiltered;
    this.bar.hidden = isEmpty && !isFiltered;
    if (!isEmpty) this.say(this.more ? "" : texts.end);
    else this.say(isFiltered ? texts.nothing_found : "");
  }

  /** @param {string} text */
  say(text) {
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
      el("button", { type: "button", class: "go", onclick: () => this.tell("explore", true) }, texts.go),
    );
  }

  /** @param {Batch} batch @param {boolean} isOn */
  async turn(batch, isOn) {
    try {
      await annotations.write("/switch", { batch: batch.batch, on: isOn });
    } catch (error) {
      this.say(this.data.texts.failed);
      throw error;
    }
  }

  close() {
    this.request?.abort();
    this.freshen.cancel();
    this.seen.disconnect();
    latest.removeEventListener("change", this.changed);
    this.unfollow();
  }
}

/**
 * Fill a list of choices, keeping what is chosen.
 * @param {HTMLSelectElement} field
 * @param {string[][]} choices
 * @param {string} chosen
 */
function offer(field, choices, chosen) {
  const known = choices.some(([value]) => value === chosen) ? choices : [...choices, [chosen, chosen]];
  const written = JSON.stringify(known);
  if (field.dataset.written === written) return;
  field.dataset.written = written;
  field.replaceChildren(...known.map(([value, text]) => el("option", { value }, text)));
  field.value = chosen;
}
