import assert from "node:assert/strict";
import test from "node:test";

import { BoardCalls } from "../../Sources/Gateway/Console/board/board-calls.js";
import { boardModel } from "../../Sources/Gateway/Console/board/board-model.js";
import { BoardWait } from "../../Sources/Gateway/Console/board/board-wait.js";
import { QueueCopy } from "../../Sources/Gateway/Console/queue-copy.js";
import { QueueModel } from "./support/queue-model.mjs";

function copyOf(model, limit = 1_000) {
  const copy = new QueueCopy(model.queue, limit);
  copy.reset(model.snapshot(limit));
  return copy;
}

test("shows as many as there is room for, and counts the others", () => {
  const model = new QueueModel();
  for (let order = 0; order < 30; order++) model.add(order, order < 10 ? { state: "serving" } : {});
  model.add(0, { state: "on_hold" });
  model.add(99, { state: "scheduled" });
  const shown = boardModel(copyOf(model), new BoardCalls());
  assert.equal(shown.calls.length, 6);
  assert.deepEqual(shown.next.map(({ ticket }) => ticket), [11, 12, 13, 14, 15, 16, 17, 18]);
  assert.equal(shown.waiting, 20);
  assert.equal(shown.lastWaiting, model.services.find(({ ticket }) => ticket === 30).id);
  assert.equal(shown.isWhole, true);
  assert.equal(boardModel(copyOf(model, 15), new BoardCalls()).isWhole, false);
});

test("an empty queue shows nothing", () => {
  const shown = boardModel(copyOf(new QueueModel()), new BoardCalls());
  assert.deepEqual([shown.calls, shown.next, shown.waiting, shown.lastWaiting], [[], [], 0, null]);
});

test("asks for the wait every ten seconds, one question at a time, and not for nobody", async () => {
  let now = 0;
  const asked = [];
  let answer;
  const wait = new BoardWait((id) => (asked.push(id), new Promise((resolve) => (answer = resolve))), () => now);
  await wait.refresh(null);
  assert.deepEqual([asked, wait.waiting, wait.estimate], [[], 0, null]);
  const first = wait.refresh("a");
  assert.equal(await wait.refresh("b"), false, "one at a time");
  answer({ estimate: { low_seconds: 60, high_seconds: 120 }, waiting: 3 });
  assert.equal(await first, true);
  assert.deepEqual([wait.estimate.high_seconds, wait.waiting], [120, 3]);
  now = 9_000;
  assert.equal(await wait.refresh("b"), false);
  now = 10_000;
  const second = wait.refresh("b");
  answer({ estimate: null, waiting: null });
  assert.equal(await second, false, "called meanwhile: what was known stays");
  assert.equal(wait.waiting, 3);
  assert.deepEqual(asked, ["a", "b"]);
});

test("a question that fails leaves no estimate, and the next is asked in its time", async () => {
  let now = 0;
  let asked = 0;
  const wait = new BoardWait(async () => {
    asked += 1;
    throw new Error("gone");
  }, () => now);
  assert.equal(await wait.refresh("a"), true);
  assert.equal(wait.estimate, null);
  await wait.refresh("a");
  now = 10_000;
  await wait.refresh("a");
  assert.equal(asked, 2);
});
