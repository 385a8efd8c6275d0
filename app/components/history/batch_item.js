// One batch of the list: when, who, what, on how many images, whether it is on, and its changes when
// it is unfolded. Not here: the list (history_page.js).
import { el, fill, icon, iconButton, number, set, write } from "../shared/ui/dom.js";
import { isVersion, routeTo } from "../shared/bridge/address.js";
import { changeNode, partNode, timeOf } from "./batch_text.js";

/**
 * @typedef {import("./batch_text.js").Batch} Batch
 * @typedef {object} BatchContext
 * @property {Record<string, string>} texts
 * @property {string} language
 * @property {(batch: string) => void} show
 * @property {(batch: Batch, isOn: boolean) => Promise<void>} switchBatch
 */

export class BatchItem {
  /** @param {Batch} batch @param {BatchContext} context */
  constructor(batch, context) {
    this.batch = batch;
    this.context = context;
    const at = new Date(batch.at);
    const { texts, language } = context;
    this.detailsButton = iconButton(
      "chevron_right",
      fill(texts.details, { said: batch.said }),
      () => this.toggleDetails(),
      {
        "aria-expanded": "false",
      },
    );
    const line = el(
      "div",
      { class: "line" },
      // A batch that only switches another has no changes of its own.
      batch.undoes ? el("span", {}) : this.detailsButton,
      el("time", { datetime: batch.at, title: at.toLocaleString(language) }, timeOf(at, language)),
      el("span", { class: "author", title: batch.author }, batch.author),
      el("span", { class: "act", title: batch.name }, batch.name),
      this.description(),
      this.imageButton(),
      this.makeLever(),
    );
    this.details = el("div", { class: "details", hidden: true });
    this.node = el("li", { class: batch.undoes ? "batch step" : "batch" }, line, this.details);
    this.write();
  }

  description() {
    const { batch, context } = this;
    const { texts, language } = context;
    if (batch.undoes) {
      const text = [fill(texts.undoes, { said: batch.said }), ...batch.notes].join(". ");
      return el("span", { class: "what", title: text }, text);
    }
    const about = batch.act === "import" && batch.about ? [el("span", { class: "value" }, batch.about)] : [];
    // Of a sample it matters how it was made, not that its tag was made too.
    const parts = batch.how ? batch.parts.filter(({ sign }) => sign !== "new") : batch.parts;
    const more =
      batch.more && !batch.how
        ? el("small", {}, fill(texts.more_parts, { count: number(batch.more, language) }))
        : null;
    return el(
      "span",
      { class: "what", title: batch.said },
      ...about,
      ...parts.map((part) => partNode(part, texts, language)),
      more,
      batch.how ? el("small", { class: "how", title: batch.how }, batch.how) : null,
    );
  }

  imageButton() {
    const { batch, context } = this;
    const { texts, language } = context;
    if (!batch.images || batch.undoes) return el("span", { class: "images" });
    const text = fill(batch.images === 1 ? texts.image : texts.images, { count: number(batch.images, language) });
    return el(
      "span",
      { class: "images" },
      el("button", { type: "button", title: texts.show, onclick: () => context.show(batch.batch) }, text),
    );
  }

  makeLever() {
    if (this.batch.undoes) return el("span", {});
    this.lever = el(
      "button",
      { type: "button", class: "lever", role: "switch", disabled: isVersion, onclick: () => this.toggle() },
      el("i", {}),
    );
    return this.lever;
  }

  async toggle() {
    const isOn = !this.batch.isOn;
    this.setOn(isOn);
    try {
      await this.context.switchBatch(this.batch, isOn);
    } catch {
      this.setOn(!isOn);
    }
  }

  /** @param {boolean} isOn */
  setOn(isOn) {
    if (this.batch.isOn === isOn) return;
    this.batch = { ...this.batch, isOn };
    this.write();
  }

  write() {
    const { said, isOn, undoes } = this.batch;
    const { texts } = this.context;
    this.node.classList.toggle("off", !isOn);
    if (undoes || !this.lever) return;
    const title = fill(isOn ? texts.switch_off : texts.switch_on, { said });
    set(this.lever, "aria-checked", String(isOn));
    set(this.lever, "aria-label", `${texts.on}: ${said}`);
    set(this.lever, "title", title);
  }

  toggleDetails() {
    const isOpen = this.details.hidden;
    this.details.hidden = !isOpen;
    set(this.detailsButton, "aria-expanded", String(isOpen));
    if (isOpen && !this.details.children.length) this.loadChanges(0);
  }

  /** @param {number} start */
  async loadChanges(start) {
    const { texts, language } = this.context;
    if (!start) this.startDetails();
    // Pressed twice it would list the same changes twice.
    this.moreButton.hidden = true;
    try {
      const response = await fetch(
        routeTo(`/batches/${this.batch.batch}?${new URLSearchParams({ lang: language, start: String(start) })}`),
      );
      if (!response.ok) throw new Error(String(response.status));
      const { total, changes } = await response.json();
      this.changeList.append(...changes.map((change) => changeRow(change, texts)));
      const shown = start + changes.length;
      write(
        this.note,
        total > shown
          ? fill(texts.first_changes, { shown: number(shown, language), total: number(total, language) })
          : "",
      );
      this.moreButton.hidden = total <= shown;
      write(this.moreButton, texts.more_changes);
      this.moreButton.onclick = () => this.loadChanges(shown);
    } catch {
      write(this.note, texts.failed);
      write(this.moreButton, texts.again);
      this.moreButton.hidden = false;
      this.moreButton.onclick = () => this.loadChanges(start);
    }
  }

  startDetails() {
    const { texts } = this.context;
    this.changeList = el("ul", { class: "changes" });
    this.note = el("small", { role: "status" }, texts.loading);
    this.moreButton = el("button", { type: "button", hidden: true }, texts.more_changes);
    // What a load that failed has left is replaced.
    this.details.replaceChildren(this.changeList, el("p", { class: "foot" }, this.note, this.moreButton));
  }
}

/** @param {import("./batch_text.js").Change} change @param {Record<string, string>} texts */
function changeRow(change, texts) {
  const { kind, sha1, name, property } = change;
  const isOfImage = kind === "image" || kind === "file";
  const picture = sha1
    ? el("img", { src: routeTo(`/thumb/${sha1}`), alt: "", loading: "lazy", decoding: "async" })
    : icon(isOfImage ? "hide_image" : kind === "tag" ? "sell" : "list_alt");
  return el(
    "li",
    {},
    el("span", { class: "picture" }, picture),
    el("span", { class: "name", title: name }, name ?? el("small", {}, texts.absent)),
    el("span", { class: "property" }, property),
    changeNode(change, texts),
  );
}
