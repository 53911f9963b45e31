import assert from "node:assert/strict";
import test from "node:test";

import { DepthSeries, MOST_MOMENTS } from "../../Sources/Gateway/Console/charts/depth-series.js";
import { partsOf } from "../../Sources/Gateway/Console/charts/period.js";
import {
  bars, durationTicks, linePath, niceTicks, placeOf, slotAt, thinned,
} from "../../Sources/Gateway/Console/charts/scale.js";
import { byStart, summary } from "../../Sources/Gateway/Console/charts/statistics-series.js";
import { seeded } from "./support/random.mjs";

test("a scale is linear and may run downwards", () => {
  const scale = { domain: [0, 10], range: [100, 0] };
  assert.deepEqual([0, 5, 10].map((value) => placeOf(scale, value)), [100, 50, 0]);
  assert.equal(placeOf({ domain: [3, 3], range: [7, 9] }, 3), 7);
});

test("ticks begin with 0, are round and reach the highest value", () => {
  const random = seeded(2);
  for (let step = 0; step < 500; step++) {
    const highest = (1 + random.below(999)) * 10 ** (random.below(8) - 2);
    for (const ticks of [niceTicks(highest), durationTicks(highest)]) {
      assert.equal(ticks[0], 0);
      assert.ok(ticks.at(-1) >= highest && ticks.length <= 7, `${highest}: ${ticks}`);
    }
    assert.ok(niceTicks(highest, true).every(Number.isInteger));
  }
  assert.deepEqual(niceTicks(0), [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(niceTicks(1, true), [0, 1]);
  assert.deepEqual(niceTicks(Number.NaN, true), [0, 1]);
  assert.deepEqual(durationTicks(100_000), [0, 30_000, 60_000, 90_000, 120_000]);
});

test("a line keeps its gaps, and shows a point alone", () => {
  const points = [1, 2, null, 3, null].map((y, x) => ({ x, y }));
  assert.equal(linePath(points), "M0 1L1 2M3 3L3 3");
  assert.equal(linePath(points.slice(0, 2), true), "M0 1H1V2");
  assert.equal(linePath([{ x: 0, y: null }]), "");
});

test("bars stand on the foot and leave out nothing but what is 0", () => {
  const scale = { domain: [0, 10], range: [100, 0] };
  assert.deepEqual(bars([5, 0, null, 10], [0, 40], scale), [
    { x: 1.3, y: 50, width: 7.5, height: 50 }, null, null, { x: 31.3, y: 0, width: 7.5, height: 100 },
  ]);
});

test("a place belongs to a slot, the last label is kept", () => {
  assert.deepEqual([-5, 0, 19, 20, 999].map((x) => slotAt(x, [0, 40], 2)), [0, 0, 0, 1, 1]);
  assert.deepEqual(thinned(12, 4), [2, 5, 8, 11]);
  assert.deepEqual(thinned(3, 10), [0, 1, 2]);
});

test("a period ends with the part that is not over yet", () => {
  const now = Date.parse("2026-11-30T15:37:00Z");
  const hour = partsOf("hour", now);
  assert.equal(hour.length, 12);
  assert.equal(new Date(hour[11].start).toISOString(), "2026-11-30T15:35:00.000Z");
  assert.equal(hour[0].end, hour[1].start);
  const day = partsOf("day", now);
  assert.equal(day.length, 24);
  assert.equal(new Date(day[0].start).toISOString(), "2026-11-29T16:00:00.000Z");
});

test("groups by hour fall into their parts, and what is missing has no times", () => {
  const times = { count: 1, mean_ms: 5, p50_ms: 5, p90_ms: 9 };
  const group = { start: "2026-11-30T14:00:00Z", waiting: times, handling: { ...times, p50_ms: null }, completed: 2, submitted: 3 };
  const found = byStart(partsOf("day", Date.parse("2026-11-30T15:37:00Z")), [group]);
  assert.deepEqual(found[22], summary(group));
  assert.deepEqual(found[22].waitingMedian, 5);
  assert.equal(found[22].handlingMedian, null);
  assert.deepEqual(found[23], summary(undefined));
});

test("the depth is what the events say, back from now", () => {
  const random = seeded(3);
  const truth = [];
  const events = [];
  let depth = 10;
  for (let at = 1; at <= 200; at++) {
    const event = random() < 0.5
      ? { type: "service.added" }
      : random() < 0.7 && depth > 0 ? { type: "service.completed" } : { type: "service.moved" };
    if (event.type === "service.added") depth += 1;
    if (event.type === "service.completed") depth -= 1;
    events.push({ ...event, at: new Date(at * 1_000).toISOString() });
    truth.push(depth);
  }
  const series = new DepthSeries();
  series.reset(depth, events, 201_000);
  assert.deepEqual(series.sampled(truth.map((_, n) => (n + 1) * 1_000)), truth);
  assert.deepEqual(series.sampled([0]), [null]);
  assert.equal(series.since, 1_000);
  series.add(202_000, depth + 5);
  assert.deepEqual(series.sampled([201_500, 300_000]), [depth, depth + 5]);
});

test("the depth of a long time is bounded", () => {
  const series = new DepthSeries();
  series.reset(0, [], 0);
  for (let at = 1; at < MOST_MOMENTS + 10; at++) series.add(at, at);
  assert.equal(series.since, 10);
});
