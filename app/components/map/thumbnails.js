// The pictures that the view holds, beside the map: what a lasso caught. Not here: the whole
// gallery (Explore).
import { el, fill, iconButton, number, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";

const FIRST = 90;

export class Shown {
  /** @param {{open: (sha1: string) => void, explore: () => void, clear: () => void}} acts */
  constructor(acts) {
    this.acts = acts;
    this.count = el("strong", { role: "status" });
    this.clear = iconButton("close", "", acts.clear);
    this.explore = el("button", { type: "button", class: "explore", onclick: acts.explore });
    this.list = el("ul", { class: "pictures" });
    this.more = el("p", { class: "message more" });
    this.node = el(
      "div",
      { class: "shown" },
      el("header", {}, this.count, this.clear, this.explore),
      this.list,
      this.more,
    );
  }

  /** @param {import("./map.js").Data} data */
  async update(data) {
    const { view, version, texts, outline } = data;
    write(this.explore, texts.explore);
    set(this.explore, "title", texts.explore_title);
    set(this.clear, "aria-label", texts.clear_region);
    set(this.clear, "title", texts.clear_region);
    this.clear.hidden = !outline;
    const known = `${view} ${version}`;
    if (known === this.known) return;
    this.known = known;
    this.request?.abort();
    this.request = new AbortController();
    this.list.classList.add("waiting");
    try {
      const query = new URLSearchParams({ view, start: "0", count: String(FIRST) });
      const answer = await fetch(routeTo(`/rows?${query}`), { signal: this.request.signal });
      const { rows, total, message } = await answer.json();
      this.draw(rows ?? [], total ?? 0, message, data);
    } catch (error) {
      if (error.name !== "AbortError") this.draw([], 0, texts.failed, data);
    }
  }

  draw(rows, total, message, { texts, language }) {
    this.list.classList.remove("waiting");
    const values = { count: number(total, language) };
    write(this.count, fill(total === 1 ? texts.images_one : texts.images_other, values));
    this.explore.hidden = total === 0;
    this.list.replaceChildren(...rows.map((row) => this.picture(row)));
    const rest = total - rows.length;
    write(
      this.more,
      message ?? (total === 0 ? texts.nothing : rest > 0 ? fill(texts.more, { count: number(rest, language) }) : ""),
    );
  }

  picture({ sha1, name, colour }) {
    const image = el("img", { src: routeTo(`/thumb/${sha1}`), alt: "", decoding: "async", loading: "lazy" });
    image.style.background = colour ?? "transparent";
    return el(
      "li",
      {},
      el("button", { type: "button", title: name, "aria-label": name, onclick: () => this.acts.open(sha1) }, image),
    );
  }

  close() {
    this.request?.abort();
  }
}
