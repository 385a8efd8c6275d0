// A sample of what the page shows, or its parts for training: said before it is done, then one press.
// Not here: which images (Python), other values for many images (tagging.js).
import { annotations } from "../shared/store/annotations.js";
import { current } from "../shared/store/current_image.js";
import { selection } from "../shared/store/selection.js";
import { debounced, el, fill, number, set, write } from "../shared/ui/dom.js";

const METHODS = ["chance", "diverse", "typical", "balanced"];
const ASK_AFTER = 300;
// Pixels from the window's edges, and from what opens the panel.
const MARGIN = 8;
const FIELDS = { folder: "folder", format: "format", year: "year(date)" };

/** @typedef {{lines: string[], count: number, total: number, tag: string, property: string, digest: string}} Plan */

export class Sampling {
  /**
   * @param {Record<string, string>} texts  of the section sampling, without their beginning `ui_`
   * @param {string} language
   * @param {{targets: () => object, done: (what: string, changed: number, batch: string) => void}} acts
   */
  constructor(texts, language, acts) {
    this.texts = texts;
    this.language = language;
    this.acts = acts;
    this.kind = "sample";
    /** @type {Plan | null} */
    this.plan = null;
    this.requestNumber = 0;
    this.isBusy = false;
    this.planLater = debounced(() => this.loadPlan(), ASK_AFTER);
    const update = () => this.update();
    this.title = el("h2", {});
    this.tabs = ["sample", "split"].map((kind) =>
      el("button", { type: "button", role: "tab", onclick: () => this.choose(kind) }, texts[kind]),
    );
    this.method = el(
      "select",
      { onchange: update },
      ...METHODS.map((method) => el("option", { value: method }, texts[`method_${method}`])),
    );
    this.amount = el("input", { class: "field", type: "number", min: 1, step: 1, value: 100, oninput: update });
    this.shares = el("input", { class: "field", value: "80/10/10", oninput: update });
    this.by = el("select", { onchange: update });
    this.seed = el("input", {
      class: "field",
      type: "number",
      min: 0,
      step: 1,
      value: 1,
      title: texts.seed_title,
      oninput: update,
    });
    this.byName = el("span", {});
    this.rows = [
      [el("span", {}, texts.method), this.method],
      [el("span", {}, texts.count), this.amount],
      [el("span", {}, texts.shares), this.shares],
      [this.byName, this.by],
      [el("span", {}, texts.seed), this.seed],
    ].map((parts) => el("label", {}, ...parts));
    this.preview = el("ul", { class: "plan", role: "status" });
    this.problem = el("p", { class: "trouble", role: "alert", hidden: true });
    this.applyButton = el("button", { type: "submit", class: "plain" });
    this.form = el(
      "form",
      { novalidate: true, onsubmit: (event) => this.submit(event) },
      el("div", { class: "kinds", role: "tablist", "aria-label": texts.open }, ...this.tabs),
      ...this.rows,
      this.preview,
      this.problem,
      el("div", { class: "acts last" }, this.applyButton),
    );
    this.panel = el(
      "div",
      { class: "tagging naming sampling", popover: "auto", role: "dialog", "aria-label": texts.open },
      this.title,
      this.form,
    );
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  /** @param {Element} anchor  above which it opens */
  async open(anchor) {
    await annotations.read().catch(() => {});
    const kept = this.by.value;
    const fields = Object.entries(FIELDS).map(([name, value]) => el("option", { value }, this.texts[name]));
    const properties = annotations.properties
      .filter(({ target, type }) => target === "image" && type !== "image")
      .map(({ id, name }) => el("option", { value: `property:${id}` }, name));
    this.none = el("option", { value: "" }, this.texts.none);
    this.by.replaceChildren(this.none, ...properties, ...fields);
    if ([...this.by.options].some(({ value }) => value === kept)) this.by.value = kept;
    const of = `title_${selection.count ? "selection" : "view"}`;
    const count = selection.count || selection.total || 0;
    write(
      this.title,
      fill(this.texts[`${of}_${count === 1 ? "one" : "other"}`], { count: number(count, this.language) }),
    );
    this.amount.value = String(Math.max(1, Math.min(Number(this.amount.value) || 100, count)));
    this.panel.showPopover();
    this.update();
    this.moveTo(anchor);
    (this.kind === "sample" ? this.method : this.shares).focus();
  }

  /** @param {Element} anchor */
  moveTo(anchor) {
    const box = anchor.getBoundingClientRect();
    const { style, offsetWidth } = this.panel;
    style.left = `${Math.max(MARGIN, Math.min(box.left, innerWidth - offsetWidth - MARGIN))}px`;
    style.bottom = `${innerHeight - box.top + MARGIN}px`;
  }

  /** @param {string} kind */
  choose(kind) {
    this.kind = kind;
    // A field that one asks for is not one that the other begins with.
    this.by.value = "";
    this.update();
  }

  /** Show what can be chosen now, and ask what would come of it. */
  update() {
    const isSample = this.kind === "sample";
    const isBalanced = isSample && this.method.value === "balanced";
    this.tabs.forEach((tab, index) => set(tab, "aria-selected", String((index === 0) === isSample)));
    const shown = [isSample, isSample, !isSample, isBalanced || !isSample, true];
    this.rows.forEach((row, index) => (row.hidden = !shown[index]));
    write(this.byName, isBalanced ? this.texts.by : this.texts.alike);
    if (this.none) this.none.hidden = isBalanced;
    if (isBalanced && !this.by.value) this.by.value = this.by.options[1]?.value ?? "";
    this.plan = null;
    this.requestNumber += 1;
    this.showProblem("");
    write(this.applyButton, this.texts.working);
    this.check();
    this.planLater();
  }

  body() {
    const isSample = this.kind === "sample";
    const hasField = !isSample || this.method.value === "balanced";
    return {
      targets: this.acts.targets(),
      kind: this.kind,
      seed: wholeNumber(this.seed.value, 0) ?? -1,
      by: (hasField && this.by.value) || null,
      ...(isSample
        ? { method: this.method.value, count: wholeNumber(this.amount.value, 1) ?? 0 }
        : { shares: this.shares.value }),
    };
  }

  async loadPlan() {
    const requestNumber = ++this.requestNumber;
    if (!this.isOpen) return;
    const isWhole = wholeNumber(this.seed.value, 0) !== null && wholeNumber(this.amount.value, 1) !== null;
    const { plan, problem } = isWhole
      ? await annotations
          .post("/sampling", { ...this.body(), dry: true })
          .then((answer) => ({ plan: /** @type {any} */ (answer), problem: "" }))
          .catch((error) => ({ plan: null, problem: error.message || this.texts.failed }))
      : { plan: null, problem: "" };
    if (requestNumber !== this.requestNumber) return;
    this.plan = plan;
    this.showProblem(problem);
    this.preview.replaceChildren(...(plan?.lines ?? []).map((line) => el("li", {}, line)));
    this.check();
  }

  check() {
    const count = this.plan?.count ?? 0;
    const key = `do_${this.kind}_${count === 1 ? "one" : "other"}`;
    if (this.plan || !this.problem.hidden)
      write(this.applyButton, fill(this.texts[key], { count: number(count, this.language) }));
    this.applyButton.disabled = !count || this.isBusy;
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    const { plan } = this;
    if (!plan || this.isBusy) return;
    this.isBusy = true;
    this.check();
    write(this.applyButton, this.texts.working);
    try {
      // What was shown is what is written.
      const body = { ...this.body(), digest: plan.digest };
      const { changed, batch } = await annotations.write("/sampling", body);
      this.panel.hidePopover();
      this.acts.done(`${plan.property}: ${plan.tag}`, changed, batch);
      current.focus();
    } catch (error) {
      this.showProblem(error.message || this.texts.failed);
    }
    this.isBusy = false;
    this.check();
  }

  showProblem(text) {
    write(this.problem, text);
    this.problem.hidden = !text;
    if (text) this.preview.replaceChildren();
  }

  close() {
    this.planLater.cancel();
  }
}

/** @param {string} text @param {number} least  @returns {number | null} */
function wholeNumber(text, least) {
  const value = Number(text);
  return text.trim() && Number.isSafeInteger(value) && value >= least ? value : null;
}
