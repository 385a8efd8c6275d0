// A name that is changed where it stands. Not here: what the name is of.
import { el } from "./dom.js";
import { tidied } from "./text.js";

/**
 * Put a field in place of `shown` until Enter, Escape or leaving it.
 * @param {HTMLElement} shown @param {string} name @param {string} label
 * @param {(name: string | null) => void} done gets the new name; null where it stays as it was
 */
export function rename(shown, name, label, done) {
  let isOver = false;
  const end = (isKept) => {
    if (isOver) return;
    isOver = true;
    const written = tidied(field.value);
    field.replaceWith(shown);
    done(isKept && written && written !== name ? written : null);
  };
  const field = el("input", {
    class: "rename",
    type: "text",
    maxlength: 500,
    spellcheck: "false",
    "aria-label": label,
    onblur: () => end(true),
    ondblclick: (event) => event.stopPropagation(),
    onkeydown: (event) => {
      event.stopPropagation();
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      end(event.key === "Enter");
    },
  });
  field.value = name;
  shown.replaceWith(field);
  field.focus();
  field.select();
}
