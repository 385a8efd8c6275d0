// The history of annotations: all of it on its page, or that of one image beside the pictures.
// Streamlit calls the default export with the data of each run. Not here: either of them.
import { begin } from "../waiting.js";
import { Page } from "./page.js";
import { Past } from "./past.js";

/**
 * @typedef {object} Data
 * @property {string | null} sha1  the image whose history is shown; null for all of it
 * @property {string} language
 * @property {string} [command]    what imports values, for a project that has none
 * @property {Record<string, string>} texts
 */

/** @type {WeakMap<object, Page | Past>} */
const mounted = new WeakMap();

/** @param {{data: Data, parentElement: any, setTriggerValue: (name: string, value: any) => void}} component */
export default function history({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  const shown = mounted.get(parentElement) ?? (data.sha1 === null ? new Page(root) : new Past(root));
  mounted.set(parentElement, shown);
  shown.tell = (name, value) => {
    begin();
    setTriggerValue(name, value);
  };
  shown.update(data);
  return () => {
    shown.close();
    mounted.delete(parentElement);
  };
}
