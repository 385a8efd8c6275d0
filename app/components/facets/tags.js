// Tags with counts, as a tree where some stand below others; several can be chosen. Not here: which
// of many are shown (Python).
import { el, icon } from "../dom.js";
import { makeSearch } from "./search.js";
import { makeTree } from "./tree.js";

const KEY = "panoptic.tags";

export function makeTags() {
  const tree = makeTree({ key: KEY, isAdding: true, mark });
  const search = makeSearch();
  const node = el("div", { class: "tags" }, search.node, tree.node);
  return {
    node,
    update(section, tools) {
      search.update(section, tools);
      // Where none stands below another there is nothing to open.
      node.classList.toggle("flat", !section.items.some((item) => item.path?.includes("/")));
      tree.update(section, tools);
    },
  };
}

function mark(row, item) {
  const [, glyph, label] = row.children;
  if (!glyph.classList.contains("tick")) {
    glyph.className = "tick";
    glyph.replaceChildren(icon("check"));
  }
  label.classList.toggle("coloured", Boolean(item.colour));
  label.style.setProperty("--tag", item.colour ?? "");
}
