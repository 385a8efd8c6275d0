// What stands for a type of property. Not here: what the types are called (Python).

/** @type {Record<string, string>} */
export const ICONS = {
  text: "notes",
  number: "tag",
  tag: "label",
  tags: "new_label",
  date: "calendar_today",
  colour: "palette",
  url: "link",
  checkbox: "check_box",
  path: "folder",
  image: "image",
};

/** @param {string} type */
export function hasTags(type) {
  return type === "tag" || type === "tags";
}
