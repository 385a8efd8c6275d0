// Files of the very same bytes: one picture, its places, and what they cost. Nothing is deleted
// here. Not here: which group is in hand (duplicates.js).
import { el, icon, set, write } from "../shared/ui/dom.js";
import { sized } from "./image_facts.js";

/** @typedef {{sha1: string, bytes: number, files: {path: string, isKept: boolean, modified: string}[]}} Told */

export class Copies {
  /** @param {import("./duplicates.js").Tools} tools */
  constructor(tools) {
    const { say } = tools;
    this.tools = tools;
    /** @type {Told | null} */
    this.told = null;
    this.image = el("img", { alt: "", draggable: "false" });
    this.title = el("h2", {});
    this.files = el("ul", { class: "files" });
    this.copied = el("span", { class: "quiet", role: "status" });
    this.copy = el(
      "button",
      { type: "button", class: "main", onclick: () => this.take() },
      icon("content_copy"),
      say("copies_copy"),
    );
    this.csv = el("a", { class: "link", download: "copies.csv" }, icon("download"), say("copies_csv"));
    this.node = el(
      "div",
      { class: "copies" },
      el("div", { class: "picture" }, this.image),
      el(
        "div",
        { class: "places" },
        this.title,
        el("p", { class: "quiet" }, say("copies_help")),
        this.files,
        el("div", { class: "acts" }, this.copy, this.csv, this.copied),
      ),
    );
  }

  /** @param {Told} told @param {string | null} view */
  show(told, view) {
    const { say, language } = this.tools;
    set(this.csv, "href", `/clearing/copies.csv?${new URLSearchParams({ lang: language, ...(view ? { view } : {}) })}`);
    if (told === this.told) return;
    this.told = told;
    write(this.copied, "");
    set(this.image, "src", `/thumb/${told.sha1}?w=1024`);
    write(this.title, say("copies_title", { count: told.files.length }));
    this.files.replaceChildren(
      ...told.files.map(({ path, isKept, modified }) =>
        el(
          "li",
          {},
          el("span", { class: "path" }, path),
          el(
            "span",
            { class: "quiet" },
            [sized(told.bytes, language), say("modified", { date: modified }), isKept && say("copies_first")]
              .filter(Boolean)
              .join(" · "),
          ),
        ),
      ),
    );
  }

  async take() {
    const paths = this.told?.files.filter(({ isKept }) => !isKept).map(({ path }) => path) ?? [];
    const isCopied = await navigator.clipboard.writeText(paths.join("\n")).then(
      () => true,
      () => false,
    );
    write(this.copied, this.tools.say(isCopied ? "copies_copied" : "copies_not_copied"));
  }
}
