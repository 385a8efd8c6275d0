// A picture that is asked for again where it does not come: a server that is busy, or a project that
// is away for a moment, leaves no hole. Not here: which picture (gallery/tile.js, table/body.js).
import { el } from "./dom.js";

// Milliseconds before each further try.
const PAUSES = [1_000, 4_000, 15_000];

/** The picture of the frame that it is put in: the frame is `broken` where it never came. */
export function makePicture() {
  const image = /** @type {HTMLImageElement} */ (el("img", { alt: "", draggable: "false", decoding: "async" }));
  let source = "";
  let tries = 0;
  image.addEventListener("load", () => {
    tries = 0;
    image.classList.add("here");
  });
  image.addEventListener("error", () => {
    const wanted = image.getAttribute("src") ?? "";
    tries = wanted === source ? tries + 1 : 1;
    source = wanted;
    if (tries > PAUSES.length) image.parentElement?.classList.add("broken");
    else setTimeout(() => again(wanted), PAUSES[tries - 1]);
  });
  /** @param {string} wanted */
  function again(wanted) {
    if (image.isConnected && wanted && image.getAttribute("src") === wanted) image.src = wanted;
  }
  return image;
}
