// The field in which the name of a tab is written. Not here: what the new name does (tabs.js).
import { el } from "../shared/ui/dom.js";
import { tidied } from "../shared/ui/text.js";

/**
 * @param {string} name @param {string} label
 * @param {(name: string, byKey: boolean) => void} done  gets "" where the name stays as it was
 */
export function makeRenameField(name, label, done) {
  let isOver = false;
  const end = (isKept, byKey) => {
    if (isOver) return;
    isOver = true;
    const written = tidied(field.value);
    done(isKept && written !== name ? written : "", byKey);
  };
  const field = el("input", {
    class: "rename",
    type: "text",
    maxlength: 200,
    spellcheck: "false",
    "aria-label": label,
    onblur: () => end(true, false),
    onkeydown: (event) => {
      event.stopPropagation();
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      end(event.key === "Enter", true);
    },
  });
  field.value = name;
  return field;
}
