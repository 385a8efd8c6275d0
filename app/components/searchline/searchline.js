// The line above the images: search, chips of filters, count, order, size of the tiles. Streamlit
// calls the default export with the data of each run. Not here: the box that one types in
// (search_box.js), the search's own chips (search_terms.js), an image to search for (image_query.js),
// several keys and levels (sort_and_group.js), captions (caption_menu.js).
import { answerTo } from "../shared/bridge/page_requests.js";
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";
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
import { SortAndGroup } from "./sort_and_group.js";
import { ImageQuery } from "./image_query.js";
import { CaptionMenu } from "./caption_menu.js";
import { SearchBox } from "./search_box.js";
import { SearchTerms } from "./search_terms.js";
import { changes as pendingChanges, end, waiting } from "../shared/bridge/pending.js";

const YEAR = 365 * 24 * 3600;
const SHAPE_ICONS = { fit: "crop_original", crop: "crop_square", rows: "auto_awesome_mosaic" };

/**
 * @typedef {object} Data
 * @property {string} text        what is searched
 * @property {import("./search_box.js").Box} box
 * @property {string} count       e.g. "1,204 of 2,110"
 * @property {{id: string, label: string}[]} chips
 * @property {import("./search_terms.js").Term[]} terms  the search that is on
 * @property {import("./search_terms.js").Limit | null} limit  from where on images are shown
 * @property {{id: string, label: string}[]} encoders  that can judge a search, if several
 * @property {string | null} encoder
 * @property {{id: string, label: string, disabled: boolean}[]} comparable  what it can be compared with
 * @property {string | null} compare  what it is compared with
 * @property {{id: string, label: string}[]} scopes  where it can look, if there is a choice
 * @property {string | null} scope
 * @property {string | null} loading  what is loaded before anything is found
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
 * @property {number | null} column   the letter from which on it was not
 * @property {string} language
 * @property {number} turn        counts the runs of the page: one that ends is seen, whatever it changed
 * @property {Record<string, string>} texts
 */

export default component(
  (root, data) => new SearchLine(root, data),
  (line, { press }) => (line.send = (name, value) => line.forward(press, name, value)),
);

class SearchLine {
  constructor(root, data) {
    const { texts } = data;
    /** @type {Data} */
    this.data = data;
    this.texts = texts;
    /** Sends an event to Python; new with each run. @type {(name: string, value: any) => void} */
    this.send = () => {};
    this.bar = el("div", { class: "bar", role: "progressbar", "aria-label": texts.waiting, hidden: true });
    this.box = new SearchBox((text, choice) => this.send("search", { text, choice }));
    this.terms = new SearchTerms((name, value) => this.send(name, value));
    this.imageQuery = new ImageQuery({
      field: this.box.field,
      add: (text) => this.send("add", text),
      showProblem: (problem) => {
        this.problemText = problem;
        this.box.drawProblem(problem, null);
      },
    });
    /** Why no image could be loaded: it stays until something else is sent. @type {string | null} */
    this.problemText = null;
    this.chips = el("ul", { class: "chips", "aria-label": texts.filters });
    this.count = el("span", { class: "count", role: "status" });
    this.hold = iconButton("front_hand", texts.hold, () => this.toggleHold(), { "aria-pressed": "false" });
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
      onchange: () => this.sendSort(false),
    });
    this.direction = iconButton("arrow_upward", texts.direction, () => this.sendSort(!this.data.descending));
    this.arrange = new SortAndGroup(texts, (arrangement) => this.send("arrange", arrangement));
    this.filters = iconButton("filter_alt", texts.build, () => this.send("filters", true));
    this.displays = data.displays.map(({ id, label, title }) =>
      iconButton(title, label, (event) => this.chooseDisplay(id, event), { "aria-pressed": "false", "data-id": id }),
    );
    this.split = iconButton("view_column_2", texts.split, () => this.toggleSplit(), { "aria-pressed": "false" });
    this.left = iconButton("left_panel_open", texts.left, () => togglePanel("left"));
    this.right = iconButton("right_panel_open", texts.right, () => togglePanel("right"));
    this.crop = iconButton(SHAPE_ICONS.fit, texts.shape_fit, turnShape);
    this.captions = new CaptionMenu();
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
    this.box.node.append(this.imageQuery.button);
    root.replaceChildren(
      el(
        "div",
        { class: "line", role: "search" },
        this.left,
        this.box.node,
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
      this.imageQuery.offer,
      this.box.problem,
      this.chips,
      this.bar,
      this.box.panel.node,
      this.arrange.panel,
      this.captions.panel,
      this.terms.panel,
    );
    this.onPending = () => this.drawPending();
    pendingChanges.addEventListener("change", this.onPending);
    this.onDisplayChange = () => this.drawDisplay();
    displayChanges.addEventListener("change", this.onDisplayChange);
    panelChanges.addEventListener("change", this.onDisplayChange);
    this.onHold = () => this.toggleHold();
    this.onRefresh = () => this.refresh();
    document.addEventListener("panoptic:hold", this.onHold);
    document.addEventListener("panoptic:refresh", this.onRefresh);
    this.unanswers = [answerTo("seek", (detail) => this.send("add", detail)), answerTo("find", () => this.box.focus())];
    this.imageQuery.listen(root);
    this.drawDisplay();
  }

  /** @param {Data} data @param {number} [unconfirmed]  events that Python has not carried out yet */
  update(data, unconfirmed) {
    this.data = data;
    this.texts = data.texts;
    end();
    this.box.update(data);
    if (!data.problem) this.box.drawProblem(this.problemText, null);
    options(this.sort, data.sorts, data.sort);
    this.drawPending();
    write(iconOf(this.direction), data.descending ? "arrow_downward" : "arrow_upward");
    this.terms.update(data);
    this.imageQuery.update(data);
    this.drawChips(data.chips, data.terms);
    this.isCompared = Boolean(data.compare);
    this.drawShown(data.show);
    this.drawHold(data);
    // What was chosen since is shown as it was chosen until Python has carried it out.
    if (!unconfirmed) this.arrange.update(data.arrange);
    this.captions.update(data.captions, data.texts);
    set(this.sort, "lang", data.language);
  }

  /** Show one display; with Ctrl, or while split, show it as the second one. */
  chooseDisplay(id, event) {
    const [first, second] = this.shown;
    const isSplit = second !== undefined || event.ctrlKey || event.metaKey;
    this.setShown(isSplit && id !== first ? [first, id] : [id]);
  }

  toggleSplit() {
    const [first, second] = this.shown;
    if (second !== undefined || this.isCompared) this.setShown([first]);
    else this.setShown([first, first === "grid" ? "map" : "grid"]);
  }

  /** Keep images that no longer match, or let them go at once; the browser remembers which. */
  toggleHold() {
    const hold = this.hold.getAttribute("aria-pressed") !== "true";
    document.cookie = `panoptic_hold=${Number(hold)}; path=/; max-age=${YEAR}; SameSite=Lax`;
    this.drawHold({ hold, changed: null });
    this.send("hold", hold);
  }

  refresh() {
    if (this.changed.hidden) return;
    this.changed.hidden = true;
    this.send("refresh", true);
  }

  drawHold({ hold, changed }) {
    set(this.hold, "aria-pressed", String(hold));
    this.changed.hidden = !changed;
    if (!changed) return;
    write(iconOf(this.changed), changed.label);
    set(this.changed, "title", changed.title);
    set(this.changed, "aria-label", `${changed.label}. ${changed.title}`);
  }

  setShown(show) {
    this.isCompared = false;
    this.drawShown(show);
    this.send("show", show);
  }

  drawShown(show) {
    this.shown = show;
    for (const button of this.displays) set(button, "aria-pressed", String(show.includes(button.dataset.id)));
    set(this.split, "aria-pressed", String(show.length > 1 || this.isCompared));
  }

  drawChips(chips, terms) {
    this.chips.hidden = !chips.length && !terms.length;
    const written = JSON.stringify([chips, terms, this.texts.clear]);
    if (this.chips.dataset.written === written) return;
    this.chips.dataset.written = written;
    const clear = el(
      "li",
      {},
      el("button", { type: "button", class: "clear", onclick: () => this.send("clear", true) }, this.texts.clear),
    );
    const several = chips.length + terms.length > 1;
    this.chips.replaceChildren(
      ...this.terms.makeItems(terms),
      ...chips.map((chip) => this.makeChip(chip)),
      ...(several ? [clear] : []),
    );
  }

  makeChip({ id, label }) {
    const remove = `${this.texts.remove} ${label}`;
    return el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: "chip", title: remove, "aria-label": remove, onclick: () => this.send("remove", id) },
        el("span", {}, label),
        icon("close"),
      ),
    );
  }

  drawPending() {
    const now = waiting();
    this.bar.hidden = !now;
    const waits = this.data.loading ?? this.texts.waiting;
    write(this.count, now === "long" ? waits : this.data.count);
  }

  drawDisplay() {
    const { size, shape } = display();
    if (Number(this.size.value) !== size) this.size.value = String(size);
    const label = this.texts[`shape_${shape}`];
    write(iconOf(this.crop), SHAPE_ICONS[shape]);
    set(this.crop, "title", label);
    set(this.crop, "aria-label", label);
    this.captions.show();
    for (const side of /** @type {("left" | "right")[]} */ (["left", "right"])) {
      const open = isOpen(side);
      set(this[side], "aria-expanded", String(open));
      write(iconOf(this[side]), `${side}_panel_${open ? "close" : "open"}`);
    }
  }

  /** @param {import("../shared/bridge/lifecycle.js").Send} press @param {string} name @param {any} value */
  forward(press, name, value) {
    this.problemText = null;
    press(name, value);
  }

  sendSort(descending) {
    this.send("sort", { field: this.sort.value, descending });
  }

  close() {
    this.box.close();
    this.terms.close();
    this.imageQuery.close();
    this.unanswers.forEach((unanswer) => unanswer());
    pendingChanges.removeEventListener("change", this.onPending);
    displayChanges.removeEventListener("change", this.onDisplayChange);
    panelChanges.removeEventListener("change", this.onDisplayChange);
    document.removeEventListener("panoptic:hold", this.onHold);
    document.removeEventListener("panoptic:refresh", this.onRefresh);
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

/** The first part of a button, which shows what it does. @param {HTMLElement} button */
function iconOf(button) {
  return /** @type {Node} */ (button.firstChild);
}
