// The head of the page: the property, which images are sorted, by which encoder, how large they are
// shown. Not here: sorting (classes.js).
import { el, set, write } from "../shared/ui/dom.js";
import { EncoderSelect, TileSize, textSelect } from "../shared/ui/review_controls.js";

const INITIAL_SIZE = 160;

export class ClassesHead {
  /** @param {import("./classes.js").ClassesPage} page */
  constructor(page) {
    const { tools } = page;
    this.page = page;
    this.title = el("h1", {});
    this.otherProperty = el(
      "button",
      { type: "button", class: "quiet", onclick: () => page.toggleChoice() },
      tools.t("other_property"),
    );
    this.which = textSelect(tools, "which", ["without", "all"], (which) => page.setIncludesTagged(which === "all"));
    this.scope = textSelect(tools, "scope", ["all", "view"], (scope) => page.setScope(scope === "view"));
    this.encoder = new EncoderSelect(tools);
    this.size = new TileSize(tools, INITIAL_SIZE, () => page.measure());
    this.node = page.makeHead(
      [this.title, this.otherProperty],
      [this.which, this.scope, this.encoder.node, this.size.node],
    );
  }

  /** @param {boolean} isChoosing  a property */
  draw(isChoosing) {
    const { page } = this;
    const { view, encoders, encoder } = page.data;
    const name = page.property?.name ?? "";
    this.node.hidden = !page.property;
    write(this.title, page.tools.t("title", { name }));
    set(this.title, "title", name);
    set(this.otherProperty, "aria-expanded", String(isChoosing));
    this.scope.hidden = !view;
    this.scope.value = page.isInView && view ? "view" : "all";
    this.which.value = page.includesTagged ? "all" : "without";
    this.encoder.draw(encoders, encoder);
  }
}
