// What is offered where a tag or property that was held is gone: its deletion undone, or a new tag
// of its name. Not here: who holds it, and tries again.
import { annotations } from "../shared/store/annotations.js";
import { el } from "../shared/ui/dom.js";
import { ignoringCase } from "../shared/ui/text.js";

/** @typedef {import("../shared/store/annotations.js").Gone} Gone */

/**
 * The id of the tag of a name, made where there is none.
 * @param {string} property @param {string} name @returns {Promise<string>}
 */
export async function tagNamed(property, name) {
  const find = async () => {
    await annotations.read();
    return annotations.tagsOf(property).find((tag) => ignoringCase(tag.name) === ignoringCase(name))?.id;
  };
  const known = await find();
  if (known) return known;
  try {
    const { ids } = /** @type {any} */ (
      await annotations.write("/define", { do: "tag", id: property, names: [name] }, false)
    );
    return ids[0];
  } catch (error) {
    // Somebody else made it in the meantime.
    const made = await find();
    if (made) return made;
    throw error;
  }
}

/**
 * The buttons of an error; none where nothing is gone.
 * @param {any} error  as annotations.write throws it
 * @param {Record<string, string>} texts
 * @param {(id: string) => unknown} again  does again what was refused; gets the id that is there now
 * @returns {HTMLElement[]}
 */
export function goneOffers(error, texts, again) {
  const gone = /** @type {Gone | null} */ (error.gone ?? null);
  if (!gone) return [];
  const button = (text, act) => {
    const made = el("button", { type: "button", onclick: () => press() }, text);
    const press = async () => {
      made.disabled = true;
      try {
        const { id, answer } = await act();
        await again(id);
        // Said last, or what was done again would hide it.
        annotations.sayRenamed(answer);
      } catch (problem) {
        annotations.say(problem.message || texts.not_written, null);
      }
      made.disabled = false;
    };
    return made;
  };
  const restore = async () => {
    const answer = await annotations.write("/switch", gone.restore);
    await annotations.read();
    return { id: gone.id, answer };
  };
  const make = async (of) => ({ id: await tagNamed(of, gone.name), answer: {} });
  const { property } = gone;
  return [button(texts.gone_restore, restore), ...(property ? [button(texts.gone_again, () => make(property))] : [])];
}

/**
 * Edits with another tag in the place of one.
 * @template {import("../shared/store/annotations.js").Edit} E
 * @param {E[]} edits @param {string} id @param {string} other @returns {E[]}
 */
export function withOtherTag(edits, id, other) {
  return edits.map((edit) => ({
    ...edit,
    ...(edit.values ? { values: edit.values.map((value) => (value === id ? other : value)) } : {}),
  }));
}
