// The map: every image as a point, where alike images are near. Streamlit calls the default
// export with the data of each run. Not here: reading the bytes (points.js), the figure
// (figure.js), the two lists beside it (legend.js, thumbnails.js).
import { el, fill, icon, iconButton, number, set, write } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { selection } from "../shared/store/selection.js";
import { routeTo } from "../shared/bridge/address.js";
import { colours, figure, layout, markOutline } from "./figure.js";
import { Legend } from "./legend.js";
import { polygonOf } from "./polygon.js";
import { fetchPoints, loadPlotly } from "./points.js";
import { Shown } from "./thumbnails.js";

const TOOLS = /** @type {const} */ ([
  ["lasso", "lasso_select"],
  ["select", "select"],
  ["pan", "drag_pan"],
]);
const CARD_AWAY = 16;
// A hand that moves further draws, or drags the map.
const STILL = 5;
const ONE_PRESS = 500;

/**
 * @typedef {HTMLElement & {data?: any[], layout?: any, on: (name: string, act: (event: any) => void) => void}} Plot
 *
 * @typedef {object} Data
 * @property {string} view       address of the view
 * @property {string} selected   address of the same view as selections name it
 * @property {string} version    of the catalogue
 * @property {string | null} held  what is held still of the view
 * @property {string} encoder    slug
 * @property {{id: string, label: string}[]} encoders
 * @property {"cluster" | "folder"} colouring
 * @property {{id: string, label: string}[]} colourings
 * @property {import("./legend.js").Group[]} groups
 * @property {number} ungrouped  images of the view in no group
 * @property {(string | number)[]} chosen  values of the groups that the view filters by
 * @property {number[][] | null} outline   the region that the view filters by
 * @property {{id: string, label: string}[]} chips  everything that the view filters by
 * @property {boolean} isAlone   whether no gallery stands beside it
 * @property {boolean} isUnclear  whether nothing is clearly like the words searched for
 * @property {string} language
 * @property {Record<string, string>} texts
 */

export default component(
  (root, data) => new ImageMap(root, data),
  (shown, { send }) => (shown.send = (what, value) => send("ask", { what, value })),
);

class ImageMap {
  constructor(root, data) {
    const { texts } = data;
    this.data = { ...data, version: "" };
    /** Streamlit's, and new with each run. @type {(what: string, value: any) => void} */
    this.send = () => {};
    this.tools = TOOLS.map(([mode, glyph]) =>
      iconButton(glyph, texts[mode], () => this.use(mode), { "aria-pressed": "false" }),
    );
    this.fit = iconButton("fit_screen", texts.fit, () => this.fitAll());
    this.colouring = el("select", {
      "aria-label": texts.colour_by,
      onchange: () => this.send("colouring", this.colouring.value),
    });
    this.encoder = el("select", {
      "aria-label": texts.encoder,
      title: texts.encoder_title,
      onchange: () => this.send("encoder", this.encoder.value),
    });
    this.chips = el("div", { class: "chips" });
    this.count = el("span", { class: "count", role: "status" });
    /** Plotly adds to it what it draws and its own listeners. @type {Plot} */
    this.plot = /** @type {any} */ (el("div", { class: "plot", role: "img", "aria-label": texts.map }));
    this.waiting = el("p", { class: "waiting message", role: "status" }, texts.drawing);
    this.trouble = el(
      "p",
      { class: "trouble message", role: "alert", hidden: true },
      icon("error"),
      el("span", {}),
      el("button", { type: "button", onclick: () => this.draw() }, texts.retry),
    );
    this.card = el("figure", { class: "card", hidden: true }, el("img", { alt: "" }), el("figcaption", {}));
    this.legend = new Legend((values) => this.send("groups", values));
    this.shown = new Shown({
      open: (sha1) => this.send("open", sha1),
      explore: () => this.send("explore", true),
      clear: () => this.send("region", null),
    });
    root.replaceChildren(
      el(
        "header",
        {},
        el("div", { class: "tools", role: "toolbar", "aria-label": texts.tools }, ...this.tools, this.fit),
        el("label", {}, el("span", {}, texts.colour_by), this.colouring),
        el("label", {}, el("span", {}, texts.encoder), this.encoder),
        this.chips,
        this.count,
      ),
      el("nav", { class: "legend", "aria-label": texts.legend }, this.legend.node),
      el("section", { class: "stage" }, this.plot, this.waiting, this.trouble, this.card),
      el("aside", { class: "beside" }, this.shown.node),
    );
    this.root = root;
    this.mode = "lasso";
    /** Whether a lasso was drawn that the view does not filter by yet. */
    this.isCaught = false;
    /** The image under the hand, and where the hand went down. @type {string | null} */
    this.pointed = null;
    /** @type {{clientX: number, clientY: number, sha1: string | null} | null} */
    this.pressed = null;
    this.openedAt = -ONE_PRESS;
    // The theme arrives as properties on an ancestor: a change of theme changes them, nothing else.
    this.themeWatch = new MutationObserver(() => this.recolour());
    for (const node of [document.documentElement, document.body]) this.themeWatch.observe(node, { attributes: true });
    this.sizeWatch = new ResizeObserver(() => this.resize());
    this.sizeWatch.observe(this.plot);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.onScheme = () => this.recolour();
    this.scheme.addEventListener("change", this.onScheme);
  }

  /** @param {Data} data */
  update(data) {
    const before = this.data;
    this.data = data;
    set(this.root, "lang", data.language);
    options(this.colouring, data.colourings, data.colouring);
    options(this.encoder, data.encoders, data.encoder);
    this.encoder.parentElement.hidden = data.encoders.length < 2;
    this.writeChips(data);
    this.root.classList.toggle("beside-others", !data.isAlone);
    this.root.classList.toggle("unclear", data.isUnclear);
    this.legend.update(data);
    if (data.isAlone) this.shown.update(data);
    if (this.isCaught && isOther(data.outline, before.outline)) this.selectCaught(data);
    const isOtherMap = data.encoder !== before.encoder;
    const isChanged = ["view", "version", "held", "encoder", "colouring"].some((name) => data[name] !== before[name]);
    if (isChanged) this.draw(isOtherMap);
    else this.recolour();
  }

  writeChips({ chips, texts }) {
    const chip = ({ id, label }) => {
      const title = fill(texts.remove, { filter: label });
      return el(
        "button",
        { type: "button", class: "chip", title, "aria-label": title, onclick: () => this.send("drop", id) },
        el("span", {}, label),
        icon("close"),
      );
    };
    this.chips.replaceChildren(...chips.map(chip));
  }

  async draw(isOtherMap = false) {
    const { view, held, encoder, colouring } = this.data;
    this.request?.abort();
    this.request = new AbortController();
    this.trouble.hidden = true;
    this.waiting.hidden = Boolean(this.points) && !isOtherMap;
    try {
      const [plotly, points] = await Promise.all([
        loadPlotly(),
        fetchPoints(encoder, { view, held: held ?? "", colour: colouring }, this.request.signal),
      ]);
      this.plotly = plotly;
      this.points = points;
      await this.react(isOtherMap);
      this.announce();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.trouble.hidden = false;
      write(this.trouble.children[1], error.userText ?? this.data.texts.failed);
    }
    this.waiting.hidden = true;
  }

  /** Draw what is known. The person's zoom is kept: `uirevision` names what it belongs to. */
  async react(isOtherMap = false) {
    const isFirst = !this.plot.data;
    const theme = colours(this.root);
    this.drawn = this.dress();
    const traces = figure(this.points, theme);
    const frame = layout(this.points, this.data, theme, this.mode);
    if (!isFirst && !isOtherMap) Object.assign(frame, this.zoomed());
    await this.plotly.react(this.plot, traces, frame, { displayModeBar: false, scrollZoom: true, doubleClick: false });
    if (isFirst) this.listen();
    this.use(this.mode);
  }

  zoomed() {
    const { xaxis, yaxis } = this.plot.layout;
    const theme = layout(this.points, this.data, colours(this.root), this.mode);
    return {
      xaxis: { ...theme.xaxis, range: [...xaxis.range] },
      yaxis: { ...theme.yaxis, range: [...yaxis.range] },
    };
  }

  listen() {
    this.plot.on("plotly_selected", (event) => this.selected(event));
    this.plot.on("plotly_hover", (event) => this.hover(event));
    this.plot.on("plotly_unhover", () => this.leave());
    this.plot.on("plotly_click", (event) => this.open(this.sha1Of(event)));
    // Plotly forgets a press when it draws between hand down and hand up: what was pointed at
    // when the hand went down is what was meant.
    this.plot.addEventListener(
      "pointerdown",
      ({ clientX, clientY }) => (this.pressed = { clientX, clientY, sha1: this.pointed }),
      true,
    );
    addEventListener("pointerup", (this.letGo = (event) => this.released(event)), true);
    this.plot.on("plotly_doubleclick", () => this.fitAll());
    this.plot.on("plotly_relayout", () => (this.card.hidden = true));
  }

  selected(event) {
    const outline = polygonOf(event, this.plot);
    // Its own outline is drawn as a shape, from the view: Plotly's must not stay beside it.
    this.plotly.relayout(this.plot, { selections: [] });
    if (!outline) return;
    this.plotly.restyle(this.plot, { selectedpoints: null });
    this.plotly.relayout(this.plot, { shapes: markOutline(outline, colours(this.root)) });
    this.isCaught = true;
    this.send("region", outline);
  }

  /** What a lasso caught is what the next act means, whatever was selected before. @param {Data} data */
  selectCaught({ selected, held }) {
    this.isCaught = false;
    selection.clear();
    selection.selectWhole(selected, held).catch(() => {});
  }

  leave() {
    this.card.hidden = true;
    this.pointed = null;
  }

  released({ clientX, clientY }) {
    const { pressed } = this;
    this.pressed = null;
    const isStill = pressed && Math.hypot(clientX - pressed.clientX, clientY - pressed.clientY) < STILL;
    if (isStill) this.open(pressed.sha1);
  }

  hover(event) {
    const sha1 = this.sha1Of(event);
    if (!sha1) return;
    this.pointed = sha1;
    const [image, caption] = this.card.children;
    set(image, "src", routeTo(`/thumb/${sha1}`));
    write(caption, this.captionOf(event));
    const stage = this.plot.getBoundingClientRect();
    const { clientX, clientY } = event.event;
    const isRight = clientX - stage.left > stage.width / 2;
    const isLow = clientY - stage.top > stage.height / 2;
    Object.assign(this.card.style, {
      left: isRight ? "auto" : `${clientX - stage.left + CARD_AWAY}px`,
      right: isRight ? `${stage.right - clientX + CARD_AWAY}px` : "auto",
      top: isLow ? "auto" : `${clientY - stage.top + CARD_AWAY}px`,
      bottom: isLow ? `${stage.bottom - clientY + CARD_AWAY}px` : "auto",
    });
    this.card.hidden = false;
  }

  /** @param {string | null | undefined} sha1 */
  open(sha1) {
    // One press is told twice: by the hand and by Plotly.
    if (!sha1 || performance.now() - this.openedAt < ONE_PRESS) return;
    this.openedAt = performance.now();
    this.send("open", sha1);
  }

  sha1Of(event) {
    const index = event.points?.[0]?.customdata;
    return index === undefined ? null : this.points.sha1(index);
  }

  captionOf(event) {
    const group = this.points.group[event.points[0].customdata];
    const known = this.data.groups.find((candidate) => candidate.number === group);
    return known?.label ?? this.data.texts.no_group;
  }

  use(mode) {
    this.mode = mode;
    TOOLS.forEach(([name], at) => set(this.tools[at], "aria-pressed", String(name === mode)));
    if (this.plot.layout && this.plot.layout.dragmode !== mode) this.plotly.relayout(this.plot, { dragmode: mode });
  }

  fitAll() {
    if (!this.points) return;
    const [left, right, bottom, top] = this.points.extent;
    this.plotly.relayout(this.plot, { "xaxis.range": [left, right], "yaxis.range": [bottom, top] });
  }

  announce() {
    const { texts, language } = this.data;
    const { total, inside } = this.points;
    const values = {
      count: number(inside, language),
      total: number(total, language),
      drawn: number(this.points.x.length, language),
    };
    const text = fill(inside === total ? texts.all_placed : texts.some_placed, values);
    write(this.count, this.points.side ? `${text} · ${fill(texts.sampled, values)}` : text);
    set(this.count, "title", this.points.side ? texts.sampled_title : texts.placed_title);
  }

  recolour() {
    if (!this.points || !this.plotly) return;
    if (this.dress() === this.drawn) return;
    this.legend.update(this.data);
    this.react();
  }

  /** What a drawing depends on besides its points: to draw it again for nothing loses a press. */
  dress() {
    return JSON.stringify([colours(this.root), this.data.outline, this.data.chosen]);
  }

  resize() {
    // On leaving the page the plot is hidden before it goes, which is a change of size too.
    if (this.plot.layout && this.plot.getClientRects().length) this.plotly.Plots.resize(this.plot);
  }

  close() {
    this.request?.abort();
    this.shown.close();
    this.themeWatch.disconnect();
    this.sizeWatch.disconnect();
    this.scheme.removeEventListener("change", this.onScheme);
    removeEventListener("pointerup", this.letGo, true);
    if (this.plot.layout) this.plotly.purge(this.plot);
  }
}

function isOther(outline, before) {
  return JSON.stringify(outline) !== JSON.stringify(before);
}

function options(select, choices, chosen) {
  const known = JSON.stringify(choices);
  if (select.dataset.known !== known) {
    select.dataset.known = known;
    select.replaceChildren(...choices.map(({ id, label }) => el("option", { value: id }, label)));
  }
  if (select.value !== chosen) select.value = chosen;
}
