// What holds on every page: the selection at the bottom left, the keys, the language remembered.
// Not here: what runs, at the bottom right (Python).
import { debounced, el, fill, iconButton, isTyping, number, set, write } from "../dom.js";
import { restorePanels, togglePanel } from "../panels.js";
import { selection } from "../selection.js";
import { begin } from "../waiting.js";

const TELL_AFTER = 400;
// Beyond this Python is told how many, not which: nothing acts on more by name.
const TOLD_AT_MOST = 10_000;
const YEAR = 365 * 24 * 3600;

/**
 * @typedef {object} Data
 * @property {string} project
 * @property {string} language
 * @property {string | null} view       address of the view that the page shows, if it shows one
 * @property {[string, string][]} keys  what `?` lists: key, what it does
 * @property {boolean} canCompare       whether "similar" can be asked
 * @property {Record<string, string>} texts
 */

/** @type {WeakMap<object, Frame>} */
const mounted = new WeakMap();

export default function frame({ data, parentElement, setStateValue, setTriggerValue }) {
  const shown = mounted.get(parentElement) ?? new Frame(parentElement.querySelector(".root"));
  mounted.set(parentElement, shown);
  shown.tell = setStateValue;
  shown.ask = (name, value) => {
    begin();
    setTriggerValue(name, value);
  };
  shown.update(data);
  return () => {
    shown.close();
    mounted.delete(parentElement);
  };
}

class Frame {
  constructor(root) {
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.tell = () => {};
    /** @type {(name: string, value: any) => void} */
    this.ask = () => {};
    this.count = el("strong", { role: "status" });
    this.clear = el("button", { type: "button", onclick: () => selection.clear() });
    this.similar = el("button", { type: "button", onclick: () => this.ask("similar", [...selection.ids]) });
    this.only = el("button", { type: "button", onclick: () => this.ask("only", [...selection.ids]) });
    this.save = el("button", { type: "button", onclick: () => this.ask("save", { ...selection.plain(), isWhole: true }) });
    this.inverse = el("button", { type: "button", onclick: () => this.invert() });
    this.selected = el("div", { class: "selected", hidden: true }, this.count, this.only, this.similar, this.save, this.inverse, this.clear);
    this.help = iconButton("keyboard", "", () => this.list.showModal());
    this.table = el("dl", {});
    this.title = el("h2", {});
    this.shut = iconButton("close", "", () => this.list.close());
    this.list = el("dialog", { onclick: (event) => event.target === this.list && this.list.close() }, el("header", {}, this.title, this.shut), this.table);
    root.replaceChildren(this.help, this.selected, this.list);
    this.tellLater = debounced(() => this.tellSelection(), TELL_AFTER);
    this.changed = () => {
      this.write();
      this.tellLater();
    };
    this.key = (event) => this.press(event);
    selection.addEventListener("change", this.changed);
    document.addEventListener("keydown", this.key);
    restorePanels();
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    const { texts, language } = data;
    selection.open(`panoptic.selection.${data.project}`);
    if (data.view !== null) selection.leave(data.view);
    document.documentElement.lang = language;
    document.cookie = `panoptic_language=${language}; path=/; max-age=${YEAR}; SameSite=Lax`;
    for (const button of [this.help, this.shut]) {
      const label = button === this.help ? texts.keys : texts.close;
      set(button, "title", label);
      set(button, "aria-label", label);
    }
    write(this.title, texts.keys);
    set(this.list, "aria-label", texts.keys);
    this.table.replaceChildren(...data.keys.flatMap(([key, what]) => [el("dt", {}, ...key.split(" ").map((one) => el("kbd", {}, one))), el("dd", {}, what)]));
    this.write();
  }

  write() {
    if (!this.data) return;
    const { texts, language, canCompare, view } = this.data;
    const { count } = selection;
    this.selected.hidden = count === 0;
    write(this.count, fill(count === 1 ? texts.selected_one : texts.selected_other, { count: number(count, language) }));
    write(this.clear, texts.clear);
    write(this.inverse, texts.inverse);
    set(this.inverse, "title", texts.inverse_title);
    write(this.similar, texts.similar);
    write(this.only, texts.only);
    write(this.save, texts.save);
    this.inverse.hidden = view === null;
    this.only.hidden = selection.all;
    this.similar.hidden = selection.all || !canCompare;
  }

  invert() {
    const { view } = this.data;
    // Where the server cannot say, the selection stays as it is.
    if (view !== null) selection.invert(view).catch(() => {});
  }

  tellSelection() {
    const { all, ids, except, count } = selection.plain();
    if (!count && !this.hasTold) return;
    this.hasTold = true;
    const isWhole = ids.length + except.length <= TOLD_AT_MOST;
    this.tell("selection", { all, count, isWhole, ids: ids.slice(0, TOLD_AT_MOST), except: except.slice(0, TOLD_AT_MOST) });
  }

  press(event) {
    if (isTyping(event) || event.altKey || this.list.open) return;
    const act = event.ctrlKey || event.metaKey ? this.held(event) : this.plain(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  held({ key, shiftKey }) {
    // With Shift it is the browser's.
    return key.toLowerCase() === "i" && !shiftKey ? () => this.invert() : null;
  }

  plain({ key }) {
    return {
      f: () => togglePanel("left"),
      i: () => togglePanel("right"),
      "/": () => document.dispatchEvent(new Event("panoptic:find")),
      "?": () => this.list.showModal(),
    }[key];
  }

  close() {
    this.tellLater.cancel();
    selection.removeEventListener("change", this.changed);
    document.removeEventListener("keydown", this.key);
  }
}
