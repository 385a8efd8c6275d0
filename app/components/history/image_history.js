// The history of one image's values, folded below its details. Not here: its current values.
import { debounced, el, set, write } from "../shared/ui/dom.js";
import { latest } from "../shared/store/undo_state.js";
import { routeTo } from "../shared/bridge/address.js";
import { changeNode, timeOf } from "./batch_text.js";

const PAGE_SIZE = 20;
const FRESHEN_AFTER = 120;
// Kept for the next image.
let isOpen = false;

export class ImageHistory {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.press = () => {};
    this.list = el("ol", { class: "past" });
    this.message = el("p", { class: "message" });
    this.more = el("button", { type: "button", hidden: true, onclick: () => this.read(this.last) });
    this.count = el("small", {});
    this.title = el("span", {});
    this.node = el(
      "details",
      { class: "of-image", open: isOpen, ontoggle: () => (isOpen = this.node.open) },
      el("summary", {}, this.title, this.count),
      this.list,
      this.message,
      this.more,
    );
    root.replaceChildren(this.node);
    /** The position in the log of what is shown. */
    this.position = 0;
    this.freshen = debounced(() => this.data && this.read(), FRESHEN_AFTER);
    this.onChange = () => latest.state && latest.state.position > this.position && this.freshen();
    latest.addEventListener("change", this.onChange);
    this.unfollow = latest.follow();
  }

  /** @param {import("./history.js").Data} data */
  update(data) {
    const written = JSON.stringify(data);
    if (written === this.written) return;
    this.written = written;
    this.data = data;
    const { texts } = data;
    write(this.title, texts.title);
    write(this.more, texts.image_more);
    set(this.list, "aria-label", texts.image_label);
    this.read();
  }

  /** Read the latest, or those before one. @param {string} [before] */
  async read(before) {
    const { sha1, language, texts } = this.data;
    this.request?.abort();
    const request = (this.request = new AbortController());
    const query = new URLSearchParams({ target: sha1, limit: String(PAGE_SIZE), lang: language });
    if (before) query.set("before", before);
    try {
      const response = await fetch(routeTo(`/batches?${query}`), { signal: request.signal });
      if (!response.ok) throw new Error(String(response.status));
      const { batches, more, position } = await response.json();
      this.position = Math.max(this.position, position);
      const rows = batches.map((batch) => this.batchRow(batch));
      if (before) this.list.append(...rows);
      else this.list.replaceChildren(...rows);
      this.last = batches.at(-1)?.batch ?? this.last;
      this.more.hidden = !more;
      const { length } = this.list.children;
      write(this.count, length ? `${length}${more ? "+" : ""}` : "");
      write(this.message, length ? "" : texts.image_none);
      this.message.hidden = length > 0;
    } catch (error) {
      if (error.name === "AbortError") return;
      write(this.message, texts.failed);
      this.message.hidden = false;
    }
  }

  /** @param {import("./batch_text.js").Batch} batch */
  batchRow({ at, author, name, isOn, changes = [] }) {
    const { language, texts } = this.data;
    const when = new Date(at);
    const day = when.toLocaleDateString(language, { day: "numeric", month: "short", year: "numeric" });
    const lines = changes.map((change) =>
      el("div", { class: "change" }, el("span", { class: "property" }, change.property), changeNode(change, texts)),
    );
    return el(
      "li",
      { class: isOn ? null : "off", title: name },
      ...lines,
      el("small", {}, `${author} · ${day}, ${timeOf(when, language)}`),
    );
  }

  close() {
    this.request?.abort();
    this.freshen.cancel();
    latest.removeEventListener("change", this.onChange);
    this.unfollow();
  }
}
