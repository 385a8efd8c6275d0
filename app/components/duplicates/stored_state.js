// What a window keeps over a reload: the kind of groups, their order, the current one. Not here: what
// follows from it (duplicates.js).

const STORED = "panoptic.duplicates";

/** @returns {Record<string, any>} */
export function readStored() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

/** @param {Record<string, any>} state */
export function store(state) {
  sessionStorage.setItem(STORED, JSON.stringify(state));
}
