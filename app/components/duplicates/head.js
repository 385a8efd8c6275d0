// The head of the page: kinds of duplicates, which groups are listed, in which order, what decides
// which image stays, and the way to merging many groups. Not here: the list (group_list.js), merging
// many groups (merge_all.js).
import { el, number, write } from "../shared/ui/dom.js";
import { textSelect } from "../shared/ui/review_controls.js";
import { formatBytes } from "./image_facts.js";

export const ORDERS = ["size", "alike", "folder"];
/** What decides before all else which image is suggested to stay. */
export const PREFERENCES = ["pixels", "oldest", "annotated", "bytes"];

export class DuplicatesHead {
  /** @param {import("./duplicates.js").DuplicatesPage} page */
  constructor(page) {
    const { tools } = page;
    const { t } = tools;
    this.page = page;
    this.kinds = el("div", { class: "kinds", role: "tablist", "aria-label": t("kinds") });
    this.written = "";
    this.scope = textSelect(tools, "scope", ["all", "view"], (scope) => page.setScope(scope === "view"), {
      title: t("scope_title"),
    });
    this.order = textSelect(tools, "order", ORDERS, (order) => page.setOrder(order));
    this.preference = textSelect(tools, "first", PREFERENCES, (preference) => page.setPreference(preference), {
      title: t("first"),
    });
    this.mergeAll = el(
      "button",
      { type: "button", class: "bordered writes", title: t("all_title"), onclick: () => page.openMergeAll() },
      t("all"),
    );
    this.node = page.makeHead(
      [el("h1", {}, t("title")), this.kinds],
      [this.scope, this.preference, this.order, this.mergeAll],
    );
    /** Above the list: how many groups there are, and what merging them does. */
    this.summary = el("p", { class: "sum quiet", role: "status" });
  }

  draw() {
    const { page } = this;
    const { listing, isExact, currentKind } = page;
    this.drawKinds();
    this.scope.hidden = !page.data.view;
    this.scope.value = page.isInView ? "view" : "all";
    // Files with the same bytes are all equally alike.
    this.order.options[ORDERS.indexOf("alike")].hidden = isExact;
    this.order.value = isExact && page.order === "alike" ? "size" : page.order;
    this.order.hidden = page.isPart || !listing?.total;
    this.preference.value = page.preference;
    this.preference.hidden = !page.isMerged || !listing?.total;
    this.mergeAll.hidden = !page.isMerged || !currentKind?.groups;
    write(this.summary, page.isPart ? this.partsText() : currentKind?.groups ? this.summaryText(currentKind) : "");
  }

  drawKinds() {
    const { listing, kind } = this.page;
    const written = JSON.stringify([listing?.kinds, listing?.parts, kind]);
    if (this.written === written) return;
    this.written = written;
    /** @type {{kind: string, groups: number | null}[]} */
    const kinds = [...(listing?.kinds ?? [])];
    if (listing) kinds.push({ kind: "part", groups: listing.parts.isMade ? listing.parts.groups : null });
    this.kinds.replaceChildren(...kinds.map((each) => this.kindTab(each)));
  }

  /** How many groups of images share a part. */
  partsText() {
    const total = this.page.listing?.total;
    return total ? `${this.page.tools.t("group", { count: total })}\n${this.page.tools.t("part_sum")}` : "";
  }

  /** @param {import("./api.js").Kind} kind */
  summaryText({ groups, bytes, leaving }) {
    const { t, language } = this.page.tools;
    const effect = this.page.isExact
      ? t("copies_waste", { size: formatBytes(bytes, language) })
      : t("leave", { count: leaving });
    return `${t("group", { count: groups })}\n${effect}`;
  }

  /** @param {{kind: string, groups: number | null}} kind */
  kindTab({ kind, groups }) {
    const { page } = this;
    const { t, language } = page.tools;
    const [name, slug = ""] = kind.split(":");
    const encoder = page.data.encoders[slug] ?? slug;
    const semanticKinds = page.listing?.kinds.filter((other) => other.kind.startsWith("semantic")).length ?? 0;
    const label = name === "semantic" && semanticKinds > 1 ? `${t(name)} · ${encoder}` : t(name);
    return el(
      "button",
      {
        type: "button",
        role: "tab",
        "data-kind": kind,
        "aria-selected": String(kind === page.kind),
        title: t(`${name}_title`, { encoder }),
        onclick: () => page.setKind(kind),
      },
      el("span", { class: "label" }, label),
      el("span", { class: "quiet" }, groups === null ? "" : number(groups, language)),
    );
  }
}
