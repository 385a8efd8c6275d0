// Dragging a tab to another place: the tab itself moves along. Not here: what a new order does (tabs.js).

export class TabDragging {
  /** @param {HTMLElement} list  of the tabs @param {(ids: string[]) => void} dropped  in their order on the screen */
  constructor(list, dropped) {
    this.list = list;
    this.dropped = dropped;
    /** @type {HTMLElement | null} */
    this.item = null;
    list.addEventListener("dragover", (event) => this.over(event));
    list.addEventListener("drop", (event) => event.preventDefault());
  }

  /** @param {DragEvent} event  on a tab */
  start({ currentTarget, dataTransfer }) {
    this.item = /** @type {HTMLElement} */ (currentTarget);
    if (dataTransfer) {
      dataTransfer.effectAllowed = "move";
      dataTransfer.setData("text/plain", this.item.textContent ?? "");
    }
    this.item.classList.add("dragged");
  }

  /** @param {DragEvent} event */
  over(event) {
    if (!this.item) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "move";
    const target = /** @type {Element} */ (event.target).closest(".item");
    if (!target || target === this.item) return;
    const { left, width } = target.getBoundingClientRect();
    // Nothing comes before the tab of all images.
    const isAfter = target.classList.contains("all") || event.clientX > left + width / 2;
    target[isAfter ? "after" : "before"](this.item);
  }

  end() {
    this.item?.classList.remove("dragged");
    this.item = null;
    const items = /** @type {HTMLElement[]} */ ([...this.list.children]);
    this.dropped(items.flatMap((item) => item.dataset.id ?? []));
  }
}
