import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser_stubs.js";
import { SeenImages } from "../../app/components/shared/store/seen_images.js";

const IMAGES = ["a", "b", "c"].map((digit) => digit.repeat(40));

/** What a server shows of a view, and how often it was asked. */
function server() {
  const shown = { images: IMAGES, isAway: false, requests: [] };
  const request = async (view, held, known) => {
    shown.requests.push([view, held, known]);
    if (shown.isAway) throw new Error("away");
    const digest = `d${shown.images.length}`;
    return known === digest ? { digest } : { digest, sha1s: shown.images.join("") };
  };
  const seen = new SeenImages(request);
  seen.texts = { unread: "unread", changed: "changed" };
  return { shown, seen };
}

test("what is done to all of a view is done to the images that were seen", async () => {
  const { shown, seen } = server();
  seen.read("v", null, 3);
  await seen.reading;
  // Others come, which the page does not show yet; and the server goes.
  shown.images = [...IMAGES, "d".repeat(40)];
  shown.isAway = true;
  const targets = await seen.targets("v", { held: null, except: [IMAGES[1]] });
  assert.deepEqual(targets, { sha1s: [IMAGES[0], IMAGES[2]] });
});

test("a page that is drawn again reads only what is new", async () => {
  const { shown, seen } = server();
  seen.read("v", "h", 3);
  await seen.reading;
  seen.read("v", "h", 3);
  assert.deepEqual((await seen.targets("v", { held: "h", except: [] })).sha1s, IMAGES);
  assert.deepEqual(shown.requests, [
    ["v", "h", ""],
    ["v", "h", "d3"],
  ]);
  shown.images = IMAGES.slice(1);
  seen.read("v", "h", 2);
  assert.deepEqual((await seen.targets("v", { held: "h", except: [] })).sha1s, IMAGES.slice(1));
});

test("images that cannot be known are not guessed", async () => {
  const { shown, seen } = server();
  shown.isAway = true;
  seen.read("v", null, 3);
  await assert.rejects(seen.targets("v", { held: null, except: [] }), /unread/);
  shown.isAway = false;
  // Others than the page shows.
  seen.read("v", null, 4);
  await assert.rejects(seen.targets("v", { held: null, except: [] }), /changed/);
  // Another view was never read.
  assert.deepEqual((await seen.targets("w", { held: null, except: [] })).sha1s, IMAGES);
});
