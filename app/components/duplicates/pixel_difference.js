// How two pictures differ, point by point, and a picture of it. Pure numbers, but for loading them.
// Not here: where it is shown (comparison.js).

// Differences are shown so many times as strong, and named from this on (of 255).
export const GAIN = 4;
const CLEAR = 32;
// Larger ones are compared at this side.
const SIDE = 1024;
// From no difference over the picture itself, faint, to the strongest.
const WARM = [255, 120, 0];
const HOT = [255, 232, 120];

/**
 * @typedef {object} Difference
 * @property {number} mean  of the whole, 0 to 1
 * @property {number} area  how much of it is clearly different, 0 to 1
 * @property {ImageData} picture
 */

/**
 * Compare two pictures of one size, given as red, green, blue and opacity of each point.
 * @param {Uint8ClampedArray} one
 * @param {Uint8ClampedArray} other
 * @param {Uint8ClampedArray} drawn  takes the picture of it
 */
export function compared(one, other, drawn) {
  let sum = 0;
  let clear = 0;
  for (let at = 0; at < one.length; at += 4) {
    const [r, g, b] = [
      Math.abs(one[at] - other[at]),
      Math.abs(one[at + 1] - other[at + 1]),
      Math.abs(one[at + 2] - other[at + 2]),
    ];
    const most = Math.max(r, g, b);
    sum += r + g + b;
    if (most >= CLEAR) clear += 1;
    const heat = Math.min(1, (most * GAIN) / 255);
    const faint = 18 + 0.22 * (0.3 * one[at] + 0.59 * one[at + 1] + 0.11 * one[at + 2]);
    for (let part = 0; part < 3; part += 1) {
      const hot = WARM[part] + (HOT[part] - WARM[part]) * heat;
      drawn[at + part] = faint + (hot - faint) * heat;
    }
    drawn[at + 3] = 255;
  }
  const points = Math.max(1, one.length / 4);
  return { mean: sum / points / 3 / 255, area: clear / points };
}

/**
 * Give a picture the light of another one: each colour its mean and its spread. Another exposure or
 * another scanner then hides nothing.
 * @param {Uint8ClampedArray} one  as it is @param {Uint8ClampedArray} other  changed
 */
export function evened(one, other) {
  for (let part = 0; part < 3; part += 1) {
    const [to, from] = [spread(one, part), spread(other, part)];
    const gain = from.deviation ? to.deviation / from.deviation : 1;
    for (let at = part; at < other.length; at += 4) other[at] = to.mean + (other[at] - from.mean) * gain;
  }
}

function spread(points, part) {
  let [sum, squares] = [0, 0];
  for (let at = part; at < points.length; at += 4) {
    sum += points[at];
    squares += points[at] ** 2;
  }
  const count = Math.max(1, points.length / 4);
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean ** 2)) };
}

/**
 * Load two pictures and compare them, the second stretched to the size of the first.
 * @param {string} one @param {string} other  addresses @param {boolean} isEven  whether in the same light
 * @returns {Promise<Difference>}
 */
export async function difference(one, other, isEven) {
  const [first, second] = await Promise.all([loaded(one), loaded(other)]);
  const scale = Math.min(1, SIDE / Math.max(first.naturalWidth, first.naturalHeight));
  const width = Math.max(1, Math.round(first.naturalWidth * scale));
  const height = Math.max(1, Math.round(first.naturalHeight * scale));
  const [left, right] = [points(first, width, height), points(second, width, height)];
  const picture = new ImageData(width, height);
  if (isEven) evened(left.data, right.data);
  return { ...compared(left.data, right.data, picture.data), picture };
}

/** Whether one would be stretched visibly to lie over the other. */
export function isOfOtherShape(one, other) {
  const ratio = (one.naturalWidth * other.naturalHeight) / (one.naturalHeight * other.naturalWidth);
  return Math.abs(Math.log(ratio)) > 0.02;
}

async function loaded(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

function points(image, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  // What is transparent is seen on white.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
