// The images of the group in hand as a strip: of thousands only those in sight are there. Not here:
// what happens to them (duplicates.js).
import { el, icon, set, write } from "../shared/ui/dom.js";

const WIDTH = 92;
const AROUND = 4;
const SIGNS = { keeps: "star", leaves: "logout", stays: "check" };

/** @typedef {import("./duplicates.js").Member} Member */

export class Members {
  /** @param {import("./duplicates.js").Tools} tools @param {(at: number) => void} hold */
  constructor(tools, hold) {
    this.tools = tools;
    this.hold = hold;
    /** @type {Member[]} */
    this.members = [];
    /** @type {Map<number, HTMLElement>} */
    this.tiles = new Map();
    this.wide = el("div", { class: "wide", role: "presentation" });
    this.node = el(
      "div",
      {
        class: "members",
        role: "listbox",
        "aria-label": tools.say("members"),
        "aria-orientation": "horizontal",
        onscroll: () => this.draw(),
      },
      this.wide,
    );
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.node);
  }

  /**
   * @param {Member[]} members @param {number} at  the one that is compared
   * @param {(member: Member) => "keeps" | "leaves" | "stays"} fate
   */
  show(members, at, fate) {
    if (members !== this.members) {
      for (const at of [...this.tiles.keys()]) this.drop(at);
      this.node.scrollLeft = 0;
    }
    this.members = members;
    this.at = at;
    this.fate = fate;
    this.wide.style.width = `${members.length * WIDTH}px`;
    this.reveal();
    this.draw();
  }

  reveal() {
    const left = (this.at ?? 0) * WIDTH;
    const { scrollLeft, clientWidth } = this.node;
    if (left < scrollLeft) this.node.scrollLeft = left;
    else if (left + WIDTH > scrollLeft + clientWidth) this.node.scrollLeft = left + WIDTH - clientWidth;
  }

  draw() {
    const first = Math.max(0, Math.floor(this.node.scrollLeft / WIDTH) - AROUND);
    const end = Math.min(
      this.members.length,
      Math.ceil((this.node.scrollLeft + this.node.clientWidth) / WIDTH) + AROUND,
    );
    for (const at of [...this.tiles.keys()]) if (at < first || at >= end) this.drop(at);
    for (let at = first; at < end; at += 1) this.drawTile(at);
  }

  drop(at) {
    const tile = this.tiles.get(at);
    // A picture that is still on its way is no longer waited for: what is written goes first.
    tile?.querySelector("img")?.removeAttribute("src");
    tile?.remove();
    this.tiles.delete(at);
  }

  drawTile(at) {
    const member = this.members[at];
    let tile = this.tiles.get(at);
    if (!tile) {
      tile = el(
        "div",
        {
          class: "member",
          role: "option",
          title: member.place,
          style: `left:${at * WIDTH}px`,
          "data-sha1": member.sha1,
          onclick: () => this.hold(at),
        },
        el("img", { src: `/thumb/${member.sha1}`, alt: "", decoding: "async", draggable: "false" }),
        el("span", { class: "fate" }, icon("star"), el("span", {})),
      );
      this.tiles.set(at, tile);
      this.wide.append(tile);
    }
    const fate = this.fate?.(member) ?? "leaves";
    const [sign, word] = tile.querySelectorAll(".fate > span");
    write(sign, SIGNS[fate]);
    write(word, this.tools.say(fate));
    set(tile, "data-fate", fate);
    set(tile, "aria-selected", String(at === this.at));
    set(tile, "aria-setsize", this.members.length);
    set(tile, "aria-posinset", at + 1);
    set(tile, "aria-label", `${member.name}, ${this.tools.say(fate)}`);
  }

  close() {
    this.observer.disconnect();
  }
}
