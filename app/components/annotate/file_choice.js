// Which file's values are shown and written where several files have the current image: all of them,
// or one. Not here: the fields, writing.
import { annotations } from "../shared/store/annotations.js";
import { el, fill, number, set, write } from "../shared/ui/dom.js";
import { shortName } from "./file_names.js";

const LISTED_AT_MOST = 20;

export class FileChoice {
  /** @param {Record<string, string>} texts @param {string} language @param {() => void} onChange  another is chosen */
  constructor(texts, language, onChange) {
    this.texts = texts;
    this.language = language;
    this.onChange = onChange;
    /** The path of the file; null for all. @type {string | null} */
    this.chosen = null;
    this.select = el("select", { "aria-label": texts.file, onchange: () => this.choose(this.select.value || null) });
    this.node = el(
      "div",
      { class: "property files", hidden: true },
      el("span", { class: "label" }, texts.file),
      this.select,
    );
  }

  /** Another image is the current one, or another file of it. @param {string | null} path */
  reset(path) {
    this.chosen = path;
  }

  /**
   * @param {import("../shared/store/annotations.js").ImageValues} values
   * @param {boolean} isWanted  whether a property belongs to files
   */
  update(values, isWanted) {
    const { files } = values;
    this.node.hidden = !isWanted || files.length < 2;
    if (this.chosen !== null && !files.includes(this.chosen)) this.chosen = null;
    const signature = JSON.stringify(files);
    if (signature !== this.signature) {
      const all = fill(this.texts.files_all, { count: number(files.length, this.language) });
      this.select.replaceChildren(
        el("option", { value: "" }, all),
        ...files.map((path) => el("option", { value: path, title: path }, shortName(path, files))),
      );
    }
    this.signature = signature;
    this.select.value = this.chosen ?? "";
    set(this.select, "title", this.chosen);
  }

  /** @param {string | null} path */
  choose(path) {
    this.chosen = path;
    this.select.value = path ?? "";
    this.onChange();
  }

  /**
   * The part of an edit's targets that names the chosen file.
   * @param {import("../shared/store/annotations.js").Property | undefined} property
   */
  targetPart(property) {
    return property?.target === "file" && this.chosen !== null ? { places: [this.chosen] } : {};
  }

  /**
   * The value of each file, where they differ: a list of buttons that choose a file.
   * @param {import("../shared/store/annotations.js").Property} property
   * @param {import("../shared/store/annotations.js").Cell} cell
   */
  eachFile(property, cell) {
    const paths = [...this.select.options].map(({ value }) => value).filter(Boolean);
    return paths.slice(0, LISTED_AT_MOST).map((path) => {
      const valueNode = el("span", { class: "said" });
      write(valueNode, valuesText(property, cell.files?.[path]?.texts ?? []) || "–");
      const label = fill(this.texts.file_only, { file: path });
      return el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            title: label,
            "aria-label": `${label}: ${valueNode.textContent}`,
            onclick: () => this.choose(path),
          },
          el("span", { class: "file" }, shortName(path, paths)),
          valueNode,
        ),
      );
    });
  }
}

function valuesText(property, texts) {
  const hasTags = property.type === "tag" || property.type === "tags";
  return texts
    .map((text) => (hasTags ? (annotations.tagOf.get(text)?.name ?? "") : text))
    .filter(Boolean)
    .join(", ");
}
