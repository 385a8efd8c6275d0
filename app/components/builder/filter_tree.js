// The tree that is edited: conditions, and boxes of them. Pure: no elements, no texts. A box is
// removed together with its last part.

/**
 * @typedef {object} Condition
 * @property {number} id
 * @property {number} nots         how many times it is negated: a view may negate a negation
 * @property {string} field
 * @property {string} op
 * @property {any} value
 * @property {string} [label]      text of a condition that cannot be edited
 * @property {boolean} [isOpen]    whether its list of choices is open
 */
/** @typedef {{id: number, nots: number, kind: "all" | "any", parts: Part[]}} Box */
/** @typedef {Condition | Box} Part */

let lastId = 0;

/** @returns {Condition} */
export function condition(field, op, value) {
  return { id: ++lastId, nots: 0, field, op, value };
}

/** @returns {Box} */
export function box(kind, parts) {
  return { id: ++lastId, nots: 0, kind, parts };
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
 * Write parts as a view does, without incomplete conditions and the boxes that are empty then. `order`
 * receives the conditions in the order in which they are written.
 * @param {Part[]} parts @param {(part: Condition) => boolean} isComplete @param {Condition[]} order
 */
export function write(parts, isComplete, order = []) {
  return parts.flatMap((part) => {
    const json = isBox(part) ? writeBox(part, isComplete, order) : writeCondition(part, isComplete, order);
    return json ? [denied(json, part.nots)] : [];
  });
}

function writeBox(part, isComplete, order) {
  const parts = write(part.parts, isComplete, order);
  return parts.length ? { [part.kind]: parts } : null;
}

function writeCondition(part, isComplete, order) {
  if (!isComplete(part)) return null;
  order.push(part);
  return { field: part.field, op: part.op, value: part.value };
}

function denied(json, times) {
  return times ? denied({ not: json }, times - 1) : json;
}

/** Negate a part, or take the negation back. @param {Part} part */
export function deny(part) {
  part.nots += part.nots % 2 ? -1 : 1;
}

/** A copy with ids of its own. @param {Part} part @returns {Part} */
export function copy(part) {
  const result = structuredClone(part);
  renumber(result);
  return result;
}

function renumber(part) {
  part.id = ++lastId;
  if (isBox(part)) part.parts.forEach(renumber);
}

/** The box that holds a part and its index in it. @returns {{box: Box, index: number} | null} */
export function locate(root, part) {
  const index = root.parts.indexOf(part);
  if (index >= 0) return { box: root, index };
  for (const inner of root.parts.filter(isBox)) {
    const location = locate(inner, part);
    if (location) return location;
  }
  return null;
}

/** Remove a part and the boxes that it leaves empty. */
export function remove(root, part) {
  const { box: owner, index } = locate(root, part);
  owner.parts.splice(index, 1);
  if (!owner.parts.length && owner !== root) remove(root, owner);
}

/**
 * Move a part one step: past a condition, into a box that it meets, out of its own at the edge.
 * Returns whether there was a step to go.
 * @param {Box} root @param {Part} part @param {-1 | 1} step
 */
export function move(root, part, step) {
  const { box: owner, index } = locate(root, part);
  const neighbour = owner.parts[index + step];
  if (!neighbour) return owner !== root && leave(root, part, owner, step);
  if (isBox(neighbour)) {
    owner.parts.splice(index, 1);
    neighbour.parts.splice(step < 0 ? neighbour.parts.length : 0, 0, part);
  } else {
    owner.parts.splice(index, 1);
    owner.parts.splice(index + step, 0, part);
  }
  if (!owner.parts.length && owner !== root) remove(root, owner);
  return true;
}

function leave(root, part, owner, step) {
  const { box: outer, index } = locate(root, owner);
  owner.parts.splice(owner.parts.indexOf(part), 1);
  outer.parts.splice(step < 0 ? index : index + 1, 0, part);
  if (!owner.parts.length) remove(root, owner);
  return true;
}

/** Put a part into a box of its own. @returns {Box} */
export function wrap(root, part) {
  const { box: owner, index } = locate(root, part);
  const result = box(owner.kind === "all" ? "any" : "all", [part]);
  owner.parts.splice(index, 1, result);
  return result;
}

/** Take the parts of a box out of it. @param {Box} root @param {Box} part */
export function unwrap(root, part) {
  const { box: owner, index } = locate(root, part);
  owner.parts.splice(index, 1, ...part.parts);
}
