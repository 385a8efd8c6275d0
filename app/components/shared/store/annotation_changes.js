// What shows annotations hears of new ones: written on this page, or by others meanwhile. Not here:
// reading or writing them (annotations.js, which looks for others' once for the whole page).
import { annotations } from "./annotations.js";

/**
 * Hear of every change of the annotations, until the answer is called.
 * @param {(position: number) => void} act  gets how far the log has come
 * @returns {() => void}
 */
export function onAnnotationChange(act) {
  const onChange = (event) => act(/** @type {CustomEvent} */ (event).detail.position);
  document.addEventListener("panoptic:annotated", onChange);
  const leave = annotations.follow();
  // Only what is known can be seen to change.
  if (annotations.position < 0) annotations.read().catch(() => {});
  return () => {
    document.removeEventListener("panoptic:annotated", onChange);
    leave();
  };
}
