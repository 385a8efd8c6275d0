// What the value of a condition is typed or chosen with, by kind. Each kind says what its value
// is at first, when there is enough of it to ask, and makes the elements. Values keep the form
// that a view has: what nobody touches stays as it is, to the last digit.
import { el, fill, set } from "../shared/ui/dom.js";
import { makeChoices } from "./choice_list.js";

const DISTANCE = 25;
const FIRST_COLOUR = "#c0392b";
const ISO_DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * @typedef {object} Tools
 * @property {import("./filter_tree.js").Condition} part
 * @property {any} field                     its entry of the vocabulary
 * @property {any} data                      the vocabulary
 * @property {Record<string, string>} texts
 * @property {(value: any) => void} change
 * @property {() => void} again              make the elements anew
 */
/**
 * @typedef {object} Editor
 * @property {(data: any) => any} first
 * @property {(value: any) => boolean} isWhole
 * @property {(tools: Tools) => (Node | string)[]} make
 */

/** @type {Record<string, Editor>} */
export const EDITORS = {
  nothing: { first: () => null, isWhole: () => true, make: () => [] },
  number: {
    first: () => null,
    isWhole: (value) => value !== null,
    make: (tools) => [figure(tools, tools.part.value, tools.texts.value, tools.change), ...unit(tools)],
  },
  range: {
    first: () => [null, null],
    isWhole: (value) => value.some((end) => end !== null),
    make: (tools) => [...ends(tools, figure), ...unit(tools)],
  },
  date: {
    first: () => null,
    isWhole: (value) => value !== null,
    make: (tools) => [day(tools, tools.part.value, tools.texts.value, tools.change)],
  },
  dates: {
    first: () => [null, null],
    isWhole: (value) => value.some((end) => end !== null),
    make: (tools) => ends(tools, day),
  },
  text: {
    first: () => "",
    isWhole: (value) => value !== "",
    make: (tools) => [words(tools)],
  },
  pattern: {
    first: () => "",
    isWhole: (value) => value !== "",
    make: (tools) => [words(tools)],
  },
  choices: {
    first: () => [],
    isWhole: (value) => value.length > 0,
    make: (tools) => [list(tools, tools.data.choices[tools.part.field], tools.part.value, (chosen) => chosen)],
  },
  kinds: {
    first: () => ({ kinds: [] }),
    isWhole: (value) => value.kinds.length > 0,
    make: (tools) => [
      list(tools, tools.data.choices[tools.part.field], tools.part.value.kinds, (kinds) => ({ kinds })),
    ],
  },
  clusters: {
    first: (data) => ({ encoder: data.clusters[0]?.encoder ?? "", numbers: [] }),
    isWhole: (value) => value.numbers.length > 0,
    make: clusters,
  },
  truth: { first: () => true, isWhole: () => true, make: truth },
  authors: {
    first: () => ({ authors: [] }),
    isWhole: (value) => value.authors.length > 0,
    make: authors,
  },
  near: {
    first: () => ({ colour: FIRST_COLOUR, distance: DISTANCE }),
    isWhole: () => true,
    make: near,
  },
  hue: { first: () => null, isWhole: (value) => value !== null, make: hues },
};

/** The value for another operator or field: what was typed, where it fits. */
export function carried(value, from, to, data) {
  if (from === to) return value;
  const single = { number: "range", date: "dates" };
  if (single[from] === to) return [value, null];
  if (single[to] === from) return value[0] ?? value[1];
  const isText = (kind) => kind === "text" || kind === "pattern";
  return isText(from) && isText(to) ? value : EDITORS[to].first(data);
}

/** Whether the browser can search with a pattern; Python has the last word. */
export function isPattern(text) {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function ends(tools, make) {
  const { part, texts, change } = tools;
  const [from, to] = [0, 1].map((at) =>
    make(tools, part.value[at], [texts.from, texts.to][at], (end) =>
      change(part.value.map((one, place) => (place === at ? end : one))),
    ),
  );
  return [from, el("span", { class: "dash", "aria-hidden": "true" }, "–"), to];
}

function figure({ field }, value, label, change) {
  const input = el("input", {
    type: "number",
    step: "any",
    class: "figure",
    "aria-label": `${field.label}, ${label}`,
    placeholder: label,
    "data-part": "value",
  });
  if (value !== null) input.value = String(+(value / field.scale).toPrecision(12));
  input.addEventListener("input", () => {
    const typed = input.value === "" ? null : Number(input.value);
    // Millions of pixels or bytes are whole numbers of them.
    change(typed === null || field.scale === 1 ? typed : Math.round(typed * field.scale));
  });
  return input;
}

function unit({ field }) {
  return field.unit ? [el("span", { class: "unit" }, field.unit)] : [];
}

function day({ field }, value, label, change) {
  const type = value === null || ISO_DAY.test(value) ? "date" : "text";
  const input = el("input", {
    type,
    class: "day",
    max: "9999-12-31",
    "aria-label": `${field.label}, ${label}`,
    title: label,
    "data-part": "value",
  });
  if (value !== null) input.value = value;
  input.addEventListener("input", () => change(input.value || null));
  return input;
}

function words({ part, field, texts, change }) {
  const input = el("input", {
    type: "text",
    class: "words",
    spellcheck: "false",
    autocomplete: "off",
    "aria-label": `${field.label}, ${texts.value}`,
    placeholder: texts.value,
    "data-part": "value",
  });
  input.value = part.value;
  input.addEventListener("input", () => change(input.value));
  return input;
}

function list({ part, field, data, texts, change }, items, chosen, write) {
  return makeChoices({
    items: items ?? [],
    chosen,
    isOpen: part.isOpen ?? !chosen.length,
    label: field.label,
    texts,
    language: data.language,
    change: (now) => change(write(now)),
    opened: (isOpen) => {
      part.isOpen = isOpen;
    },
  });
}

function clusters(tools) {
  const { part, data, texts, change, again } = tools;
  const { encoder, numbers } = part.value;
  const known = data.clusters.find((one) => one.encoder === encoder);
  const choices = list(tools, known?.items, numbers, (chosen) => ({ ...part.value, numbers: chosen }));
  if (known && data.clusters.length < 2) return [choices];
  const names = known ? data.clusters : [{ encoder, label: encoder }, ...data.clusters];
  const select = el(
    "select",
    { "aria-label": texts.encoder, title: texts.encoder },
    ...names.map((one) => el("option", { value: one.encoder }, one.label)),
  );
  select.value = encoder;
  select.addEventListener("change", () => {
    change({ encoder: select.value, numbers: [] });
    part.isOpen = true;
    again();
  });
  return [select, choices];
}

function truth({ part, field, texts, change }) {
  const select = el(
    "select",
    { "aria-label": `${field.label}, ${texts.value}`, "data-part": "value" },
    el("option", { value: "yes" }, texts.yes),
    el("option", { value: "no" }, texts.no),
  );
  select.value = part.value ? "yes" : "no";
  select.addEventListener("change", () => change(select.value === "yes"));
  return [select];
}

/** Who set a value: of any property, or of one. */
function authors(tools) {
  const { part, data, texts, change, again } = tools;
  const { authors: chosen, property } = part.value;
  // How many images each has is known of all properties together.
  const items = (data.choices[part.field] ?? []).map((item) => (property ? { ...item, count: null } : item));
  const choices = list(tools, items, chosen, (now) => ({ ...part.value, authors: now }));
  if (!data.properties.length && !property) return [choices];
  const isKnown = !property || data.properties.some((one) => one.id === property);
  const names = [
    { id: "", label: texts.any_property },
    ...data.properties,
    ...(isKnown ? [] : [{ id: property, label: property }]),
  ];
  const select = el(
    "select",
    { class: "of", "aria-label": texts.of_property, title: texts.of_property },
    ...names.map((one) => el("option", { value: one.id }, one.label)),
  );
  select.value = property ?? "";
  select.addEventListener("change", () => {
    change({ authors: part.value.authors, ...(select.value ? { property: select.value } : {}) });
    again();
  });
  return [choices, select];
}

function near({ part, field, texts, change }) {
  const sample = el("input", {
    type: "color",
    class: "sample",
    "aria-label": field.label,
    title: field.label,
    "data-part": "value",
  });
  const slider = el("input", {
    type: "range",
    class: "slider distance",
    min: 1,
    max: 100,
    step: 1,
    "aria-label": texts.distance,
  });
  const said = el("span", { class: "unit" });
  const say = () => {
    said.textContent = fill(texts.within, { distance: String(part.value.distance ?? DISTANCE) });
    set(slider, "title", texts.distance_title);
  };
  sample.value = part.value.colour;
  slider.value = String(part.value.distance ?? DISTANCE);
  sample.addEventListener("input", () => change({ ...part.value, colour: sample.value }));
  slider.addEventListener("input", () => {
    change({ ...part.value, distance: Number(slider.value) });
    say();
  });
  say();
  return [sample, slider, said];
}

function hues({ part, field, data, change }) {
  const name = `hue-${part.id}`;
  const swatch = (hue) => {
    const input = el("input", {
      type: "radio",
      name,
      value: hue.id,
      "aria-label": hue.label,
      "data-part": hue.id === (part.value ?? data.hues[0].id) ? "value" : null,
      onchange: () => change(hue.id),
    });
    input.checked = part.value === hue.id;
    const label = el("label", { class: "hue", title: hue.label }, input, el("i", {}));
    label.style.setProperty("--hue", hue.colour);
    return label;
  };
  return [el("div", { class: "hues", role: "radiogroup", "aria-label": field.label }, ...data.hues.map(swatch))];
}
