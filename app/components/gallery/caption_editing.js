// What stands under a picture is changed where it stands: the caption of a property becomes its
// field. Not here: the field (annotate/in_place_editor.js), which captions there are (captions.js).
import { InPlaceEditor } from "../annotate/in_place_editor.js";
import { annotations } from "../shared/store/annotations.js";
import { isTyping } from "../shared/ui/dom.js";
import { shownFrom } from "./geometry.js";

export class CaptionEditing extends InPlaceEditor {
  /** @param {import("./grid.js").Grid} grid @param {import("../annotate/in_place_editor.js").EditorContext} how */
  constructor(grid, how) {
    super(grid, how);
    this.grid = grid;
    // Before the grid takes the press for the picture's, or the key for its own.
    grid.node.addEventListener("click", (event) => this.press(event), true);
    grid.node.addEventListener("keydown", (event) => this.called(event), true);
  }

  propertyOf(field) {
    return annotations.properties.find((property) => field === `p:${property.type}:${property.id}`);
  }

  elementOf({ index, name }) {
    return this.grid.tall.querySelector(`#${this.grid.idOf(index)} [data-field="${name}"]`);
  }

  /** The same caption under the next picture, over those that are folded. */
  neighbourOf({ index, name }, by) {
    const next = shownFrom(this.grid.geometry, index + by, by);
    return next === null ? null : { index: next, name };
  }

  press(event) {
    const [target] = event.composedPath();
    const line = target instanceof Element ? target.closest(".line.property") : null;
    const isPlain =
      !event.shiftKey && !event.ctrlKey && !event.metaKey && !this.grid.node.classList.contains("stamping");
    if (!line || !isPlain) return;
    event.stopPropagation();
    const spot = { index: this.grid.indexOf(line), name: /** @type {string} */ (line.getAttribute("data-field")) };
    this.show(spot);
    this.begin(spot);
  }

  /** The key of the picture in hand: its first caption that can be written. */
  called(event) {
    if (event.key !== "F2" || isTyping(event)) return;
    const { current } = this.grid;
    const [name] = this.grid.geometry.given.captions.filter((field) => field.startsWith("p:"));
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    this.show({ index: current, name });
    this.begin({ index: current, name });
  }
}
