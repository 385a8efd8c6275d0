// The left panel: folders, clusters and properties with their counts; a press filters. Streamlit
// calls the default export with the data of each run. Not here: counting (Python).
import { onAnnotationChange } from "../shared/store/annotation_changes.js";
import { debounced, el, fill, icon, number, set, write } from "../shared/ui/dom.js";
import { begin } from "../shared/bridge/pending.js";
import { makeList } from "./value_list.js";
import { makeRange } from "./range_histogram.js";
import { makeTags } from "./tag_list.js";
import { makeFolders } from "./tree.js";

// Several edits in a row are counted once.
const COUNT_AFTER = 400;

/**
 * @typedef {object} Item
 * @property {string | number | null} id  null stands for having no value
 * @property {string} label
 * @property {number} count
 * @property {string} [thumb]  sha1 of a picture that stands for it
 * @property {string} [title]
 * @property {string} [colour]
 * @property {string} [path]   ids from the top of a tree of tags down to it
 */
/**
 * @typedef {object} Section
 * @property {string} field     of the view
 * @property {"tree" | "list" | "range" | "dates" | "tags" | "note"} kind
 * @property {string} title
 * @property {boolean} open
 * @property {Item[]} [items]
 * @property {(string | number | null)[]} selected
 * @property {string | null} [sought]  the text of its search field, where it has one
 * @property {number} [scale]   unit of a range, e.g. 1,000,000 for megapixels
 * @property {{counts: number[], edges: (number | string)[], whole: boolean}} [histogram]
 * @property {string} [hint]
 * @property {{id: string, label: string, selected: boolean}[]} [choices]
 */
/** @typedef {{sections: Section[], position: number, language: string, texts: Record<string, string>}} Data */

const MAKERS = { tree: makeFolders, list: makeList, range: makeRange, dates: makeRange, tags: makeTags };

/** @type {WeakMap<object, Map<string, any>>} */
const mounted = new WeakMap();

export default function facets({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".root");
  const shown = mounted.get(parentElement) ?? new Map();
  mounted.set(parentElement, shown);
  const send = (name, value) => {
    begin();
    setTriggerValue(name, value);
  };
  const actions = {
    change: (field, value) => send("change", { field, value }),
    choose: (id) => send("choose", id),
    seek: (field, text) => send("seek", { field, text }),
    open: (sections) => setStateValue("open", sections),
  };
  set(root, "aria-label", data.texts.label);
  const counted = counts.get(parentElement) ?? makeCounts();
  counts.set(parentElement, counted);
  counted.update(data.position, (position) => setTriggerValue("annotated", position));
  for (const [field, section] of shown) {
    if (data.sections.some((known) => known.field === field)) continue;
    section.node.remove();
    shown.delete(field);
  }
  for (const section of data.sections) {
    const known = shown.get(section.field) ?? (section.kind === "note" ? makeNote(section) : makeSection(section));
    shown.set(section.field, known);
    root.append(known.node);
    known.update(section, data, actions, () => sendOpenSections(shown, data.sections, actions));
  }
  return () => {
    counted.stop();
    counts.delete(parentElement);
    mounted.delete(parentElement);
  };
}

/** @type {WeakMap<object, ReturnType<typeof makeCounts>>} */
const counts = new WeakMap();

/** Ask for new counts when something was annotated, here or elsewhere, after what was counted. */
function makeCounts() {
  let counted = -1;
  let latest = -1;
  let send = (_) => {};
  const later = debounced(() => latest > counted && send(latest), COUNT_AFTER);
  const stop = onAnnotationChange((position) => {
    latest = Math.max(latest, position);
    later();
  });
  return {
    update(position, actions) {
      counted = position;
      send = actions;
    },
    stop() {
      later.cancel();
      stop();
    },
  };
}

/** A line to press, quiet until it is pressed. */
function makeNote(section) {
  const label = el("span", { class: "label" });
  const action = el("span", { class: "action" });
  const node = el("button", { type: "button", class: "note", "data-field": section.field }, label, action);
  return {
    node,
    update(now, _, actions) {
      const [item] = now.items;
      const isChosen = now.selected.includes(item.id);
      set(node, "aria-pressed", String(isChosen));
      write(label, item.label);
      write(action, item.title);
      node.onclick = () => actions.change(now.field, isChosen ? [] : [item.id]);
    },
  };
}

/** Say which sections are open, unless Python knows: making an open one tells of it, too. */
function sendOpenSections(shown, sections, actions) {
  const isOpen = (field) => Boolean(shown.get(field)?.node.open);
  sections = sections.filter(({ kind }) => kind !== "note");
  if (sections.every((section) => section.open === isOpen(section.field))) return;
  actions.open(sections.map((section) => section.field).filter(isOpen));
}

/** A section that opens and closes; its body is made by kind. */
function makeSection(section) {
  const title = el("span", { class: "title" });
  const chosen = el("span", { class: "chosen" });
  const choices = el("select", { class: "choices", hidden: true });
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
    update(now, { texts, language }, actions, onToggle) {
      acts = actions;
      toggled = onToggle;
      write(title, now.title);
      write(chosen, now.selected.length ? number(now.selected.length, language) : "");
      writeChoices(choices, now.choices);
      set(choices, "aria-label", now.field === "cluster" ? texts.encoder : texts.facet_order);
      hint.hidden = !now.hint;
      write(hint, now.hint ?? "");
      const seek = (text) => actions.seek(now.field, text);
      body.update(now, { texts, language, say: fill, seek, change: (value) => actions.change(now.field, value) });
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
