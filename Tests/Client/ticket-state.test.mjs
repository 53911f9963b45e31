import assert from "node:assert/strict";
import test from "node:test";

import { TicketState } from "../../Sources/Gateway/Console/ticket/ticket-state.js";

const SECOND = 1_000;
const ticket = (state, position = null) => ({
  id: "1", ticket: 12, queue: "front-desk", state, called: state === "claimed", position, waiting: position,
  paused: false, estimate: null,
});
/** Of the middle of the jitter: what is asked for exactly. */
const made = (random = 0.5) => new TicketState(() => random);

test("asks often near the front and seldom far behind", () => {
  for (const [state, position, seconds] of [
    ["waiting", 1, 5], ["waiting", 3, 5], ["waiting", 4, 10], ["waiting", 10, 10], ["waiting", 11, 30],
    ["claimed", null, 5], ["on_hold", null, 5], ["serving", null, 30], ["scheduled", null, 30], ["no_show", null, 30],
  ]) {
    const page = made();
    page.answered(ticket(state, position), 0);
    assert.equal(page.nextQuestion(), seconds * SECOND, `${state} ${position}`);
  }
});

test("never asks again when it is over, or when the link does not hold", () => {
  for (const state of ["completed", "cancelled", "dead"]) {
    const page = made();
    page.answered(ticket(state), 0);
    assert.equal(page.nextQuestion(), null);
    const { kind, isOld, mayCancel } = page.status(10_000 * SECOND);
    assert.deepEqual([kind, isOld, mayCancel], [state, false, false], "the end does not age");
  }
  const page = made();
  page.answered(ticket("waiting", 2), 0);
  page.invalid();
  assert.equal(page.nextQuestion(), null);
  assert.deepEqual(page.status(0).ticket, null);
});

test("phones in one room do not ask together", () => {
  const waits = [0, 0.5, 0.999].map((random) => {
    const page = made(random);
    page.answered(ticket("waiting", 20), 0);
    return page.nextQuestion();
  });
  assert.deepEqual(waits, [24_000, 30_000, 35_988]);
});

test("backs off while the server is away, up to a minute, and is back at its pace after one answer", () => {
  const page = made();
  page.answered(ticket("waiting", 1), 0);
  const waits = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    page.failed();
    waits.push(page.nextQuestion() / SECOND);
  }
  assert.deepEqual(waits, [10, 20, 40, 60, 60, 60]);
  page.answered(ticket("waiting", 1), 0);
  assert.equal(page.nextQuestion(), 5 * SECOND);
});

test("never asks sooner than the server wants", () => {
  const page = made(0);
  page.answered(ticket("waiting", 1), 0);
  page.failed(120 * SECOND);
  assert.equal(page.nextQuestion(), 120 * SECOND);
  page.unchanged(0);
  assert.equal(page.nextQuestion(), 4 * SECOND);
});

test("tells a call once", () => {
  const page = made();
  assert.equal(page.answered(ticket("waiting", 1), 0), false);
  assert.equal(page.answered(ticket("claimed"), 0), true);
  assert.equal(page.answered(ticket("claimed"), 0), false);
  assert.equal(page.answered(ticket("waiting", 1), 0), false);
  assert.equal(page.answered(ticket("claimed"), 0), true, "and another one after a return");
  assert.equal(made().answered(ticket("claimed"), 0), true, "also when the page is opened late");
});

test("says when what it shows is old, and since when", () => {
  const page = made();
  assert.equal(page.status(0).kind, "loading");
  page.failed();
  assert.equal(page.status(0).kind, "unreachable");
  page.answered(ticket("waiting", 1), SECOND);
  page.failed();
  assert.deepEqual([page.status(46 * SECOND).isOld, page.status(47 * SECOND).isOld], [false, true]);
  assert.equal(page.status(47 * SECOND).asOf, SECOND);
  assert.equal(page.status(47 * SECOND).kind, "waiting", "it is still shown");
});

test("only who waits or is to come may cancel", () => {
  for (const state of ["scheduled", "waiting", "claimed", "serving", "on_hold", "no_show", "completed"]) {
    const page = made();
    page.answered(ticket(state, 1), 0);
    assert.equal(page.status(0).mayCancel, state === "scheduled" || state === "waiting", state);
  }
});
