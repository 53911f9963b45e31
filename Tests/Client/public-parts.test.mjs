import assert from "node:assert/strict";
import test from "node:test";

import { queueTitle } from "../../Sources/Gateway/Console/public/queue-title.js";
import { waitRange, waitText } from "../../Sources/Gateway/Console/public/wait-range.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;

for (const [low, high, expected] of [
  [0, 20, ["minute", 0, 1]],
  [61, 119, ["minute", 1, 2]],
  [7 * MINUTE, 9.5 * MINUTE, ["minute", 7, 10]],
  [8 * MINUTE, 11 * MINUTE, ["minute", 8, 15]],
  [23 * MINUTE, 41 * MINUTE, ["minute", 20, 45]],
  [100 * MINUTE, 2 * HOUR, ["minute", 100, 120]],
  [100 * MINUTE, 2 * HOUR + 1, ["hour", 1.5, 2.5]],
]) {
  test(`a wait of ${low} to ${high} s is ${expected.join(" ")}, rounded outwards`, () => {
    const range = waitRange({ low_seconds: low, high_seconds: high });
    assert.deepEqual([range.unit, range.low, range.high], expected);
    assert.ok(range.low * (range.unit === "hour" ? HOUR : MINUTE) <= low);
    assert.ok(range.high * (range.unit === "hour" ? HOUR : MINUTE) >= high);
  });
}

test("a range reads as people write it", () => {
  const t = (key, parameters) => (parameters ? `${key} ${parameters.time}` : key);
  const text = (low, high, language = "en") => waitText({ low_seconds: low, high_seconds: high }, language, t);
  assert.equal(text(0, 30), "public.under_a_minute");
  assert.equal(text(30, 4 * MINUTE), "public.up_to 4 min");
  assert.match(text(10 * MINUTE, 25 * MINUTE), /^10\s*–\s*25 min$/);
  assert.match(text(10 * MINUTE, 25 * MINUTE, "de"), /^10–25 Min\.$/);
  assert.match(text(100 * MINUTE, 3 * HOUR, "de"), /^1,5–3 Std\.$/);
});

test("a queue's name is written as people write", () => {
  assert.equal(queueTitle("front-desk"), "Front desk");
  assert.equal(queueTitle("desk_2.north"), "Desk 2 north");
  assert.equal(queueTitle("--"), "--");
});
