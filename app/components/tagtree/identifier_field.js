// What a tag is in a vocabulary that others share, with a link to it. Not here: reading identifiers
// (the server).
import { el } from "../shared/ui/dom.js";

/**
 * @param {import("./tag_graph.js").Tag} tag
 * @param {{t: import("../shared/ui/translate.js").Translate, change: (request: any) => any}} tools
 */
export function identifierField(tag, { t, change }) {
  const [text, label, link] = tag.identifier ?? ["", "", ""];
  const field = el("input", {
    type: "text",
    class: "field",
    maxlength: 500,
    autocomplete: "off",
    spellcheck: "false",
    "data-part": "identifier",
    "aria-description": t("identifier_help"),
    onchange: () => change({ do: "tag_alter", ids: [tag.id], parts: { identifier: field.value || null } }),
    onkeydown: (event) => {
      event.stopPropagation();
      if (event.key === "Enter") field.blur();
    },
  });
  field.value = text;
  return el(
    "div",
    { class: "part identifier" },
    el("label", { class: "writes", title: t("identifier_help") }, el("h3", {}, t("identifier")), field),
    link ? el("a", { class: "link", href: link, target: "_blank", rel: "noreferrer" }, label) : "",
  );
}
