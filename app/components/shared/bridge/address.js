// The addresses of our routes and pages: at the corpus version that the page's own address names,
// else of the corpus as it is now. Not here: the open image (image_address.js).

// A page is at one version from its load on: what leads to another loads the page anew.
const PARAMETER = "version";
const version = new URLSearchParams(globalThis.location?.search ?? "").get(PARAMETER) ?? "";

/** Whether a corpus version is shown, in which nothing can be changed. */
export const isVersion = version !== "";

/** The address of a route of ours. @param {string} path  as it is for the corpus of now: "/rows?…" */
export function routeTo(path) {
  return isVersion ? `/v/${encodeURIComponent(version)}${path}` : path;
}

/** The address of a page, at the version that is shown. @param {string} path @param {Record<string, string>} parts */
export function pageAddress(path, parts = {}) {
  const all = isVersion ? { ...parts, [PARAMETER]: version } : parts;
  return new URL(`${path}?${new URLSearchParams(all)}`, location.origin).href;
}
