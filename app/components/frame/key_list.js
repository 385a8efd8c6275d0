// The list of keys that `?` opens. Not here: what the keys do.
import { el, iconButton, set, write } from "../shared/ui/dom.js";

export class KeyList {
  constructor() {
    this.button = iconButton("keyboard", "", () => this.dialog.showModal());
    this.table = el("dl", {});
    this.title = el("h2", {});
    this.closeButton = iconButton("close", "", () => this.dialog.close());
    /** @type {HTMLDialogElement} */
    this.dialog = el(
      "dialog",
      { onclick: (event) => event.target === this.dialog && this.dialog.close() },
      el("header", {}, this.title, this.closeButton),
      this.table,
    );
  }

  /** @param {[string, string][]} keys  key, what it does @param {Record<string, string>} texts */
  update(keys, texts) {
    const labels = new Map([
      [this.button, texts.keys],
      [this.closeButton, texts.close],
    ]);
    for (const [button, label] of labels) {
      set(button, "title", label);
      set(button, "aria-label", label);
    }
    write(this.title, texts.keys);
    set(this.dialog, "aria-label", texts.keys);
    this.table.replaceChildren(
      ...keys.flatMap(([key, what]) => [
        el("dt", {}, ...key.split(" ").map((name) => el("kbd", {}, name))),
        el("dd", {}, what),
      ]),
    );
  }
}
