// How many of the selected images the page shows, where it does not show them all: whatever is done
// to the selection is done to the others, too. Not here: what is selected (shared/store/selection.js).
import { selection } from "../shared/store/selection.js";
import { debounced } from "../shared/ui/dom.js";

const ASK_AFTER = 300;
// Of more, too much would be sent with each change.
const COUNTED_AT_MOST = 20_000;

export class ShownSelection {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.key = "";
    /** @type {number | null} */
    this.count = null;
    this.readLater = debounced((view, key) => this.read(view, key), ASK_AFTER);
  }

  /** How many are shown; null while that is not known, or all are. @param {string | null} view */
  in(view) {
    if (selection.all || !selection.count) return null;
    if (view === null) return 0;
    const key = `${selection.turn} ${view}`;
    if (key !== this.key && selection.count <= COUNTED_AT_MOST) this.readLater(view, key);
    if (key !== this.key) this.count = null;
    this.key = key;
    return this.count === selection.count ? null : this.count;
  }

  /** @param {string} view @param {string} key */
  async read(view, key) {
    const count = await selection.countIn(view).catch(() => null);
    if (key !== this.key) return;
    this.count = count;
    this.changed();
  }
}
