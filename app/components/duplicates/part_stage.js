// What the page shows of images that share a part: the current group, above it whether all of it is
// up to date; before they were looked for, what that costs. Not here: either of them (part_group.js,
// parts_making.js), which group is current (duplicates.js).
import { selection } from "../shared/store/selection.js";
import { el } from "../shared/ui/dom.js";
import { PartGroup } from "./part_group.js";
import { PartsMaking } from "./parts_making.js";

export class PartStage {
  /** @param {import("./duplicates.js").DuplicatesPage} page */
  constructor(page) {
    this.page = page;
    this.group = new PartGroup(page.tools, (sha1) => page.tools.send("open", sha1));
    this.making = new PartsMaking(page.tools, () => page.load());
    this.node = el("div", { class: "sharing-stage" }, this.making.node, this.group.node);
  }

  draw() {
    const { current, isPart } = this.page;
    this.node.hidden = !isPart;
    if (isPart !== this.making.isWatching) isPart ? this.making.watch() : this.making.rest();
    const isShown = current !== null && "images" in current;
    this.group.node.hidden = !isShown;
    if (isShown) this.group.show(current);
  }

  /** Show the images of the group, all of them selected, where they can be given tags. */
  tag() {
    const { current, data, tools } = this.page;
    if (!current || !("images" in current)) return;
    selection.open(`panoptic.selection.${data.project}`);
    selection.replace(current.images.map(({ sha1 }) => sha1));
    tools.send("show", current.group);
  }

  close() {
    this.group.close();
    this.making.rest();
  }
}
