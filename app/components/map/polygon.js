// The line that a person drew, as a polygon short enough for an address. Pure.

// A hand draws a point every few pixels; less than this much off the line nobody sees.
const PIXELS_OFF = 1.5;

/**
 * The polygon of a `plotly_selected` event, or null when nothing was drawn.
 * @param {any} event @param {any} plot @returns {number[][] | null}
 */
export function polygonOf(event, plot) {
  const { lassoPoints, range } = event ?? {};
  const perPixel = Math.abs(plot.layout.xaxis.range[1] - plot.layout.xaxis.range[0]) / Math.max(plot.clientWidth, 1);
  const tidy = (points) => points.map((point) => point.map((value) => round(value, perPixel)));
  if (lassoPoints) {
    const drawn = lassoPoints.x.map((x, at) => [x, lassoPoints.y[at]]);
    const outline = simplified(drawn, PIXELS_OFF * perPixel);
    return outline.length >= 3 ? tidy(outline) : null;
  }
  if (!range) return null;
  const [[x1, x2], [y1, y2]] = [range.x, range.y];
  return tidy([
    [x1, y1],
    [x2, y1],
    [x2, y2],
    [x1, y2],
  ]);
}

/** Leave out the points that lie within `off` of the line without them (Douglas and Peucker, 1973). */
export function simplified(points, off) {
  if (points.length < 3) return points;
  const [first, last] = [points[0], points.at(-1)];
  let farthest = 0;
  let most = 0;
  for (let at = 1; at < points.length - 1; at++) {
    const distance = away(points[at], first, last);
    if (distance > most) [farthest, most] = [at, distance];
  }
  if (most <= off) return [first, last];
  return [...simplified(points.slice(0, farthest + 1), off).slice(0, -1), ...simplified(points.slice(farthest), off)];
}

function away([x, y], [x1, y1], [x2, y2]) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length === 0) return Math.hypot(x - x1, y - y1);
  const along = Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length ** 2));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}

function round(value, perPixel) {
  const digits = Math.max(0, Math.ceil(-Math.log10(perPixel)) + 1);
  return Number(value.toFixed(Math.min(digits, 6)));
}
