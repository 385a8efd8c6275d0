// Enlarging and moving the content of panes, all alike: by the wheel, a drag, a double click, keys.
// Not here: the images (comparison.js).

const LARGEST = 16;
const STEP = 1.25;
// Change of scale by a unit of the wheel: a line, a pixel (natural logarithms).
const BY_LINE = 0.05;
const BY_PIXEL = 0.002;

export class Zoom {
  /** @param {HTMLElement[]} panes @param {(scale: number) => void} changed */
  constructor(panes, changed) {
    this.panes = panes;
    this.changed = changed;
    this.scale = 1;
    // Offsets, as parts of the pane's width and height.
    this.left = 0;
    this.top = 0;
    /** @type {{x: number, y: number, left: number, top: number} | null} */
    this.dragStart = null;
    for (const pane of panes) {
      pane.addEventListener("wheel", (event) => this.onWheel(event, pane), { passive: false });
      pane.addEventListener("pointerdown", (event) => this.startDrag(event, pane));
      pane.addEventListener("pointermove", (event) => this.drag(event, pane));
      pane.addEventListener("pointerup", () => (this.dragStart = null));
      pane.addEventListener("dblclick", () => this.reset());
    }
    this.reset();
  }

  reset() {
    this.scale = 1;
    this.left = this.top = 0;
    this.dragStart = null;
    this.write();
  }

  /** One step larger or smaller, about the middle. @param {1 | -1} direction */
  step(direction) {
    this.scaleAbout(0.5, 0.5, this.scale * STEP ** direction);
  }

  /** @param {WheelEvent} event @param {HTMLElement} pane */
  onWheel(event, pane) {
    event.preventDefault();
    const box = pane.getBoundingClientRect();
    const factor = Math.exp(-event.deltaY * (event.deltaMode ? BY_LINE : BY_PIXEL));
    const x = (event.clientX - box.left) / box.width;
    const y = (event.clientY - box.top) / box.height;
    this.scaleAbout(x, y, this.scale * factor);
  }

  /**
   * Scale so that a point stays where it is.
   * @param {number} x @param {number} y  parts of the pane
   * @param {number} scale
   */
  scaleAbout(x, y, scale) {
    const clamped = Math.min(LARGEST, Math.max(1, scale));
    this.left = x - ((x - this.left) * clamped) / this.scale;
    this.top = y - ((y - this.top) * clamped) / this.scale;
    this.scale = clamped;
    this.write();
  }

  /** @param {PointerEvent} event @param {HTMLElement} pane */
  startDrag(event, pane) {
    if (this.scale === 1 || event.button) return;
    pane.setPointerCapture(event.pointerId);
    this.dragStart = { x: event.clientX, y: event.clientY, left: this.left, top: this.top };
  }

  /** @param {PointerEvent} event @param {HTMLElement} pane */
  drag(event, pane) {
    if (!this.dragStart) return;
    const { x, y, left, top } = this.dragStart;
    const box = pane.getBoundingClientRect();
    this.left = left + (event.clientX - x) / box.width;
    this.top = top + (event.clientY - y) / box.height;
    this.write();
  }

  write() {
    // The content always covers the pane.
    const least = 1 - this.scale;
    this.left = Math.min(0, Math.max(least, this.left));
    this.top = Math.min(0, Math.max(least, this.top));
    for (const pane of this.panes) {
      pane.classList.toggle("zoomed", this.scale > 1);
      pane.style.setProperty("--zoom", `translate(${this.left * 100}%, ${this.top * 100}%) scale(${this.scale})`);
    }
    this.changed(this.scale);
  }
}
