// Files with the same bytes: their picture, their paths, and what they cost. Nothing is deleted here.
// Not here: which group is current (duplicates.js).
import { el, icon, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { formatBytes } from "./image_facts.js";

/** @typedef {import("./api.js").FileCopyGroup} FileCopyGroup */

export class FileCopies {
  /** @param {import("../shared/ui/review_page.js").PageTools} tools */
  constructor(tools) {
    const { t } = tools;
    this.tools = tools;
    /** @type {FileCopyGroup | null} */
    this.group = null;
    this.image = el("img", { alt: "", draggable: "false" });
    this.title = el("h2", {});
    this.files = el("ul", { class: "files" });
    this.status = el("span", { class: "quiet", role: "status" });
    this.copy = el(
      "button",
      { type: "button", class: "main", onclick: () => this.copyPaths() },
      icon("content_copy"),
      t("copies_copy"),
    );
    this.csv = el("a", { class: "link", download: "copies.csv" }, icon("download"), t("copies_csv"));
    this.node = el(
      "div",
      { class: "copies" },
      el("div", { class: "picture" }, this.image),
      el(
        "div",
        { class: "places" },
        this.title,
        el("p", { class: "quiet" }, t("copies_help")),
        this.files,
        el("div", { class: "acts" }, this.copy, this.csv, this.status),
      ),
    );
  }

  /** @param {FileCopyGroup} group @param {string | null} view */
  show(group, view) {
    const { t, language } = this.tools;
    const query = new URLSearchParams({ lang: language, ...(view ? { view } : {}) });
    set(this.csv, "href", routeTo(`/clearing/copies.csv?${query}`));
    if (group === this.group) return;
    this.group = group;
    write(this.status, "");
    set(this.image, "src", routeTo(`/thumb/${group.sha1}?w=1024`));
    write(this.title, t("copies_title", { count: group.files.length }));
    this.files.replaceChildren(...group.files.map((file) => this.fileLine(file, group.bytes)));
  }

  /** @param {FileCopyGroup["files"][number]} file @param {number} bytes */
  fileLine({ path, isKept, isCopy, modified }, bytes) {
    const { t, language } = this.tools;
    // Removing it would free nothing, or break a link.
    const role = isKept ? t("copies_first") : !isCopy && t("copies_linked");
    const time = modified && t("modified", { date: modified });
    const facts = [formatBytes(bytes, language), time, role];
    return el(
      "li",
      {},
      el("span", { class: "path" }, path),
      el("span", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    );
  }

  /** Copy the paths of the files that could be removed. */
  async copyPaths() {
    const paths = this.group?.files.filter(({ isCopy }) => isCopy).map(({ path }) => path) ?? [];
    const isCopied = await navigator.clipboard.writeText(paths.join("\n")).then(
      () => true,
      () => false,
    );
    write(this.status, this.tools.t(isCopied ? "copies_copied" : "copies_not_copied"));
  }
}
