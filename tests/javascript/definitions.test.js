import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser_stubs.js";

globalThis.document = /** @type {any} */ (new EventTarget());
const { annotations } = await import("../../app/components/shared/store/annotations.js");

const tag = (id, name = id) => ({ id, property: "p", name, colour: null, parents: [], key: null });
const NOTHING = { start: 0, count: 0, items: [] };
const ALL = { position: 1, version: "v1", properties: [], tags: [tag("a"), tag("b"), tag("c")] };

/** A server and the browser's cache. @param {any[]} answers  one after the other */
function serve(answers) {
  const requests = [];
  globalThis.fetch = /** @type {any} */ (
    async (address) => {
      requests.push(new URL(address, "http://localhost").searchParams.get("known"));
      return { ok: true, json: async () => answers.shift() };
    }
  );
  return requests;
}
const stored = new Map();
globalThis.caches = /** @type {any} */ ({
  open: async () => ({
    match: async (key) => stored.get(key)?.clone(),
    put: async (key, answer) => stored.set(key, answer),
  }),
});

/** A page that is loaded anew. */
function reload() {
  Object.assign(annotations, { version: "", position: -1, properties: [], tags: [], remembered: undefined });
}
const names = () => annotations.tags.map(({ name }) => name);

test("after the first time only what changed of the definitions is sent, also to the next page", async () => {
  const change = { start: 1, count: 1, items: [tag("b", "B"), tag("d")] };
  const requests = serve([ALL, { position: 2, version: "v2", since: "v1", properties: NOTHING, tags: change }]);
  await annotations.read();
  assert.deepEqual(names(), ["a", "b", "c"]);
  await annotations.read();
  assert.deepEqual([names(), annotations.tagOf.get("b")?.name], [["a", "B", "d", "c"], "B"]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  reload();
  requests.push(...serve([{ position: 2, version: "v2" }]));
  await annotations.read();
  assert.deepEqual([names(), annotations.version], [["a", "B", "d", "c"], "v2"]);
});

test("a change of other definitions than those that are here is not taken up", async () => {
  reload();
  stored.clear();
  const stray = { position: 3, version: "v3", since: "v0", properties: NOTHING, tags: NOTHING };
  const requests = serve([ALL, stray, { ...ALL, position: 3, version: "v3", tags: [tag("e")] }]);
  await annotations.read();
  await annotations.read();
  assert.deepEqual([names(), requests], [["e"], ["", "v1", "v1"]]);
});
