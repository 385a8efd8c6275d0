import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { storage } from "./browser_stubs.js";
import { KeptEdits, NotStoredYet } from "../../app/components/shared/store/kept_edits.js";

/** A server: `status` of its answers (0: none), what it stored, each edit once. */
class Server {
  constructor() {
    this.status = 200;
    this.requests = [];
    this.stored = new Map();
    this.lostAnswers = 0;
  }

  page(kept = storage(), now = () => 0) {
    const page = new KeptEdits((path, body) => this.post(path, body), { storage: kept, now });
    page.open("p1");
    return page;
  }

  async post(path, body) {
    await Promise.resolve();
    this.requests.push({ path, ...body });
    const fail = (status, message = "") => Object.assign(new Error(message), { status });
    if (this.status !== 200) throw fail(this.status, this.status ? "The project is gone." : "");
    if (body.value === "refused") throw fail(409, "deleted by Ben");
    this.stored.set(body.edit, this.stored.get(body.edit) ?? body.value);
    if (this.lostAnswers > 0) {
      this.lostAnswers -= 1;
      throw fail(0);
    }
    return { batch: "b", position: this.stored.size, changed: 1 };
  }

  get values() {
    return [...this.stored.values()];
  }
}

let server;
beforeEach(() => (server = new Server()));

test("an edit that is answered is kept nowhere", async () => {
  const kept = storage();
  const page = server.page(kept);
  const answer = await page.send("/annotate", { value: "a" });
  assert.equal(answer.changed, 1);
  assert.equal(kept.length, 0);
  assert.equal(server.requests[0].project, "p1");
  assert.match(server.requests[0].edit, /^[0-9a-f]{32}$/);
});

test("while the server is down edits wait, in order, and are stored once it is back", async () => {
  const page = server.page();
  server.status = 0;
  for (const value of ["a", "b", "c"])
    await assert.rejects(page.send("/annotate", { value }), (error) => error instanceof NotStoredYet && error.isKept);
  assert.deepEqual(
    page.waiting.map(({ body }) => body.value),
    ["a", "b", "c"],
  );
  server.status = 200;
  const flushed = [];
  page.addEventListener("flushed", ({ detail }) => flushed.push(detail));
  await page.flush();
  assert.deepEqual([server.values, page.waiting, flushed], [["a", "b", "c"], [], [3]]);
});

test("what is done next waits behind what was done before", async () => {
  const page = server.page();
  server.status = 503;
  await assert.rejects(page.send("/annotate", { value: "a" }));
  assert.equal(page.why, "The project is gone.");
  server.status = 200;
  await page.send("/annotate", { value: "b" });
  assert.deepEqual(server.values, ["a", "b"]);
});

test("edits made at once arrive in their order, also where the first finds no answer", async () => {
  const page = server.page();
  server.lostAnswers = 1;
  const sent = ["a", "b", "c"].map((value) => page.send("/annotate", { value }).catch(() => {}));
  await Promise.all(sent);
  await page.flush();
  assert.deepEqual(server.values, ["a", "b", "c"]);
  assert.deepEqual(
    server.requests.map(({ value, repeat }) => value + (repeat ? "!" : "")),
    ["a", "a!", "b", "c"],
  );
});

test("a page that is opened again has what another left, and sends it under the same id", async () => {
  const kept = storage();
  let time = 1000;
  const first = server.page(kept, () => time);
  server.lostAnswers = 1;
  await assert.rejects(first.send("/annotate", { value: "a" }));
  const again = server.page(kept, () => time);
  assert.equal(again.waiting.length, 1);
  time += 1;
  await again.tryAgain();
  assert.deepEqual([server.values, again.waiting.length, kept.length], [["a"], 0, 0]);
  assert.equal(new Set(server.requests.map(({ edit }) => edit)).size, 1);
});

test("an edit on its way from another page is left to it for a while", async () => {
  const kept = storage();
  let time = 0;
  const first = server.page(kept, () => time);
  first.keep("/annotate", { value: "a" });
  const other = server.page(kept, () => time);
  assert.equal(other.waiting.length, 0);
  time += 60_000;
  assert.equal(other.waiting.length, 1);
});

test("edits of another project are not touched", async () => {
  const kept = storage();
  const page = server.page(kept);
  server.status = 0;
  await assert.rejects(page.send("/annotate", { value: "a" }));
  page.open("p2");
  assert.equal(page.waiting.length, 0);
  page.discard();
  page.open("p1");
  assert.equal(page.waiting.length, 1);
});

test("what is refused for a reason is not sent again, now or later", async () => {
  const page = server.page();
  await assert.rejects(page.send("/annotate", { value: "refused" }), /deleted by Ben/);
  assert.equal(page.waiting.length, 0);
  server.status = 0;
  for (const value of ["refused", "b"]) await assert.rejects(page.send("/annotate", { value }));
  const refusals = [];
  page.addEventListener("refused", ({ detail }) => refusals.push(detail));
  server.status = 200;
  await page.flush();
  assert.deepEqual([refusals, server.values, page.waiting.length], [["deleted by Ben"], ["b"], 0]);
});

test("tries come more slowly while nothing answers", async () => {
  let time = 0;
  const page = server.page(storage(), () => time);
  server.status = 0;
  await assert.rejects(page.send("/annotate", { value: "a" }));
  const count = () => server.requests.length;
  const tries = [];
  for (; time < 60_000; time += 1000) {
    const before = count();
    await page.tryAgain();
    if (count() > before) tries.push(time);
  }
  assert.deepEqual(tries.slice(0, 4), [0, 2000, 5000, 11000]);
});

test("what no storage takes waits as long as the page is open", async () => {
  const page = server.page(storage(10));
  page.texts = { here: "here", page: "page" };
  server.status = 0;
  await assert.rejects(page.send("/annotate", { value: "a" }), /page/);
  assert.equal(page.waiting.length, 1);
  server.status = 200;
  await page.flush();
  assert.deepEqual(server.values, ["a"]);
});

test("discarded edits are gone", async () => {
  const kept = storage();
  const page = server.page(kept);
  server.status = 0;
  await assert.rejects(page.send("/annotate", { value: "a" }));
  page.discard();
  assert.deepEqual([page.waiting.length, kept.length], [0, 0]);
});

test("without a project nothing is kept", async () => {
  const kept = storage();
  const page = new KeptEdits((path, body) => server.post(path, body), { storage: kept });
  server.status = 0;
  await assert.rejects(page.send("/annotate", { value: "a" }), (error) => !(error instanceof NotStoredYet));
  assert.equal(kept.length, 0);
});

test("an edit of many images is kept in little room, and arrives as it was", async () => {
  const kept = storage();
  const page = server.page(kept);
  server.status = 0;
  const sha1s = Array.from({ length: 1000 }, (_, index) => index.toString(16).padStart(40, "7"));
  await assert.rejects(page.send("/annotate", { value: "a", targets: { sha1s, places: ["posters/a.jpg"] } }));
  assert.ok(kept.getItem(kept.key(0)).length < 30_000);
  const again = server.page(kept);
  server.status = 200;
  await again.flush();
  assert.deepEqual(server.requests.at(-1).targets, { places: ["posters/a.jpg"], sha1s });
  assert.deepEqual([server.values, kept.length], [["a"], 0]);
});
