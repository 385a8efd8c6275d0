// The groups of a map with their colours and counts; a press filters by one. Not here: the map.
import { el, number, set } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { colourOf, colours } from "./figure.js";

/**
 * @typedef {object} Group
 * @property {number} number         chooses the colour
 * @property {string | number} value what the view filters by
 * @property {string} label
 * @property {number} count
 * @property {string | null} exemplar sha1
 */

export class Legend {
  /** @param {(values: (string | number)[]) => void} choose */
  constructor(choose) {
    this.choose = choose;
    this.list = el("ul", {});
    this.rest = el("p", { class: "rest" });
    this.node = el("div", {}, this.list, this.rest);
  }

  /** @param {import("./map.js").Data} data */
  update({ groups, chosen, ungrouped, language, texts }) {
    const { isDark } = colours(this.node);
    this.list.replaceChildren(
      ...groups.map((group) => {
        const isChosen = chosen.includes(group.value);
        const swatch = el("span", { class: "swatch" });
        swatch.style.background = colourOf(group.number, isDark);
        const parts = [swatch];
        if (group.exemplar)
          parts.push(
            el("img", { src: routeTo(`/thumb/${group.exemplar}`), alt: "", decoding: "async", loading: "lazy" }),
          );
        const others = chosen.filter((value) => value !== group.value);
        const press = () => this.choose(isChosen ? others : [...others, group.value]);
        return el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              class: group.count ? "group" : "group empty",
              "aria-pressed": String(isChosen),
              title: group.label,
              onclick: press,
            },
            ...parts,
            el("span", { class: "label" }, group.label),
            el("span", { class: "number" }, number(group.count, language)),
          ),
        );
      }),
    );
    set(this.node, "data-chosen", chosen.length > 0);
    this.rest.hidden = !ungrouped;
    this.rest.replaceChildren(
      el("span", { class: "swatch none" }),
      el("span", { class: "label" }, texts.no_group),
      el("span", { class: "number" }, number(ungrouped, language)),
    );
    set(this.rest, "title", texts.no_group_title);
  }
}
