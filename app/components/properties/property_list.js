// The properties under their headings: choose, rename, put in another order or under another
// heading, by hand and by keys. Not here: what a property is (property_header.js).
import { el, icon, number, set, write } from "../shared/ui/dom.js";
import { rename } from "../shared/ui/inline_rename.js";
import { ICONS } from "../shared/ui/property_types.js";

/** @typedef {import("../shared/store/property_definitions.js").Property} Property */

export class List {
  /**
   * @param {import("./properties.js").Tools} tools
   * @param {{make: () => void, remove: (one: Property) => void}} acts
   */
  constructor(tools, acts) {
    this.tools = tools;
    this.acts = acts;
    /** @type {Property[]} */
    this.properties = [];
    /** @type {HTMLElement | null} */
    this.dragged = null;
    this.isRenaming = false;
    this.title = el("h2", {});
    this.add = el("button", { type: "button", class: "add", onclick: () => acts.make() }, icon("add"), el("span", {}));
    this.body = el("div", {
      class: "sections",
      ondragover: (event) => this.over(event),
      ondrop: (event) => event.preventDefault(),
    });
    this.keys = el("p", { class: "keys" });
    this.bring = el(
      "button",
      { type: "button", class: "bring", onclick: () => tools.bring() },
      icon("upload_file"),
      el("span", {}),
    );
    this.node = el("nav", { class: "list" }, el("header", {}, this.title, this.add), this.body, this.keys, this.bring);
  }

  /** @param {Property[]} properties @param {string | null} chosen */
  draw(properties, chosen) {
    const { say } = this.tools;
    this.properties = properties;
    this.chosen = chosen;
    write(this.title, say("properties"));
    set(this.node, "aria-label", say("properties"));
    write(this.add.lastChild, say("new"));
    write(this.bring.lastChild, say("import"));
    write(this.keys, say("order_keys"));
    this.keys.hidden = properties.length < 2;
    // Whoever writes a name or drags is not disturbed.
    if (this.isRenaming || this.dragged) return;
    const focused = this.focused();
    const { scrollTop } = this.body;
    this.body.replaceChildren(...this.headings().map((heading) => this.section(heading)));
    this.body.scrollTop = scrollTop;
    if (focused) this.focus(this.itemOf(focused) ? focused : chosen);
  }

  /** Headings in the order of their first property; null, without one, comes first. */
  headings() {
    const named = this.properties.map((one) => one.folder).filter((folder) => folder !== null);
    return [null, ...new Set(named)];
  }

  /** @param {string | null} heading */
  section(heading) {
    const { say } = this.tools;
    const own = this.properties.filter((one) => one.folder === heading);
    const list = el("ul", { "aria-label": heading ?? say("without_heading") }, ...own.map((one) => this.item(one)));
    list.dataset.heading = JSON.stringify(heading);
    if (heading === null) return el("section", {}, list);
    const button = el(
      "button",
      {
        type: "button",
        title: say("rename_heading", { name: heading }),
        onclick: () => this.renameHeading(heading, button),
      },
      heading,
    );
    return el("section", {}, el("h3", {}, button), list);
  }

  /** @param {Property} one */
  item(one) {
    const { say, language } = this.tools;
    const isChosen = one.id === this.chosen;
    const isFirst = !this.chosen && one === this.properties[0];
    const button = el(
      "button",
      {
        type: "button",
        class: one.hidden ? "item hidden" : "item",
        title: `${one.name}\n${say(`type_${one.type}`)}`,
        tabindex: isChosen || isFirst ? 0 : -1,
        "aria-current": isChosen ? "true" : null,
        onclick: () => this.tools.choose(one.id),
        onkeydown: (event) => this.key(event, one),
        ondblclick: () => this.rename(one),
      },
      icon(ICONS[one.type]),
      el("span", { class: "name" }, one.name),
      one.hidden ? el("span", { class: "mark", title: say("hidden") }, icon("visibility_off")) : null,
      el(
        "span",
        { class: "number", title: say(one.target === "file" ? "files" : "images", { count: one.targets }) },
        number(one.targets, language),
      ),
    );
    return el(
      "li",
      { "data-id": one.id, draggable: "true", ondragstart: (event) => this.drag(event), ondragend: () => this.drop() },
      button,
    );
  }

  itemOf(id) {
    return this.body.querySelector(`li[data-id="${id}"]`);
  }

  focused() {
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

  /** @param {Property} one */
  rename(one) {
    const button = this.itemOf(one.id)?.querySelector("button");
    if (this.isRenaming || !button) return;
    this.isRenaming = true;
    rename(button, one.name, this.tools.say("name"), (name) => {
      this.isRenaming = false;
      button.focus();
      if (name === null) return;
      write(button.querySelector(".name"), name);
      this.tools.tell({ do: "alter", id: one.id, parts: { name } });
    });
  }

  renameHeading(heading, button) {
    if (this.isRenaming) return;
    this.isRenaming = true;
    rename(button, heading, this.tools.say("heading"), (name) => {
      this.isRenaming = false;
      if (name === null) return;
      write(button, name);
      this.tools.tell({ do: "heading", from: heading, to: name });
    });
  }

  // Keys

  /** @param {KeyboardEvent} event @param {Property} one */
  key(event, one) {
    if (event.ctrlKey || event.metaKey) return;
    const shown = this.shownOrder();
    const at = shown.findIndex((other) => other.id === one.id);
    const beside = (to) => to in shown && this.step(shown[to].id);
    const plain = {
      ArrowDown: () => beside(at + 1),
      ArrowUp: () => beside(at - 1),
      Home: () => beside(0),
      End: () => beside(shown.length - 1),
      F2: () => this.rename(one),
      Delete: () => this.acts.remove(one),
    };
    const held = { ArrowDown: () => this.shift(one, 1), ArrowUp: () => this.shift(one, -1) };
    const act = (event.altKey ? held : plain)[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  step(id) {
    this.tools.choose(id);
    this.focus(id);
  }

  /** The properties as they stand, heading by heading. */
  shownOrder() {
    return this.headings().flatMap((heading) => this.properties.filter((one) => one.folder === heading));
  }

  /** Move by one place; at the end of a heading's properties, over to the next heading. */
  shift(one, by) {
    const headings = this.headings();
    const groups = headings.map((heading) => this.properties.filter((other) => other.folder === heading));
    const here = headings.indexOf(one.folder);
    const at = groups[here].indexOf(one);
    const there = at + by in groups[here] ? here : here + by;
    if (!(there in groups)) return;
    groups[here].splice(at, 1);
    groups[there].splice(there === here ? at + by : by > 0 ? 0 : groups[there].length, 0, one);
    this.place(groups.flat(), one, headings[there]);
  }

  /** @param {Property[]} order @param {Property} one that was moved @param {string | null} folder */
  place(order, one, folder) {
    const folders = folder === one.folder ? {} : { [one.id]: folder };
    one.folder = folder;
    this.draw(order, this.chosen);
    this.focus(one.id);
    this.tools.tell({ do: "place", order: order.map((other) => other.id), folders });
  }

  // Dragging: the property itself moves along.

  drag(event) {
    this.dragged = event.currentTarget;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.dragged.textContent);
    this.dragged.classList.add("dragged");
    // Only now is there somewhere to drop what shall stand under no heading.
    requestAnimationFrame(() => this.body.classList.add("dragging"));
  }

  over(event) {
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

  drop() {
    const item = this.dragged;
    this.dragged = null;
    this.body.classList.remove("dragging");
    if (!item) return;
    item.classList.remove("dragged");
    const one = this.properties.find((other) => other.id === item.dataset.id);
    const folder = JSON.parse(item.closest("ul").dataset.heading);
    const before = this.shownOrder();
    const order = [...this.body.querySelectorAll("li")]
      .map((node) => before.find((other) => other.id === node.dataset.id))
      .filter(Boolean);
    const isSame = order.every((other, at) => other === before[at]) && one?.folder === folder;
    if (isSame || !one) this.draw(this.tools.definitions.properties, this.chosen);
    else this.place(order, one, folder);
  }
}
