// One image, large, over the grid. Not here: its properties (the panel beside, drawn by Python),
// the address (image_address.js).
import { el, fill, icon, iconButton, isTyping, number, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { PartSearch } from "./part_search.js";
import { addressOf } from "../shared/ui/picture.js";
import { keptThumbnail } from "../shared/store/thumbnails.js";

/**
 * @typedef {object} Shown
 * @property {string} sha1
 * @property {number | null} index  its place in the view; null when the view does not hold it
 * @property {string} name
 * @property {boolean} isDamaged
 * @property {number | null} [gap]  of what the view held until just now: the index of what followed
 */

export class Viewer {
  /**
   * @param {Record<string, string>} texts @param {string} language
   * @param {{close: () => void, step: (by: 1 | -1) => void, marks: (index: number) => string}} acts
   */
  constructor(texts, language, acts) {
    this.texts = texts;
    this.language = language;
    this.marksAt = acts.marks;
    /** @type {Shown | null} */
    this.shown = null;
    this.small = el("img", { class: "small", alt: "" });
    this.large = el("img", { class: "large", alt: "" });
    this.name = el("span", { class: "name" });
    this.marks = el("span", { class: "marks", role: "status" });
    this.count = el("span", { class: "count" });
    this.before = iconButton("chevron_left", texts.previous, () => acts.step(-1), { class: "tool step before" });
    this.after = iconButton("chevron_right", texts.next, () => acts.step(1), { class: "tool step after" });
    this.damage = el("p", { class: "message", role: "status", hidden: true }, icon("broken_image"), texts.cannot_show);
    this.stage = el(
      "div",
      { class: "stage", tabindex: "0", "aria-label": texts.image },
      this.small,
      this.large,
      this.damage,
    );
    this.partly = iconButton("ink_selection", texts.part, () => this.part.turn(!this.part.isOn), {
      "aria-pressed": "false",
    });
    this.hint = el("span", { class: "hint", role: "status", hidden: true }, texts.part_help);
    this.part = new PartSearch(
      this.stage,
      () => this.pictured(),
      (isOn) => this.writePart(isOn),
      texts,
    );
    this.node = el(
      "section",
      { class: "viewer", "aria-label": texts.image, hidden: true },
      el(
        "header",
        {},
        iconButton("arrow_back", texts.back, acts.close),
        this.name,
        this.marks,
        this.hint,
        this.count,
        this.partly,
      ),
      this.before,
      this.stage,
      this.after,
    );
    this.large.addEventListener("load", () => this.node.classList.add("sharp"));
    this.large.addEventListener("error", () => this.fail());
    this.stage.addEventListener("click", (event) => this.toggleZoom(event));
    // The open picture is its own sign of focus, except to who goes round with Tab.
    this.node.addEventListener("keydown", (event) => event.key === "Tab" && this.node.classList.add("tabbed"));
    this.node.addEventListener("pointerdown", () => this.node.classList.remove("tabbed"));
    // Keys reach the open image wherever in the page the focus is.
    this.press = (event) => this.key(event, acts);
    document.addEventListener("keydown", this.press);
  }

  /** @param {Shown | null} shown @param {number} total @param {string | null} following sha1 */
  show(shown, total, following = null) {
    const wasHidden = this.node.hidden;
    if (shown?.sha1 !== this.shown?.sha1) this.part.turn(false);
    this.node.hidden = !shown;
    if (!shown) {
      this.shown = null;
      return;
    }
    this.write(shown, total);
    if (this.shown?.sha1 !== shown.sha1) this.load(shown);
    this.shown = shown;
    this.showMarks();
    if (wasHidden) this.stage.focus({ preventScroll: true });
    if (following) new Image().src = routeTo(`/image/${following}`);
  }

  write(shown, total) {
    const { index, gap = null } = shown;
    write(this.name, shown.name);
    const values = { place: number((index ?? 0) + 1, this.language), total: number(total, this.language) };
    write(this.count, index === null ? this.texts.outside : fill(this.texts.place, values));
    set(this.before, "disabled", !(index ?? gap));
    set(this.after, "disabled", index === null ? gap === null || gap >= total : index >= total - 1);
    set(this.large, "alt", shown.name);
  }

  /** The stars and the flag of the open image. */
  showMarks() {
    const index = this.shown?.index ?? null;
    write(this.marks, index === null ? "" : this.marksAt(index));
  }

  load(shown) {
    this.node.classList.remove("sharp", "zoomed");
    this.damage.hidden = !shown.isDamaged;
    for (const image of [this.small, this.large]) image.removeAttribute("src");
    if (shown.isDamaged) return;
    this.small.setAttribute("src", keptThumbnail(shown.sha1) ?? addressOf(shown.sha1, 0));
    this.large.setAttribute("src", routeTo(`/image/${shown.sha1}`));
  }

  /** Where in the window the picture is, without what is left empty around it. */
  pictured() {
    const { shown, large } = this;
    if (!shown || !large.naturalWidth || !this.node.classList.contains("sharp")) return null;
    const around = large.getBoundingClientRect();
    const scale = Math.min(around.width / large.naturalWidth, around.height / large.naturalHeight);
    const [width, height] = [large.naturalWidth * scale, large.naturalHeight * scale];
    const box = new DOMRect(
      around.left + (around.width - width) / 2,
      around.top + (around.height - height) / 2,
      width,
      height,
    );
    return { box, sha1: shown.sha1 };
  }

  /** @param {boolean} isOn */
  writePart(isOn) {
    set(this.partly, "aria-pressed", String(isOn));
    this.hint.hidden = !isOn;
    // Over the whole picture: an enlarged one shows some of it.
    if (isOn) this.node.classList.remove("zoomed");
    this.stage.focus({ preventScroll: true });
  }

  fail() {
    if (!this.large.getAttribute("src")) return;
    this.damage.hidden = false;
    this.large.removeAttribute("src");
  }

  toggleZoom(event) {
    if (!this.node.classList.contains("sharp")) return;
    const box = this.large.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    const isZoomed = this.node.classList.toggle("zoomed");
    if (!isZoomed) return;
    this.stage.scrollLeft = across * this.stage.scrollWidth - this.stage.clientWidth / 2;
    this.stage.scrollTop = down * this.stage.scrollHeight - this.stage.clientHeight / 2;
  }

  key(event, acts) {
    const isElsewhere = event.defaultPrevented || isTyping(event) || isSlider(event.composedPath()[0]);
    if (!this.shown || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.part.key(event)) {
      event.preventDefault();
      return;
    }
    const isZoomed = this.node.classList.contains("zoomed");
    const act = {
      Escape: acts.close,
      Backspace: acts.close,
      ArrowLeft: isZoomed ? null : () => acts.step(-1),
      ArrowRight: isZoomed ? null : () => acts.step(1),
      z: () => this.stage.click(),
      a: () => this.part.turn(!this.part.isOn),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  close() {
    document.removeEventListener("keydown", this.press);
  }
}

/** Whether arrows mean something else where the focus is. */
function isSlider(target) {
  return (
    target instanceof Element && (target.getAttribute("role") === "slider" || target.getAttribute("type") === "range")
  );
}
