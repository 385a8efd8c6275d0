// The picture of an image in its frame: a thumbnail that came with others, else asked for alone, and
// asked for again where it does not come, so that a server that is busy, or a project that is away for
// a moment, leaves no hole. Not here: which picture (gallery/tile.js, table/body.js), fetching many
// (store/thumbnails.js).
import { el } from "./dom.js";
import { routeTo } from "../bridge/address.js";
import { isAlone, keptThumbnail } from "../store/thumbnails.js";

// Milliseconds before each further try.
const PAUSES = [1_000, 4_000, 15_000];
// The shorter side of what the server keeps, and of the one larger size that it makes for us.
const STORED = 256;
const LARGER = 512;

/** What is fetched to take the place of a smaller picture. @type {WeakMap<HTMLImageElement, HTMLImageElement>} */
const sharper = new WeakMap();

/** The picture of the frame that it is put in: the frame is `broken` where it never came. */
export function makePicture() {
  const image = /** @type {HTMLImageElement} */ (el("img", { alt: "", draggable: "false", decoding: "async" }));
  let source = "";
  let tries = 0;
  image.addEventListener("load", () => {
    tries = 0;
    appear(image, image.getAttribute("src"));
  });
  image.addEventListener("error", () => {
    const wanted = image.getAttribute("src") ?? "";
    if (wanted.startsWith("data:")) {
      image.src = addressOf(image.dataset.sha1 ?? "", 0);
      return;
    }
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

/**
 * Show an image's picture, and no other: what was shown before is gone at once.
 * @param {HTMLImageElement} image  of `makePicture`
 * @param {{sha1: string, isDamaged: boolean} | null} shown
 * @param {{pixels: number, canLoad: boolean}} how  `pixels`: its shorter side on the page
 */
export function showPicture(image, shown, { pixels, canLoad }) {
  const sha1 = shown?.sha1 ?? "";
  if (image.dataset.sha1 !== sha1) {
    emptyPicture(image);
    image.dataset.sha1 = sha1;
    image.parentElement?.classList.toggle("broken", Boolean(shown?.isDamaged));
  }
  if (!shown || shown.isDamaged) return;
  if (!image.hasAttribute("src")) {
    const source = keptThumbnail(sha1) ?? (canLoad && isAlone(sha1) ? addressOf(sha1, pixels) : null);
    if (source) image.src = source;
  }
  if (canLoad && isLarger(pixels)) sharpen(image, sha1, addressOf(sha1, pixels));
}

/** Free what a picture holds, so that the browser stops fetching it. @param {HTMLImageElement} image */
export function emptyPicture(image) {
  image.removeAttribute("src");
  image.classList.remove("here");
  image.parentElement?.classList.remove("broken");
  sharper.get(image)?.removeAttribute("src");
  sharper.delete(image);
}

/** The address of a thumbnail that fills `pixels` on this screen. @param {string} sha1 @param {number} pixels */
export function addressOf(sha1, pixels) {
  return routeTo(isLarger(pixels) ? `/thumb/${sha1}?w=${LARGER}` : `/thumb/${sha1}`);
}

function isLarger(pixels) {
  return pixels * Math.min(2, devicePixelRatio) > 1.25 * STORED;
}

/** Put a larger picture in the place of the one that is shown, once it can be drawn at once. */
async function sharpen(image, sha1, address) {
  if (image.getAttribute("src") === address || sharper.has(image)) return;
  const other = new Image();
  sharper.set(image, other);
  other.src = address;
  // Where it does not come the smaller one stays.
  await other.decode().catch(() => other.removeAttribute("src"));
  if (sharper.get(image) === other && image.dataset.sha1 === sha1 && other.hasAttribute("src")) image.src = address;
}

/** Say that a picture is here when it is decoded: a frame is never held up by it. */
async function appear(image, source) {
  await image.decode().catch(() => {});
  if (source && image.getAttribute("src") === source) image.classList.add("here");
}
