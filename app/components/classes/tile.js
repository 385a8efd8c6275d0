// One image of a class: how well it fits, its two answers, and the way to another tag. Not here:
// writing them (classes.js), where it stands (class_section.js).
import { el, iconButton, set, write } from "../shared/ui/dom.js";
import { scored } from "../suggest/tile.js";

export class Tile {
  /**
   * @param {import("./classes.js").Tools} tools @param {string} id
   * @param {{hold: () => void, decide: (is: boolean) => void, enlarge: () => void,
   *   other: (anchor: Element) => void}} acts
   */
  constructor(tools, id, { hold, decide, enlarge, other }) {
    const { say } = tools;
    this.tools = tools;
    const act = (then) => (event) => {
      event.stopPropagation();
      then();
    };
    const tool = (sign, name, then) =>
      iconButton(sign, say(name), act(then), { class: `tool ${name}`, tabindex: "-1" });
    this.accept = tool("check", "accept", () => decide(true));
    this.refuse = tool("close", "refuse", () => decide(false));
    this.other = tool("swap_horiz", "other", () => other(this.other));
    this.sign = el("span", { class: "icon sign", "aria-hidden": "true" });
    this.image = el("img", { alt: "", decoding: "async", draggable: "false", hidden: true });
    this.score = el("span", { class: "score" });
    this.has = el("span", { class: "has" });
    this.node = el(
      "div",
      { class: "tile", role: "gridcell", id, onclick: hold, ondblclick: enlarge },
      el("div", { class: "picture" }, this.image, this.sign, this.has),
      el("div", { class: "about" }, this.score, this.other, this.refuse, this.accept),
    );
    // A press must not take the keys from the pictures.
    for (const button of [this.accept, this.refuse, this.other])
      button.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  /**
   * @param {import("./classes.js").Image | undefined} image  undefined while it is on its way
   * @param {import("./classes.js").Class} of @param {boolean | null} is  what was answered
   * @param {string} elsewhere  the name of another tag that it has
   * @param {boolean} isInHand
   */
  draw(image, of, is, elsewhere, isInHand) {
    const now = [image, of.name, is, elsewhere, isInHand];
    if (this.drawn?.every((one, at) => one === now[at])) return;
    this.drawn = now;
    const { say, language } = this.tools;
    set(this.node, "aria-selected", String(isInHand));
    set(this.node, "data-sha1", image?.sha1 ?? null);
    this.node.classList.toggle("skeleton", !image);
    this.image.hidden = !image;
    for (const button of [this.accept, this.refuse, this.other]) button.disabled = !image;
    if (!image) return;
    set(this.image, "src", `/thumb/${image.sha1}`);
    const { short } = scored(this.tools, { ...image, why: "" });
    const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 }).format(
      image.probability,
    );
    const cosine = new Intl.NumberFormat(language, { minimumFractionDigits: 4, maximumFractionDigits: 4 }).format(
      image.similarity,
    );
    write(this.score, short);
    set(this.score, "title", say("fits", { value: percent, name: of.name, cosine }));
    write(this.has, elsewhere);
    set(this.has, "title", elsewhere ? say("has_other", { name: elsewhere }) : null);
    const word = is === null ? "" : say(is ? "is_accepted" : "is_refused");
    set(
      this.node,
      "aria-label",
      [of.name, short, elsewhere ? say("has_other", { name: elsewhere }) : "", word].filter(Boolean).join(", "),
    );
    this.node.classList.toggle("accepted", is === true);
    this.node.classList.toggle("refused", is === false);
    set(this.accept, "aria-pressed", String(is === true));
    set(this.refuse, "aria-pressed", String(is === false));
    write(this.sign, is === null ? "" : is ? "check" : "close");
  }
}
