// The columns of the table: what each says of an image, how wide it is, whether it is shown. Not
// here: elements.

import { formatValue, valueOf } from "../shared/ui/format_value.js";

export const NARROWEST = 40;
export const WIDEST = 900;
// Beside the last column: room for the button that chooses columns.
export const TAIL = 36;
// So many properties are shown until someone chooses.
const FIRST_PROPERTIES = 5;
// What files say of themselves cannot be ordered by where a file says several things.
const UNORDERED = ["keywords"];
const WIDTHS = { number: 88, checkbox: 76, date: 108, colour: 80, text: 180, tags: 180 };
// A caption may be an essay.
const LONGEST_TEXT = 300;
// Images were added at a moment, shown on this person's clock.
const MINUTE = {
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
};

/**
 * @typedef {import("../gallery/rows.js").Row & {format: string | null, size: number | null,
 *   taken_at: string | null, added: string | null, camera: string | null, frames: number | null}} Row
 *
 * @typedef {object} Column
 * @property {string} name
 * @property {number} width       as it is at first
 * @property {string} [sort]      the field of the view's order; without, it cannot be ordered by
 * @property {boolean} [isDown]   whether the first press puts the largest first
 * @property {boolean} [isFigure] whether it stands at the right
 * @property {boolean} [isOwn]    whether the table draws it as something else than text
 * @property {boolean} [isFixed]  whether it keeps its width and cannot be hidden
 * @property {boolean} [isApart]  whether only some views have it
 * @property {boolean} [isHidden] whether it is hidden at first
 * @property {string} [label]     its heading, of a property
 * @property {Property} [property]  what its cells can be edited as
 * @property {boolean} [isDescribed] whether rows are to be asked for it: what files say of themselves
 * @property {(row: Row) => string} text
 */

/**
 * @typedef {import("../shared/store/annotations.js").Property & {field: string}} Property
 *
 * @param {string} language @param {Property[]} properties @param {Record<string, string>} texts
 * @param {string[]} [describedFields]  those of what files say of themselves
 * @returns {Column[]}
 */
export function columns(language, properties, texts, describedFields = []) {
  const integer = new Intl.NumberFormat(language);
  const hundredths = decimals(language, 2);
  const size = sizes(language);
  const figure = (value) => (value == null ? "" : integer.format(value));
  return [
    { name: "tick", width: 32, isFixed: true, isOwn: true, text: () => "" },
    { name: "picture", width: 52, isFixed: true, isOwn: true, text: () => "" },
    { name: "name", width: 200, sort: "name", text: (row) => row.name },
    { name: "folder", width: 180, sort: "path", text: (row) => folder(row) },
    ...properties.map((property, at) => columnOf(property, at, { language, texts })),
    {
      name: "similarity",
      width: 116,
      sort: "similarity",
      isDown: true,
      isFigure: true,
      isApart: true,
      text: (row) => (row.similarity == null ? "" : hundredths.format(row.similarity)),
    },
    { name: "format", width: 76, sort: "format", text: (row) => row.format ?? "" },
    { name: "width", width: 76, sort: "width", isFigure: true, text: (row) => figure(row.width) },
    { name: "height", width: 76, sort: "height", isFigure: true, text: (row) => figure(row.height) },
    {
      name: "pixels",
      width: 112,
      sort: "pixels",
      isFigure: true,
      text: (row) => (row.width ? hundredths.format((row.width * row.height) / 1e6) : ""),
    },
    { name: "size", width: 88, sort: "size", isFigure: true, text: (row) => size(row.size) },
    {
      name: "taken_at",
      width: 132,
      sort: "taken_at",
      text: (row) => (row.taken_at ?? "").slice(0, 16).replace("T", " "),
    },
    { name: "camera", width: 140, sort: "camera", text: (row) => row.camera ?? "" },
    { name: "colour", width: 80, sort: "colour", isOwn: true, text: (row) => row.colour ?? "" },
    { name: "copies", width: 76, sort: "copies", isFigure: true, text: (row) => figure(row.copies) },
    { name: "frames", width: 76, isFigure: true, text: (row) => figure(row.frames) },
    { name: "added", width: 132, sort: "added", text: (row) => (row.added ? local(row.added) : "") },
    ...describedFields.map(describedColumn),
  ];
}

function described(field, text) {
  return field === "digitised_at" ? text.slice(0, 16).replace("T", " ") : text.slice(0, LONGEST_TEXT);
}

/** @param {string} field @returns {Column} */
function describedColumn(field) {
  return {
    name: field,
    width: field === "digitised_at" ? 132 : 180,
    sort: UNORDERED.includes(field) ? undefined : field,
    isHidden: true,
    isDescribed: true,
    text: (row) => described(field, row.described?.[field] ?? ""),
  };
}

/** @returns {Column} */
function columnOf(property, at, words) {
  const { field, type } = property;
  return {
    name: `p-${property.id}`,
    label: property.name,
    width: WIDTHS[type] ?? 132,
    sort: field,
    isFigure: type === "number",
    isOwn: type === "colour",
    isHidden: at >= FIRST_PROPERTIES,
    property,
    text: (row) => formatValue(field, valueOf(row, field), words),
  };
}

/** Which columns are shown, how wide: as this browser's user left them in a project. */
export class Layout extends EventTarget {
  /** @param {Column[]} all */
  constructor(all) {
    super();
    this.all = all;
    this.key = "";
    /** @type {Record<string, number>} */
    this.widths = {};
    /** @type {Record<string, boolean>} */
    this.chosen = {};
    this.isRanked = false;
  }

  /** Say which columns there are: properties come and go. @param {Column[]} all */
  offer(all) {
    const before = JSON.stringify(this.all);
    this.all = all;
    if (JSON.stringify(all) !== before) this.changed(false);
  }

  /** What rows are to say for the columns that are shown. @returns {string[]} */
  get requested() {
    const described = this.shown.filter((column) => column.isDescribed).map((column) => column.name);
    return [...this.editable.map((column) => column.property.field), ...described];
  }

  /** The columns that can be edited. */
  get editable() {
    return this.shown.filter((column) => column.property);
  }

  /** Take up what was left in a project. @param {string} key */
  open(key) {
    if (key === this.key) return;
    this.key = key;
    const left = stored(key);
    this.widths = left.widths ?? {};
    this.chosen = left.shown ?? {};
    this.changed(false);
  }

  /** Say whether the images of the view have similarities. @param {boolean} isRanked */
  rank(isRanked) {
    if (isRanked === this.isRanked) return;
    this.isRanked = isRanked;
    this.changed(false);
  }

  /** Those that this view could show. */
  get possible() {
    return this.all.filter((column) => !column.isApart || this.isRanked);
  }

  get shown() {
    return this.possible.filter((column) => this.isShown(column));
  }

  isShown(column) {
    return column.isFixed || (this.chosen[column.name] ?? !column.isHidden);
  }

  width(column) {
    return this.widths[column.name] ?? column.width;
  }

  /** @param {Column} column @param {number | null} width  null: as it was at first */
  resize(column, width) {
    if (width === null) delete this.widths[column.name];
    else this.widths[column.name] = Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
    this.changed();
  }

  toggle(column) {
    this.chosen[column.name] = !this.isShown(column);
    this.changed();
  }

  reset() {
    this.widths = {};
    this.chosen = {};
    this.changed();
  }

  changed(isNew = true) {
    if (isNew) localStorage.setItem(this.key, JSON.stringify({ widths: this.widths, shown: this.chosen }));
    this.dispatchEvent(new Event("change"));
  }
}

function folder(row) {
  return row.place.slice(0, Math.max(0, row.place.length - row.name.length - 1));
}

function decimals(language, digits) {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function sizes(language) {
  const unit = (name, digits, unitDisplay = "short") =>
    new Intl.NumberFormat(
      language,
      /** @type {any} */ ({
        style: "unit",
        unit: name,
        unitDisplay,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
    );
  const steps = [
    { from: 1e9, format: unit("gigabyte", 1) },
    { from: 1e6, format: unit("megabyte", 1) },
    { from: 1e3, format: unit("kilobyte", 0) },
    { from: 0, format: unit("byte", 0, "long") },
  ];
  return (value) => {
    if (value == null) return "";
    const { from, format } = steps.find((step) => value >= step.from) ?? steps[3];
    return format.format(value / (from || 1));
  };
}

const clock = new Intl.DateTimeFormat("en", /** @type {any} */ (MINUTE));

function local(moment) {
  const parts = Object.fromEntries(clock.formatToParts(new Date(moment)).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "{}") ?? {};
  } catch {
    return {};
  }
}
