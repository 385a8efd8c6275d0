// The tabs of the top bar: open, rename in place, reorder, close, and the views that are not open.
// A press shows at once; Python confirms. Not here: what a tab shows (Python).
import { el, fill, icon, iconButton, set, write } from "../shared/ui/dom.js";
import { tidied } from "../shared/ui/text.js";
import { component } from "../shared/bridge/lifecycle.js";
import { hideToast, showToast } from "../shared/ui/toasts.js";
import { begin } from "../shared/bridge/pending.js";
import { openMenu } from "./menu.js";

const TOAST_FOR = 8000;

/**
 * @typedef {{id: string, name: string, title: string, is_readable: boolean}} Tab
 * @typedef {object} Data
 * @property {Tab[]} tabs            the open ones, in order
 * @property {Tab[]} others          saved views that are not open
 * @property {string | null} current id of the tab that is shown; null: all images
 * @property {string} address        the view that is shown, for an address that names only its tab
 * @property {Record<string, string>} texts
 */

export default component(
  (root) => new Strip(root),
  (strip, { send }) => (strip.tell = (act) => send("act", act)),
);

class Strip {
  constructor(root) {
    /** Streamlit's, and new with each run. @type {(act: object) => void} */
    this.tell = () => {};
    /** @type {HTMLElement | null} */
    this.dragged = null;
    /** @type {string | null} */
    this.renamed = null;
    this.list = el("ul", {
      onscroll: () => this.fade(),
      onwheel: (event) => this.wheel(event),
      ondragover: (event) => this.over(event),
      ondrop: (event) => event.preventDefault(),
    });
    this.nav = el("nav", { class: "strip" }, this.list);
    this.add = iconButton("add", "", () => this.act({ what: "new" }, { isLong: true }));
    this.more = iconButton("bookmarks", "", () => this.showOthers(), { "aria-haspopup": "menu" });
    this.menu = el("div", { class: "menu", role: "menu", popover: "auto" });
    this.said = el("span", { role: "status" });
    this.undo = el("button", { type: "button" });
    this.toast = el("div", { class: "toast", popover: "manual" }, this.said, this.undo);
    root.replaceChildren(this.nav, this.add, this.more, this.menu, this.toast);
    this.sized = new ResizeObserver(() => this.resized());
    // Names have another width once their letters are here.
    document.fonts.ready.then(() => this.resized());
    this.sized.observe(this.list);
  }

  /** @param {Data} data @param {number} unheard  acts that Python has not heard of */
  update(data, unheard) {
    set(this.nav, "aria-busy", unheard ? "true" : null);
    writeOut(data);
    const isFirst = !this.data;
    // What was pressed since stays as it was pressed until Python has heard of it.
    if (unheard && !isFirst) return;
    this.data = structuredClone(data);
    const { texts } = data;
    set(this.nav, "aria-label", texts.views);
    set(this.add, "title", texts.new);
    set(this.add, "aria-label", texts.new);
    set(this.more, "title", texts.others);
    set(this.more, "aria-label", texts.others);
    write(this.undo, texts.undo);
    this.draw();
  }

  // Drawing

  draw() {
    // Whoever is writing a name or dragging a tab is not disturbed.
    if (this.renamed || this.dragged) return;
    const { tabs, others, current, texts } = this.data;
    const written = JSON.stringify([tabs, others.length, current, texts]);
    if (this.written === written) return;
    this.written = written;
    const focused = this.focused();
    const all = { id: null, name: texts.all, title: texts.all, is_readable: true };
    const { scrollLeft } = this.list;
    this.list.replaceChildren(...[all, ...tabs].map((tab) => this.item(tab)));
    this.list.scrollLeft = scrollLeft;
    this.more.hidden = !others.length;
    this.reveal(this.itemOf(current));
    if (focused !== undefined) this.focus(this.itemOf(focused) ? focused : current);
    this.fade();
  }

  /** @param {Omit<Tab, "id"> & {id: string | null}} tab */
  item(tab) {
    const { current, texts } = this.data;
    const { id, name, title } = tab;
    const isCurrent = id === current;
    const button = el(
      "button",
      {
        type: "button",
        class: "tab",
        title,
        tabindex: isCurrent ? 0 : -1,
        "aria-current": isCurrent ? "page" : null,
        onclick: () => this.open(id),
      },
      tab.is_readable ? null : icon("warning"),
      el("span", { class: "name" }, name),
    );
    if (id === null)
      return el(
        "li",
        { class: `item all${isCurrent ? " current" : ""}`, onkeydown: (event) => this.key(event, id) },
        button,
      );
    const options = fill(texts.options, { name });
    const shut = fill(texts.close_one, { name });
    return el(
      "li",
      {
        class: isCurrent ? "item current" : "item",
        "data-id": id,
        draggable: "true",
        onkeydown: (event) => this.key(event, id),
        ondblclick: () => this.rename(id),
        // The middle button would scroll.
        onmousedown: (event) => event.button === 1 && event.preventDefault(),
        onauxclick: (event) => event.button === 1 && this.shut(id),
        oncontextmenu: (event) => {
          event.preventDefault();
          this.showMenu(id);
        },
        ondragstart: (event) => this.drag(event),
        ondragend: () => this.drop(),
      },
      button,
      isCurrent ? iconButton("expand_more", options, () => this.showMenu(id), { "aria-haspopup": "menu" }) : null,
      iconButton("close", shut, () => this.shut(id), { class: "tool shut", tabindex: -1 }),
    );
  }

  /** @param {string | null} id @returns {HTMLElement | null} */
  itemOf(id) {
    const item = id === null ? this.list.firstElementChild : this.list.querySelector(`[data-id="${id}"]`);
    return /** @type {HTMLElement | null} */ (item);
  }

  /** The id of the tab that has the focus; undefined where none has. */
  focused() {
    const { activeElement } = /** @type {ShadowRoot} */ (this.list.getRootNode());
    const item = /** @type {HTMLElement | null} */ (activeElement?.closest(".item"));
    return item ? (item.dataset.id ?? null) : undefined;
  }

  focus(id) {
    const item = this.itemOf(id);
    this.list.querySelectorAll(".tab").forEach((tab) => set(tab, "tabindex", tab.parentElement === item ? 0 : -1));
    /** @type {HTMLElement | null} */ (item?.querySelector(".tab"))?.focus({ preventScroll: true });
    this.reveal(item);
  }

  reveal(item) {
    if (!item) return;
    const { scrollLeft, clientWidth } = this.list;
    const start = item.offsetLeft - this.list.offsetLeft;
    if (start < scrollLeft) this.list.scrollLeft = start;
    else if (start + item.offsetWidth > scrollLeft + clientWidth)
      this.list.scrollLeft = start + item.offsetWidth - clientWidth;
  }

  /** What stands beside came later, or the window is another: the tab in hand stays in sight. */
  resized() {
    if (this.data) this.reveal(this.itemOf(this.data.current));
    this.fade();
  }

  fade() {
    const { scrollLeft, scrollWidth, clientWidth } = this.list;
    const start = scrollLeft > 1;
    const end = scrollLeft + clientWidth < scrollWidth - 1;
    set(this.list, "data-more", start && end ? "both" : start ? "start" : end ? "end" : null);
  }

  wheel(event) {
    if (Math.abs(event.deltaY) <= Math.abs(event.deltaX)) return;
    event.preventDefault();
    this.list.scrollLeft += event.deltaY;
  }

  // Acting

  act(act, { isLong = false } = {}) {
    set(this.nav, "aria-busy", "true");
    if (isLong) begin();
    this.tell(act);
    this.draw();
  }

  open(id) {
    this.data.current = id;
    this.act({ what: "open", id }, { isLong: true });
  }

  shut(id) {
    this.leave(id, "close", this.data.texts.closed);
  }

  erase(id) {
    this.leave(id, "delete", this.data.texts.deleted);
  }

  /** Take a view from the tabs, or from those that are not open; say so, and how to undo it. */
  leave(id, what, text) {
    const { tabs, others, current } = this.data;
    const place = tabs.findIndex((tab) => tab.id === id);
    const isShown = id === current;
    const tab = [...tabs, ...others].find((one) => one.id === id);
    const then = (tabs[place + 1] ?? tabs[place - 1])?.id ?? null;
    this.data.tabs = tabs.filter((one) => one !== tab);
    this.data.others = others.filter((one) => one !== tab);
    if (what === "close") this.data.others.unshift(tab);
    if (isShown) this.data.current = then;
    this.act({ what, id, ...(isShown ? { then } : {}) }, { isLong: isShown });
    const back = { what: "restore", id, place: place < 0 ? null : place, ...(isShown ? { then: id } : {}) };
    this.say(fill(text, { name: tab.name }), () => this.act(back, { isLong: isShown }));
  }

  rename(id) {
    const item = this.itemOf(id);
    const tab = this.data.tabs.find((one) => one.id === id);
    if (this.renamed || !item || !tab) return;
    this.renamed = id;
    item.draggable = false;
    const end = (isKept) => {
      if (this.renamed !== id) return;
      this.renamed = null;
      this.written = "";
      const name = tidied(field.value);
      if (isKept && name && name !== tab.name) {
        // Python may have sent the tabs anew since.
        for (const one of this.data.tabs) if (one.id === id) one.name = name;
        this.act({ what: "rename", id, name });
      } else this.draw();
    };
    const field = el("input", {
      class: "rename",
      type: "text",
      maxlength: 200,
      spellcheck: "false",
      "aria-label": this.data.texts.name,
      onblur: () => end(true),
      onkeydown: (event) => {
        event.stopPropagation();
        if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
        event.preventDefault();
        end(event.key === "Enter");
        this.focus(id);
      },
    });
    field.value = tab.name;
    item.replaceChildren(field);
    field.focus();
    field.select();
    this.reveal(item);
  }

  async copy(id) {
    const { texts } = this.data;
    await navigator.clipboard.writeText(new URL(`/?tab=${id}`, location.origin).href);
    this.say(texts.copied);
  }

  /** @param {string} text @param {(() => void) | null} [undo] */
  say(text, undo = null) {
    clearTimeout(this.fading);
    write(this.said, text);
    this.undo.hidden = !undo;
    this.undo.onclick = () => {
      hideToast(this.toast);
      undo?.();
    };
    showToast(this.toast);
    this.fading = setTimeout(() => hideToast(this.toast), TOAST_FOR);
  }

  // Menus

  showMenu(id) {
    const { texts } = this.data;
    openMenu(this.menu, this.itemOf(id), "", [
      { icon: "edit", text: texts.rename, hint: "F2", act: () => this.rename(id) },
      { icon: "content_copy", text: texts.duplicate, act: () => this.act({ what: "duplicate", id }, { isLong: true }) },
      { icon: "link", text: texts.copy, act: () => this.copy(id) },
      { icon: "close", text: texts.close, hint: texts.delete_key, act: () => this.shut(id) },
      { icon: "delete", text: texts.delete, act: () => this.erase(id) },
    ]);
  }

  showOthers() {
    const { texts, others } = this.data;
    const lines = others.map(({ id, name, title, is_readable }) => ({
      icon: is_readable ? "bookmark" : "warning",
      text: name,
      title,
      act: () => this.reopen(id),
      aside: { icon: "delete", text: fill(texts.delete_one, { name }), act: () => this.erase(id) },
    }));
    openMenu(this.menu, this.more, texts.others, lines);
  }

  reopen(id) {
    const tab = this.data.others.find((one) => one.id === id);
    this.data.others = this.data.others.filter((one) => one !== tab);
    this.data.tabs = [...this.data.tabs, tab];
    this.data.current = id;
    this.act({ what: "reopen", id }, { isLong: true });
  }

  // Keys

  key(event, id) {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
    const act = this.keys(event, id);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  keys({ key, altKey }, id) {
    const ids = [null, ...this.data.tabs.map((tab) => tab.id)];
    const place = ids.indexOf(id);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (altKey) return step && id !== null ? () => this.shift(place - 1, place - 1 + step) : null;
    if (step) return () => place + step in ids && this.focus(ids[place + step]);
    const act = { Home: () => this.focus(ids[0]), End: () => this.focus(ids[ids.length - 1]) }[key];
    if (act || id === null) return act;
    return { F2: () => this.rename(id), Delete: () => this.shut(id) }[key];
  }

  /** Move the tab at one place to another. */
  shift(from, to) {
    const tabs = [...this.data.tabs];
    if (!(to in tabs)) return;
    tabs.splice(to, 0, ...tabs.splice(from, 1));
    this.order(tabs.map((tab) => tab.id));
  }

  order(ids) {
    const of = new Map(this.data.tabs.map((tab) => [tab.id, tab]));
    this.data.tabs = ids.map((id) => of.get(id)).filter(Boolean);
    this.act({ what: "move", ids });
  }

  // Dragging: the tab itself moves along.

  drag(event) {
    this.dragged = event.currentTarget;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.dragged.textContent);
    this.dragged.classList.add("dragged");
  }

  over(event) {
    if (!this.dragged) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    const item = event.target.closest(".item");
    if (!item || item === this.dragged) return;
    const { left, width } = item.getBoundingClientRect();
    const isAfter = item.classList.contains("all") || event.clientX > left + width / 2;
    item[isAfter ? "after" : "before"](this.dragged);
  }

  drop() {
    const before = this.data.tabs.map((tab) => tab.id);
    this.dragged?.classList.remove("dragged");
    this.dragged = null;
    const items = /** @type {HTMLElement[]} */ ([...this.list.children]);
    const ids = items.map((item) => item.dataset.id).filter(Boolean);
    this.written = "";
    if (ids.join() === before.join()) this.draw();
    else this.order(ids);
  }

  close() {
    clearTimeout(this.fading);
    this.sized.disconnect();
  }
}

/** Write out an address that names only a tab: a step back to it must show what it showed. */
function writeOut({ current, address }) {
  const asked = new URLSearchParams(location.search);
  if (!address || asked.get("tab") !== current || asked.get("view")) return;
  asked.set("view", address);
  history.replaceState(history.state, "", `${location.pathname}?${asked}`);
}
