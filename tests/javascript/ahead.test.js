import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser_stubs.js";
import { batchesWanted, picturesWanted, rowsDrawn } from "../../app/components/gallery/ahead.js";
import { layout } from "../../app/components/gallery/geometry.js";

const MILLION = 1_000_000;
const grid = layout({
  width: 1016,
  size: 160,
  captions: ["name"],
  total: MILLION,
  shape: "fit",
  aspects: null,
  groups: null,
});
const scroll = (offset, speed, isUsed = true) => ({ offset, window: 800, speed: { value: speed }, isUsed });

/** The first and the last image that are wanted. */
function reached(offset, speed) {
  const ranges = batchesWanted(grid, scroll(offset, speed));
  return [Math.min(...ranges.map(([first]) => first)), Math.max(...ranges.map(([, last]) => last))];
}

test("what is in sight comes first, then what the scroll comes to", () => {
  const offset = 500_000;
  const rest = batchesWanted(grid, scroll(offset, 0));
  const inSight = grid.first[Math.floor(offset / (grid.top[1] - grid.top[0]))];
  assert.ok(rest[0][0] <= inSight && inSight <= rest[0][1]);
  const [down, up] = [4000, -4000].map((speed) => batchesWanted(grid, scroll(offset, speed)));
  assert.ok(down[0][0] <= inSight && up.at(-1)[0] >= inSight);
  assert.ok(down.length > rest.length && up.length > rest.length);
});

test("the faster the scroll, the further ahead pictures are asked for, and only there", () => {
  const ends = [0, 1200, 4000].map((speed) => reached(500_000, speed));
  assert.ok(ends[0][1] < ends[1][1] && ends[1][1] < ends[2][1]);
  assert.ok(ends[2][0] >= ends[0][0]);
  const ups = [0, -1200, -4000].map((speed) => reached(500_000, speed));
  assert.ok(ups[0][0] > ups[1][0] && ups[1][0] > ups[2][0]);
});

test("before anyone scrolls only what is in sight is asked for", () => {
  const [first, used] = [false, true].map((isUsed) => batchesWanted(grid, scroll(500_000, 0, isUsed)).length);
  assert.ok(first < used);
});

test("batches are the same wherever the window stands, and end with the view", () => {
  for (const offset of [0, 1234, 777_777, grid.height - 800])
    for (const [first, last] of batchesWanted(grid, scroll(offset, 2400))) {
      assert.equal(first % 20, 0);
      assert.equal(last, Math.min(MILLION, first + 20) - 1);
    }
});

test("rows are drawn before they are seen", () => {
  const [rest, fast] = [0, 4000].map((speed) => rowsDrawn(grid, scroll(500_000, speed), 200));
  assert.ok(fast.last > rest.last && fast.first === rest.first);
});

test("images without a row, or with a damaged file, are not asked for", () => {
  const rows = {
    get: (index) =>
      index > 2
        ? undefined
        : { sha1: `sha1-${index}`, status: index === 1 ? "unreadable" : "ok", width: index === 1 ? 0 : 3 },
  };
  const wanted = picturesWanted(grid, scroll(0, 0), /** @type {any} */ (rows));
  assert.deepEqual(wanted.flat(), ["sha1-0", "sha1-2"]);
});
