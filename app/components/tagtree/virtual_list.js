// A tall list of which only the rows in sight are elements. Not here: what a row shows.
import { el } from "../shared/ui/dom.js";

export const HEIGHT = 28;
// Rows drawn beyond both edges, so that a small scroll shows no gap.
const BEYOND = 6;

export class VirtualList {
  /**
   * @param {HTMLElement} node that scrolls
   * @param {{make: () => HTMLElement, write: (node: HTMLElement, row: any, index: number) => void}} callbacks
   */
  constructor(node, callbacks) {
    this.node = node;
    this.callbacks = callbacks;
    /** @type {any[]} */
    this.rows = [];
    this.tall = el("div", { class: "tall", role: "none" });
    node.append(this.tall);
    node.addEventListener("scroll", () => this.draw(), { passive: true });
    this.sized = new ResizeObserver(() => this.draw());
    this.sized.observe(node);
  }

  /** @param {any[]} rows */
  show(rows) {
    this.rows = rows;
    this.tall.style.height = `${rows.length * HEIGHT}px`;
    this.draw();
  }

  draw() {
    const { scrollTop, clientHeight } = this.node;
    const first = Math.max(0, Math.floor(scrollTop / HEIGHT) - BEYOND);
    const last = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / HEIGHT) + BEYOND);
    const count = Math.max(0, last - first);
    while (this.tall.children.length > count) this.tall.lastChild.remove();
    while (this.tall.children.length < count) this.tall.append(this.callbacks.make());
    for (let index = first; index < last; index += 1) {
      const node = /** @type {HTMLElement} */ (this.tall.children[index - first]);
      node.style.transform = `translateY(${index * HEIGHT}px)`;
      node.dataset.at = String(index);
      this.callbacks.write(node, this.rows[index], index);
    }
  }

  /** The element of a row, if it is in sight. @param {number} index */
  nodeOf(index) {
    return /** @type {HTMLElement | null} */ (this.tall.querySelector(`[data-at="${index}"]`));
  }

  /** @param {number} index */
  reveal(index) {
    const { scrollTop, clientHeight } = this.node;
    const top = index * HEIGHT;
    if (top < scrollTop) this.node.scrollTop = top;
    else if (top + HEIGHT > scrollTop + clientHeight) this.node.scrollTop = top + HEIGHT - clientHeight;
    this.draw();
  }

  close() {
    this.sized.disconnect();
  }
}
