import assert from "node:assert/strict";
import test from "node:test";

import { BoardCalls } from "../../Sources/Gateway/Console/board/board-calls.js";
import { QueueModel } from "./support/queue-model.mjs";

/** The moment of the model's events. */
const AT = Date.parse("2023-11-14T22:13:20.000Z");
const SECOND = 1_000;

/** A queue with three who wait, and what leads on from there. */
function desk() {
  const model = new QueueModel();
  const calls = new BoardCalls();
  const waiting = [1, 2, 3].map((order) => model.add(order).service);
  const change = (type, service, state, seconds = 0, members = {}) => {
    const current = model.services.find(({ id }) => id === service.id) ?? service;
    const event = model.change(type, { ...current, state, version: current.version + 1 }, members);
    return { ...event, at: new Date(AT + seconds * SECOND).toISOString() };
  };
  const tickets = () => calls.shown(model.services).map(({ ticket }) => ticket);
  return { model, calls, waiting, change, tickets };
}

test("the latest call comes first, whatever the queue's order", () => {
  const { calls, waiting: [a, b, c], change, tickets } = desk();
  const fresh = calls.take([change("service.claimed", c, "claimed"), change("service.claimed", a, "claimed", 5)], AT);
  assert.deepEqual(fresh.map(({ ticket }) => ticket), [3, 1]);
  assert.deepEqual(tickets(), [1, 3]);
  calls.take([change("service.started", c, "serving", 9), change("service.claimed", b, "claimed", 10)], AT);
  assert.deepEqual(tickets(), [2, 1, 3], "beginning is no call");
});

test("who leaves, waits again or is put aside is not shown; who goes on after a pause is called again", () => {
  const { model, calls, waiting: [a, b, c], change, tickets } = desk();
  calls.take([a, b, c].map((service, place) => change("service.claimed", service, "claimed", place)), AT);
  calls.take([
    change("service.completed", a, "completed"), change("service.returned", b, "waiting"),
    change("service.held", c, "on_hold"),
  ], AT);
  assert.deepEqual(tickets(), []);
  const fresh = calls.take([change("service.resumed", c, "claimed", 20)], AT + 21 * SECOND);
  assert.deepEqual([fresh.map(({ ticket }) => ticket), tickets()], [[3], [3]]);
  assert.deepEqual(calls.take([change("service.held", c, "on_hold"), change("service.resumed", c, "serving")], AT), []);
  assert.equal(model.services.length, 2);
});

test("what was missed is shown and does not flash; what was called and is over in one message neither", () => {
  const { calls, waiting: [a, b], change, tickets } = desk();
  assert.deepEqual(calls.take([change("service.claimed", a, "claimed")], AT + 31 * SECOND), []);
  assert.deepEqual(tickets(), [1]);
  assert.deepEqual(calls.take([change("service.claimed", b, "claimed"), change("service.no_show", b, "no_show")], AT), []);
});

test("a snapshot forgets the others, and the events before it tell when those in it were called", () => {
  const { model, calls, waiting: [a, b, c], change, tickets } = desk();
  const before = [
    change("service.claimed", c, "claimed", 1), change("service.claimed", a, "claimed", 2),
    change("service.returned", c, "waiting", 3), change("service.claimed", c, "claimed", 4),
  ];
  assert.deepEqual(tickets(), [1, 3], "in the queue's order while nothing else is known");
  assert.ok(calls.lacksTimes(model.services));
  // Meanwhile another one came live.
  calls.take([change("service.claimed", b, "claimed", 9)], AT);
  calls.learn(before, model.services);
  assert.ok(!calls.lacksTimes(model.services));
  assert.deepEqual(tickets(), [2, 3, 1]);
  change("service.completed", b, "completed");
  calls.keep(model.services);
  calls.learn([{ ...before[3], service: { ...b }, at: new Date(AT).toISOString() }], model.services);
  assert.deepEqual(tickets(), [3, 1]);
});

test("a call is with whom it is, not with whom it was", () => {
  const { calls, waiting: [a], change, tickets } = desk();
  calls.take([change("service.claimed", a, "claimed")], AT);
  const left = change("service.transferred", a, "claimed");
  calls.take([{ ...left, service: { ...left.service, queue: "roadside" } }], AT);
  assert.equal(calls.lacksTimes([{ ...a, state: "claimed" }]), true);
  assert.equal(tickets().length, 1);
});
