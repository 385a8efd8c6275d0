// The head of the page: its tag, ways to other pages, and what is suggested: the likeliest images or
// the least certain ones, from where, by which encoder, how large. Not here: suggesting (suggest.js).
import { el, set, write } from "../shared/ui/dom.js";
import { EncoderSelect, TileSize, textSelect } from "../shared/ui/review_controls.js";

const INITIAL_SIZE = 200;
export const MODES = ["likely", "unsure", "wrong"];

export class SuggestHead {
  /** @param {import("./suggest.js").SuggestPage} page */
  constructor(page) {
    const { tools } = page;
    const { t } = tools;
    const quietButton = (name, onclick, attributes = {}) =>
      el("button", { type: "button", class: "quiet", onclick, ...attributes }, t(name));
    this.page = page;
    this.title = el("h1", {});
    this.otherTag = quietButton("other_tag", () => page.toggleChoice());
    this.modes = MODES.map((mode) =>
      el(
        "button",
        { type: "button", "data-mode": mode, title: t(`${mode}_title`), onclick: () => page.setMode(mode) },
        t(mode),
      ),
    );
    this.scope = textSelect(tools, "scope", ["all", "view"], (scope) => page.setScope(scope === "view"));
    this.encoder = new EncoderSelect(tools);
    this.size = new TileSize(tools, INITIAL_SIZE, () => page.grid.resize(this.size.pixels));
    this.node = page.makeHead(
      [
        this.title,
        this.otherTag,
        quietButton("show", () => tools.send("show", page.data.tag)),
        quietButton("by_words", () => page.sortByWords(), { title: t("by_words_title") }),
      ],
      [
        el("div", { class: "modes", role: "group", "aria-label": t("mode") }, ...this.modes),
        this.scope,
        this.encoder.node,
        this.size.node,
      ],
    );
  }

  draw() {
    const { page } = this;
    const { tag, view, encoders, encoder } = page.data;
    this.node.hidden = !tag || page.isGone;
    write(this.title, tag ? page.tools.t(page.mode === "wrong" ? "title_wrong" : "title", { name: page.name }) : "");
    set(this.title, "title", page.name);
    set(this.otherTag, "aria-expanded", String(page.isChoosing));
    for (const button of this.modes) set(button, "aria-pressed", String(button.dataset.mode === page.mode));
    this.scope.hidden = !view;
    this.scope.value = page.isInView && view ? "view" : "all";
    this.encoder.draw(encoders, encoder);
  }
}
