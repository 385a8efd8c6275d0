// A tall list of which only the rows in sight are elements. Not here: what a row shows.
import { el } from "../shared/ui/dom.js";

export const HEIGHT = 28;
// Rows beyond the edges, so that a small move shows no gap.
const BEYOND = 6;

export class Sheet {
  /**
   * @param {HTMLElement} node that scrolls
   * @param {{make: () => HTMLElement, write: (node: HTMLElement, row: any, at: number) => void}} acts
   */
  constructor(node, acts) {
    this.node = node;
    this.acts = acts;
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
    while (this.tall.children.length < count) this.tall.append(this.acts.make());
    for (let at = first; at < last; at += 1) {
      const node = /** @type {HTMLElement} */ (this.tall.children[at - first]);
      node.style.transform = `translateY(${at * HEIGHT}px)`;
      node.dataset.at = String(at);
      this.acts.write(node, this.rows[at], at);
    }
  }

  /** The element of a row, if it is in sight. @param {number} at */
  nodeOf(at) {
    return /** @type {HTMLElement | null} */ (this.tall.querySelector(`[data-at="${at}"]`));
  }

  /** @param {number} at */
  reveal(at) {
    const { scrollTop, clientHeight } = this.node;
    const top = at * HEIGHT;
    if (top < scrollTop) this.node.scrollTop = top;
    else if (top + HEIGHT > scrollTop + clientHeight) this.node.scrollTop = top + HEIGHT - clientHeight;
    this.draw();
  }

  close() {
    this.sized.disconnect();
  }
}
