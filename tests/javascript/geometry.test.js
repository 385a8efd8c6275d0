import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser_stubs.js";

const { beside, cells, groupBeside, groupOf, indicesInside, layout, middle, pageFrom } =
  await import("../../app/components/gallery/geometry.js");
const { rowAt, rowOf, rowsInSight, shownFrom, shownRanges, tall } =
  await import("../../app/components/gallery/geometry.js");
const { Groups } = await import("../../app/components/gallery/groups.js");
const { lines } = await import("../../app/components/table/row_geometry.js");

// Four columns of 100 pixels, 4 between them, 8 at the edges.
const squares = (total, more = {}) =>
  layout({ width: 428, size: 100, captions: [], total, shape: "fit", aspects: null, groups: null, ...more });
const pictures = (bytes, more = {}) =>
  squares(bytes.length, { shape: "rows", aspects: Uint8Array.from(bytes), ...more });
const rowsOf = (g) =>
  Array.from({ length: g.rows }, (_, row) => [g.top[row], g.first[row], g.count[row], g.group[row]]);
// Cars holds Red and Blue; Dogs stands beside it.
const grouped = (memory) =>
  new Groups(
    {
      depth: [0, 1, 1, 0],
      start: [0, 0, 5, 7],
      count: [7, 5, 2, 3],
      label: ["Cars", "Red", "Blue", "Dogs 🐕"],
      unset: [false, false, false, false],
    },
    memory,
  );

test("nothing to lay out has no rows", () => {
  const g = squares(0);
  assert.deepEqual([g.rows, g.height, rowsInSight(g, 0, 500)], [0, 12, { first: 0, last: -1 }]);
  assert.deepEqual([shownFrom(g, 0, 1), groupOf(g, 0), groupBeside(g, 0, 1)], [null, -1, -1]);
  assert.deepEqual(shownRanges(g, 0, 10), []);
});

test("one image stands at the top left", () => {
  const g = squares(1);
  assert.deepEqual(rowsOf(g), [[8, 0, 1, -1]]);
  assert.deepEqual(cells(g, 0), [{ left: 8, width: 100 }]);
  assert.deepEqual([g.columns, g.tile, g.height, tall(g, 0), middle(g, 0)], [4, 100, 116, 100, 58]);
});

test("squares fill row after row, captions below them", () => {
  const g = squares(10, { captions: ["name", "date"] });
  assert.equal(g.caption, 42);
  assert.deepEqual(rowsOf(g), [
    [8, 0, 4, -1],
    [154, 4, 4, -1],
    [300, 8, 2, -1],
  ]);
  assert.equal(g.height, 450);
  assert.deepEqual(cells(g, 2), [
    { left: 8, width: 100 },
    { left: 112, width: 100 },
  ]);
  assert.deepEqual([rowAt(g, 153), rowAt(g, 154), rowAt(g, -5), rowAt(g, 1e9)], [0, 1, 0, 2]);
});

test("a window narrower than a tile has one column", () => {
  const g = squares(3, { width: 40 });
  assert.deepEqual([g.columns, g.tile, g.rows], [1, 24, 3]);
});

test("a hundred thousand images are found by index and by pixel", () => {
  const g = squares(100_000);
  assert.deepEqual([g.rows, g.height], [25_000, 8 + 25_000 * 104 - 4 + 8]);
  assert.deepEqual([rowOf(g, 0), rowOf(g, 3), rowOf(g, 4), rowOf(g, 99_999)], [0, 0, 1, 24_999]);
  assert.deepEqual(rowsInSight(g, 1_000_000, 500), { first: 9615, last: 9620 });
  assert.deepEqual(shownRanges(g, 10, 99_000), [[10, 99_000]]);
});

test("pictures keep their shape and fill the width, but in the last row", () => {
  // Four twice as wide as high, one square.
  const g = pictures([160, 160, 160, 160, 128]);
  assert.deepEqual(
    Array.from({ length: g.rows }, (_, row) => [g.first[row], g.count[row]]),
    [
      [0, 2],
      [2, 2],
      [4, 1],
    ],
  );
  for (const row of [0, 1]) {
    const last = cells(g, row).at(-1);
    assert.equal(last.left + last.width, 8 + 412);
  }
  assert.deepEqual(cells(g, 2), [{ left: 8, width: 100 }]);
  assert.deepEqual([tall(g, 0), tall(g, 2)], [102, 100]);
});

test("a picture without a known shape is a square, extreme ones are bounded", () => {
  const [unknown, narrow, wide] = [[0], [1], [255]].map((bytes) => cells(pictures(bytes), 0)[0].width);
  assert.deepEqual([unknown, narrow, wide], [100, 40, 412]);
});

test("groups stand under headers; a folded one takes its images along", () => {
  const groups = grouped("a");
  const g = squares(10, { groups });
  assert.deepEqual(rowsOf(g), [
    [0, 0, 0, 0],
    [34, 0, 0, 1],
    [68, 0, 4, 1],
    [172, 4, 1, 1],
    [276, 5, 0, 2],
    [310, 5, 2, 2],
    [414, 7, 0, 3],
    [448, 7, 3, 3],
  ]);
  assert.deepEqual([...g.headers], [0, 1, 4, 6]);
  assert.deepEqual([groupOf(g, 4), groupOf(g, 5), groupOf(g, 9)], [1, 2, 3]);
  assert.deepEqual([groupBeside(g, 0, 1), groupBeside(g, 6, -1), groupBeside(g, 9, 1)], [2, 2, -1]);

  groups.toggle(0);
  const folded = squares(10, { groups });
  assert.deepEqual(rowsOf(folded), [
    [0, 0, 0, 0],
    [34, 7, 0, 3],
    [68, 7, 3, 3],
  ]);
  assert.deepEqual([...folded.headers], [0, -1, -1, 1]);
  assert.deepEqual(shownRanges(folded, 0, 9), [[7, 9]]);
  assert.deepEqual([shownFrom(folded, 2, 1), shownFrom(folded, 2, -1), shownFrom(folded, 8, 1)], [7, null, 8]);
});

test("arrows and pages keep to the column, and stop at the ends", () => {
  const g = squares(10);
  const x = middle(g, 3);
  assert.deepEqual([beside(g, 3, 1, x), beside(g, 7, 1, x), beside(g, 3, -1, x), beside(g, 9, 1, x)], [7, 9, 3, 9]);
  assert.deepEqual([pageFrom(g, 0, 1, middle(g, 0), 208), pageFrom(g, 9, -1, middle(g, 9), 1000)], [4, 1]);
});

test("a rectangle takes the images that it touches, as ranges", () => {
  const g = squares(10);
  assert.deepEqual(indicesInside(g, { left: 120, right: 250, top: 20, bottom: 130 }), [
    [1, 2],
    [5, 6],
  ]);
  assert.deepEqual(indicesInside(g, { left: 0, right: 428, top: 0, bottom: 1000 }), [[0, 9]]);
  assert.deepEqual(indicesInside(g, { left: 421, right: 428, top: 0, bottom: 1000 }), []);
});

test("the table is one column of rows of 36 pixels", () => {
  const plain = lines(3, null);
  assert.deepEqual([plain.columns, [...plain.top.slice(0, 4)], plain.height], [1, [0, 36, 72, 108], 108]);
  assert.equal(lines(100_000, null).height, 3_600_000);
  assert.equal(lines(0, null).height, 0);
  const g = lines(10, grouped("b"));
  assert.deepEqual([g.rows, g.height], [14, 4 * 34 + 10 * 36]);
});

test("groups know their way, their leaves and what is folded around them", () => {
  const groups = grouped("c");
  assert.deepEqual(groups.path(2), ["Cars", "Blue"]);
  assert.deepEqual(
    [0, 1, 2, 3].map((group) => groups.isLeaf(group)),
    [false, true, true, true],
  );
  groups.toggle(0);
  assert.deepEqual(
    [0, 1, 2, 3].map((group) => groups.isShown(group)),
    [true, false, false, true],
  );
});

test("a folded level, but for one group, is so again after a reload", () => {
  const groups = grouped("d");
  groups.toggleLevel(0);
  groups.toggle(3);
  assert.deepEqual([...groups.folded], [1, 0, 0, 0]);
  assert.deepEqual([...grouped("d").folded], [1, 0, 0, 0]);
  assert.deepEqual(JSON.parse(sessionStorage.getItem("d")), { levels: [true], others: ['["Dogs 🐕"]'] });
  assert.deepEqual([...grouped("another project").folded], [0, 0, 0, 0]);
});
