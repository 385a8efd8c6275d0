// A list of values with checkboxes under a button that names the checked ones; a tree where values
// have a path. Only the first matches of a search are drawn. Not here: what the values mean.
import { el, fill, icon, number, set, write } from "../shared/ui/dom.js";
import { ignoringCase } from "../shared/ui/text.js";
import { routeTo } from "../shared/bridge/address.js";

const MOST_SHOWN = 200;
const SEARCH_FROM = 12;
const MOST_NAMED = 3;
// Deeper tags are indented no further: their names need the room.
const MOST_INDENTS = 8;

/** @typedef {import("../facets/facets.js").Item} Item */

/**
 * @param {object} options
 * @param {Item[]} options.items
 * @param {(string | number)[]} options.chosen
 * @param {boolean} options.isOpen
 * @param {string} options.label            of the field
 * @param {Record<string, string>} options.texts
 * @param {string} options.language
 * @param {(chosen: (string | number)[]) => void} options.change
 * @param {(isOpen: boolean) => void} options.onToggle
 */
export function makeChoices({ items, chosen, isOpen, label, texts, language, change, onToggle }) {
  const known = new Map(items.map((item) => [item.id, item]));
  // Chosen values that no longer exist can be unchecked.
  const gone = chosen.filter((id) => !known.has(id)).map((id) => ({ id, label: String(id), count: 0 }));
  const all = [...gone, ...items].map((item) => ({ ...item, words: ignoringCase(item.label) }));
  const selected = new Set(chosen);
  const summary = el("span", { class: "said" });
  const button = el(
    "button",
    { type: "button", class: "choose", onclick: () => show(panel.hidden), "data-part": "value" },
    summary,
    icon("expand_more"),
  );
  const search = el("input", {
    type: "search",
    class: "find",
    spellcheck: "false",
    autocomplete: "off",
    "aria-label": texts.find,
    placeholder: texts.find,
    hidden: all.length < SEARCH_FROM,
  });
  const list = el("ul", { class: "ticks" });
  const restMessage = el("p", { class: "rest", hidden: true });
  const panel = el(
    "div",
    { class: "panel", role: "group", "aria-label": label, hidden: true },
    search,
    list,
    restMessage,
  );
  const node = el("div", { class: "choices" }, button, panel);

  const ticks = () => /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll("input")]);

  function show(isOpen) {
    panel.hidden = !isOpen;
    set(button, "aria-expanded", String(isOpen));
    if (isOpen && !list.childElementCount) draw();
    onToggle(isOpen);
  }

  function draw() {
    const query = ignoringCase(search.value.trim());
    const matches = query ? all.filter((item) => item.words.includes(query)) : all;
    // Matches of a search are not indented: their path is written out.
    list.replaceChildren(...matches.slice(0, MOST_SHOWN).map((item) => row(item, !query)));
    ticks().forEach((tick, index) => set(tick, "tabindex", index ? "-1" : "0"));
    restMessage.hidden = matches.length > 0 && matches.length <= MOST_SHOWN;
    write(
      restMessage,
      matches.length ? fill(texts.more, { count: number(matches.length - MOST_SHOWN, language) }) : texts.none,
    );
  }

  function row(item, isInTree) {
    const depth = (item.path ?? "").split("/").length - 1;
    const tick = el("input", { type: "checkbox", onchange: () => toggle(item.id, tick.checked) });
    tick.checked = selected.has(item.id);
    const dot = item.path ? el("i", { class: "dot" }) : null;
    if (dot && item.colour) dot.style.background = item.colour;
    const line = el("li", {});
    if (isInTree && depth) line.style.setProperty("--depth", String(Math.min(depth, MOST_INDENTS)));
    line.append(
      el(
        "label",
        { title: item.title ?? item.label },
        tick,
        dot,
        item.thumb
          ? el("img", {
              alt: "",
              class: "thumb",
              decoding: "async",
              loading: "lazy",
              src: routeTo(`/thumb/${item.thumb}`),
            })
          : null,
        el("span", { class: "label" }, isInTree || !depth ? item.label : item.title),
        item.count === null ? null : el("span", { class: "number" }, number(item.count, language)),
      ),
    );
    return line;
  }

  function toggle(id, isSelected) {
    if (isSelected) selected.add(id);
    else selected.delete(id);
    writeSummary();
    change([...selected]);
  }

  function writeSummary() {
    const names = [...selected].map((id) => known.get(id)?.label ?? String(id));
    const text =
      names.length > MOST_NAMED
        ? fill(texts.several, {
            names: names.slice(0, MOST_NAMED - 1).join(", "),
            count: number(names.length - MOST_NAMED + 1, language),
          })
        : names.join(", ");
    write(summary, text || texts.choose);
    summary.classList.toggle("empty", !names.length);
    set(button, "aria-label", `${label}: ${text || texts.choose}`);
    set(button, "title", names.length > MOST_NAMED ? names.join(", ") : null);
  }

  function keydown(event) {
    if (event.key === "Escape") {
      // Closes the list, not the window around it.
      event.stopPropagation();
      show(false);
      button.focus();
      return;
    }
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.stopPropagation();
      event.preventDefault();
      if (event.target === search) ticks()[0]?.click();
      else event.target.click?.();
      return;
    }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.altKey) return;
    event.preventDefault();
    const stops = [...(search.hidden ? [] : [search]), ...ticks()];
    const to = stops[stops.indexOf(event.target) + by];
    if (!to) return;
    if (to !== search) for (const tick of ticks()) set(tick, "tabindex", tick === to ? "0" : "-1");
    to.focus();
  }

  search.addEventListener("input", draw);
  panel.addEventListener("keydown", keydown);
  writeSummary();
  show(isOpen);
  return node;
}
