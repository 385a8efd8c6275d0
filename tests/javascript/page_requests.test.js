import assert from "node:assert/strict";
import { test } from "node:test";
import { answerTo, ask } from "../../app/components/shared/bridge/page_requests.js";

globalThis.location = /** @type {any} */ ({ pathname: "/" });
const settle = () => new Promise((resolve) => setTimeout(resolve));

test("what is asked before anybody answers is answered once, the last of a subject", async () => {
  const answered = [];
  ask("group", "Animals");
  ask("group", "Cafés");
  ask("why", "Cafés");
  const end = answerTo("group", (detail) => answered.push(detail));
  await settle();
  assert.deepEqual(answered, ["Cafés"]);
  ask("group", "Trees");
  end();
  answerTo("group", (detail) => answered.push(`again: ${detail}`))();
  await settle();
  assert.deepEqual(answered, ["Cafés", "Trees"]);
});

test("what was asked on another page, or long ago, is not answered", async (context) => {
  const answered = [];
  const answer = (detail) => answered.push(detail);
  context.mock.timers.enable({ apis: ["Date"], now: 0 });
  ask("open", "ab12");
  location.pathname = "/map";
  answerTo("open", answer)();
  ask("open", "cd34");
  context.mock.timers.tick(60_000);
  answerTo("open", answer)();
  await settle();
  assert.deepEqual(answered, []);
});
