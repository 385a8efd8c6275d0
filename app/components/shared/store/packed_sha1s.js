// Lists of sha1s in two thirds of their length, for a storage that holds little. Pure.

// As many arguments as every browser takes at once.
const AT_ONCE = 8_000;

/** @param {string[]} sha1s  forty digits each @returns {string} */
export function packed(sha1s) {
  const digits = sha1s.join("");
  const bytes = Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
  let text = "";
  for (let from = 0; from < bytes.length; from += AT_ONCE)
    text += String.fromCharCode(...bytes.subarray(from, from + AT_ONCE));
  return btoa(text);
}

/** @param {string} text @returns {string[]} */
export function unpacked(text) {
  const bytes = atob(text);
  const sha1s = [];
  for (let from = 0; from < bytes.length; from += 20) {
    let digits = "";
    for (let index = from; index < from + 20; index++) digits += bytes.charCodeAt(index).toString(16).padStart(2, "0");
    sha1s.push(digits);
  }
  return sha1s;
}
