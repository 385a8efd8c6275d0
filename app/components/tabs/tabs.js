// The tabs of the top bar: opened, renamed in place, reordered, closed, and the views that are not
// open. An action shows at once; Python confirms. Not here: what a tab shows (Python), its menu
// (menu.js), dragging a tab (dragging.js), the field of a new name (rename_field.js).
import { el, fill, icon, iconButton, set, write } from "../shared/ui/dom.js";
import { component } from "../shared/bridge/lifecycle.js";
import { hideToast, showToast } from "../shared/ui/toasts.js";
import { begin } from "../shared/bridge/pending.js";
import { isVersion, pageAddress } from "../shared/bridge/address.js";
import { TabDragging } from "./dragging.js";
import { openMenu } from "./menu.js";
import { makeRenameField } from "./rename_field.js";

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
/**
 * What a person did, as Python reads it (`TabAction`).
 * @typedef {object} Action
 * @property {string} what
 * @property {string | null} [id]
 * @property {string} [name]
 * @property {string[]} [ids]
 * @property {number | null} [place]  index among the tabs
 * @property {string | null} [then]   the tab to show now
 */

export default component(
  (root, data) => new Tabs(root, data),
  (tabs, { send }) => (tabs.send = (action) => send("act", action)),
);

class Tabs {
  /** @param {HTMLElement} root @param {Data} data */
  constructor(root, data) {
    this.data = structuredClone(data);
    this.isUpdated = false;
    /** Sends an action to Python; new with each run. @type {(action: Action) => void} */
    this.send = () => {};
    /** Id of the tab that is being renamed. @type {string | null} */
    this.renamed = null;
    /** What was drawn last. */
    this.written = "";
    this.list = el("ul", { onscroll: () => this.drawFade(), onwheel: (event) => this.wheel(event) });
    this.dragging = new TabDragging(this.list, (ids) => this.dropped(ids));
    this.nav = el("nav", { class: "strip" }, this.list);
    this.add = iconButton("add", "", () => this.act({ what: "new" }, { isLong: true }), {
      class: "tool writes",
    });
    this.more = iconButton("bookmarks", "", () => this.openOthersMenu(), { "aria-haspopup": "menu" });
    this.menu = el("div", { class: "menu", role: "menu", popover: "auto" });
    this.toastText = el("span", { role: "status" });
    this.undo = el("button", { type: "button" });
    this.toast = el("div", { class: "toast", popover: "manual" }, this.toastText, this.undo);
    root.replaceChildren(this.nav, this.add, this.more, this.menu, this.toast);
    this.observer = new ResizeObserver(() => this.resized());
    // Names have another width once their font is loaded.
    document.fonts.ready.then(() => this.resized());
    this.observer.observe(this.list);
  }

  /** @param {Data} data @param {number} [unconfirmed]  actions that Python has not carried out yet */
  update(data, unconfirmed) {
    set(this.nav, "aria-busy", unconfirmed ? "true" : null);
    completeAddress(data);
    // What was done since is shown as it was done until Python has carried it out.
    if (unconfirmed && this.isUpdated) return;
    this.isUpdated = true;
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
    if (this.renamed || this.dragging.item) return;
    const { tabs, others, current, texts } = this.data;
    const written = JSON.stringify([tabs, others.length, current, texts]);
    if (this.written === written) return;
    this.written = written;
    const focused = this.focusedId();
    const allImages = { id: null, name: texts.all, title: texts.all, is_readable: true };
    const { scrollLeft } = this.list;
    this.list.replaceChildren(...[allImages, ...tabs].map((tab) => this.makeItem(tab)));
    this.list.scrollLeft = scrollLeft;
    this.more.hidden = !others.length;
    this.reveal(this.itemOf(current));
    if (focused !== undefined) this.focus(this.itemOf(focused) ? focused : current);
    this.drawFade();
  }

  /** @param {Omit<Tab, "id"> & {id: string | null}} tab */
  makeItem({ id, name, title, is_readable: isReadable }) {
    const { current, texts } = this.data;
    const isCurrent = id === current;
    const attributes = {
      type: "button",
      class: "tab",
      title,
      tabindex: isCurrent ? 0 : -1,
      "aria-current": isCurrent ? "page" : null,
      onclick: () => this.open(id),
    };
    const button = el("button", attributes, isReadable ? null : icon("warning"), el("span", { class: "name" }, name));
    const onkeydown = (event) => this.onKey(event, id);
    if (id === null) return el("li", { class: `item all${isCurrent ? " current" : ""}`, onkeydown }, button);
    const options = fill(texts.options, { name });
    const close = fill(texts.close_one, { name });
    return el(
      "li",
      {
        class: isCurrent ? "item current" : "item",
        "data-id": id,
        draggable: String(!isVersion),
        onkeydown,
        ondblclick: () => this.rename(id),
        // The middle button would scroll.
        onmousedown: (event) => event.button === 1 && event.preventDefault(),
        onauxclick: (event) => event.button === 1 && this.closeTab(id),
        oncontextmenu: (event) => {
          event.preventDefault();
          this.openTabMenu(id);
        },
        ondragstart: (event) => this.dragging.start(event),
        ondragend: () => this.dragging.end(),
      },
      button,
      isCurrent ? iconButton("expand_more", options, () => this.openTabMenu(id), { "aria-haspopup": "menu" }) : null,
      iconButton("close", close, () => this.closeTab(id), { class: "tool shut writes", tabindex: -1 }),
    );
  }

  /** @param {string | null} id @returns {HTMLElement | null} */
  itemOf(id) {
    const item = id === null ? this.list.firstElementChild : this.list.querySelector(`[data-id="${id}"]`);
    return /** @type {HTMLElement | null} */ (item);
  }

  /** The id of the tab that has the keyboard focus; undefined where none has. */
  focusedId() {
    const { activeElement } = /** @type {ShadowRoot} */ (this.list.getRootNode());
    const item = /** @type {HTMLElement | null | undefined} */ (activeElement?.closest(".item"));
    return item ? (item.dataset.id ?? null) : undefined;
  }

  /** @param {string | null} id */
  focus(id) {
    const item = this.itemOf(id);
    this.list.querySelectorAll(".tab").forEach((tab) => set(tab, "tabindex", tab.parentElement === item ? 0 : -1));
    /** @type {HTMLElement | null | undefined} */ (item?.querySelector(".tab"))?.focus({ preventScroll: true });
    this.reveal(item);
  }

  /** Scroll to a tab. @param {HTMLElement | null} item */
  reveal(item) {
    if (!item) return;
    const { scrollLeft, clientWidth } = this.list;
    const start = item.offsetLeft - this.list.offsetLeft;
    if (start < scrollLeft) this.list.scrollLeft = start;
    else if (start + item.offsetWidth > scrollLeft + clientWidth)
      this.list.scrollLeft = start + item.offsetWidth - clientWidth;
  }

  /** The tab that is shown stays in sight when the window or what stands beside the tabs changes. */
  resized() {
    this.reveal(this.itemOf(this.data.current));
    this.drawFade();
  }

  /** Show at which ends there are more tabs. */
  drawFade() {
    const { scrollLeft, scrollWidth, clientWidth } = this.list;
    const start = scrollLeft > 1;
    const end = scrollLeft + clientWidth < scrollWidth - 1;
    set(this.list, "data-more", start && end ? "both" : start ? "start" : end ? "end" : null);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    if (Math.abs(event.deltaY) <= Math.abs(event.deltaX)) return;
    event.preventDefault();
    this.list.scrollLeft += event.deltaY;
  }

  // Actions

  /**
   * Send what was done, and show it.
   * @param {Action} action @param {{isLong?: boolean}} [options]  isLong: another view is shown
   */
  act(action, { isLong = false } = {}) {
    set(this.nav, "aria-busy", "true");
    if (isLong) begin();
    this.send(action);
    this.draw();
  }

  /** @param {string | null} id */
  open(id) {
    this.data.current = id;
    this.act({ what: "open", id }, { isLong: true });
  }

  /** @param {string} id */
  closeTab(id) {
    this.remove(id, "close", this.data.texts.closed);
  }

  /** @param {string} id */
  deleteView(id) {
    this.remove(id, "delete", this.data.texts.deleted);
  }

  /**
   * Take a view from the tabs, or from those that are not open; say so, and offer to undo it.
   * @param {string} id @param {"close" | "delete"} what @param {string} text
   */
  remove(id, what, text) {
    if (isVersion) return;
    const { tabs, others, current } = this.data;
    const index = tabs.findIndex((tab) => tab.id === id);
    const removed = [...tabs, ...others].find((tab) => tab.id === id);
    if (!removed) return;
    const isShown = id === current;
    const then = (tabs[index + 1] ?? tabs[index - 1])?.id ?? null;
    this.data.tabs = tabs.filter((tab) => tab !== removed);
    this.data.others = others.filter((tab) => tab !== removed);
    if (what === "close") this.data.others.unshift(removed);
    if (isShown) this.data.current = then;
    this.act({ what, id, ...(isShown ? { then } : {}) }, { isLong: isShown });
    const restore = { what: "restore", id, place: index < 0 ? null : index, ...(isShown ? { then: id } : {}) };
    this.notify(fill(text, { name: removed.name }), () => this.act(restore, { isLong: isShown }));
  }

  /** @param {string} id */
  rename(id) {
    const item = this.itemOf(id);
    const renamed = this.data.tabs.find((tab) => tab.id === id);
    if (isVersion || this.renamed || !item || !renamed) return;
    this.renamed = id;
    item.draggable = false;
    const field = makeRenameField(renamed.name, this.data.texts.name, (name, byKey) => {
      this.renamed = null;
      this.written = "";
      if (name) {
        // Python may have sent the tabs anew since.
        for (const tab of this.data.tabs) if (tab.id === id) tab.name = name;
        this.act({ what: "rename", id, name });
      } else this.draw();
      if (byKey) this.focus(id);
    });
    item.replaceChildren(field);
    field.focus();
    field.select();
    this.reveal(item);
  }

  /** Copy a link to a tab. @param {string} id */
  async copyLink(id) {
    const { texts } = this.data;
    await navigator.clipboard.writeText(pageAddress("/", { tab: id }));
    this.notify(texts.copied);
  }

  /** @param {string} text @param {(() => void) | null} [undo] */
  notify(text, undo = null) {
    clearTimeout(this.toastTimer);
    write(this.toastText, text);
    this.undo.hidden = !undo;
    this.undo.onclick = () => {
      hideToast(this.toast);
      undo?.();
    };
    showToast(this.toast);
    this.toastTimer = setTimeout(() => hideToast(this.toast), TOAST_FOR);
  }

  // Menus

  /** @param {string} id */
  openTabMenu(id) {
    const { texts } = this.data;
    const item = this.itemOf(id);
    if (!item) return;
    if (isVersion)
      return openMenu(this.menu, item, "", [{ icon: "link", text: texts.copy, act: () => this.copyLink(id) }]);
    openMenu(this.menu, item, "", [
      { icon: "edit", text: texts.rename, hint: "F2", act: () => this.rename(id) },
      { icon: "content_copy", text: texts.duplicate, act: () => this.act({ what: "duplicate", id }, { isLong: true }) },
      { icon: "link", text: texts.copy, act: () => this.copyLink(id) },
      { icon: "close", text: texts.close, hint: texts.delete_key, act: () => this.closeTab(id) },
      { icon: "delete", text: texts.delete, act: () => this.deleteView(id) },
    ]);
  }

  openOthersMenu() {
    const { texts, others } = this.data;
    const items = others.map(({ id, name, title, is_readable }) => ({
      icon: is_readable ? "bookmark" : "warning",
      text: name,
      title,
      act: () => this.reopen(id),
      ...(isVersion
        ? {}
        : { aside: { icon: "delete", text: fill(texts.delete_one, { name }), act: () => this.deleteView(id) } }),
    }));
    openMenu(this.menu, this.more, texts.others, items);
  }

  /** @param {string} id */
  reopen(id) {
    const { tabs, others } = this.data;
    const reopened = others.filter((tab) => tab.id === id);
    this.data.others = others.filter((tab) => tab.id !== id);
    this.data.tabs = [...tabs, ...reopened];
    this.data.current = id;
    this.act({ what: "reopen", id }, { isLong: true });
  }

  // Keys

  /** @param {KeyboardEvent} event @param {string | null} id  of the tab that has the focus */
  onKey(event, id) {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
    const action = this.actionOf(event, id);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  /** @param {KeyboardEvent} event @param {string | null} id @returns {(() => void) | null | undefined} */
  actionOf({ key, altKey }, id) {
    const ids = [null, ...this.data.tabs.map((tab) => tab.id)];
    const index = ids.indexOf(id);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (altKey) return step && id !== null ? () => this.moveTab(index - 1, index - 1 + step) : null;
    if (step) return () => void (index + step in ids && this.focus(ids[index + step]));
    const move = { Home: () => this.focus(ids[0]), End: () => this.focus(ids[ids.length - 1]) }[key];
    if (move || id === null) return move;
    return { F2: () => this.rename(id), Delete: () => this.closeTab(id) }[key];
  }

  // Order

  /** Move a tab from one index to another. @param {number} from @param {number} to */
  moveTab(from, to) {
    const tabs = [...this.data.tabs];
    if (!(to in tabs)) return;
    tabs.splice(to, 0, ...tabs.splice(from, 1));
    this.setOrder(tabs.map((tab) => tab.id));
  }

  /** @param {string[]} ids */
  dropped(ids) {
    this.written = "";
    if (ids.join() === this.data.tabs.map((tab) => tab.id).join()) this.draw();
    else this.setOrder(ids);
  }

  /** @param {string[]} ids */
  setOrder(ids) {
    if (isVersion) return;
    const tabOf = new Map(this.data.tabs.map((tab) => [tab.id, tab]));
    this.data.tabs = ids.flatMap((id) => tabOf.get(id) ?? []);
    this.act({ what: "move", ids });
  }

  close() {
    clearTimeout(this.toastTimer);
    this.observer.disconnect();
  }
}

/** Complete an address that names only a tab: a step back to it must show what it showed. @param {Data} data */
function completeAddress({ current, address }) {
  const query = new URLSearchParams(location.search);
  if (!address || query.get("tab") !== current || query.get("view")) return;
  query.set("view", address);
  history.replaceState(history.state, "", `${location.pathname}?${query}`);
}
