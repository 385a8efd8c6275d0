// Tags with counts, as a tree where some stand below others; several can be chosen. Not here: which
// of many are shown (Python).
import { ask } from "../shared/bridge/page_requests.js";
import { el, icon, set } from "../shared/ui/dom.js";
import { makeSearch } from "./search_field.js";
import { makeTree } from "./tree.js";

const KEY = "panoptic.tags";

export function makeTags() {
  let label = "";
  const tree = makeTree({ key: KEY, isAdding: true, mark: (row, item) => mark(row, item, label) });
  const search = makeSearch();
  const node = el("div", { class: "tags" }, search.node, tree.node);
  return {
    node,
    update(section, tools) {
      label = tools.texts?.more_images ?? "";
      search.update(section, tools);
      // Where none stands below another there is nothing to open.
      node.classList.toggle("flat", !section.items.some((item) => item.path?.includes("/")));
      tree.update(section, tools);
    },
  };
}

function mark(row, item, more) {
  const [, glyph, label] = row.children;
  if (!glyph.classList.contains("tick")) {
    glyph.className = "tick";
    glyph.replaceChildren(icon("check"));
  }
  label.classList.toggle("coloured", Boolean(item.colour));
  label.style.setProperty("--tag", item.colour ?? "");
  offer(row, item, more);
}

/** A tag leads to other images that may have it: for the mouse, not a part of the line's name. */
function offer(row, { id }, label) {
  const known = row.querySelector(".like");
  const sign =
    known ??
    el(
      "span",
      { class: "like", "aria-hidden": "true", onclick: (event) => suggest(event, sign.dataset.tag) },
      icon("join_inner"),
    );
  if (!known) row.append(sign);
  set(sign, "data-tag", id);
  set(sign, "title", label);
  sign.hidden = !id || !label;
}

function suggest(event, tag) {
  // Not a press on the row, which would choose it.
  event.stopPropagation();
  ask("suggest", { tag });
}
