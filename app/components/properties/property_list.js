// The properties under their headings: select, rename, reorder and move to another heading, with
// the mouse and the keyboard. Not here: the selected property itself (property_header.js).
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { rename } from "../shared/ui/inline_rename.js";
import { ICONS } from "../shared/ui/property_types.js";
import { isVersion } from "../shared/bridge/address.js";

/** @typedef {import("../shared/store/property_definitions.js").Property} Property */

export class PropertyList {
  /**
   * @param {import("./properties.js").Tools} tools
   * @param {{openForm: () => void, remove: (property: Property) => void}} callbacks
   */
  constructor(tools, callbacks) {
    this.tools = tools;
    this.callbacks = callbacks;
    /** @type {Property[]} */
    this.properties = [];
    /** @type {HTMLElement | null} */
    this.dragged = null;
    this.isRenaming = false;
    this.title = el("h2", {});
    this.add = el(
      "button",
      { type: "button", class: "add writes", onclick: () => callbacks.openForm() },
      icon("add"),
      el("span", {}),
    );
    this.body = el("div", {
      class: "sections",
      ondragover: (event) => this.dragOver(event),
      ondrop: (event) => event.preventDefault(),
    });
    this.keys = el("p", { class: "keys" });
    this.importButton = el(
      "button",
      { type: "button", class: "bring", onclick: () => tools.importFile() },
      icon("upload_file"),
      el("span", {}),
    );
    this.node = el(
      "nav",
      { class: "list" },
      el("header", {}, this.title, this.add),
      this.body,
      this.keys,
      this.importButton,
    );
  }

  /** @param {Property[]} properties @param {string | null} selectedId */
  draw(properties, selectedId) {
    const { t } = this.tools;
    this.properties = properties;
    this.selectedId = selectedId;
    write(this.title, t("properties"));
    set(this.node, "aria-label", t("properties"));
    write(this.add.lastChild, t("new"));
    write(this.importButton.lastChild, t("import"));
    write(this.keys, t("order_keys"));
    this.keys.hidden = properties.length < 2;
    // Typing a name and dragging are not interrupted.
    if (this.isRenaming || this.dragged) return;
    const focusedId = this.focusedId();
    const { scrollTop } = this.body;
    this.body.replaceChildren(...this.headings().map((heading) => this.section(heading)));
    this.body.scrollTop = scrollTop;
    if (focusedId) this.focus(this.itemOf(focusedId) ? focusedId : selectedId);
  }

  /** Headings in the order of their first property; null, without one, comes first. */
  headings() {
    const named = this.properties.map((property) => property.folder).filter((folder) => folder !== null);
    return [null, ...new Set(named)];
  }

  /** @param {string | null} heading */
  section(heading) {
    const { t } = this.tools;
    const own = this.properties.filter((property) => property.folder === heading);
    const list = el(
      "ul",
      { "aria-label": heading ?? t("without_heading") },
      ...own.map((property) => this.item(property)),
    );
    list.dataset.heading = JSON.stringify(heading);
    if (heading === null) return el("section", {}, list);
    const button = el(
      "button",
      {
        type: "button",
        title: t("rename_heading", { name: heading }),
        onclick: () => this.renameHeading(heading, button),
      },
      heading,
    );
    return el("section", {}, el("h3", {}, button), list);
  }

  /** @param {Property} property */
  item(property) {
    const { t, language } = this.tools;
    const isSelected = property.id === this.selectedId;
    const isFirst = !this.selectedId && property === this.properties[0];
    const button = el(
      "button",
      {
        type: "button",
        class: property.hidden ? "item hidden" : "item",
        title: `${property.name}\n${t(`type_${property.type}`)}`,
        tabindex: isSelected || isFirst ? 0 : -1,
        "aria-current": isSelected ? "true" : null,
        onclick: () => this.tools.select(property.id),
        onkeydown: (event) => this.keydown(event, property),
        ondblclick: () => this.rename(property),
      },
      icon(ICONS[property.type]),
      el("span", { class: "name" }, property.name),
      property.hidden ? el("span", { class: "mark", title: t("hidden") }, icon("visibility_off")) : null,
      el(
        "span",
        { class: "number", title: t(property.target === "file" ? "files" : "images", { count: property.targets }) },
        number(property.targets, language),
      ),
    );
    return el(
      "li",
      {
        "data-id": property.id,
        draggable: String(!isVersion),
        ondragstart: (event) => this.dragStart(event),
        ondragend: () => this.dragEnd(),
      },
      button,
    );
  }

  itemOf(id) {
    return this.body.querySelector(`li[data-id="${id}"]`);
  }

  focusedId() {
    const root = /** @type {ShadowRoot} */ (this.body.getRootNode());
    const active = root.activeElement;
    const item = /** @type {HTMLElement | null | undefined} */ (active?.closest?.(".sections li"));
    return item?.dataset.id;
  }

  /** @param {string | null} id */
  focus(id) {
    const button = this.itemOf(id)?.querySelector("button");
    button?.focus();
    button?.scrollIntoView({ block: "nearest" });
  }

  // Names

  /** @param {Property} property */
  rename(property) {
    const button = this.itemOf(property.id)?.querySelector("button");
    if (isVersion || this.isRenaming || !button) return;
    this.isRenaming = true;
    rename(button, property.name, this.tools.t("name"), (name) => {
      this.isRenaming = false;
      button.focus();
      if (name === null) return;
      write(button.querySelector(".name"), name);
      this.tools.change({ do: "alter", id: property.id, parts: { name } });
    });
  }

  renameHeading(heading, button) {
    if (isVersion || this.isRenaming) return;
    this.isRenaming = true;
    rename(button, heading, this.tools.t("heading"), (name) => {
      this.isRenaming = false;
      if (name === null) return;
      write(button, name);
      this.tools.change({ do: "heading", from: heading, to: name });
    });
  }

  // Keys

  /** @param {KeyboardEvent} event @param {Property} property */
  keydown(event, property) {
    if (event.ctrlKey || event.metaKey) return;
    const order = this.shownOrder();
    const index = order.findIndex((other) => other.id === property.id);
    const stepTo = (to) => to in order && this.step(order[to].id);
    const plainKeys = {
      ArrowDown: () => stepTo(index + 1),
      ArrowUp: () => stepTo(index - 1),
      Home: () => stepTo(0),
      End: () => stepTo(order.length - 1),
      F2: () => this.rename(property),
      Delete: () => this.callbacks.remove(property),
    };
    const altKeys = { ArrowDown: () => this.moveBy(property, 1), ArrowUp: () => this.moveBy(property, -1) };
    const action = (event.altKey ? altKeys : plainKeys)[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  step(id) {
    this.tools.select(id);
    this.focus(id);
  }

  /** The properties in the order of the list, heading by heading. */
  shownOrder() {
    return this.headings().flatMap((heading) => this.properties.filter((property) => property.folder === heading));
  }

  /**
   * Move a property one position; at the end of a heading, over to the next heading.
   * @param {Property} property @param {1 | -1} by
   */
  moveBy(property, by) {
    const headings = this.headings();
    const groups = headings.map((heading) => this.properties.filter((other) => other.folder === heading));
    const from = headings.indexOf(property.folder);
    const index = groups[from].indexOf(property);
    const to = index + by in groups[from] ? from : from + by;
    if (!(to in groups)) return;
    groups[from].splice(index, 1);
    groups[to].splice(to === from ? index + by : by > 0 ? 0 : groups[to].length, 0, property);
    this.saveOrder(groups.flat(), property, headings[to]);
  }

  /** @param {Property[]} order @param {Property} property  which was moved @param {string | null} folder */
  saveOrder(order, property, folder) {
    const folders = folder === property.folder ? {} : { [property.id]: folder };
    property.folder = folder;
    this.draw(order, this.selectedId);
    this.focus(property.id);
    this.tools.change({ do: "place", order: order.map((other) => other.id), folders });
  }

  // Dragging: the item moves along with the pointer.

  dragStart(event) {
    this.dragged = event.currentTarget;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.dragged.textContent);
    this.dragged.classList.add("dragged");
    // Shows where a property without a heading can be dropped. Not before the drag has begun.
    requestAnimationFrame(() => this.body.classList.add("dragging"));
  }

  dragOver(event) {
    if (!this.dragged) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    const item = event.target.closest("li");
    if (item === this.dragged) return;
    if (!item) {
      const list = event.target.closest("section")?.querySelector("ul");
      const isHeading = event.target.closest("h3");
      if (isHeading) list.prepend(this.dragged);
      else if (list && !list.contains(this.dragged)) list.append(this.dragged);
      return;
    }
    const { top, height } = item.getBoundingClientRect();
    item[event.clientY > top + height / 2 ? "after" : "before"](this.dragged);
  }

  dragEnd() {
    const item = this.dragged;
    this.dragged = null;
    this.body.classList.remove("dragging");
    if (!item) return;
    item.classList.remove("dragged");
    const property = this.properties.find((other) => other.id === item.dataset.id);
    const folder = JSON.parse(item.closest("ul").dataset.heading);
    const before = this.shownOrder();
    const order = [...this.body.querySelectorAll("li")]
      .map((node) => before.find((other) => other.id === node.dataset.id))
      .filter(Boolean);
    const isSame = order.every((other, index) => other === before[index]) && property?.folder === folder;
    if (isSame || !property) this.draw(this.tools.definitions.properties, this.selectedId);
    else this.saveOrder(order, property, folder);
  }
}
