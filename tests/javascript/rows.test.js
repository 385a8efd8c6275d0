import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser_stubs.js";
import { Rows } from "../../app/components/gallery/rows.js";

test("rows that are not answered are asked for again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let requests = 0;
  globalThis.fetch = /** @type {any} */ (
    (address, { signal }) =>
      new Promise((resolve, reject) => {
        requests += 1;
        if (requests > 1) resolve({ status: 200, json: async () => ({ rows: [{ sha1: "ab12" }] }) });
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      })
  );
  const rows = new Rows();
  rows.addEventListener("change", () => rows.want([[0, 0]]));
  rows.show("", "1", 1);
  rows.want([[0, 0]]);
  context.mock.timers.tick(60_000);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([requests, rows.failed, rows.get(0)?.sha1], [2, false, "ab12"]);
});
