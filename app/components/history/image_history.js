// What was said of one image, folded below what is known of it. Not here: its values now.
import { debounced, el, set, write } from "../shared/ui/dom.js";
import { latest } from "../shared/store/undo_state.js";
import { became, timeOf } from "./batch_text.js";

const PAGE = 20;
const FRESHEN_AFTER = 120;
// Whoever unfolds it wants to see it of the next image too.
let isOpen = false;

export class Past {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.tell = () => {};
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
    /** Where in the log what is shown ends. */
    this.position = 0;
    this.freshen = debounced(() => this.data && this.read(), FRESHEN_AFTER);
    this.changed = () => latest.state && latest.state.position > this.position && this.freshen();
    latest.addEventListener("change", this.changed);
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
    const query = new URLSearchParams({ target: sha1, limit: String(PAGE), lang: language });
    if (before) query.set("before", before);
    try {
      const answer = await fetch(`/batches?${query}`, { signal: request.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const { batches, more, position } = await answer.json();
      this.position = Math.max(this.position, position);
      const rows = batches.map((one) => this.row(one));
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
  row({ at, author, name, isOn, changes = [] }) {
    const { language, texts } = this.data;
    const when = new Date(at);
    const day = when.toLocaleDateString(language, { day: "numeric", month: "short", year: "numeric" });
    const lines = changes.map((one) =>
      el("div", { class: "change" }, el("span", { class: "property" }, one.property), became(one, texts)),
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
    latest.removeEventListener("change", this.changed);
    this.unfollow();
  }
}
