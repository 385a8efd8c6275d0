import assert from "node:assert/strict";
import { test } from "node:test";
import { storage } from "./browser_stubs.js";
import { Selection } from "../../app/components/shared/store/selection.js";

/** @returns {[Selection, () => number]} */
function opened(key) {
  const selection = new Selection();
  let changes = 0;
  selection.addEventListener("change", () => (changes += 1));
  selection.open(key);
  return [selection, () => changes];
}

const NOTHING = { all: false, ids: [], except: [], count: 0, held: null };

test("nothing is selected at first", () => {
  const [selection, changes] = opened("empty");
  assert.deepEqual(selection.plain(), NOTHING);
  assert.deepEqual([selection.has("a"), changes()], [false, 1]);
});

test("images are put, toggled and replaced", () => {
  const [selection, changes] = opened("some");
  selection.put(["a", "b"], true);
  selection.toggle("b");
  selection.toggle("c");
  assert.deepEqual(selection.plain(), { ...NOTHING, ids: ["a", "c"], count: 2 });
  selection.replace(["d"]);
  assert.deepEqual([selection.has("a"), selection.has("d"), selection.count], [false, true, 1]);
  selection.clear();
  assert.deepEqual([selection.plain(), changes()], [NOTHING, 6]);
});

test("all of a view but some, until another view is shown", () => {
  const [selection] = opened("all");
  selection.within("kind:photo", 100_000, "held-1");
  selection.selectAll();
  selection.put(["a", "b"], false);
  assert.deepEqual(selection.plain(), { all: true, ids: [], except: ["a", "b"], count: 99_998, held: "held-1" });
  assert.deepEqual([selection.has("a"), selection.has("z")], [false, true]);
  selection.put(["a"], true);
  assert.equal(selection.count, 99_999);
  // More images came.
  selection.within("kind:photo", 100_001);
  assert.deepEqual([selection.count, selection.held], [100_000, null]);
  selection.leave("kind:photo");
  assert.equal(selection.all, true);
  selection.within("kind:drawing", 7);
  assert.deepEqual(selection.plain(), NOTHING);
});

test("leaving a view keeps what was chosen one by one", () => {
  const [selection] = opened("leave");
  selection.within("a", 3);
  selection.put(["x"], true);
  selection.leave("b");
  assert.deepEqual(selection.plain().ids, ["x"]);
});

test("what was selected in a project is there again after a reload, in no other", () => {
  const [before] = opened("project");
  before.within("view", 10);
  before.selectAll();
  before.put(["a"], false);
  const [after] = opened("project");
  assert.deepEqual([after.all, after.count, after.view, after.has("a")], [true, 9, "view", false]);
  assert.equal(opened("other")[0].count, 0);
});

test("a selection larger than the storage is kept until the page is left", () => {
  globalThis.sessionStorage = storage(1000);
  const [selection] = opened("large");
  const ids = Array.from({ length: 100_000 }, (_, at) => `image-${at}`);
  selection.replace(ids);
  assert.deepEqual([selection.count, sessionStorage.getItem("large")], [100_000, null]);
  globalThis.sessionStorage = storage();
});

test("inverting asks the server by parts, and takes no answer to an older question", async () => {
  const asked = [];
  globalThis.fetch = async (address, { body }) => {
    const ids = body.split("\n").filter(Boolean);
    asked.push([address, ids.length]);
    return { ok: true, json: async () => ({ total: 150_003, sha1s: ids.filter((id) => id !== "elsewhere") }) };
  };
  const [selection] = opened("invert");
  selection.replace([...Array.from({ length: 150_000 }, (_, at) => `i${at}`), "elsewhere"]);
  await selection.invert("v");
  assert.deepEqual(asked, [
    ["/among?view=v&held=", 100_000],
    ["/among?view=v&held=", 50_001],
  ]);
  assert.deepEqual([selection.all, selection.count, selection.has("i7")], [true, 3, false]);

  await selection.invert("v");
  assert.deepEqual([selection.all, selection.count, selection.has("i7")], [false, 150_000, true]);

  const late = selection.invert("v");
  selection.replace(["chosen"]);
  await late;
  assert.deepEqual(selection.plain().ids, ["chosen"]);
});

test("inverting everything selects nothing, and a server that fails says so", async () => {
  globalThis.fetch = async (_, { body }) => ({ ok: true, json: async () => ({ total: 2, sha1s: body.split("\n") }) });
  const [selection] = opened("whole");
  selection.replace(["a", "b"]);
  await selection.invert("v");
  assert.deepEqual([selection.all, selection.count], [false, 0]);
  globalThis.fetch = async () => ({ ok: false, status: 503 });
  await assert.rejects(selection.invert("v"), { message: "among: 503" });
});
