// Values with counts, several of which can be chosen. Not here: what they mean.
import { ask } from "../shared/bridge/page_requests.js";
import { el, fill, icon, iconButton, number, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { makeSearch } from "./search_field.js";

const FIRST = 8;
// "Show all (1)" would take the place of the one that it hides.
const HIDDEN_AT_LEAST = 3;

export function makeList() {
  const list = el("ul", { class: "list" });
  const more = el("button", { type: "button", class: "more", hidden: true });
  const search = makeSearch();
  const node = el("div", {}, search.node, list, more);
  let isWhole = false;
  let draw = () => {};
  more.addEventListener("click", () => {
    isWhole = !isWhole;
    draw();
  });
  return {
    node,
    update(section, tools) {
      const { texts, language, change } = tools;
      search.update(section, tools);
      draw = () => {
        const items = section.items ?? [];
        const isShort = items.length < FIRST + HIDDEN_AT_LEAST;
        const shown =
          isWhole || isShort ? items : items.filter((item, at) => at < FIRST || section.selected.includes(item.id));
        fit(list, shown.length);
        shown.forEach((item, at) => writeItem(list.children[at], item, section, { language, change, texts }));
        more.hidden = isShort;
        write(more, isWhole ? texts.fewer : `${texts.more} (${number(items.length - shown.length, language)})`);
      };
      draw();
    },
  };
}

function fit(list, count) {
  while (list.children.length > count) list.lastChild.remove();
  while (list.children.length < count) {
    const button = el(
      "button",
      { type: "button", class: "value" },
      el("span", { class: "tick" }, icon("check")),
      el("span", { class: "dot", hidden: true }),
      el("img", { alt: "", class: "thumb", decoding: "async" }),
      el("span", { class: "label" }),
      el("span", { class: "number" }),
    );
    const why = iconButton("help", "", () => askWhy(why), { class: "tool why", hidden: true });
    list.append(el("li", {}, button, why));
  }
}

function askWhy(why) {
  const detail = { group: why.dataset.group, label: why.getAttribute("aria-label") };
  ask("why", detail);
}

function writeItem(row, item, section, { language, change, texts }) {
  const button = row.firstElementChild;
  const isChosen = section.selected.includes(item.id);
  const why = /** @type {HTMLElement} */ (row.lastElementChild);
  why.hidden = !item.why;
  set(why, "data-group", item.why ?? null);
  const question = fill(texts.why_of ?? "", { what: item.label });
  set(why, "title", question);
  set(why, "aria-label", question);
  const [, dot, image, label, count] = button.children;
  set(button, "aria-pressed", isChosen ? "true" : "false");
  set(button, "title", item.title ?? item.label);
  dot.hidden = !item.colour;
  dot.style.background = item.colour ?? "";
  set(image, "src", item.thumb ? routeTo(`/thumb/${item.thumb}`) : null);
  image.hidden = !item.thumb;
  write(label, item.label);
  write(count, number(item.count, language));
  button.classList.toggle("empty", item.count === 0);
  button.onclick = () => {
    const others = section.selected.filter((id) => id !== item.id);
    change(isChosen ? others : [...section.selected, item.id]);
  };
}
