// What is known of an image that is compared, in two lines; what it has more of than the other one is
// emphasised. Not here: the images themselves (comparison.js).
import { el, number, set, write } from "../shared/ui/dom.js";

/** @typedef {import("./api.js").Member} Member */
/** @typedef {import("../shared/ui/review_page.js").PageTools} PageTools */

const HASH_BITS = 64;

/** A size on disk as the language writes it. @param {number} bytes @param {string} language */
export function formatBytes(bytes, language) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const exponent = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** exponent;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[exponent],
    unitDisplay: exponent ? "short" : "narrow",
    maximumFractionDigits: value < 10 && exponent ? 1 : 0,
  }).format(value);
}

/**
 * How similar an image or a group is: short, and as a title in the terms of how it was found.
 * @param {PageTools} tools @param {string} kind
 * @param {number} distance  different bits of the hashes for "near", else one minus the cosine
 */
export function formatSimilarity({ t, language }, kind, distance) {
  const isNear = kind === "near";
  const value = isNear ? 1 - distance / HASH_BITS : 1 - distance;
  // Rounded down: only what is the same is shown as 100 %.
  const steps = isNear ? 100 : 1000;
  const rounded = Math.floor(value * steps + 1e-9) / steps;
  const short = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: isNear ? 0 : 1 }).format(
    rounded,
  );
  const cosine = new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(value);
  return { short, title: isNear ? t("bits", { count: distance }) : t("cosine", { value: cosine }) };
}

export class ImageFacts {
  /** @param {PageTools} tools */
  constructor(tools) {
    this.tools = tools;
    this.fate = el("span", { class: "fate" });
    this.name = el("span", { class: "name" });
    this.first = el("div", { class: "line" });
    this.second = el("div", { class: "line quiet" });
    this.node = el(
      "div",
      { class: "facts" },
      el("div", { class: "line" }, this.fate, this.name),
      this.first,
      this.second,
    );
  }

  /**
   * @param {Member} member @param {Member} other  the one that it is compared with
   * @param {string} fate  "keeps", "leaves", "stays"
   * @param {string} kind
   */
  draw(member, other, fate, kind) {
    const { t } = this.tools;
    set(this.fate, "data-fate", fate);
    write(this.fate, t(fate));
    write(this.name, member.name);
    set(this.name, "title", member.place);
    this.first.replaceChildren(...this.measures(member, other));
    if (fate !== "keeps") {
      const { short, title } = formatSimilarity(this.tools, kind, member.distance ?? 0);
      this.first.append(el("span", { title }, t("alike", { value: short })));
    }
    const dates = [
      member.taken && t("taken", { date: member.taken }),
      member.modified && t("modified", { date: member.modified }),
    ];
    const folder = member.place.slice(0, Math.max(0, member.place.length - member.name.length - 1));
    this.second.replaceChildren(...[folder, ...dates].filter(Boolean).map((text) => part(text, false)));
    set(this.second, "title", [member.place, ...dates].filter(Boolean).join(" · "));
  }

  /** Say what was done to the picture. @param {string} edits */
  addEdits(edits) {
    this.edits?.remove();
    this.edits = el("span", { class: "edits", title: this.tools.t("edits_title") }, edits);
    // First, so that a narrow page does not cut it off.
    this.first.prepend(this.edits);
  }

  /** Size in pixels, format, size on disk, values. @param {Member} member @param {Member} other */
  measures(member, other) {
    const { t, language } = this.tools;
    const { width, height, format, bytes, annotated } = member;
    const area = (image) => (image.width ?? 0) * (image.height ?? 0);
    const pixels = `${number(width ?? 0, language)} × ${number(height ?? 0, language)}`;
    const values = annotated ? t("values", { count: annotated }) : t("values_none");
    return [
      part(pixels, area(member) > area(other)),
      part(format ?? "", false),
      part(formatBytes(bytes ?? 0, language), (bytes ?? 0) > (other.bytes ?? 0)),
      part(values, annotated > other.annotated),
    ];
  }
}

/** @param {string | null} text @param {boolean} isMore  than the other image has */
function part(text, isMore) {
  return el("span", { class: isMore ? "more" : null }, text);
}
