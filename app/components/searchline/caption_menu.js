// The panel in which the captions under the images are chosen. Not here: drawing them (gallery).
import { el, iconButton, set, write } from "../shared/ui/dom.js";
import { display, setDisplay } from "../shared/ui/display_settings.js";

/** @typedef {{id: string, label: string}} Choice */

export class CaptionMenu {
  constructor() {
    /** @type {HTMLInputElement[]} */
    this.boxes = [];
    this.button = iconButton("title", "", () => this.toggle(), { "aria-haspopup": "dialog", "aria-expanded": "false" });
    this.title = el("h3", {});
    this.list = el("ul", {});
    this.written = "";
    this.panel = el("div", { class: "panel narrow", popover: "auto", role: "dialog" }, this.title, this.list);
    this.panel.addEventListener("toggle", (event) =>
      set(this.button, "aria-expanded", String(/** @type {any} */ (event).newState === "open")),
    );
    this.panel.addEventListener("beforetoggle", () => this.panel.matches(":focus-within") && this.button.focus());
  }

  toggle() {
    const box = this.button.getBoundingClientRect();
    this.panel.style.top = `${box.bottom + 4}px`;
    this.panel.style.right = `${Math.max(8, innerWidth - box.right)}px`;
    if (this.panel.togglePopover()) this.boxes[0]?.focus();
  }

  /** @param {Choice[]} choices  in the order of the lines under an image @param {Record<string, string>} texts */
  update(choices, texts) {
    set(this.button, "title", texts.captions);
    set(this.button, "aria-label", texts.captions);
    set(this.panel, "aria-label", texts.captions_title);
    write(this.title, texts.captions_title);
    const written = JSON.stringify(choices);
    if (written !== this.written) {
      this.written = written;
      this.boxes = choices.map(({ id }) => el("input", { type: "checkbox", value: id, onchange: () => this.store() }));
      this.list.replaceChildren(
        ...choices.map(({ label }, index) =>
          el("li", {}, el("label", { class: "check" }, this.boxes[index], el("span", {}, label))),
        ),
      );
    }
    this.show();
  }

  store() {
    setDisplay({ captions: this.boxes.filter((box) => box.checked).map((box) => box.value) });
  }

  /** Show what is chosen, here or by a key of the gallery. */
  show() {
    const { captions } = display();
    set(this.button, "aria-pressed", String(captions.length > 0));
    for (const box of this.boxes) box.checked = captions.includes(box.value);
  }
}
