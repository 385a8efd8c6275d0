// A short list of images, such as those most similar to one, under a slider over how alike they
// must be; a press opens. Streamlit calls the default export with the data of each run.
import { ask } from "../shared/bridge/page_requests.js";
import { el, fill, iconButton, set, write } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { SimilaritySlider } from "../shared/ui/similarity_slider.js";
import { routeTo } from "../shared/bridge/address.js";

// Four rows: enough to judge by, with the rest of the panel still at hand.
const SHOWN = 12;

/**
 * @typedef {object} Data
 * @property {string} view    address of the view whose first images are shown
 * @property {string} version
 * @property {string} without sha1 of the image itself
 * @property {string} why     what the lineage of a similarity is asked by, before the other's sha1
 * @property {string} language
 * @property {Record<string, string>} texts
 */

export default component(
  (root) => new Strip(root),
  (shown, { send }) => (shown.send = send),
);

class Strip {
  constructor(root) {
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.send = () => {};
    this.list = el("ul", { class: "strip" });
    this.message = el("p", { class: "message", hidden: true });
    this.nearness = new SimilaritySlider((least) => this.send("limit", least));
    root.replaceChildren(this.nearness.node, this.list, this.message);
    this.known = "";
  }

  close() {
    this.request?.abort();
    this.nearness.close();
  }

  /** @param {Data} data */
  async update(data) {
    const known = JSON.stringify([data.view, data.version, data.without]);
    if (known === this.known) return;
    this.known = known;
    this.data = data;
    this.nearness.update(data.view, data.version, data.texts, data.language);
    set(this.list, "aria-label", data.texts.label);
    this.request?.abort();
    this.request = new AbortController();
    this.list.classList.add("waiting");
    this.message.hidden = true;
    if (!this.list.children.length)
      this.list.append(...Array.from({ length: 9 }, () => el("li", { class: "skeleton" })));
    try {
      const query = new URLSearchParams({ view: data.view, start: "0", count: String(SHOWN + 1) });
      const answer = await fetch(routeTo(`/rows?${query}`), { signal: this.request.signal });
      const { rows, message } = await answer.json();
      if (rows)
        this.draw(
          rows.filter((row) => row.sha1 !== data.without),
          data.texts.none,
        );
      else this.draw([], message);
    } catch (error) {
      if (error.name !== "AbortError") this.draw([], data.texts.failed);
    }
  }

  draw(rows, otherwise) {
    this.list.classList.remove("waiting");
    this.message.hidden = rows.length > 0;
    write(this.message, rows.length ? "" : otherwise);
    this.list.replaceChildren(...rows.slice(0, SHOWN).map((row) => picture(row, this.data)));
  }
}

/** @param {any} row @param {Data} data */
function picture(row, { without, why, texts }) {
  const { sha1, name } = row;
  const image = el("img", { src: routeTo(`/thumb/${sha1}`), alt: "", decoding: "async", loading: "lazy" });
  image.style.background = row.colour ?? "transparent";
  const label = row.similarity == null ? name : `${name}, ${row.similarity.toFixed(2)}`;
  const open = () => ask("open", { sha1, name });
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", title: label, "aria-label": label, onclick: open },
      image,
      el("span", { class: "similarity" }, row.similarity?.toFixed(2) ?? ""),
    ),
    iconButton("help", fill(texts.why_of ?? "", { what: label }), null, {
      class: "tool why",
      "data-why": `${why}${sha1}`,
      "data-image": without,
    }),
  );
}
