import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser_stubs.js";
import { Thumbnails, isAlone, keptThumbnail } from "../../app/components/shared/store/thumbnails.js";

/** What the server answers of some pictures. @param {string[]} pictures  an empty one is not there */
function answerOf(pictures) {
  const parts = pictures.map((text) => new TextEncoder().encode(text));
  const head = new DataView(new ArrayBuffer(4 * parts.length));
  parts.forEach((part, at) => head.setUint32(4 * at, part.length, true));
  return new Blob([head.buffer, ...parts]).arrayBuffer();
}

/** Answer each request by its sha1s; returns the requests. @param {(names: string[]) => string[] | null} pictures */
function serve(pictures) {
  const requests = [];
  globalThis.fetch = /** @type {any} */ (
    async (address, { signal }) => {
      const names = /** @type {string[]} */ (address.split("=")[1].match(/.{40}/g));
      requests.push({ names, signal });
      const found = pictures(names);
      return { status: found ? 200 : 500, arrayBuffer: () => answerOf(found ?? []) };
    }
  );
  return requests;
}

const sha1 = (number) => String(number).padStart(40, "0");
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));
const shown = (name) => atob((keptThumbnail(name) ?? ",").split(",")[1]);

test("each image gets its own picture of an answer, and is asked for once", async () => {
  const requests = serve((names) => names.map((name) => `picture of ${name}`));
  const thumbnails = new Thumbnails();
  let changes = 0;
  thumbnails.addEventListener("change", () => (changes += 1));
  thumbnails.want([[sha1(1), sha1(2)], [sha1(3)]]);
  await settled();
  assert.deepEqual(
    [1, 2, 3].map((number) => shown(sha1(number))),
    [1, 2, 3].map((number) => `picture of ${sha1(number)}`),
  );
  assert.deepEqual([requests.length, changes], [2, 2]);
  thumbnails.want([[sha1(1), sha1(2), sha1(4)]]);
  await settled();
  assert.deepEqual(requests[2].names, [sha1(4)]);
});

test("what the server has no thumbnail of, or does not answer, is left to be asked for alone", async () => {
  serve((names) => (names.includes(sha1(13)) ? null : names.map((name) => (name === sha1(11) ? "" : "picture"))));
  const thumbnails = new Thumbnails();
  thumbnails.want([
    [sha1(10), sha1(11), sha1(12)],
    [sha1(13), sha1(14)],
  ]);
  await settled();
  assert.deepEqual(
    [10, 11, 12, 13, 14].map((number) => isAlone(sha1(number))),
    [false, true, false, true, true],
  );
  assert.deepEqual([shown(sha1(10)), shown(sha1(11)), shown(sha1(12))], ["picture", "", "picture"]);
});

test("what is no longer wanted is given up, and is no failure", async () => {
  const requests = serve((names) => names.map(() => "late"));
  const thumbnails = new Thumbnails();
  thumbnails.want([[sha1(20)], [sha1(21)]]);
  thumbnails.want([[sha1(21)]]);
  assert.deepEqual(
    requests.map(({ signal }) => signal.aborted),
    [true, false],
  );
  await settled();
  assert.equal(isAlone(sha1(20)), false);
  assert.equal(shown(sha1(21)), "late");
});
