// The stylesheets of components, taken up where Streamlit draws one: each is read once for the whole
// window. With the element itself they would be sent again with every run of the page.

/** @type {Map<string, CSSStyleSheet>} */
const sheets = new Map();

/**
 * Let a component look as its stylesheets say, in their order.
 * @param {Node} parent  Streamlit's, in a shadow tree of its own
 * @param {[string, string][]} styles  path and text of each
 */
export function adopt(parent, styles) {
  const root = /** @type {ShadowRoot} */ (parent.getRootNode());
  const wanted = styles.map(([path, text]) => sheetOf(path, text));
  if (wanted.every((sheet) => root.adoptedStyleSheets.includes(sheet))) return;
  root.adoptedStyleSheets = wanted;
}

function sheetOf(path, text) {
  const known = sheets.get(path);
  if (known) return known;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  sheets.set(path, sheet);
  return sheet;
}
