// Fetching: the library that draws, and the points of a map. Not here: what is drawn of them.

import { routeTo } from "../shared/bridge/address.js";

/**
 * @typedef {object} Points
 * @property {Float32Array} x
 * @property {Float32Array} y
 * @property {Int16Array} group    -1 in no group
 * @property {Uint8Array} shown    1 inside the view
 * @property {Uint8Array} density  all images, then those inside the view; row 0 at the bottom
 * @property {number} side         of the density, 0 when every image is drawn
 * @property {number} total
 * @property {number} inside        images inside the view, drawn or not
 * @property {[number, number, number, number]} extent  left, right, bottom, top
 * @property {(index: number) => string} sha1
 */

/** @type {Promise<any> | null} */
let plotly = null;

/** Load Plotly once for the window; its 4.8 MB come from this server and stay in the cache. */
export function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = routeTo("/plotly.js");
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      plotly = null;
      script.remove();
      reject(new Error("plotly.js"));
    };
    document.head.append(script);
  });
  return plotly;
}

/** @param {string} encoder @param {Record<string, string>} query @param {AbortSignal} signal */
export async function fetchPoints(encoder, query, signal) {
  const answer = await fetch(routeTo(`/map/${encodeURIComponent(encoder)}?${new URLSearchParams(query)}`), { signal });
  if (answer.status !== 200) {
    const answerBody = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(`map: ${answer.status}`), { userText: answerBody.message });
  }
  return parse(await answer.arrayBuffer());
}

/** @param {ArrayBuffer} bytes as `panoptic_data.catalogue.map_data.encode` writes them @returns {Points} */
function parse(bytes) {
  const [length] = new Uint32Array(bytes, 0, 1);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  const { points, total, inside, extent, side } = header;
  let at = 4 + length;
  const take = (Kind, count) => {
    const part = new Kind(bytes, at, count);
    at += part.byteLength;
    return part;
  };
  const x = take(Float32Array, points);
  const y = take(Float32Array, points);
  const sha1s = take(Uint8Array, points * 20);
  const density = take(Uint8Array, 2 * side * side);
  const group = take(Int16Array, points);
  const shown = take(Uint8Array, points);
  const sha1 = (index) =>
    Array.from(sha1s.subarray(index * 20, index * 20 + 20), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { x, y, group, shown, density, side, total, inside, extent, sha1 };
}
