// The search field of a section. Not here: what it finds (Python).
import { debounced, el, set } from "../shared/ui/dom.js";

const SEEK_AFTER = 350;

export function makeSearch() {
  let seek = (_) => {};
  const later = debounced(() => seek(input.value), SEEK_AFTER);
  const input = el("input", {
    type: "search",
    class: "seek",
    spellcheck: "false",
    autocomplete: "off",
    oninput: () => later(),
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") later.now();
    // Keys of the page are not meant while someone is typing.
    event.stopPropagation();
  });
  return {
    node: input,
    update(section, tools) {
      seek = tools.seek;
      input.hidden = typeof section.sought !== "string";
      const label = tools.say(tools.texts.seek, { name: section.title });
      set(input, "placeholder", label);
      set(input, "aria-label", label);
      const isFocused = /** @type {ShadowRoot} */ (input.getRootNode()).activeElement === input;
      // What someone is typing is never overwritten by an older answer.
      if (!isFocused && input.value !== (section.sought ?? "")) input.value = section.sought ?? "";
    },
  };
}
