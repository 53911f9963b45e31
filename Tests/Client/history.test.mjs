import assert from "node:assert/strict";
import test from "node:test";

import { fileName, filtersOf, NO_FILTERS, queryOf } from "../../Sources/Gateway/Console/history/history-query.js";

test("empty fields ask for everything", () => {
  assert.deepEqual(queryOf(NO_FILTERS), {});
});

test("times are asked for as moments, whatever the clock on the wall", () => {
  const query = queryOf({ ...NO_FILTERS, queue: " front-desk ", by: "ended", from: "2026-11-30T10:00", to: "2026-11-30T11:30" });
  assert.equal(query.queue, "front-desk");
  assert.equal(query.by, "ended");
  assert.equal(Date.parse(query.to) - Date.parse(query.from), 90 * 60_000);
  assert.match(query.from, /Z$/);
});

test("the field that is wrong is named", () => {
  assert.throws(() => queryOf({ ...NO_FILTERS, from: "yesterday" }), { name: "RangeError", message: "from" });
  assert.throws(() => queryOf({ ...NO_FILTERS, from: "2026-11-30T10:00", to: "2026-11-30T10:00" }), { message: "to" });
});

test("an address gives the filters back and nothing unknown", () => {
  const filters = { ...NO_FILTERS, queue: "a", state: "no_show", by: "ended" };
  assert.deepEqual(filtersOf(filters), filters);
  assert.deepEqual(filtersOf({ state: "<b>", by: "magic", personal: "true" }), NO_FILTERS);
});

test("a file is named by what is in it", () => {
  const day = new Date("2026-11-30T15:00:00Z");
  assert.equal(fileName({}, day), "history-2026-11-30.csv");
  assert.equal(fileName({ queue: "a", state: "dead" }, day), "history-a-dead-2026-11-30.csv");
});
