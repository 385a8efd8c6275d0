// The figure that Plotly draws: traces and layout in the theme's colours. Pure, but for reading
// the theme. Not here: what happens on a press (map.js).

/** @typedef {import("./points.js").Points} Points */
/** @typedef {{text: string, back: string, line: string, accent: string, isDark: boolean}} Theme */

// Ten hues that neighbours can be told apart by, each in two depths: a group's number chooses, so
// that a group keeps its colour. Light theme first, dark theme second.
const HUES = [
  ["#3b6fb6", "#7aa7e8"],
  ["#d97a1f", "#f0a35a"],
  ["#3f8f4a", "#76c47e"],
  ["#c23b4b", "#ee7b88"],
  ["#7d58b0", "#b295e0"],
  ["#8a6242", "#c39b7b"],
  ["#c9569f", "#ee94cc"],
  ["#21919b", "#5fc6cf"],
  ["#98901c", "#cfc650"],
  ["#5b6b7f", "#9dadc2"],
  ["#1d3f78", "#b4cdf3"],
  ["#8f4a06", "#f7cd9f"],
  ["#1c5a27", "#b0e3b5"],
  ["#7f1623", "#f7b9c0"],
  ["#4a2a7a", "#d6c5f2"],
  ["#543621", "#e2cbb8"],
  ["#832a62", "#f7c5e4"],
  ["#0d5860", "#a8e2e7"],
  ["#5c570a", "#e8e3a0"],
  ["#323e4d", "#cbd5e2"],
];

// Without WebGL each point is an element of the page: more than this many and the map is slow.
const DRAWN_WITHOUT_WEBGL = 4_000;
const HAS_WEBGL = Boolean(document.createElement("canvas").getContext("webgl"));

/** The colour of a group. @param {number} number @param {boolean} isDark */
export function colourOf(number, isDark) {
  return HUES[number % HUES.length][isDark ? 1 : 0];
}

/** The theme as it is now. @param {HTMLElement} root @returns {Theme} */
export function colours(root) {
  const style = getComputedStyle(root);
  const [text, back, line, accent] = [
    "--st-text-color",
    "--st-background-color",
    "--st-border-color",
    "--st-primary-color",
  ].map((name) => style.getPropertyValue(name).trim());
  return { text, back, line, accent, isDark: lightness(back) < 0.5 };
}

/** @param {Points} points @param {Theme} theme */
export function figure(points, theme) {
  const outside = [];
  const inside = [];
  const step = HAS_WEBGL ? 1 : Math.ceil(points.x.length / DRAWN_WITHOUT_WEBGL);
  points.shown.forEach((shown, index) => index % step === 0 && (shown ? inside : outside).push(index));
  const size = sizeOf(points.x.length);
  const grey = mixed(theme.text, theme.back, 0.45);
  // What has no group is drawn first, so that it never hides what has one.
  inside.sort((a, b) => (points.group[a] < 0 ? 0 : 1) - (points.group[b] < 0 ? 0 : 1));
  const fills = inside.map((index) => (points.group[index] < 0 ? grey : colourOf(points.group[index], theme.isDark)));
  return [
    trace(
      points,
      outside,
      { color: mixed(theme.text, theme.back, 0.16), size: Math.max(2, size - 1), opacity: 1 },
      true,
    ),
    trace(points, inside, { color: fills, size, opacity: points.side ? 0.7 : 0.9 }, false),
  ];
}

/** @param {Points} points @param {import("./map.js").Data} data @param {Theme} theme @param {string} dragmode */
export function layout(points, data, theme, dragmode) {
  const [left, right, bottom, top] = points.extent;
  const axis = { visible: false, fixedrange: false, autorange: false };
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    margin: { l: 0, r: 0, t: 0, b: 0 },
    showlegend: false,
    hovermode: "closest",
    hoverdistance: 12,
    dragmode,
    xaxis: { ...axis, range: [left, right] },
    // Distances mean likeness: both axes have one scale.
    yaxis: { ...axis, range: [bottom, top], scaleanchor: "x" },
    newselection: { line: { color: theme.accent, width: 1.5, dash: "solid" } },
    activeselection: { fillcolor: theme.accent, opacity: 0.1 },
    images: points.side ? [densityImage(points, theme)] : [],
    shapes: data.outline ? markOutline(data.outline, theme) : [],
    uirevision: data.encoder,
    selectionrevision: String(Math.random()),
  };
}

/** The region as a closed line. @param {number[][]} outline @param {Theme} theme */
export function markOutline(outline, theme) {
  const path = outline.map(([x, y], at) => `${at ? "L" : "M"}${x},${y}`).join("");
  return [
    {
      type: "path",
      path: `${path}Z`,
      line: { color: theme.accent, width: 1.5 },
      fillcolor: theme.accent,
      opacity: 0.9,
      fillrule: "evenodd",
      layer: "above",
      ...thin(theme),
    },
  ];
}

function thin(theme) {
  return { fillcolor: `${theme.accent}14` };
}

function trace(points, indices, marker, isContext) {
  return {
    type: HAS_WEBGL ? "scattergl" : "scatter",
    mode: "markers",
    x: Float32Array.from(indices, (index) => points.x[index]),
    y: Float32Array.from(indices, (index) => points.y[index]),
    customdata: indices,
    marker: { ...marker, line: { width: 0 } },
    hoverinfo: "none",
    selected: { marker: { opacity: marker.opacity } },
    unselected: { marker: { opacity: isContext ? marker.opacity : 0.25 } },
  };
}

function sizeOf(count) {
  if (count > 20_000) return 3;
  if (count > 5_000) return 4;
  if (count > 1_500) return 5;
  return count > 300 ? 7 : 9;
}

/** Draw the density as a picture behind the points: darker where more images lie. */
function densityImage(points, theme) {
  const { side, density } = points;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(side, side);
  const ink = theme.isDark ? 255 : 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const from = row * side + column;
      const at = ((side - 1 - row) * side + column) * 4;
      picture.data[at] = picture.data[at + 1] = picture.data[at + 2] = ink;
      picture.data[at + 3] = Math.max(density[from] * 0.18, density[side * side + from] * 0.55);
    }
  }
  context.putImageData(picture, 0, 0);
  const [left, right, bottom, top] = points.extent;
  return {
    source: canvas.toDataURL(),
    xref: "x",
    yref: "y",
    x: left,
    y: top,
    sizex: right - left,
    sizey: top - bottom,
    sizing: "stretch",
    layer: "below",
  };
}

function lightness(colour) {
  const [red, green, blue] = channels(colour);
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

/** A colour between two others: `part` of the first. */
function mixed(first, second, part) {
  const [a, b] = [channels(first), channels(second)];
  return `rgb(${a.map((value, at) => Math.round(value * part + b[at] * (1 - part))).join(",")})`;
}

function channels(colour) {
  if (colour.startsWith("#")) return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return (colour.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number);
}
