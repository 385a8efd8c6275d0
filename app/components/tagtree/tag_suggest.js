// A field that proposes tags while somebody types. Not here: what happens with the chosen tag.
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
    onkeydown: (event) => keydown(event),
  });
  let activeIndex = 0;
  /** @type {import("./tag_graph.js").Tag[]} */
  let proposals = [];

  function propose() {
    const query = withoutAccents(field.value.trim());
    proposals = [];
    if (query) {
      const matches = [...tags()].filter((tag) => tag.folded.includes(query));
      // Names that begin with the text come first.
      matches.sort((a, b) => Number(b.folded.startsWith(query)) - Number(a.folded.startsWith(query)));
      proposals = matches.slice(0, SHOWN);
    }
    activeIndex = 0;
    draw();
  }

  function draw() {
    list.hidden = !proposals.length;
    set(list, "aria-label", field.getAttribute("aria-label"));
    set(field, "aria-expanded", String(proposals.length > 0));
    set(field, "aria-activedescendant", proposals.length ? `proposal-${activeIndex}` : null);
    list.replaceChildren(
      ...proposals.map((tag, index) =>
        el(
          "li",
          {
            role: "option",
            id: `proposal-${index}`,
            "aria-selected": String(index === activeIndex),
            title: tag.name,
            onpointerdown: (event) => choose(event, index),
          },
          tag.name,
        ),
      ),
    );
  }

  function choose(event, index) {
    event.preventDefault();
    const tag = proposals[index];
    close();
    if (tag) take(tag.id);
  }

  function close() {
    field.value = "";
    proposals = [];
    draw();
  }

  function keydown(event) {
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && proposals.length) {
      event.preventDefault();
      activeIndex = (activeIndex + step + proposals.length) % proposals.length;
      draw();
    }
    if (event.key === "Enter" && proposals.length) choose(event, activeIndex);
    if (event.key === "Escape") close();
  }

  return { node: el("div", { class: "suggest" }, field, list), field };
}
