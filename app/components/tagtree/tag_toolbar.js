// The bar above the tags: search, tree or list, order, all open or closed, a new tag. Not here:
// what these do (tagtree.js).
import { el, icon, iconButton, set, write } from "../shared/ui/dom.js";

/**
 * More tools above the tree: each makes an element for a property, or null.
 * @type {((property: import("../shared/store/property_definitions.js").Property, tools: any) => Node | null)[]}
 */
export const extras = [];

const SORTS = /** @type {const} */ (["name", "hand", "count", "made"]);
const MODES = ["tree", "list"];

export class TagToolbar {
  /** @param {import("./tagtree.js").TagTree} tree */
  constructor(tree) {
    this.tree = tree;
    this.search = el("input", {
      type: "search",
      class: "field",
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => tree.searchChanged(),
      onkeydown: (event) => this.searchKeydown(event),
    });
    this.modes = MODES.map((mode) =>
      el("button", { type: "button", class: "mode", onclick: () => tree.setMode(mode) }),
    );
    this.modeGroup = el("div", { class: "modes", role: "group" }, ...this.modes);
    this.sort = el("select", { onchange: () => tree.sortChanged() });
    this.openAll = iconButton("unfold_more", "", () => tree.openAll());
    this.closeAll = iconButton("unfold_less", "", () => tree.closeAll());
    this.add = el(
      "button",
      { type: "button", class: "add writes", onclick: () => tree.newTag.open(null) },
      icon("add"),
      el("span", {}),
    );
    this.extras = el("span", { class: "extra" });
    this.node = el(
      "div",
      { class: "bar" },
      this.search,
      this.modeGroup,
      this.sort,
      this.openAll,
      this.closeAll,
      el("span", { class: "gap" }),
      this.extras,
      this.add,
    );
  }

  /** Another property is shown: nothing is searched, and its own tools stand in the bar. */
  reset() {
    const { property, tools } = this.tree;
    this.search.value = "";
    this.extras.replaceChildren(...extras.map((make) => make(property, tools)).filter((node) => node !== null));
  }

  writeTexts() {
    const { mode: current, orderBy, tools } = this.tree;
    const { t, language } = tools;
    for (const attribute of ["aria-label", "placeholder"]) set(this.search, attribute, t("find"));
    set(this.modeGroup, "aria-label", t("view"));
    MODES.forEach((mode, index) => {
      write(this.modes[index], t(mode));
      set(this.modes[index], "aria-pressed", String(current === mode));
    });
    set(this.sort, "aria-label", t("sort"));
    if (this.sort.dataset.language !== language) {
      this.sort.dataset.language = language;
      this.sort.replaceChildren(
        ...SORTS.map((name) => el("option", { value: name, selected: name === orderBy }, t(`by_${name}`))),
      );
    }
    const buttons = /** @type {const} */ ([
      [this.openAll, "open_all"],
      [this.closeAll, "fold_all"],
    ]);
    for (const [button, name] of buttons)
      for (const attribute of ["title", "aria-label"]) set(button, attribute, t(name));
    this.openAll.hidden = this.closeAll.hidden = current === "list";
    write(this.add.lastChild, t("new_tag"));
  }

  /** Escape empties the search; Enter and the arrow down go to the first tag that was found. */
  searchKeydown(event) {
    const { tree } = this;
    event.stopPropagation();
    if (event.key === "Escape" && this.search.value) {
      event.preventDefault();
      this.search.value = "";
      tree.searchChanged();
    }
    if (!["Enter", "ArrowDown"].includes(event.key) || !tree.rows.length) return;
    event.preventDefault();
    tree.body.focus();
    const row = tree.rows.find(({ tag }) => !tree.hits || tree.hits.has(tag.id));
    if (row) tree.select(row.key);
  }
}
