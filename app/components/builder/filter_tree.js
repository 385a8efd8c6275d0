// The tree that is edited: conditions, and boxes of them. Pure: no elements, no words.
// A box holds one part at least: the last one that leaves takes it along.

/**
 * @typedef {object} Condition
 * @property {number} id
 * @property {number} nots         how many times it is denied: a view may deny a denial
 * @property {string} field
 * @property {string} op
 * @property {any} value
 * @property {string} [label]      words of a condition that cannot be edited
 * @property {boolean} [isOpen]    whether its list of choices is open
 */
/** @typedef {{id: number, nots: number, kind: "all" | "any", parts: Part[]}} Box */
/** @typedef {Condition | Box} Part */

let last = 0;

/** @returns {Condition} */
export function condition(field, op, value) {
  return { id: ++last, nots: 0, field, op, value };
}

/** @returns {Box} */
export function box(kind, parts) {
  return { id: ++last, nots: 0, kind, parts };
}

/** @param {Part} part @returns {part is Box} */
export const isBox = (part) => "parts" in part;

/** Read one part as a view writes it. @returns {Part} */
export function read(json) {
  if ("not" in json) {
    const part = read(json.not);
    part.nots += 1;
    return part;
  }
  for (const kind of /** @type {("all" | "any")[]} */ (["all", "any"])) {
    if (kind in json) return box(kind, json[kind].map(read));
  }
  const part = condition(json.field, json.op, json.value);
  if (json.label) part.label = json.label;
  return part;
}

/**
 * Write parts as a view does, without the conditions that `isWhole` refuses and the boxes that
 * hold none then. `order` takes the conditions as they are written.
 * @param {Part[]} parts @param {(part: Condition) => boolean} isWhole @param {Condition[]} order
 */
export function write(parts, isWhole, order = []) {
  return parts.flatMap((part) => {
    const json = isBox(part) ? writeBox(part, isWhole, order) : writeCondition(part, isWhole, order);
    return json ? [denied(json, part.nots)] : [];
  });
}

function writeBox(part, isWhole, order) {
  const parts = write(part.parts, isWhole, order);
  return parts.length ? { [part.kind]: parts } : null;
}

function writeCondition(part, isWhole, order) {
  if (!isWhole(part)) return null;
  order.push(part);
  return { field: part.field, op: part.op, value: part.value };
}

function denied(json, times) {
  return times ? denied({ not: json }, times - 1) : json;
}

/** Turn a part into its denial, or back. @param {Part} part */
export function deny(part) {
  part.nots += part.nots % 2 ? -1 : 1;
}

/** @param {Part} part @returns {Part} */
export function copy(part) {
  const made = structuredClone(part);
  renumber(made);
  return made;
}

function renumber(part) {
  part.id = ++last;
  if (isBox(part)) part.parts.forEach(renumber);
}

/** The box that holds a part and its place in it. @returns {{box: Box, at: number} | null} */
export function find(root, part) {
  const at = root.parts.indexOf(part);
  if (at >= 0) return { box: root, at };
  for (const inner of root.parts.filter(isBox)) {
    const found = find(inner, part);
    if (found) return found;
  }
  return null;
}

/** Remove a part and the boxes that it leaves empty. */
export function remove(root, part) {
  const { box: from, at } = find(root, part);
  from.parts.splice(at, 1);
  if (!from.parts.length && from !== root) remove(root, from);
}

/**
 * Move a part one step: past a condition, into a box that it meets, out of its own at the edge.
 * Says whether there was a step to go.
 * @param {Box} root @param {Part} part @param {-1 | 1} by
 */
export function move(root, part, by) {
  const { box: from, at } = find(root, part);
  const beside = from.parts[at + by];
  if (!beside) return from !== root && leave(root, part, from, by);
  if (isBox(beside)) {
    from.parts.splice(at, 1);
    beside.parts.splice(by < 0 ? beside.parts.length : 0, 0, part);
  } else {
    from.parts.splice(at, 1);
    from.parts.splice(at + by, 0, part);
  }
  if (!from.parts.length && from !== root) remove(root, from);
  return true;
}

function leave(root, part, from, by) {
  const { box: outer, at } = find(root, from);
  from.parts.splice(from.parts.indexOf(part), 1);
  outer.parts.splice(by < 0 ? at : at + 1, 0, part);
  if (!from.parts.length) remove(root, from);
  return true;
}

/** Put a part into a box of its own. @returns {Box} */
export function wrap(root, part) {
  const { box: from, at } = find(root, part);
  const made = box(from.kind === "all" ? "any" : "all", [part]);
  from.parts.splice(at, 1, made);
  return made;
}

/** Take the parts of a box out of it. @param {Box} root @param {Box} part */
export function unwrap(root, part) {
  const { box: from, at } = find(root, part);
  from.parts.splice(at, 1, ...part.parts);
}
