// The foot of the page: what can be done with the current group, by button or key, and which group of
// how many it is. Not here: doing it (duplicates.js, pair.js).
import { el, number, set, write } from "../shared/ui/dom.js";

export class DuplicatesFoot {
  /** @param {import("./duplicates.js").DuplicatesPage} page */
  constructor(page) {
    const { t } = page.tools;
    const { pair } = page;
    this.page = page;
    const button = (name, key, action) =>
      el(
        "button",
        {
          type: "button",
          class: name === "next" ? name : `${name} writes`,
          title: t(`${name}_title`),
          onclick: action,
        },
        el("span", {}, t(name)),
        el("kbd", {}, key),
      );
    this.next = button("next", "m", () => page.skip());
    this.toggle = button("toggle", "s", () => page.actionableGroup && pair.toggleStay());
    this.actions = [
      button("merge", "y", () => page.decisions.merge()),
      button("apart", "n", () => page.decisions.keepApart()),
      this.next,
      el("span", { class: "rule" }),
      button("make_keeper", "k", () => page.actionableGroup && pair.keepOther()),
      this.toggle,
      el(
        "span",
        { class: "keys quiet" },
        el("kbd", {}, "←"),
        el("kbd", {}, "→"),
        t("other"),
        el("kbd", {}, "↑"),
        el("kbd", {}, "↓"),
        t("group_keys"),
      ),
    ];
    this.position = el("span", { class: "quiet", role: "status" });
    this.show = el(
      "button",
      { type: "button", class: "quiet", onclick: () => page.tools.send("show", page.groupId) },
      t("show"),
    );
    this.tag = el(
      "button",
      { type: "button", class: "quiet writes", title: t("part_tag_title"), onclick: () => page.parts.tag() },
      t("part_tag"),
    );
    // Opens the dialog of the component lineage.
    this.why = el("button", { type: "button", class: "quiet" }, t("why"));
    this.node = page.makeFoot(this.actions, [this.position, this.why, this.tag, this.show]);
  }

  draw() {
    const { page } = this;
    const { t } = page.tools;
    for (const node of this.actions) node.hidden = !page.isMerged && node !== this.next;
    write(label(this.next), t(!page.isMerged ? "next_copies" : "next"));
    if (page.currentPair) write(label(this.toggle), t(page.pair.isOtherStaying ? "toggle_leave" : "toggle_stay"));
    this.node.classList.toggle("idle", !page.current);
    this.show.hidden = !page.current;
    this.why.hidden = !page.current || page.isPart;
    this.tag.hidden = !page.current || !page.isPart;
    set(this.why, "data-why", `duplicates ${page.groupId}`);
    // A group is called after one of its images.
    set(this.why, "data-image", page.groupId.split(":").at(-1));
  }

  /** @param {number} index @param {number} total */
  drawPosition(index, total) {
    const { t, language } = this.page.tools;
    const place = number(index + 1, language);
    write(this.position, total ? t("place", { place, total: number(total, language) }) : "");
  }
}

/** The text of a button, beside its key. @param {HTMLElement} button */
function label(button) {
  return /** @type {Node} */ (button.firstChild);
}
