// Enlarging and moving what lies in some panes, all alike: the wheel, a drag, a double press. Not
// here: the pictures (comparison.js).

const LARGEST = 16;
const STEP = 1.25;

export class Zoom {
  /** @param {HTMLElement[]} panes @param {(scale: number) => void} changed */
  constructor(panes, changed) {
    this.panes = panes;
    this.changed = changed;
    for (const pane of panes) {
      pane.addEventListener("wheel", (event) => this.turn(event, pane), { passive: false });
      pane.addEventListener("pointerdown", (event) => this.grab(event, pane));
      pane.addEventListener("pointermove", (event) => this.drag(event, pane));
      pane.addEventListener("pointerup", () => (this.grabbed = null));
      pane.addEventListener("dblclick", () => this.reset());
    }
    this.reset();
  }

  reset() {
    this.scale = 1;
    /** Of the pane's width and height. */
    this.left = this.top = 0;
    this.grabbed = null;
    this.write();
  }

  /** One step, about the middle. @param {1 | -1} by */
  step(by) {
    this.about(0.5, 0.5, this.scale * STEP ** by);
  }

  /** @param {WheelEvent} event @param {HTMLElement} pane */
  turn(event, pane) {
    event.preventDefault();
    const box = pane.getBoundingClientRect();
    const by = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002));
    this.about((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, this.scale * by);
  }

  /** Enlarge so that a point stays where it is. @param {number} across @param {number} down @param {number} scale */
  about(across, down, scale) {
    const to = Math.min(LARGEST, Math.max(1, scale));
    this.left = across - ((across - this.left) * to) / this.scale;
    this.top = down - ((down - this.top) * to) / this.scale;
    this.scale = to;
    this.write();
  }

  grab(event, pane) {
    if (this.scale === 1 || event.button) return;
    pane.setPointerCapture(event.pointerId);
    this.grabbed = { x: event.clientX, y: event.clientY, left: this.left, top: this.top };
  }

  drag(event, pane) {
    if (!this.grabbed) return;
    const box = pane.getBoundingClientRect();
    this.left = this.grabbed.left + (event.clientX - this.grabbed.x) / box.width;
    this.top = this.grabbed.top + (event.clientY - this.grabbed.y) / box.height;
    this.write();
  }

  write() {
    // Nothing is moved so far that the pane shows what is beside it.
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
