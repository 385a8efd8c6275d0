// Values that can be ticked, under a button that says which are: a list, or a tree where they have
// a path. Only the first that match what is searched are elements. Not here: what they mean.
import { el, fill, icon, number, set, write } from "../shared/ui/dom.js";
import { ignoringCase } from "../shared/ui/text.js";

const SHOWN_AT_MOST = 200;
const SEARCHED_FROM = 12;
const NAMED = 3;
// Tags further down are set in no further: their names need the room.
const DEEPEST = 8;

/** @typedef {import("../facets/facets.js").Item} Item */

/**
 * @param {object} how
 * @param {Item[]} how.items
 * @param {(string | number)[]} how.chosen
 * @param {boolean} how.isOpen
 * @param {string} how.label            of the field
 * @param {Record<string, string>} how.texts
 * @param {string} how.language
 * @param {(chosen: (string | number)[]) => void} how.change
 * @param {(isOpen: boolean) => void} how.opened
 */
export function makeChoices({ items, chosen, isOpen, label, texts, language, change, opened }) {
  const known = new Map(items.map((item) => [item.id, item]));
  // What was chosen and is there no more can be let go of, too.
  const gone = chosen.filter((id) => !known.has(id)).map((id) => ({ id, label: String(id), count: 0 }));
  const all = [...gone, ...items].map((item) => ({ ...item, words: ignoringCase(item.label) }));
  const now = new Set(chosen);
  const said = el("span", { class: "said" });
  const button = el(
    "button",
    { type: "button", class: "choose", onclick: () => show(panel.hidden), "data-part": "value" },
    said,
    icon("expand_more"),
  );
  const search = el("input", {
    type: "search",
    class: "find",
    spellcheck: "false",
    autocomplete: "off",
    "aria-label": texts.find,
    placeholder: texts.find,
    hidden: all.length < SEARCHED_FROM,
  });
  const list = el("ul", { class: "ticks" });
  const rest = el("p", { class: "rest", hidden: true });
  const panel = el("div", { class: "panel", role: "group", "aria-label": label, hidden: true }, search, list, rest);
  const node = el("div", { class: "choices" }, button, panel);

  const ticks = () => /** @type {HTMLInputElement[]} */ ([...list.querySelectorAll("input")]);

  function show(isShown) {
    panel.hidden = !isShown;
    set(button, "aria-expanded", String(isShown));
    if (isShown && !list.childElementCount) draw();
    opened(isShown);
  }

  function draw() {
    const asked = ignoringCase(search.value.trim());
    const found = asked ? all.filter((item) => item.words.includes(asked)) : all;
    // What was found stands alone: the way to it is said in words.
    list.replaceChildren(...found.slice(0, SHOWN_AT_MOST).map((item) => row(item, !asked)));
    ticks().forEach((tick, at) => set(tick, "tabindex", at ? "-1" : "0"));
    rest.hidden = found.length > 0 && found.length <= SHOWN_AT_MOST;
    write(
      rest,
      found.length ? fill(texts.more, { count: number(found.length - SHOWN_AT_MOST, language) }) : texts.none,
    );
  }

  function row(item, isInTree) {
    const depth = (item.path ?? "").split("/").length - 1;
    const tick = el("input", { type: "checkbox", onchange: () => toggle(item.id, tick.checked) });
    tick.checked = now.has(item.id);
    const dot = item.path ? el("i", { class: "dot" }) : null;
    if (dot && item.colour) dot.style.background = item.colour;
    const line = el("li", {});
    if (isInTree && depth) line.style.setProperty("--depth", String(Math.min(depth, DEEPEST)));
    line.append(
      el(
        "label",
        { title: item.title ?? item.label },
        tick,
        dot,
        item.thumb
          ? el("img", { alt: "", class: "thumb", decoding: "async", loading: "lazy", src: `/thumb/${item.thumb}` })
          : null,
        el("span", { class: "label" }, isInTree || !depth ? item.label : item.title),
        item.count === null ? null : el("span", { class: "number" }, number(item.count, language)),
      ),
    );
    return line;
  }

  function toggle(id, isChosen) {
    if (isChosen) now.add(id);
    else now.delete(id);
    say();
    change([...now]);
  }

  function say() {
    const names = [...now].map((id) => known.get(id)?.label ?? String(id));
    const some =
      names.length > NAMED
        ? fill(texts.several, {
            names: names.slice(0, NAMED - 1).join(", "),
            count: number(names.length - NAMED + 1, language),
          })
        : names.join(", ");
    write(said, some || texts.choose);
    said.classList.toggle("empty", !names.length);
    set(button, "aria-label", `${label}: ${some || texts.choose}`);
    set(button, "title", names.length > NAMED ? names.join(", ") : null);
  }

  function step(event) {
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
  panel.addEventListener("keydown", step);
  say();
  show(isOpen);
  return node;
}
