// The open groups of a kind: of however many only those in sight are there, and fetched when they
// are. Not here: fetching them (duplicates.js), the group in hand.
import { el, icon, set, write } from "../shared/ui/dom.js";
import { alike, sized } from "./image_facts.js";

export const ROW = 60;
const AROUND = 6;

/** @typedef {import("./duplicates.js").Listed} Listed */

export class List {
  /**
   * @param {import("./duplicates.js").Tools} tools
   * @param {{hold: (at: number) => void, want: (first: number, end: number) => void}} acts
   */
  constructor(tools, { hold, want }) {
    this.tools = tools;
    this.hold = hold;
    this.want = want;
    this.total = 0;
    /** @type {number | null} */
    this.at = null;
    this.kind = "";
    /** What was done with groups that are still listed. @type {Map<string, string>} */
    this.done = new Map();
    /** @type {(at: number) => Listed | undefined} */
    this.row = () => undefined;
    /** @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    this.tall = el("div", { class: "tall", role: "presentation" });
    this.node = el(
      "div",
      { class: "groups", role: "listbox", tabindex: "0", "aria-label": tools.say("list"), onscroll: () => this.draw() },
      this.tall,
    );
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.node);
  }

  /**
   * @param {{total: number, at: number | null, kind: string, row: (at: number) => Listed | undefined, done: Map<string,
   *   string>}} shown
   */
  show({ total, at, kind, row, done }) {
    const hasMoved = at !== this.at || total !== this.total || kind !== this.kind;
    Object.assign(this, { total, at, kind, row, done });
    this.tall.style.height = `${total * ROW}px`;
    if (hasMoved) this.reveal();
    this.draw();
  }

  reveal() {
    const top = (this.at ?? 0) * ROW;
    const { scrollTop, clientHeight } = this.node;
    if (top < scrollTop) this.node.scrollTop = top;
    else if (top + 2 * ROW > scrollTop + clientHeight) this.node.scrollTop = top + 2 * ROW - clientHeight;
  }

  draw() {
    const { scrollTop, clientHeight } = this.node;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - AROUND);
    const end = Math.min(this.total, Math.ceil((scrollTop + clientHeight) / ROW) + AROUND);
    for (const [at, node] of this.rows) {
      if (at >= first && at < end) continue;
      node.remove();
      this.rows.delete(at);
    }
    for (let at = first; at < end; at += 1) this.drawRow(at);
    set(this.node, "aria-activedescendant", this.rows.get(this.at ?? -1)?.id ?? null);
    if (end > first) this.want(first, end);
  }

  drawRow(at) {
    const told = this.row(at);
    let node = this.rows.get(at);
    if (!node || node.dataset.group !== (told?.group ?? "")) {
      node?.remove();
      node = this.made(at, told);
      this.rows.set(at, node);
      this.tall.append(node);
    }
    const what = told && this.done.get(told.group);
    node.classList.toggle("done", Boolean(what));
    if (told)
      write(
        /** @type {Node} */ (node.querySelector(".about")),
        what ? this.tools.say(`done_${what}`) : this.about(told),
      );
    set(node, "aria-selected", String(at === this.at));
  }

  /** @param {number} at @param {Listed | undefined} told */
  made(at, told) {
    const place = {
      role: "option",
      id: `group-${at}`,
      style: `top:${at * ROW}px`,
      "aria-setsize": this.total,
      "aria-posinset": at + 1,
    };
    if (!told) return el("div", { class: "group skeleton", "data-group": "", ...place });
    const images = told.sha1s
      .slice(0, 2)
      .map((sha1) => el("img", { src: `/thumb/${sha1}`, alt: "", decoding: "async", draggable: "false" }));
    return el(
      "div",
      { class: "group", "data-group": told.group, title: told.place, onclick: () => this.hold(at), ...place },
      el("span", { class: "few" }, ...images),
      el(
        "span",
        { class: "texts" },
        el("span", { class: "name" }, told.place.replace(/^.*\//, "")),
        el("span", { class: "about" }, this.about(told)),
      ),
      icon("check"),
    );
  }

  /** @param {Listed} told */
  about(told) {
    const { say, language } = this.tools;
    if (this.kind === "exact") return `${say("copies", { count: told.count })} · ${sized(told.bytes, language)}`;
    return `${say("images", { count: told.count })} · ${alike(this.tools, this.kind, told.distance).short}`;
  }

  close() {
    this.observer.disconnect();
  }
}
