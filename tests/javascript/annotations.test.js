import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser_stubs.js";

globalThis.document = /** @type {any} */ (new EventTarget());
const { annotations } = await import("../../app/components/shared/store/annotations.js");

/** What arrives at a server, which answers with a status; none with 0. */
function server(status = 200) {
  const requests = [];
  globalThis.fetch = /** @type {any} */ (
    async (address, { body } = /** @type {any} */ ({})) => {
      const { pathname } = new URL(address, "http://localhost");
      if (body) requests.push([pathname, JSON.parse(body)]);
      if (!server.status) throw new Error("away");
      const content = pathname === "/seen" ? { digest: "d", sha1s: "a".repeat(40) + "b".repeat(40) } : { position: 1 };
      return { ok: true, status: 200, json: async () => content };
    }
  );
  server.status = status;
  return requests;
}
server.status = 200;
annotations.kept.open("p1");

test("definitions, merges and what is accepted wait for the server, undo and conversions do not", async () => {
  server(0);
  const later = [
    ["/define", { do: "tag", id: "p", names: ["Sea"] }],
    ["/define", { do: "tag_merge", keep: "a", others: ["b"] }],
    ["/clearing/merge", { kind: "near" }],
    ["/clearing/merge-all", { digest: "d" }],
    ["/suggestions/classes/answers", { accept: true }],
    ["/names", { digest: "d" }],
    ["/properties", { name: "Note" }],
  ];
  for (const [path, body] of later) await assert.rejects(annotations.write(path, body), (error) => error.isKept);
  const now = [
    ["/define", { do: "convert", id: "p", type: "text" }, true],
    ["/define", { do: "tag", id: "p", names: ["Storm"] }, false],
    ["/undo", {}, true],
    ["/switch", { batch: "b", on: false }, true],
  ];
  for (const [path, body, mayWait] of now)
    await assert.rejects(annotations.write(path, body, mayWait), (error) => !error.isKept);
  assert.equal(annotations.kept.waiting.length, later.length);
  const requests = server();
  await annotations.kept.flush();
  assert.deepEqual(
    requests.map(([path]) => path),
    later.map(([path]) => path),
  );
  assert.equal(new Set(requests.map(([, body]) => body.edit)).size, later.length);
  assert.ok(requests.every(([, body]) => body.repeat && body.project === "p1"));
});

test("what is done to all of a view names its images", async () => {
  const requests = server();
  const selection = { all: true, ids: [], except: ["b".repeat(40)], count: 1, held: null };
  await annotations.write("/annotate", { property: "p", targets: { view: "v", selection } });
  assert.deepEqual(requests[0][1].targets, { sha1s: ["a".repeat(40)] });
});
