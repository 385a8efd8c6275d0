import assert from "node:assert/strict";
import { test } from "node:test";
import { YEAR } from "./browser_stubs.js";
import { actionName } from "../../app/components/shared/ui/review_keys.js";
import { comparePixels, matchLight } from "../../app/components/duplicates/pixel_difference.js";
import { dayBefore, parseDay, parseNumber } from "../../app/components/facets/parse_range.js";
import { ancestors, pathOf, roots, visibleRows } from "../../app/components/facets/tree_rows.js";
import { alsoFor, known } from "../../app/components/gallery/captions.js";
import { polygonOf, simplified } from "../../app/components/map/polygon.js";
import { underHeadings } from "../../app/components/shared/ui/headings.js";
import { Scroll, TALLEST } from "../../app/components/shared/ui/virtual_scroll.js";
import { columns, Layout } from "../../app/components/table/columns.js";
import { pointsOf } from "../../app/components/shared/ui/outline.js";

test("each heading stands once, above all its properties; those without one come first", () => {
  const properties = ["A", "B", "A", null, "B", "A"].map((folder, id) => ({ folder, id }));
  const arranged = underHeadings(properties).map(([heading, own]) => [heading, own.map(({ id }) => id)]);
  assert.deepEqual(arranged, [
    [null, [3]],
    ["A", [0, 2, 5]],
    ["B", [1, 4]],
  ]);
  assert.deepEqual(underHeadings([]), []);
});

test("keys have one meaning each, letters in both cases", () => {
  const of = (key, shiftKey = false) => actionName({ key, shiftKey });
  assert.deepEqual(
    ["y", "Y", "n", "N"].map((key) => of(key, key < "a")),
    ["accept", "acceptAll", "refuse", "refuseAll"],
  );
  assert.deepEqual(
    ["Enter", "Delete", "Backspace", " ", "+", "End"].map((key) => of(key)),
    ["accept", "refuse", "refuse", "enlarge", "grow", "last"],
  );
  assert.deepEqual([of("q"), of("C"), of("é"), of("F5")], [null, null, null, null]);
});

test("ends of a range are numbers in their unit", () => {
  assert.deepEqual(
    ["1,5", " 2 ", "", "x", "0", "-1e3"].map((text) => parseNumber(text, 1000)),
    [1500, 2000, null, null, 0, -1e6],
  );
});

test("ends of a range are the first and last days of what was written", () => {
  const both = (text) => [parseDay(text, false), parseDay(text, true)];
  assert.deepEqual(both("1936"), ["1936-01-01", "1936-12-31"]);
  assert.deepEqual(both(" 2024-2 "), ["2024-02-01", "2024-02-29"]);
  assert.deepEqual(both("1900-02"), ["1900-02-01", "1900-02-28"]);
  assert.deepEqual(both("1936-12-07"), ["1936-12-07", "1936-12-07"]);
  assert.deepEqual(both("0050"), ["0050-01-01", "0050-12-31"]);
  assert.deepEqual(both("2024-02-29"), ["2024-02-29", "2024-02-29"]);
  const unread = ["", "36", "yesterday", "2024-02-31", "2023-02-29", "2024-04-31", "2024-13", "2024-0", "2024-01-00"];
  for (const text of unread) assert.deepEqual(both(text), [null, null], text);
  assert.deepEqual([dayBefore("2024-03-01"), dayBefore("1936-01-01")], ["2024-02-29", "1935-12-31"]);
});

test("a tree of folders shows what stands in open ones", () => {
  const items = ["Été", "Été/1", "Été/1/a", "Winter", "Winter/x"].map((path) => ({ path }));
  assert.deepEqual(ancestors("Été/1/a"), ["Été", "Été/1"]);
  assert.deepEqual([ancestors("Été"), pathOf({ id: 7 }), pathOf({ id: null })], [[], "7", ""]);
  assert.deepEqual(roots(items), [items[0], items[3]]);
  assert.deepEqual(visibleRows(items, new Set(["Été", "Winter/x"])), [
    { path: "Été", depth: 0, isParent: true },
    { path: "Été/1", depth: 1, isParent: true },
    { path: "Winter", depth: 0, isParent: true },
  ]);
  assert.deepEqual(visibleRows([], new Set()), []);
});

test("captions ask for no more than they need, and leave out what is not there", () => {
  assert.deepEqual(known(["name", "p:text:1", "p:text:2"], { "caption_p:text:1": "Title" }), ["name", "p:text:1"]);
  assert.deepEqual(alsoFor(["name"], "clip"), {});
  assert.deepEqual(alsoFor(["colour", "p:text:1", "p:text:1", "cluster"], "clip"), {
    also: "hue,p:text:1,cluster",
    encoder: "clip",
  });
  assert.deepEqual(alsoFor(["cluster"], null), {});
});

test("a line loses the points that nobody sees", () => {
  const straight = Array.from({ length: 1000 }, (_, at) => [at, at % 2 ? 0.1 : 0]);
  assert.deepEqual(simplified(straight, 0.5), [
    [0, 0],
    [999, 0.1],
  ]);
  const corner = [
    [0, 0],
    [5, 0.1],
    [10, 0],
    [10.1, 5],
    [10, 10],
  ];
  assert.deepEqual(simplified(corner, 0.5), [corner[0], corner[2], corner[4]]);
  assert.deepEqual(simplified([], 1), []);
  // A closed line begins where it ends.
  const closed = [
    [0, 0],
    [4, 0],
    [4, 4],
    [0, 0],
  ];
  assert.deepEqual(simplified(closed, 0.5), closed);
});

test("what was drawn becomes a polygon of few digits", () => {
  const plot = { layout: { xaxis: { range: [0, 10] } }, clientWidth: 1000 };
  const range = { x: [1.23456, 3], y: [2, 4.98765] };
  assert.deepEqual(polygonOf({ range }, plot), [
    [1.235, 2],
    [3, 2],
    [3, 4.988],
    [1.235, 4.988],
  ]);
  const lassoPoints = { x: [0, 5, 5, 0], y: [0, 0, 5, 5] };
  assert.deepEqual(polygonOf({ lassoPoints }, plot), [
    [0, 0],
    [5, 0],
    [5, 5],
    [0, 5],
  ]);
  assert.deepEqual([polygonOf(undefined, plot), polygonOf({}, plot)], [null, null]);
  assert.equal(polygonOf({ lassoPoints: { x: [1, 2], y: [1, 2] } }, plot), null);
});

test("a list that a browser can scroll is scrolled one to one", () => {
  const scroll = new Scroll();
  scroll.resize(10_000, 500);
  scroll.moved(120);
  assert.deepEqual([scroll.offset, scroll.ratio, scroll.barHeight], [120, 1, 10_000]);
  scroll.to(1e9);
  assert.deepEqual([scroll.offset, scroll.bar], [9500, 9500]);
  scroll.resize(200, 500);
  assert.deepEqual([scroll.offset, scroll.end], [0, 0]);
});

test("in a taller one small moves go one to one, jumps in proportion", () => {
  const scroll = new Scroll();
  scroll.resize(10 * TALLEST, 1000);
  assert.equal(scroll.barHeight, TALLEST);
  scroll.moved(300);
  assert.equal(scroll.offset, 300);
  scroll.moved(TALLEST / 2);
  assert.equal(scroll.offset, (TALLEST / 2) * scroll.ratio);
  scroll.moved(TALLEST - 1000);
  assert.equal(scroll.offset, scroll.end);
  scroll.moved(0);
  assert.equal(scroll.offset, 0);
  scroll.to(5000);
  assert.equal(scroll.bar * scroll.ratio, 5000);
});

test("equal pictures do not differ, opposite ones everywhere", () => {
  const black = Uint8ClampedArray.from([0, 0, 0, 255, 0, 0, 0, 255]);
  const white = Uint8ClampedArray.from([255, 255, 255, 255, 255, 255, 255, 255]);
  const drawn = new Uint8ClampedArray(8);
  assert.deepEqual(comparePixels(black, black, drawn), { mean: 0, area: 0 });
  assert.deepEqual([...drawn], [18, 18, 18, 255, 18, 18, 18, 255]);
  assert.deepEqual(comparePixels(black, white, drawn), { mean: 1, area: 1 });
  assert.deepEqual([...drawn.slice(0, 4)], [255, 232, 120, 255]);
  const nothing = new Uint8ClampedArray(0);
  assert.deepEqual(comparePixels(nothing, nothing, nothing), { mean: 0, area: 0 });
});

test("another exposure is evened out", () => {
  const one = Uint8ClampedArray.from([10, 10, 10, 255, 110, 110, 110, 255]);
  const other = Uint8ClampedArray.from([100, 100, 100, 255, 150, 150, 150, 255]);
  matchLight(one, other);
  assert.deepEqual([...other], [...one]);
  const flat = Uint8ClampedArray.from([7, 7, 7, 255, 7, 7, 7, 255]);
  matchLight(one, flat);
  assert.deepEqual([...flat], [60, 60, 60, 255, 60, 60, 60, 255]);
});

const PROPERTIES = Array.from({ length: 6 }, (_, at) => ({ id: `${at}`, name: `Größe ${at}`, type: "number" })).map(
  (property) => /** @type {any} */ ({ ...property, field: `p:number:${property.id}` }),
);
const ROW = /** @type {any} */ ({
  name: "é.jpg",
  place: "Fonds Zola/1898/é.jpg",
  width: 4000,
  height: 3000,
  size: 1_234_567,
  taken_at: "1998-07-12T21:00:05",
  copies: 0,
  values: { 0: "1936" },
});

test("columns say of a row what there is to say", () => {
  const all = columns("en", PROPERTIES, {});
  const said = Object.fromEntries(all.map((column) => [column.name, column.text(ROW)]));
  assert.deepEqual(said, {
    tick: "",
    picture: "",
    name: "é.jpg",
    folder: "Fonds Zola/1898",
    "p-0": YEAR,
    "p-1": "",
    "p-2": "",
    "p-3": "",
    "p-4": "",
    "p-5": "",
    similarity: "",
    format: "",
    width: "4,000",
    height: "3,000",
    pixels: "12.00",
    size: "1.2 MB",
    taken_at: "1998-07-12 21:00",
    camera: "",
    colour: "",
    copies: "0",
    frames: "",
    added: "",
  });
  const size = all.find(({ name }) => name === "size");
  assert.deepEqual(
    [0, 1, 999, 1000, 2.5e9].map((bytes) => size.text({ ...ROW, size: bytes })),
    ["0 bytes", "1 byte", "999 bytes", "1 kB", "2.5 GB"],
  );
  assert.equal(all[3].text({ ...ROW, place: "é.jpg" }), "");
});

test("what files say of themselves is a column that is asked for once it is shown", () => {
  const all = columns("en", PROPERTIES, {}, ["caption", "keywords", "digitised_at"]);
  const added = all.slice(-3);
  const [caption, keywords] = added;
  const row = { ...ROW, described: { caption: "Une rue", digitised_at: "1998-05-04T10:30:00" } };
  const said = added.map((column) => column.text(row));
  assert.deepEqual(said, ["Une rue", "", "1998-05-04 10:30"]);
  assert.deepEqual([caption.sort, keywords.sort], ["caption", undefined]);
  const layout = new Layout(all);
  assert.ok(!layout.requested.includes("caption"));
  layout.toggle(caption);
  assert.deepEqual(layout.requested.slice(-1), ["caption"]);
});

test("columns are as they were left in a project", () => {
  const all = columns("en", PROPERTIES, {});
  const names = (layout) => layout.shown.map(({ name }) => name);
  const layout = new Layout(all);
  layout.open("columns");
  assert.deepEqual([names(layout).includes("similarity"), names(layout).includes("p-5")], [false, false]);
  layout.rank(true);
  layout.toggle(all.find(({ name }) => name === "p-5"));
  layout.toggle(all.find(({ name }) => name === "folder"));
  layout.resize(all[2], 10_000);
  const again = new Layout(all);
  again.open("columns");
  again.rank(true);
  assert.deepEqual(names(again), names(layout));
  assert.deepEqual([names(again).includes("folder"), names(again).includes("p-5")], [false, true]);
  assert.equal(again.width(all[2]), 900);
  again.resize(all[2], null);
  assert.equal(again.width(all[2]), 200);
  assert.deepEqual(
    again.editable.map(({ name }) => name),
    ["p-0", "p-1", "p-2", "p-3", "p-4", "p-5"],
  );
  again.reset();
  assert.equal(names(again).includes("folder"), true);
  localStorage.setItem("broken", "{");
  const broken = new Layout(all);
  broken.open("broken");
  assert.deepEqual(broken.widths, {});
});

test("an outline in fractions is drawn in the pixels of its picture", () => {
  const corners = /** @type {[number, number][]} */ ([
    [0, 0],
    [1, 0.5],
    [1 / 3, 1],
  ]);
  assert.equal(pointsOf(corners, 400, 300), "0,0 400,150 133.33,300");
});
