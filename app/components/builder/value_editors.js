// The fields for the value of a condition, by kind. Each kind has its first value, tells when a
// value is complete, and makes the elements. Values keep the form that a view has: what nobody
// edits stays as it is, to the last digit.
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
 * @property {() => void} redraw              make the elements anew
 */
/**
 * @typedef {object} Editor
 * @property {(data: any) => any} first
 * @property {(value: any) => boolean} isComplete
 * @property {(tools: Tools) => (Node | string)[]} make
 */

/** @type {Record<string, Editor>} */
export const EDITORS = {
  nothing: { first: () => null, isComplete: () => true, make: () => [] },
  number: {
    first: () => null,
    isComplete: (value) => value !== null,
    make: (tools) => [numberField(tools, tools.part.value, tools.texts.value, tools.change), ...unitText(tools)],
  },
  range: {
    first: () => [null, null],
    isComplete: (value) => value.some((end) => end !== null),
    make: (tools) => [...rangeFields(tools, numberField), ...unitText(tools)],
  },
  date: {
    first: () => null,
    isComplete: (value) => value !== null,
    make: (tools) => [dateField(tools, tools.part.value, tools.texts.value, tools.change)],
  },
  dates: {
    first: () => [null, null],
    isComplete: (value) => value.some((end) => end !== null),
    make: (tools) => rangeFields(tools, dateField),
  },
  text: {
    first: () => "",
    isComplete: (value) => value !== "",
    make: (tools) => [textField(tools)],
  },
  pattern: {
    first: () => "",
    isComplete: (value) => value !== "",
    make: (tools) => [textField(tools)],
  },
  choices: {
    first: () => [],
    isComplete: (value) => value.length > 0,
    make: (tools) => [choiceField(tools, tools.data.choices[tools.part.field], tools.part.value, (chosen) => chosen)],
  },
  kinds: {
    first: () => ({ kinds: [] }),
    isComplete: (value) => value.kinds.length > 0,
    make: (tools) => [
      choiceField(tools, tools.data.choices[tools.part.field], tools.part.value.kinds, (kinds) => ({ kinds })),
    ],
  },
  clusters: {
    first: (data) => ({ encoder: data.clusters[0]?.encoder ?? "", numbers: [] }),
    isComplete: (value) => value.numbers.length > 0,
    make: clusterFields,
  },
  truth: { first: () => true, isComplete: () => true, make: yesNoField },
  authors: whoEditor("authors"),
  proposers: whoEditor("proposers"),
  near: {
    first: () => ({ colour: FIRST_COLOUR, distance: DISTANCE }),
    isComplete: () => true,
    make: colourDistanceFields,
  },
  hue: { first: () => null, isComplete: (value) => value !== null, make: hueField },
};

/**
 * The value for another operator: what was typed, where it fits, else the first value.
 * @param {any} value @param {string} from kind of the editor @param {string} to @param {any} data
 */
export function convertValue(value, from, to, data) {
  if (from === to) return value;
  const single = { number: "range", date: "dates" };
  if (single[from] === to) return [value, null];
  if (single[to] === from) return value[0] ?? value[1];
  const isText = (kind) => kind === "text" || kind === "pattern";
  return isText(from) && isText(to) ? value : EDITORS[to].first(data);
}

/** Whether the browser can read a pattern; Python checks it again. @param {string} text */
export function isPattern(text) {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function rangeFields(tools, make) {
  const { part, texts, change } = tools;
  const [from, to] = [0, 1].map((index) =>
    make(tools, part.value[index], [texts.from, texts.to][index], (end) =>
      change(part.value.map((old, other) => (other === index ? end : old))),
    ),
  );
  return [from, el("span", { class: "dash", "aria-hidden": "true" }, "–"), to];
}

function numberField({ field }, value, label, change) {
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
    // Pixels and bytes are whole numbers, also where they are typed in millions.
    change(typed === null || field.scale === 1 ? typed : Math.round(typed * field.scale));
  });
  return input;
}

function unitText({ field }) {
  return field.unit ? [el("span", { class: "unit" }, field.unit)] : [];
}

function dateField({ field }, value, label, change) {
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

function textField({ part, field, texts, change }) {
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

function choiceField({ part, field, data, texts, change }, items, chosen, write) {
  return makeChoices({
    items: items ?? [],
    chosen,
    isOpen: part.isOpen ?? !chosen.length,
    label: field.label,
    texts,
    language: data.language,
    change: (now) => change(write(now)),
    onToggle: (isOpen) => {
      part.isOpen = isOpen;
    },
  });
}

function clusterFields(tools) {
  const { part, data, texts, change, redraw } = tools;
  const { encoder, numbers } = part.value;
  const known = data.clusters.find((space) => space.encoder === encoder);
  const choices = choiceField(tools, known?.items, numbers, (chosen) => ({ ...part.value, numbers: chosen }));
  if (known && data.clusters.length < 2) return [choices];
  const names = known ? data.clusters : [{ encoder, label: encoder }, ...data.clusters];
  const select = el(
    "select",
    { "aria-label": texts.encoder, title: texts.encoder },
    ...names.map((space) => el("option", { value: space.encoder }, space.label)),
  );
  select.value = encoder;
  select.addEventListener("change", () => {
    change({ encoder: select.value, numbers: [] });
    part.isOpen = true;
    redraw();
  });
  return [select, choices];
}

function yesNoField({ part, field, texts, change }) {
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

/** The editor of a list of people under a name. @param {string} key */
function whoEditor(key) {
  return {
    first: () => ({ [key]: [] }),
    isComplete: (value) => value[key].length > 0,
    make: (tools) => whoFields(tools, key),
  };
}

/** Who set, or proposed, a value of any property, or of a certain one. */
function whoFields(tools, key) {
  const { part, data, texts, change, redraw } = tools;
  const { [key]: chosen, property } = part.value;
  // The counts are those of all properties together: they would be wrong for one property.
  const items = (data.choices[part.field] ?? []).map((item) => (property ? { ...item, count: null } : item));
  const choices = choiceField(tools, items, chosen, (now) => ({ ...part.value, [key]: now }));
  if (!data.properties.length && !property) return [choices];
  const isKnown = !property || data.properties.some(({ id }) => id === property);
  const names = [
    { id: "", label: texts.any_property },
    ...data.properties,
    ...(isKnown ? [] : [{ id: property, label: property }]),
  ];
  const select = el(
    "select",
    { class: "of", "aria-label": texts.of_property, title: texts.of_property },
    ...names.map(({ id, label }) => el("option", { value: id }, label)),
  );
  select.value = property ?? "";
  select.addEventListener("change", () => {
    change({ [key]: part.value[key], ...(select.value ? { property: select.value } : {}) });
    redraw();
  });
  return [choices, select];
}

function colourDistanceFields({ part, field, texts, change }) {
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
  const label = el("span", { class: "unit" });
  const writeLabel = () => {
    label.textContent = fill(texts.within, { distance: String(part.value.distance ?? DISTANCE) });
    set(slider, "title", texts.distance_title);
  };
  sample.value = part.value.colour;
  slider.value = String(part.value.distance ?? DISTANCE);
  sample.addEventListener("input", () => change({ ...part.value, colour: sample.value }));
  slider.addEventListener("input", () => {
    change({ ...part.value, distance: Number(slider.value) });
    writeLabel();
  });
  writeLabel();
  return [sample, slider, label];
}

function hueField({ part, field, data, change }) {
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
