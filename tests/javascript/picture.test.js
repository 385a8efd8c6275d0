// The picture of a tile that is used again for another image.
import assert from "node:assert/strict";
import { test } from "node:test";
import "./browser_stubs.js";

const { showPicture } = await import("../../app/components/shared/ui/picture.js");

/** What of an <img> is used here. */
function image() {
  const attributes = new Map();
  const classes = new Set();
  const classList = { add: (name) => classes.add(name), remove: (name) => classes.delete(name), toggle: () => {} };
  return {
    dataset: {},
    classList,
    classes,
    parentElement: { classList: { toggle: () => {}, remove: () => {} } },
    hasAttribute: (name) => attributes.has(name),
    getAttribute: (name) => attributes.get(name) ?? null,
    removeAttribute: (name) => attributes.delete(name),
    set src(address) {
      attributes.set("src", address);
    },
  };
}

const how = { pixels: 100, canLoad: false };

test("a tile that is used again loses the picture of the image before at once", () => {
  const tile = image();
  showPicture(tile, { sha1: "a".repeat(40), isDamaged: false }, how);
  tile.src = "/thumb/of-a";
  tile.classList.add("here");
  showPicture(tile, { sha1: "b".repeat(40), isDamaged: false }, how);
  assert.equal(tile.getAttribute("src"), null);
  assert.equal(tile.classes.has("here"), false);
});

test("a tile of the same image keeps its picture when it is drawn again", () => {
  const tile = image();
  showPicture(tile, { sha1: "a".repeat(40), isDamaged: false }, how);
  tile.src = "/thumb/of-a";
  showPicture(tile, { sha1: "a".repeat(40), isDamaged: false }, how);
  assert.equal(tile.getAttribute("src"), "/thumb/of-a");
});

test("a tile without an image has no picture", () => {
  const tile = image();
  showPicture(tile, { sha1: "a".repeat(40), isDamaged: false }, how);
  tile.src = "/thumb/of-a";
  showPicture(tile, null, how);
  assert.equal(tile.getAttribute("src"), null);
});
