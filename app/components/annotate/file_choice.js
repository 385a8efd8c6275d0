// Whose values are meant where a property belongs to files and several hold the image: all of
// them, or one. Not here: the fields, writing.
import { annotations } from "../shared/store/annotations.js";
import { el, fill, number, set, write } from "../shared/ui/dom.js";
import { shortName } from "./file_names.js";

const LISTED_AT_MOST = 20;

export class Files {
  /** @param {Record<string, string>} texts @param {string} language @param {() => void} turned  another is chosen */
  constructor(texts, language, turned) {
    this.texts = texts;
    this.language = language;
    this.turned = turned;
    /** Its place; null for all. @type {string | null} */
    this.chosen = null;
    this.select = el("select", { "aria-label": texts.file, onchange: () => this.choose(this.select.value || null) });
    this.node = el(
      "div",
      { class: "property files", hidden: true },
      el("span", { class: "label" }, texts.file),
      this.select,
    );
  }

  /** Another image is in hand, or another file of it. @param {string | null} place */
  begin(place) {
    this.chosen = place;
  }

  /**
   * @param {import("../shared/store/annotations.js").ImageValues} said
   * @param {boolean} isWanted  whether a property belongs to files
   */
  update(said, isWanted) {
    const { files } = said;
    this.node.hidden = !isWanted || files.length < 2;
    if (this.chosen !== null && !files.includes(this.chosen)) this.chosen = null;
    const written = JSON.stringify(files);
    if (written !== this.written) {
      const all = fill(this.texts.files_all, { count: number(files.length, this.language) });
      this.select.replaceChildren(
        el("option", { value: "" }, all),
        ...files.map((place) => el("option", { value: place, title: place }, shortName(place, files))),
      );
    }
    this.written = written;
    this.select.value = this.chosen ?? "";
    set(this.select, "title", this.chosen);
  }

  /** @param {string | null} place */
  choose(place) {
    this.chosen = place;
    this.select.value = place ?? "";
    this.turned();
  }

  /**
   * What targets say of the files that are meant.
   * @param {import("../shared/store/annotations.js").Property | undefined} property
   */
  meant(property) {
    return property?.target === "file" && this.chosen !== null ? { places: [this.chosen] } : {};
  }

  /**
   * What each file says, where they differ.
   * @param {import("../shared/store/annotations.js").Property} property
   * @param {import("../shared/store/annotations.js").Cell} cell
   */
  each(property, cell) {
    const places = [...this.select.options].map(({ value }) => value).filter(Boolean);
    return places.slice(0, LISTED_AT_MOST).map((place) => {
      const said = el("span", { class: "said" });
      write(said, spelled(property, cell.files?.[place]?.texts ?? []) || "–");
      const label = fill(this.texts.file_only, { file: place });
      return el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            title: label,
            "aria-label": `${label}: ${said.textContent}`,
            onclick: () => this.choose(place),
          },
          el("span", { class: "file" }, shortName(place, places)),
          said,
        ),
      );
    });
  }
}

function spelled(property, texts) {
  const hasTags = property.type === "tag" || property.type === "tags";
  return texts
    .map((text) => (hasTags ? (annotations.tagOf.get(text)?.name ?? "") : text))
    .filter(Boolean)
    .join(", ");
}
