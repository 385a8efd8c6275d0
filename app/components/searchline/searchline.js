// The line above the pictures: search, chips of what filters, count, order, size of the tiles.
// Streamlit calls the default export with the data of each run.
import { debounced, el, icon, iconButton, set, write } from "../shared/ui/dom.js";
import {
  LARGEST,
  SMALLEST,
  changes as displayChanges,
  display,
  setDisplay,
  turnShape,
} from "../shared/ui/display_settings.js";
import { component } from "../shared/bridge/lifecycle.js";
import { changes as panelChanges, isOpen, togglePanel } from "../shared/ui/panels.js";
import { Arrange } from "./sort_and_group.js";
import { Bringing } from "./image_query.js";
import { Captions } from "./caption_menu.js";
import { Terms } from "./search_terms.js";
import { changes as waitingChanges, end, waiting } from "../shared/bridge/pending.js";

const SEARCH_AFTER = 500;
const YEAR = 365 * 24 * 3600;
const SHAPE_ICONS = { fit: "crop_original", crop: "crop_square", rows: "auto_awesome_mosaic" };

/**
 * @typedef {object} Data
 * @property {string} text        what is searched
 * @property {string} mode        "path" or "meaning"
 * @property {{id: string, label: string, title: string, disabled: boolean}[]} modes
 * @property {string} count       e.g. "1,204 of 2,110"
 * @property {{id: string, label: string}[]} chips
 * @property {import("./search_terms.js").Term[]} terms  the search that is on
 * @property {{label: string, view: string, count: number | null} | null} limit  from where on images are shown
 * @property {{id: string, label: string}[]} encoders  that can judge a search, if several
 * @property {string | null} encoder
 * @property {{id: string, label: string, disabled: boolean}[]} comparable  what it can be compared with
 * @property {string | null} compare  what it is compared with
 * @property {{id: string, label: string}[]} scopes  where it can look, if there is a choice
 * @property {string | null} scope
 * @property {boolean} loading    whether a search in words has to wait for a model
 * @property {string} version     of the catalogue
 * @property {{id: string, label: string}[]} sorts
 * @property {string} sort
 * @property {boolean} descending
 * @property {import("./sort_and_group.js").Arrangement} arrange
 * @property {import("./caption_menu.js").Choice[]} captions  what can stand under a picture
 * @property {string[]} show      the displays that are shown, one or two
 * @property {{id: string, label: string, title: string}[]} displays  `title` is the icon
 * @property {boolean} hold       whether what no longer matches stays
 * @property {{label: string, title: string} | null} changed  what does so
 * @property {string | null} problem  what could not be understood of the text
 * @property {string} language
 * @property {number} turn        counts the runs of the page: one that ends is seen, whatever it changed
 * @property {Record<string, string>} texts
 */

export default component(
  (root, data) => new Line(root, data),
  (line, { press }) => (line.tell = (name, value) => line.ask(press, name, value)),
);

class Line {
  constructor(root, data) {
    const { texts } = data;
    /** @type {Data} */
    this.data = data;
    this.texts = texts;
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.tell = () => {};
    this.bar = el("div", { class: "bar", role: "progressbar", "aria-label": texts.waiting, hidden: true });
    this.search = debounced(() => this.tellSearch(), SEARCH_AFTER);
    this.field = el("input", {
      type: "search",
      class: "search",
      spellcheck: "false",
      autocomplete: "off",
      oninput: () => this.search(),
      onkeydown: (event) => this.key(event),
    });
    this.mode = el("select", { class: "mode", "aria-label": texts.mode, onchange: () => this.search.now() });
    this.terms = new Terms((name, value) => this.tell(name, value));
    this.bringing = new Bringing({
      field: this.field,
      add: (text) => this.tell("add", text),
      say: (trouble) => {
        this.trouble = trouble;
        this.writeProblem(trouble);
      },
    });
    /** Why no picture could be brought: it stays until something else is asked for. @type {string | null} */
    this.trouble = null;
    this.chips = el("ul", { class: "chips", "aria-label": texts.filters });
    this.count = el("span", { class: "count", role: "status" });
    this.hold = iconButton("front_hand", texts.hold, () => this.turnHold(), { "aria-pressed": "false" });
    this.changed = el(
      "button",
      { type: "button", class: "changed", hidden: true, onclick: () => this.refresh() },
      el("span", {}),
      icon("refresh"),
    );
    this.sort = el("select", {
      class: "sort",
      "aria-label": texts.sort,
      title: texts.sort,
      onchange: () => this.tellSort(false),
    });
    this.direction = iconButton("arrow_upward", texts.direction, () => this.tellSort(!this.data.descending));
    this.arrange = new Arrange(texts, (asked) => this.tell("arrange", asked));
    this.filters = iconButton("filter_alt", texts.build, () => this.tell("filters", true));
    this.displays = data.displays.map(({ id, label, title }) =>
      iconButton(title, label, (event) => this.choose(id, event), { "aria-pressed": "false", "data-id": id }),
    );
    this.split = iconButton("view_column_2", texts.split, () => this.toggleSplit(), { "aria-pressed": "false" });
    this.problem = el("p", { class: "problem", role: "alert", hidden: true });
    this.left = iconButton("left_panel_open", texts.left, () => togglePanel("left"));
    this.right = iconButton("right_panel_open", texts.right, () => togglePanel("right"));
    this.crop = iconButton(SHAPE_ICONS.fit, texts.shape_fit, turnShape);
    this.captions = new Captions();
    this.size = el("input", {
      type: "range",
      class: "slider size",
      min: SMALLEST,
      max: LARGEST,
      step: 4,
      "aria-label": texts.size,
      title: texts.size,
    });
    this.size.addEventListener("input", () => setDisplay({ size: Number(this.size.value) }));
    root.replaceChildren(
      el(
        "div",
        { class: "line", role: "search" },
        this.left,
        el("div", { class: "box" }, icon("search"), this.field, this.mode, this.bringing.button),
        this.filters,
        this.count,
        this.changed,
        this.hold,
        el("span", { class: "spring" }),
        el("div", { class: "group" }, this.sort, this.direction),
        this.arrange.button,
        el(
          "div",
          { class: "group displays", role: "group", "aria-label": texts.displays },
          ...this.displays,
          this.split,
        ),
        el("div", { class: "group" }, this.captions.button, this.crop),
        el(
          "div",
          { class: "group sizes" },
          icon("photo_size_select_small"),
          this.size,
          icon("photo_size_select_large"),
        ),
        this.right,
      ),
      this.bringing.offer,
      this.problem,
      this.chips,
      this.bar,
      this.arrange.panel,
      this.captions.panel,
      this.terms.panel,
    );
    this.wait = () => this.writeWaiting();
    waitingChanges.addEventListener("change", this.wait);
    this.again = () => this.writeDisplay();
    this.find = () => {
      this.field.focus();
      this.field.select();
    };
    displayChanges.addEventListener("change", this.again);
    panelChanges.addEventListener("change", this.again);
    document.addEventListener("panoptic:find", this.find);
    this.still = () => this.turnHold();
    this.anew = () => this.refresh();
    document.addEventListener("panoptic:hold", this.still);
    document.addEventListener("panoptic:refresh", this.anew);
    this.drawn = (event) => this.tell("add", event.detail);
    document.addEventListener("panoptic:seek", this.drawn);
    this.bringing.listen(root);
    this.writeDisplay();
  }

  /** @param {Data} data @param {number} unheard  presses that Python has not heard of */
  update(data, unheard) {
    const isUntouched = this.field.value === this.data.text;
    this.data = data;
    this.texts = data.texts;
    end();
    const isFocused = /** @type {ShadowRoot} */ (this.field.getRootNode()).activeElement === this.field;
    // What someone is typing is never overwritten by an older answer; what was brought or taken
    // out since comes into a text that nobody has changed.
    const isDone = this.entered === this.field.value;
    this.entered = null;
    if ((!isFocused || isDone || isUntouched) && this.field.value !== data.text) this.field.value = data.text;
    options(this.mode, data.modes, data.mode);
    options(this.sort, data.sorts, data.sort);
    const chosen = data.modes.find((mode) => mode.id === data.mode);
    set(this.field, "placeholder", chosen?.title);
    set(this.field, "aria-label", chosen?.title);
    this.writeWaiting();
    write(this.direction.firstChild, data.descending ? "arrow_downward" : "arrow_upward");
    this.terms.update(data);
    this.bringing.update(data);
    this.writeChips(data.chips, data.terms);
    this.isCompared = Boolean(data.compare);
    this.writeShown(data.show);
    this.writeHold(data);
    // What was chosen since stays as it was chosen until Python has heard of it.
    if (!unheard) this.arrange.update(data.arrange);
    this.captions.update(data.captions, data.texts);
    this.writeProblem(data.problem ?? this.trouble);
    set(this.sort, "lang", data.language);
  }

  /** A press shows one display; with Ctrl, or while split, it takes the second place. */
  choose(id, event) {
    const [first, second] = this.shown;
    const isSplit = second !== undefined || event.ctrlKey || event.metaKey;
    this.tellShown(isSplit && id !== first ? [first, id] : [id]);
  }

  toggleSplit() {
    const [first, second] = this.shown;
    if (second !== undefined || this.isCompared) this.tellShown([first]);
    else this.tellShown([first, first === "grid" ? "map" : "grid"]);
  }

  /** What no longer matches stays from now on, or goes at once; the browser remembers which. */
  turnHold() {
    const hold = this.hold.getAttribute("aria-pressed") !== "true";
    document.cookie = `panoptic_hold=${Number(hold)}; path=/; max-age=${YEAR}; SameSite=Lax`;
    this.writeHold({ hold, changed: null });
    this.tell("hold", hold);
  }

  refresh() {
    if (this.changed.hidden) return;
    this.changed.hidden = true;
    this.tell("refresh", true);
  }

  writeHold({ hold, changed }) {
    set(this.hold, "aria-pressed", String(hold));
    this.changed.hidden = !changed;
    if (!changed) return;
    write(this.changed.firstChild, changed.label);
    set(this.changed, "title", changed.title);
    set(this.changed, "aria-label", `${changed.label}. ${changed.title}`);
  }

  tellShown(show) {
    this.isCompared = false;
    this.writeShown(show);
    this.tell("show", show);
  }

  writeShown(show) {
    this.shown = show;
    for (const button of this.displays) set(button, "aria-pressed", String(show.includes(button.dataset.id)));
    set(this.split, "aria-pressed", String(show.length > 1 || this.isCompared));
  }

  /** @param {string | null} problem */
  writeProblem(problem) {
    this.problem.hidden = !problem;
    write(this.problem, problem ?? "");
  }

  writeChips(chips, terms) {
    this.chips.hidden = !chips.length && !terms.length;
    const written = JSON.stringify([chips, terms, this.texts.clear]);
    if (this.chips.dataset.written === written) return;
    this.chips.dataset.written = written;
    const clear = el(
      "li",
      {},
      el("button", { type: "button", class: "clear", onclick: () => this.tell("clear", true) }, this.texts.clear),
    );
    const several = chips.length + terms.length > 1;
    this.chips.replaceChildren(
      ...this.terms.items(terms),
      ...chips.map((chip) => this.chip(chip)),
      ...(several ? [clear] : []),
    );
  }

  chip({ id, label }) {
    const remove = `${this.texts.remove} ${label}`;
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "chip", title: remove, "aria-label": remove, onclick: () => this.tell("remove", id) },
        el("span", {}, label),
        icon("close"),
      ),
    );
  }

  writeWaiting() {
    const now = waiting();
    this.bar.hidden = !now;
    const waits = this.data.loading ? this.texts.find_loading : this.texts.waiting;
    write(this.count, now === "long" ? waits : this.data.count);
  }

  writeDisplay() {
    const { size, shape } = display();
    if (Number(this.size.value) !== size) this.size.value = String(size);
    const label = this.texts[`shape_${shape}`];
    write(this.crop.firstChild, SHAPE_ICONS[shape]);
    set(this.crop, "title", label);
    set(this.crop, "aria-label", label);
    this.captions.show();
    for (const side of /** @type {("left" | "right")[]} */ (["left", "right"])) {
      const open = isOpen(side);
      set(this[side], "aria-expanded", String(open));
      write(this[side].firstChild, `${side}_panel_${open ? "close" : "open"}`);
    }
  }

  key(event) {
    if (event.key === "Enter") {
      this.search.cancel();
      // What was understood becomes chips: then it leaves the field.
      this.entered = this.field.value;
      this.tellSearch(true);
    }
    if (event.key === "Escape") this.field.blur();
  }

  /** @param {import("../shared/bridge/lifecycle.js").Send} press @param {string} name @param {any} value */
  ask(press, name, value) {
    this.trouble = null;
    press(name, value);
  }

  tellSearch(whole = false) {
    this.tell("search", { text: this.field.value.trim(), mode: this.mode.value, whole });
  }

  tellSort(descending) {
    this.tell("sort", { field: this.sort.value, descending });
  }

  close() {
    this.search.cancel();
    this.terms.close();
    this.bringing.close();
    document.removeEventListener("panoptic:seek", this.drawn);
    waitingChanges.removeEventListener("change", this.wait);
    displayChanges.removeEventListener("change", this.again);
    panelChanges.removeEventListener("change", this.again);
    document.removeEventListener("panoptic:find", this.find);
    document.removeEventListener("panoptic:hold", this.still);
    document.removeEventListener("panoptic:refresh", this.anew);
  }
}

function options(select, items, chosen) {
  const written = JSON.stringify(items);
  if (select.dataset.written !== written) {
    select.dataset.written = written;
    select.replaceChildren(
      ...items.map(({ id, label, disabled }) => el("option", { value: id, disabled: Boolean(disabled) }, label)),
    );
    select.hidden = items.length < 2;
  }
  if (select.value !== chosen) select.value = chosen;
}
