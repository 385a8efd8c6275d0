import assert from "node:assert/strict";
import { test } from "node:test";
import * as tree from "../../app/components/builder/filter_tree.js";

const leaf = (field, value = 1) => ({ field, op: "=", value });
const ROOT = { all: [leaf("a"), { not: { any: [leaf("b"), { not: { not: leaf("c") } }] } }, leaf("d")] };
const make = () => /** @type {tree.Box} */ (tree.read(ROOT));
const written = (root) => tree.write(root.parts, () => true);
const fields = (root) => root.parts.map((part) => (tree.isBox(part) ? fields(part) : part.field));
const leaves = (root) => root.parts.flatMap((part) => (tree.isBox(part) ? leaves(part) : [part]));
const named = (root, name) => leaves(root).find((part) => part.field === name);

test("a view is written as it was read, denials of denials too", () => {
  assert.deepEqual(written(make()), ROOT.all);
  assert.deepEqual(written(/** @type {tree.Box} */ (tree.read({ all: [] }))), []);
});

test("conditions that are not whole are left out, with the boxes that hold no other", () => {
  const root = make();
  const order = [];
  const parts = tree.write(root.parts, ({ field }) => field === "a" || field === "d", order);
  assert.deepEqual(parts, [leaf("a"), leaf("d")]);
  assert.deepEqual(order, [named(root, "a"), named(root, "d")]);
});

test("words of what cannot be edited are kept beside it", () => {
  const part = /** @type {tree.Condition} */ (tree.read({ ...leaf("x", "Zoë"), label: "similar to Zoë" }));
  assert.deepEqual([part.label, part.nots, part.value], ["similar to Zoë", 0, "Zoë"]);
});

test("denying turns a part over and back", () => {
  const root = make();
  const [a, box] = root.parts;
  tree.deny(a);
  tree.deny(box);
  assert.deepEqual(written(root).slice(0, 2), [{ not: leaf("a") }, { any: [leaf("b"), { not: { not: leaf("c") } }] }]);
  tree.deny(a);
  assert.equal(a.nots, 0);
});

test("a copy has ids of its own", () => {
  const root = make();
  const copied = /** @type {tree.Box} */ (tree.copy(root));
  assert.deepEqual(written(copied), written(root));
  assert.notEqual(copied.parts[0].id, root.parts[0].id);
});

test("what is removed takes the boxes along that it leaves empty", () => {
  const root = make();
  tree.remove(root, named(root, "b"));
  assert.deepEqual(fields(root), ["a", ["c"], "d"]);
  tree.remove(root, named(root, "c"));
  assert.deepEqual(fields(root), ["a", "d"]);
});

test("a part moves past others, into boxes and out of them, and stops at the ends", () => {
  const root = make();
  const a = named(root, "a");
  const steps = [1, 1, 1, 1, 1, 1].map((by) => [tree.move(root, a, /** @type {1} */ (by)), fields(root)]);
  assert.deepEqual(steps, [
    [true, [["a", "b", "c"], "d"]],
    [true, [["b", "a", "c"], "d"]],
    [true, [["b", "c", "a"], "d"]],
    [true, [["b", "c"], "a", "d"]],
    [true, [["b", "c"], "d", "a"]],
    [false, [["b", "c"], "d", "a"]],
  ]);
});

test("a box that its last part leaves is gone", () => {
  const root = make();
  const [b, c] = [named(root, "b"), named(root, "c")];
  tree.move(root, b, -1);
  assert.deepEqual(fields(root), ["a", "b", ["c"], "d"]);
  tree.move(root, c, 1);
  assert.deepEqual(fields(root), ["a", "b", "c", "d"]);
});

test("wrapping changes the kind, unwrapping takes the box away", () => {
  const root = make();
  const a = named(root, "a");
  const box = tree.wrap(root, a);
  assert.deepEqual([box.kind, fields(root)], ["any", [["a"], ["b", "c"], "d"]]);
  assert.equal(tree.wrap(root, a).kind, "all");
  tree.unwrap(root, box);
  assert.deepEqual(fields(root), [["a"], ["b", "c"], "d"]);
  assert.equal(tree.locate(root, tree.condition("x", "=", 1)), null);
});
