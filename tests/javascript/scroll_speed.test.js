import assert from "node:assert/strict";
import { test } from "node:test";
import { Speed, reach } from "../../app/components/shared/ui/scroll_speed.js";

const WINDOW = 800;

/** Scroll by frames of 16 ms. */
function scrolled(pixelsASecond, milliseconds) {
  const speed = new Speed();
  for (let now = 0; now <= milliseconds; now += 16) speed.moved((pixelsASecond * 16) / 1000, now, WINDOW);
  return speed;
}

test("the speed of a steady scroll is known within a quarter of a second, with its direction", () => {
  for (const wanted of [1200, -2400, 4000]) {
    const { value } = scrolled(wanted, 250);
    assert.ok(Math.abs(value - wanted) < Math.abs(wanted) / 10, `${value} for ${wanted}`);
  }
});

test("only what passes faster than anyone sees is a flight", () => {
  assert.deepEqual(
    [1200, 2400, 4000, 5900, 20_000].map((wanted) => scrolled(wanted, 400).isFlight(WINDOW)),
    [false, false, false, false, true],
  );
});

test("a jump of the bar is a flight, and says nothing of a speed", () => {
  const speed = scrolled(1200, 400);
  speed.moved(3 * WINDOW, 416, WINDOW);
  assert.deepEqual([speed.isFlight(WINDOW), speed.value], [true, 0]);
  speed.moved(10, 432, WINDOW);
  assert.equal(speed.isFlight(WINDOW), false);
});

test("a move after a rest begins anew", () => {
  const speed = scrolled(4000, 400);
  speed.moved(40, 5_000, WINDOW);
  assert.equal(speed.value, 0);
});

test("what is prepared lies in the way of the scroll", () => {
  assert.deepEqual(reach(2000, 0.5, 100), { above: 100, below: 1100 });
  assert.deepEqual(reach(-2000, 0.5, 100), { above: 1100, below: 100 });
  assert.deepEqual(reach(0, 0.5, 100), { above: 100, below: 100 });
});
