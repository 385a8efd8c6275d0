// How many people are at work, beside an icon; a click lists them and shows a form for one's own
// name. Streamlit calls the default export with the data of each run.
import { annotations } from "../shared/store/annotations.js";
import { el, icon, set, write } from "../shared/ui/dom.js";
import { tidied } from "../shared/ui/text.js";
import { component } from "../shared/bridge/lifecycle.js";
import { latest } from "../shared/store/undo_state.js";

const YEAR = 365 * 24 * 3600;

/**
 * @typedef {object} Data
 * @property {string} language
 * @property {string} cookie    in which the name is kept
 * @property {number} longest   letters of a name
 * @property {Record<string, string>} texts
 */

export default component((root) => new People(root));

class People {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.glyph = icon("person");
    this.count = el("span", { class: "count" });
    this.button = el(
      "button",
      { type: "button", class: "tool", "aria-haspopup": "dialog", onclick: () => this.open() },
      this.glyph,
      this.count,
    );
    this.name = el("input", { type: "text", autocomplete: "name", spellcheck: "false" });
    this.nameLabel = el("span", {});
    this.saveButton = el("button", { type: "submit" });
    this.helpText = el("p", {});
    this.form = el(
      "form",
      { onsubmit: (event) => this.saveName(event) },
      el("label", {}, this.nameLabel, this.name),
      this.saveButton,
      this.helpText,
    );
    this.heading = el("h2", {});
    this.list = el("ul", {});
    this.panel = el("div", { class: "panel", popover: "auto", role: "dialog" }, this.form, this.heading, this.list);
    root.replaceChildren(this.button, this.panel);
    this.onChange = () => this.write();
    latest.addEventListener("change", this.onChange);
    this.unfollow = latest.follow();
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    const { texts } = data;
    annotations.language = data.language;
    set(this.panel, "aria-label", texts.open);
    set(this.name, "maxlength", data.longest);
    write(this.nameLabel, texts.name);
    write(this.saveButton, texts.save);
    write(this.helpText, texts.help);
    write(this.heading, texts.at_work);
    this.write();
  }

  write() {
    const { texts, language } = this.data;
    const { me = "", atWork = [] } = latest.state ?? {};
    const others = atWork.filter(({ author }) => author !== me);
    write(this.glyph, others.length ? "group" : "person");
    write(this.count, others.length ? String(others.length + 1) : "");
    const names = others.map(({ author }) => author).join(", ");
    const title = names ? `${texts.at_work}: ${names}` : texts.open;
    set(this.button, "title", title);
    set(this.button, "aria-label", title);
    const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
    const minutesAgo = (at) => ago.format(Math.min(0, Math.round((Date.parse(at) - Date.now()) / 60_000)), "minute");
    const otherRows = others.map(({ author, at }) =>
      el("li", {}, el("span", {}, author), el("small", {}, minutesAgo(at))),
    );
    this.list.replaceChildren(
      el("li", {}, el("span", {}, me), el("small", {}, texts.you)),
      ...otherRows,
      ...(otherRows.length ? [] : [el("li", { class: "nobody" }, texts.nobody)]),
    );
  }

  open() {
    this.name.value = latest.state?.me ?? "";
    write(this.saveButton, this.data.texts.save);
    this.panel.showPopover();
    const { right, bottom } = this.button.getBoundingClientRect();
    this.panel.style.left = `${Math.max(8, Math.min(right, innerWidth - 8) - this.panel.offsetWidth)}px`;
    this.panel.style.top = `${bottom + 2}px`;
    this.name.select();
  }

  /** @param {Event} event */
  saveName(event) {
    event.preventDefault();
    const name = tidied(this.name.value);
    const { cookie, texts } = this.data;
    // Without a name the name of the system's user is used.
    document.cookie = `${cookie}=${encodeURIComponent(name)}; path=/; max-age=${name ? YEAR : 0}; SameSite=Lax`;
    write(this.saveButton, texts.saved);
    document.dispatchEvent(new Event("panoptic:named"));
    this.panel.hidePopover();
    this.button.focus();
  }

  close() {
    latest.removeEventListener("change", this.onChange);
    this.unfollow();
  }
}
