import assert from "node:assert/strict";
import { test } from "node:test";
import {
  matchingTags,
  buildGraph,
  listRows,
  movedBefore,
  siblings,
  treeRows,
  pathTo,
  withAbove,
  withBelow,
} from "../../app/components/tagtree/tag_graph.js";

// Animals: cat, dog; dog stands under Pets too.
const LISTS = {
  id: ["animals", "pets", "dog", "cat", "x10", "x9"],
  name: ["Animals", "Pets", "Dóg", "cat", "x10", "x9"],
  colour: [null, "#fff", null, null, null, null],
  key: [null, null, "d", null, null, null],
  parents: [[], [], ["animals", "pets"], ["animals"], [], []],
  all: [5, 2, 2, 3, 0, 0],
  itself: [0, 0, 2, 3, 0, 0],
  made: [10, 20, 30, 40, 50, 60],
};
const tags = buildGraph(LISTS, "name", "en");
const short = (rows) =>
  rows.map(({ key, depth, position, siblings: of, isOpen }) => [key, depth, position, of, isOpen]);

test("tags are ordered by name, count, age or hand", () => {
  const order = (by) => [...buildGraph(LISTS, by, "en").keys()];
  assert.deepEqual(order("name"), ["animals", "cat", "dog", "pets", "x9", "x10"]);
  assert.deepEqual(order("count"), ["animals", "cat", "dog", "pets", "x9", "x10"]);
  assert.deepEqual(order("made"), ["x9", "x10", "cat", "dog", "pets", "animals"]);
  assert.deepEqual(order("hand"), LISTS.id);
});

test("a tag knows what it is searched by and what stands under it", () => {
  assert.deepEqual(tags.get("dog"), {
    id: "dog",
    name: "Dóg",
    folded: "dog",
    colour: null,
    key: "d",
    identifier: null,
    parents: ["animals", "pets"],
    children: [],
    all: 2,
    itself: 2,
    made: 30,
    position: 2,
  });
  assert.deepEqual(tags.get("animals").children, ["cat", "dog"]);
  assert.deepEqual(
    [siblings(tags, null), siblings(tags, "pets"), siblings(tags, "gone")],
    [["animals", "pets", "x9", "x10"], ["dog"], []],
  );
});

test("a closed tree shows the top, an open branch what is under it", () => {
  assert.deepEqual(short(treeRows(tags, new Set(), null)), [
    ["/animals", 0, 1, 4, false],
    ["/pets", 0, 2, 4, false],
    ["/x9", 0, 3, 4, false],
    ["/x10", 0, 4, 4, false],
  ]);
  assert.deepEqual(short(treeRows(tags, new Set(["/animals"]), null)).slice(0, 4), [
    ["/animals", 0, 1, 4, true],
    ["/animals/cat", 1, 1, 2, false],
    ["/animals/dog", 1, 2, 2, false],
    ["/pets", 0, 2, 4, false],
  ]);
});

test("what matches is shown on all paths to it", () => {
  assert.equal(matchingTags(tags, "  "), null);
  assert.deepEqual(matchingTags(tags, " DOG"), new Set(["dog"]));
  assert.deepEqual(matchingTags(tags, "zebra"), new Set());
  assert.deepEqual(short(treeRows(tags, new Set(), matchingTags(tags, "dog"))), [
    ["/animals", 0, 1, 2, true],
    ["/animals/dog", 1, 1, 1, false],
    ["/pets", 0, 2, 2, true],
    ["/pets/dog", 1, 1, 1, false],
  ]);
  // Closed by hand while searching.
  assert.deepEqual(short(treeRows(tags, new Set(["-/animals"]), matchingTags(tags, "dog")))[0], [
    "/animals",
    0,
    1,
    2,
    false,
  ]);
  assert.deepEqual(short(listRows(tags, matchingTags(tags, "x"))), [
    ["/x9", 0, 1, 2, false],
    ["/x10", 0, 2, 2, false],
  ]);
  assert.equal(listRows(tags, null).length, 6);
});

test("above, below and the way to a tag", () => {
  assert.deepEqual(withAbove(tags, ["dog"]), new Set(["dog", "pets", "animals"]));
  assert.deepEqual(withBelow(tags, ["animals"]), new Set(["animals", "dog", "cat"]));
  assert.deepEqual(pathTo(tags, "dog"), ["/animals", "/animals/dog"]);
});

test("a circle of tags neither shows nor hangs", () => {
  const lists = Object.fromEntries(Object.entries(LISTS).map(([name, values]) => [name, values.slice(0, 2)]));
  const circle = buildGraph({ ...lists, parents: [["pets"], ["animals"]] }, "hand", "en");
  assert.deepEqual(treeRows(circle, new Set(), null), []);
  assert.deepEqual(withBelow(circle, ["pets"]), new Set(["pets", "animals"]));
  assert.deepEqual(pathTo(circle, "pets"), ["/animals", "/animals/pets"]);
});

test("a hundred thousand rows are enough", () => {
  const count = 100_001;
  const of = (make) => Array.from({ length: count }, (_, at) => make(at));
  const zero = of(() => 0);
  const nothing = of(() => null);
  const lists = { id: of(String), name: of(String), colour: nothing, key: nothing, parents: of(() => []) };
  const many = buildGraph({ ...lists, all: zero, itself: zero, made: zero }, "hand", "en");
  assert.equal(treeRows(many, new Set(), null).length, 100_000);
});

test("tags are moved before another one, or last", () => {
  assert.deepEqual(movedBefore(["a", "b", "c", "d"], ["c", "d"], "b"), ["a", "c", "d", "b"]);
  assert.deepEqual(movedBefore(["a", "b", "c"], ["a"], null), ["b", "c", "a"]);
  assert.deepEqual(movedBefore([], ["a"], null), ["a"]);
});
