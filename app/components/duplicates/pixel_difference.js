// How two images differ, pixel by pixel, and an image of the difference. Pure numbers, but for loading
// the images. Not here: where it is shown (comparison.js).

/** Differences are shown this many times as strong. */
export const GAIN = 4;
// From this difference of a channel on (of 255) a pixel is clearly different.
const CLEAR = 32;
// Larger images are compared at this size, in pixels of the longer side.
const LARGEST = 1024;
// No difference is drawn as the image itself, faint; a slight one in WARM, the strongest in HOT.
const WARM = [255, 120, 0];
const HOT = [255, 232, 120];

/**
 * @typedef {object} Difference
 * @property {number} mean  of all channels, 0 to 1
 * @property {number} area  part of the pixels that are clearly different, 0 to 1
 * @property {ImageData} image
 */

/**
 * Compare two images of the same size, given as red, green, blue and alpha of each pixel.
 * @param {Uint8ClampedArray} first
 * @param {Uint8ClampedArray} second
 * @param {Uint8ClampedArray} drawn  takes the image of the difference
 * @returns {{mean: number, area: number}}
 */
export function comparePixels(first, second, drawn) {
  let sum = 0;
  let clear = 0;
  for (let pixel = 0; pixel < first.length; pixel += 4) {
    const [r, g, b] = [
      Math.abs(first[pixel] - second[pixel]),
      Math.abs(first[pixel + 1] - second[pixel + 1]),
      Math.abs(first[pixel + 2] - second[pixel + 2]),
    ];
    const largest = Math.max(r, g, b);
    sum += r + g + b;
    if (largest >= CLEAR) clear += 1;
    const heat = Math.min(1, (largest * GAIN) / 255);
    const faint = 18 + 0.22 * (0.3 * first[pixel] + 0.59 * first[pixel + 1] + 0.11 * first[pixel + 2]);
    for (let channel = 0; channel < 3; channel += 1) {
      const hot = WARM[channel] + (HOT[channel] - WARM[channel]) * heat;
      drawn[pixel + channel] = faint + (hot - faint) * heat;
    }
    drawn[pixel + 3] = 255;
  }
  const pixels = Math.max(1, first.length / 4);
  return { mean: sum / pixels / 3 / 255, area: clear / pixels };
}

/**
 * Give an image the mean and deviation of another one in each channel, so that another exposure or
 * another scanner hides nothing.
 * @param {Uint8ClampedArray} reference  stays as it is
 * @param {Uint8ClampedArray} changed
 */
export function matchLight(reference, changed) {
  for (let channel = 0; channel < 3; channel += 1) {
    const [to, from] = [statistics(reference, channel), statistics(changed, channel)];
    const gain = from.deviation ? to.deviation / from.deviation : 1;
    for (let at = channel; at < changed.length; at += 4) changed[at] = to.mean + (changed[at] - from.mean) * gain;
  }
}

/** @param {Uint8ClampedArray} pixels @param {number} channel */
function statistics(pixels, channel) {
  let [sum, squares] = [0, 0];
  for (let at = channel; at < pixels.length; at += 4) {
    sum += pixels[at];
    squares += pixels[at] ** 2;
  }
  const count = Math.max(1, pixels.length / 4);
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
}

/**
 * Load two images and compare them, the second stretched to the size of the first.
 * @param {string} first @param {string} second  addresses
 * @param {boolean} isSameLight  whether to compare them in the same light
 * @returns {Promise<Difference>}
 */
export async function differenceOf(first, second, isSameLight) {
  const images = await Promise.all([load(first), load(second)]);
  const [{ naturalWidth, naturalHeight }] = images;
  const scale = Math.min(1, LARGEST / Math.max(naturalWidth, naturalHeight));
  const width = Math.max(1, Math.round(naturalWidth * scale));
  const height = Math.max(1, Math.round(naturalHeight * scale));
  const [left, right] = images.map((image) => pixelsOf(image, width, height));
  const image = new ImageData(width, height);
  if (isSameLight) matchLight(left, right);
  return { ...comparePixels(left, right, image.data), image };
}

/**
 * Whether one would be stretched visibly to cover the other.
 * @param {HTMLImageElement} first @param {HTMLImageElement} second
 */
export function isOfOtherShape(first, second) {
  const ratio = (first.naturalWidth * second.naturalHeight) / (first.naturalHeight * second.naturalWidth);
  return Math.abs(Math.log(ratio)) > 0.02;
}

/** @param {string} address */
async function load(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

/** @param {HTMLImageElement} image @param {number} width @param {number} height */
function pixelsOf(image, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  // What is transparent is seen on white.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
