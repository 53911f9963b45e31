import assert from "node:assert/strict";
import test from "node:test";

import { match, mayDo, splitHash } from "../../Sources/Gateway/Console/app/route-table.js";
import { rowAfterKey, rowWindow, topFor } from "../../Sources/Gateway/Console/app/row-window.js";
import { queryText } from "../../Sources/Gateway/Console/app/request.js";
import { clockOffset } from "../../Sources/Gateway/Console/app/server-clock.js";
import { statusOf } from "../../Sources/Gateway/Console/app/view-status.js";
import { seeded } from "./support/random.mjs";

const random = seeded(1);

test("an address is a page's, with its parameters", () => {
  assert.deepEqual(match("/admin/users/:id", "/admin/users/a%20b"), { id: "a b" });
  assert.deepEqual(match("/work", "/work"), {});
  assert.equal(match("/admin/users/:id", "/admin/users"), null);
  assert.equal(match("/admin/users/:id", "/admin/users/"), null);
  assert.equal(match("/admin/users/:id", "/admin/users/%"), null);
  assert.deepEqual(splitHash("#/history/?state=completed&q=a%3Db"), { path: "/history", query: { state: "completed", q: "a=b" } });
  assert.deepEqual(splitHash(""), { path: "", query: {} });
});

test("levels go upwards, and a producer has none of them", () => {
  assert.ok(mayDo("admin", "agent"));
  assert.ok(!mayDo("agent", "supervisor"));
  assert.ok(!mayDo("producer", "viewer"));
  assert.ok(!mayDo("admin", "unknown"));
});

test("a query leaves out what is not said", () => {
  assert.equal(queryText({ a: 1, b: null, c: undefined, d: "", e: ["x", "y"], f: "&" }), "?a=1&e=x%2Cy&f=%26");
  assert.equal(queryText({}), "");
});

test("rows in sight, whatever the list's length and wherever it is scrolled", () => {
  for (let step = 0; step < 2_000; step++) {
    const view = { top: random.below(300_000), height: random.below(2_000), rowHeight: 52, count: random.below(5_001) };
    const { first, end } = rowWindow(view);
    assert.ok(first >= 0 && first <= end && end <= view.count);
    assert.ok(end - first <= Math.ceil(view.height / 52) + 18);
    for (const row of [Math.floor(view.top / 52), Math.floor((view.top + view.height) / 52)]) {
      if (row < view.count) assert.ok(row >= first && row <= end, JSON.stringify({ view, row, first, end }));
    }
  }
});

test("scrolls as little as it takes", () => {
  const view = { top: 520, height: 520, rowHeight: 52 };
  assert.equal(topFor(12, view), 520);
  assert.equal(topFor(3, view), 156);
  assert.equal(topFor(30, view), 31 * 52 - 520);
});

test("keys move the focus within the list", () => {
  assert.equal(rowAfterKey("ArrowDown", 4, 5, 3), 4);
  assert.equal(rowAfterKey("PageUp", 4, 5, 3), 1);
  assert.equal(rowAfterKey("End", 0, 5, 3), 4);
  assert.equal(rowAfterKey("a", 0, 5, 3), null);
  assert.equal(rowAfterKey("Home", 0, 0, 3), null);
});

test("clocks that may be the same count as the same; others are set right to a second", () => {
  // The server's second began 400 ms before the request was answered.
  assert.equal(clockOffset(10_000, 10_380, 10_400), 0);
  assert.equal(clockOffset(10_000, 10_980, 11_020), 0);
  const offset = clockOffset(70_000, 10_000, 10_020);
  assert.ok(Math.abs(offset - 60_500) <= 510, String(offset));
});

test("the strip says what the view is worth", () => {
  const live = { state: "live", since: null, nextAttempt: null };
  const queue = { state: "subscribed", hasCopy: true, lag: 40 };
  assert.deepEqual(statusOf(live, queue, 1_000), { kind: "live", key: "live.live_lag", parameters: { lag: 40 } });
  assert.equal(statusOf(live, { ...queue, lag: -30 }, 0).parameters.lag, 0);
  assert.equal(statusOf(live, { ...queue, lag: 3_000 }, 0).key, "live.slow");
  assert.equal(statusOf(live, { ...queue, state: "subscribing" }, 0).key, "live.catching_up");
  assert.equal(statusOf(live, { ...queue, state: "subscribing", hasCopy: false }, 0).key, "live.loading");
  assert.equal(statusOf(live, { ...queue, state: "unsubscribed" }, 0).kind, "offline");
  const offline = statusOf({ state: "offline", since: 1_000, nextAttempt: 9_000 }, queue, 5_000);
  assert.deepEqual(offline, { kind: "offline", key: "live.offline", parameters: { since: 1_000, age: 4_000, next: 4_000 } });
});
