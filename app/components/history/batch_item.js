// One batch of the list: when, who, what, to how many images, whether it counts, and its changes
// when they are asked for. Not here: the list.
import { el, fill, icon, iconButton, number, set, write } from "../shared/ui/dom.js";
import { became, part, timeOf } from "./batch_text.js";

/**
 * @typedef {import("./batch_text.js").Batch} Batch
 * @typedef {object} How
 * @property {Record<string, string>} texts
 * @property {string} language
 * @property {(batch: string) => void} show
 * @property {(batch: Batch, isOn: boolean) => Promise<void>} turn
 */

export class Item {
  /** @param {Batch} batch @param {How} how */
  constructor(batch, how) {
    this.batch = batch;
    this.how = how;
    const at = new Date(batch.at);
    const { texts, language } = how;
    this.fold = iconButton("chevron_right", fill(texts.details, { said: batch.said }), () => this.unfold(), {
      "aria-expanded": "false",
    });
    const line = el(
      "div",
      { class: "line" },
      // What switches another has nothing of its own to show.
      batch.undoes ? el("span", {}) : this.fold,
      el("time", { datetime: batch.at, title: at.toLocaleString(language) }, timeOf(at, language)),
      el("span", { class: "author", title: batch.author }, batch.author),
      el("span", { class: "act", title: batch.name }, batch.name),
      this.what(),
      this.images(),
      this.switch(),
    );
    this.details = el("div", { class: "details", hidden: true });
    this.node = el("li", { class: batch.undoes ? "batch step" : "batch" }, line, this.details);
    this.write();
  }

  what() {
    const { batch, how } = this;
    const { texts, language } = how;
    if (batch.undoes) return el("span", { class: "what" }, fill(texts.undoes, { said: batch.said }));
    const about = batch.act === "import" && batch.about ? [el("span", { class: "value" }, batch.about)] : [];
    const more = batch.more ? el("small", {}, fill(texts.more_parts, { count: number(batch.more, language) })) : null;
    return el(
      "span",
      { class: "what", title: batch.said },
      ...about,
      ...batch.parts.map((one) => part(one, texts, language)),
      more,
    );
  }

  images() {
    const { batch, how } = this;
    const { texts, language } = how;
    if (!batch.images || batch.undoes) return el("span", { class: "images" });
    const text = fill(batch.images === 1 ? texts.image : texts.images, { count: number(batch.images, language) });
    return el(
      "span",
      { class: "images" },
      el("button", { type: "button", title: texts.show, onclick: () => how.show(batch.batch) }, text),
    );
  }

  switch() {
    if (this.batch.undoes) return el("span", {});
    this.lever = el(
      "button",
      { type: "button", class: "lever", role: "switch", onclick: () => this.turn() },
      el("i", {}),
    );
    return this.lever;
  }

  async turn() {
    const isOn = !this.batch.isOn;
    this.put(isOn);
    try {
      await this.how.turn(this.batch, isOn);
    } catch {
      this.put(!isOn);
    }
  }

  /** @param {boolean} isOn */
  put(isOn) {
    if (this.batch.isOn === isOn) return;
    this.batch = { ...this.batch, isOn };
    this.write();
  }

  write() {
    const { said, isOn, undoes } = this.batch;
    const { texts } = this.how;
    this.node.classList.toggle("off", !isOn);
    if (undoes || !this.lever) return;
    const title = fill(isOn ? texts.switch_off : texts.switch_on, { said });
    set(this.lever, "aria-checked", String(isOn));
    set(this.lever, "aria-label", `${texts.on}: ${said}`);
    set(this.lever, "title", title);
  }

  unfold() {
    const isOpen = this.details.hidden;
    this.details.hidden = !isOpen;
    set(this.fold, "aria-expanded", String(isOpen));
    if (isOpen && !this.details.children.length) this.read(0);
  }

  /** @param {number} start */
  async read(start) {
    const { texts, language } = this.how;
    if (!start) this.begin();
    try {
      const answer = await fetch(
        `/batches/${this.batch.batch}?${new URLSearchParams({ lang: language, start: String(start) })}`,
      );
      if (!answer.ok) throw new Error(String(answer.status));
      const { total, changes } = await answer.json();
      this.list.append(...changes.map((one) => row(one, texts)));
      const shown = start + changes.length;
      write(
        this.note,
        total > shown
          ? fill(texts.first_changes, { shown: number(shown, language), total: number(total, language) })
          : "",
      );
      this.further.hidden = total <= shown;
      this.further.onclick = () => this.read(shown);
    } catch {
      write(this.note, texts.failed);
      this.further.hidden = false;
      this.further.onclick = () => this.read(start);
    }
  }

  begin() {
    const { texts } = this.how;
    this.list = el("ul", { class: "changes" });
    this.note = el("small", { role: "status" }, texts.loading);
    this.further = el("button", { type: "button", hidden: true }, texts.more_changes);
    this.details.append(this.list, el("p", { class: "foot" }, this.note, this.further));
  }
}

/** @param {import("./batch_text.js").Change} change @param {Record<string, string>} texts */
function row(change, texts) {
  const { kind, sha1, name, property } = change;
  const isOfImage = kind === "image" || kind === "file";
  const picture = sha1
    ? el("img", { src: `/thumb/${sha1}`, alt: "", loading: "lazy", decoding: "async" })
    : icon(isOfImage ? "hide_image" : kind === "tag" ? "sell" : "list_alt");
  return el(
    "li",
    {},
    el("span", { class: "picture" }, picture),
    el("span", { class: "name", title: name }, name ?? el("small", {}, texts.absent)),
    el("span", { class: "property" }, property),
    became(change, texts),
  );
}
