// The left panel: folders, clusters and properties with their counts; a press filters. Streamlit
// calls the default export with the data of each run. Not here: counting (Python).
import { el, fill, icon, number, set, write } from "../dom.js";
import { begin } from "../waiting.js";
import { makeList } from "./list.js";
import { makeRange } from "./range.js";
import { makeTree } from "./tree.js";

/**
 * @typedef {object} Item
 * @property {string | number} id
 * @property {string} label
 * @property {number} count
 * @property {string} [thumb]  sha1 of a picture that stands for it
 * @property {string} [title]
 */
/**
 * @typedef {object} Section
 * @property {string} field     of the view
 * @property {"tree" | "list" | "range" | "dates"} kind
 * @property {string} title
 * @property {boolean} open
 * @property {Item[]} [items]
 * @property {(string | number)[]} selected
 * @property {number} [scale]   unit of a range, e.g. 1,000,000 for megapixels
 * @property {{counts: number[], edges: (number | string)[]}} [histogram]
 * @property {string} [hint]
 * @property {{id: string, label: string, selected: boolean}[]} [choices]
 */
/** @typedef {{sections: Section[], language: string, texts: Record<string, string>}} Data */

const MAKERS = { tree: makeTree, list: makeList, range: makeRange, dates: makeRange };

/** @type {WeakMap<object, Map<string, any>>} */
const mounted = new WeakMap();

export default function facets({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".root");
  const shown = mounted.get(parentElement) ?? new Map();
  mounted.set(parentElement, shown);
  const ask = (name, value) => {
    begin();
    setTriggerValue(name, value);
  };
  const tell = {
    change: (field, value) => ask("change", { field, value }),
    choose: (id) => ask("choose", id),
    open: (sections) => setStateValue("open", sections),
  };
  set(root, "aria-label", data.texts.label);
  for (const [field, section] of shown) {
    if (data.sections.some((one) => one.field === field)) continue;
    section.node.remove();
    shown.delete(field);
  }
  for (const section of data.sections) {
    const known = shown.get(section.field) ?? makeSection(section, data);
    shown.set(section.field, known);
    root.append(known.node);
    known.update(section, data, tell, () => tellOpen(shown, data.sections, tell));
  }
  return () => mounted.delete(parentElement);
}

/** Say which sections are open, unless Python knows: making an open one tells of it, too. */
function tellOpen(shown, sections, tell) {
  const isOpen = (field) => Boolean(shown.get(field)?.node.open);
  if (sections.every((section) => section.open === isOpen(section.field))) return;
  tell.open(sections.map((section) => section.field).filter(isOpen));
}

/** A section that opens and closes; its body is made by kind. */
function makeSection(section, data) {
  const title = el("span", { class: "title" });
  const chosen = el("span", { class: "chosen" });
  const choices = el("select", { class: "choices", hidden: true, "aria-label": data.texts.encoder });
  const hint = el("p", { class: "hint", hidden: true });
  const body = MAKERS[section.kind]();
  const node = el(
    "details",
    { open: section.open },
    el("summary", {}, icon("chevron_right"), title, chosen),
    el("div", { class: "body" }, choices, hint, body.node),
  );
  let acts = null;
  let toggled = () => {};
  choices.addEventListener("change", () => acts.choose(choices.value));
  node.addEventListener("toggle", () => toggled());
  return {
    node,
    update(now, { texts, language }, tell, tellOpened) {
      acts = tell;
      toggled = tellOpened;
      write(title, now.title);
      write(chosen, now.selected.length ? number(now.selected.length, language) : "");
      writeChoices(choices, now.choices);
      hint.hidden = !now.hint;
      write(hint, now.hint ?? "");
      body.update(now, { texts, language, say: fill, change: (value) => tell.change(now.field, value) });
    },
  };
}

function writeChoices(select, choices) {
  select.hidden = !choices || choices.length < 2;
  if (!choices) return;
  const written = JSON.stringify(choices);
  if (select.dataset.written === written) return;
  select.dataset.written = written;
  select.replaceChildren(...choices.map(({ id, label, selected }) => el("option", { value: id, selected }, label)));
}
