// The history of annotations: all of it on its page, or that of one image beside the pictures.
// Streamlit calls the default export with the data of each run. Not here: either of them.
import { component } from "../shared/bridge/lifecycle.js";
import { HistoryPage } from "./history_page.js";
import { ImageHistory } from "./image_history.js";

/**
 * @typedef {object} Data
 * @property {string | null} sha1  the image whose history is shown; null for all of it
 * @property {string} language
 * @property {string} [command]    what imports values, for a project that has none
 * @property {Record<string, string>} texts
 */

export default component(
  (root, { sha1 }) => (sha1 === null ? new HistoryPage(root) : new ImageHistory(root)),
  (page, { press }) => (page.press = press),
);
