// The line that says what presses do at present: give the values of the stamp, or tags by letters.
// Not here: the stamp (shared/store/brush.js), the keys (tag_shortcuts.js).
import { goneOffers, withOtherTag } from "../annotate/gone_offers.js";
import { annotations } from "../shared/store/annotations.js";
import { brush } from "../shared/store/brush.js";
import { el, fill, icon, number } from "../shared/ui/dom.js";

export class ModeLine {
  /**
   * @param {Record<string, string>} words @param {string} language
   * @param {import("./tag_shortcuts.js").TagShortcuts} tagShortcuts
   * @param {{drawn: () => void}} acts
   */
  constructor(words, language, tagShortcuts, { drawn }) {
    this.words = words;
    this.language = language;
    this.tagShortcuts = tagShortcuts;
    this.drawn = drawn;
    this.node = el("div", { class: "under", role: "status", hidden: true });
    this.onChange = () => this.draw();
    brush.addEventListener("change", this.onChange);
    tagShortcuts.addEventListener("change", this.onChange);
    annotations.addEventListener("define", this.onChange);
  }

  draw() {
    this.node.hidden = !brush.isOn && !this.tagShortcuts.letters;
    this.drawn();
    if (this.node.hidden) return;
    const stop = el(
      "button",
      { type: "button", onclick: () => (brush.isOn ? brush.stop() : this.tagShortcuts.toggle(false)) },
      this.words.stop,
      el("kbd", {}, "Esc"),
    );
    this.node.replaceChildren(...(brush.isOn ? this.stampParts() : this.keyParts()), stop);
  }

  /** What is stamped; where a tag of it is gone, how it comes back. */
  stampParts() {
    const { words, language } = this;
    const { trouble, label, done, refusal } = brush;
    const text = trouble || fill(words.stamping, { what: label, count: number(done.size, language) });
    const offers = goneOffers(refusal ?? {}, words, (id) =>
      brush.goOn(withOtherTag(brush.edits ?? [], refusal.gone.id, id)),
    );
    return [
      icon("approval"),
      el("span", { class: "what", title: text, role: trouble ? "alert" : null }, text),
      ...offers,
    ];
  }

  keyParts() {
    const keys = this.tagShortcuts.tags.map((tag) => el("span", { class: "key" }, el("kbd", {}, tag.key), tag.name));
    return [icon("keyboard"), el("span", { class: "what" }, ...(keys.length ? keys : [this.words.no_keys]))];
  }

  close() {
    brush.removeEventListener("change", this.onChange);
    this.tagShortcuts.removeEventListener("change", this.onChange);
    annotations.removeEventListener("define", this.onChange);
  }
}
