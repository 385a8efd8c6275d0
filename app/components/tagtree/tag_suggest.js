// A field that proposes tags as one writes. Not here: what is done with the one that is taken.
import { el, set } from "../shared/ui/dom.js";
import { withoutAccents } from "../shared/ui/text.js";

const SHOWN = 8;

/**
 * @param {{tags: () => Iterable<import("./tag_graph.js").Tag>, take: (id: string) => void}} acts
 */
export function suggest({ tags, take }) {
  const list = el("ul", { role: "listbox", class: "proposals", id: "proposals", hidden: true });
  const field = el("input", {
    type: "text",
    class: "field",
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-controls": "proposals",
    "aria-expanded": "false",
    oninput: () => propose(),
    onblur: () => close(),
    onkeydown: (event) => press(event),
  });
  let at = 0;
  /** @type {import("./tag_graph.js").Tag[]} */
  let shown = [];

  function propose() {
    const asked = withoutAccents(field.value.trim());
    shown = [];
    if (asked) {
      const all = [...tags()].filter((tag) => tag.folded.includes(asked));
      // What begins so comes first.
      all.sort((one, other) => Number(other.folded.startsWith(asked)) - Number(one.folded.startsWith(asked)));
      shown = all.slice(0, SHOWN);
    }
    at = 0;
    draw();
  }

  function draw() {
    list.hidden = !shown.length;
    set(list, "aria-label", field.getAttribute("aria-label"));
    set(field, "aria-expanded", String(shown.length > 0));
    set(field, "aria-activedescendant", shown.length ? `proposal-${at}` : null);
    list.replaceChildren(
      ...shown.map((tag, place) =>
        el(
          "li",
          {
            role: "option",
            id: `proposal-${place}`,
            "aria-selected": String(place === at),
            title: tag.name,
            onpointerdown: (event) => taken(event, place),
          },
          tag.name,
        ),
      ),
    );
  }

  function taken(event, place) {
    event.preventDefault();
    const tag = shown[place];
    close();
    if (tag) take(tag.id);
  }

  function close() {
    field.value = "";
    shown = [];
    draw();
  }

  function press(event) {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) {
      event.preventDefault();
      at = (at + step + shown.length) % shown.length;
      draw();
    }
    if (event.key === "Enter" && shown.length) taken(event, at);
    if (event.key === "Escape") close();
  }

  return { node: el("div", { class: "suggest" }, field, list), field };
}
