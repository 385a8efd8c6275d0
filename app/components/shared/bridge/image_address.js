// Which image is open, as the address says it, and the steps of the browser's history between
// the gallery and its images. Not here: showing it (viewer).

// Python writes the same addresses; when both agree Streamlit adds no step of its own.
const PARAMETER = "image";

/** The sha1 or file id that the address names, or null. @returns {string | null} */
export function opened() {
  return new URLSearchParams(location.search).get(PARAMETER);
}

/** Name an image in the address: as a new step, or in place of the present one. */
export function open(sha1, isStep) {
  const depth = (history.state?.depth ?? 0) + (isStep ? 1 : 0);
  write(sha1, { depth, isStep });
}

/** Leave the images: back to the step before the first of them, if this page made it. */
export function close() {
  const depth = history.state?.depth ?? 0;
  if (depth > 0) history.go(-depth);
  else write(null, { depth: 0, isStep: false });
  return depth > 0;
}

function write(sha1, { depth, isStep }) {
  const others = location.search
    .slice(1)
    .split("&")
    .filter((part) => part && !part.startsWith(`${PARAMETER}=`));
  const parts = sha1 ? [...others, `${PARAMETER}=${sha1}`] : others;
  const address = location.pathname + (parts.length ? `?${parts.join("&")}` : "");
  if (isStep) history.pushState({ depth }, "", address);
  else history.replaceState({ depth }, "", address);
}
