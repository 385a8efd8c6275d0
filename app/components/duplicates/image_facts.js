// What is known of an image that is compared, in two lines; what it has more of than the other is
// marked. Not here: the pictures (comparison.js).
import { el, number, set, write } from "../shared/ui/dom.js";

/** @typedef {import("./duplicates.js").Member} Member */

/** A size on disk as the language writes it. @param {number} bytes @param {string} language */
export function sized(bytes, language) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[step],
    unitDisplay: step ? "short" : "narrow",
    maximumFractionDigits: value < 10 && step ? 1 : 0,
  }).format(value);
}

/**
 * How alike an image or a group is, in short and in the terms of how it was found.
 * @param {import("./duplicates.js").Tools} tools @param {string} kind @param {number} distance
 */
export function alike({ say, language }, kind, distance) {
  const isNear = kind === "near";
  const value = isNear ? 1 - distance / 64 : 1 - distance;
  // What is not the same is nowhere said to be all alike.
  const steps = isNear ? 100 : 1000;
  const shown = Math.floor(value * steps + 1e-9) / steps;
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: isNear ? 0 : 1 }).format(
    shown,
  );
  const cosine = new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(value);
  return { short: percent, whole: isNear ? say("bits", { count: distance }) : say("cosine", { value: cosine }) };
}

export class Facts {
  /** @param {import("./duplicates.js").Tools} tools */
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
   * @param {Member} member @param {Member} other @param {string} fate  "keeps", "leaves", "stays"
   * @param {string} kind
   */
  draw(member, other, fate, kind) {
    const { say, language } = this.tools;
    set(this.fate, "data-fate", fate);
    write(this.fate, say(fate));
    write(this.name, member.name);
    set(this.name, "title", member.place);
    const area = (one) => (one.width ?? 0) * (one.height ?? 0);
    const { short, whole } = alike(this.tools, kind, member.distance ?? 0);
    const values = member.annotated ? say("values", { count: member.annotated }) : say("values_none");
    this.first.replaceChildren(
      part(
        `${number(member.width ?? 0, language)} × ${number(member.height ?? 0, language)}`,
        area(member) > area(other),
      ),
      part(member.format ?? "", false),
      part(sized(member.bytes ?? 0, language), (member.bytes ?? 0) > (other.bytes ?? 0)),
      part(values, member.annotated > other.annotated),
      ...(fate === "keeps" ? [] : [el("span", { title: whole }, say("alike", { value: short }))]),
    );
    const dates = [
      member.taken && say("taken", { date: member.taken }),
      member.modified && say("modified", { date: member.modified }),
    ];
    const folder = member.place.slice(0, Math.max(0, member.place.length - member.name.length - 1));
    this.second.replaceChildren(...[folder, ...dates].filter(Boolean).map((text) => part(text, false)));
    set(this.second, "title", [member.place, ...dates].filter(Boolean).join(" · "));
  }
}

function part(text, isMore) {
  return el("span", { class: isMore ? "more" : null }, text);
}
