import assert from "node:assert/strict";
import test from "node:test";

import { BoardState } from "../../Sources/Gateway/Console/board/board-state.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** A board that shows its queue since the moment 0. */
function live() {
  const state = new BoardState();
  state.linkHeld();
  state.connection({ state: "connected", code: 0 }, 0);
  assert.equal(state.subscription("subscribed", 0), null);
  return state;
}

test("says nothing of a short cut, and then from when it is", () => {
  const state = live();
  state.heard(10 * SECOND);
  state.connection({ state: "connecting", code: 1006 }, 12 * SECOND);
  state.subscription("subscribing", 12 * SECOND);
  assert.equal(state.status(14 * SECOND).kind, "live");
  const status = state.status(16 * SECOND);
  assert.deepEqual([status.kind, status.asOf, status.showsQueue], ["stale", 10 * SECOND, true]);
  assert.equal(status.showsEstimate, true);
  assert.equal(state.status(2 * MINUTE).showsEstimate, false, "an old estimate is none");
  state.subscription("subscribed", 3 * MINUTE);
  assert.deepEqual(state.status(3 * MINUTE), {
    kind: "live", asOf: 3 * MINUTE, nextAttempt: null, showsQueue: true, showsEstimate: true,
  });
});

test("a server that is silent is not live, whatever the socket says", () => {
  const state = live();
  assert.equal(state.status(30 * SECOND).kind, "live");
  assert.equal(state.status(33 * SECOND).kind, "stale");
  state.heard(34 * SECOND);
  assert.equal(state.status(35 * SECOND).kind, "live");
});

test("what is heard while nothing is subscribed proves nothing", () => {
  const state = live();
  state.subscription("subscribing", SECOND);
  state.heard(20 * SECOND);
  assert.equal(state.status(20 * SECOND).asOf, 0);
});

test("before the first copy it starts, and then says that it cannot reach the server", () => {
  const state = new BoardState();
  state.connection({ state: "connecting", code: 0 }, 0);
  assert.deepEqual([state.status(0).kind, state.status(0).showsQueue], ["starting", false]);
  state.linkUnknown();
  assert.equal(state.status(SECOND).kind, "unreachable");
});

test("a refused link hides the queue at once, and is tried again every minute", () => {
  const state = live();
  assert.equal(state.connection({ state: "disconnected", code: 3500 }, SECOND), SECOND, "asks the link soon");
  state.linkRefused();
  assert.equal(state.connection({ state: "disconnected", code: 1 }, 2 * SECOND), MINUTE);
  assert.deepEqual(state.status(3 * SECOND), {
    kind: "refused", asOf: null, nextAttempt: 2 * SECOND + MINUTE, showsQueue: false, showsEstimate: false,
  });
  state.linkUnknown();
  assert.equal(state.status(MINUTE).kind, "refused", "a server that is away does not make the link better");
  state.linkHeld();
  assert.equal(state.status(MINUTE).kind, "unreachable");
  state.subscription("subscribed", MINUTE);
  assert.equal(state.status(MINUTE).kind, "live");
});

test("waits as long as the server asks, but the link still holds", () => {
  const state = live();
  state.linkLimited(5 * MINUTE);
  assert.equal(state.connection({ state: "disconnected", code: 1 }, SECOND), 5 * MINUTE);
  assert.equal(state.status(10 * SECOND).kind, "stale");
  state.linkHeld();
  assert.equal(state.connection({ state: "disconnected", code: 3501 }, 2 * SECOND), MINUTE, "that was asked once");
});

test("sessions that end one after the other do not make it hurry", () => {
  const state = live();
  assert.equal(state.connection({ state: "disconnected", code: 3500 }, 5 * MINUTE), SECOND);
  assert.equal(state.connection({ state: "disconnected", code: 3500 }, 5 * MINUTE + 2 * SECOND), MINUTE);
  assert.equal(state.connection({ state: "disconnected", code: 3500 }, 7 * MINUTE), SECOND);
});

test("a queue that is not to be had is asked for again", () => {
  const state = live();
  assert.equal(state.subscription("unsubscribed", SECOND), MINUTE);
  assert.deepEqual([state.status(SECOND).kind, state.status(SECOND).showsQueue], ["unavailable", false]);
  state.subscription("subscribed", MINUTE);
  assert.equal(state.status(MINUTE).kind, "live");
});

test("the page's own closing asks for nothing", () => {
  assert.equal(live().connection({ state: "disconnected", code: 0 }, SECOND), null);
});

test("notices that the machine slept, or that its clock was set", () => {
  const state = new BoardState();
  assert.equal(state.tick(0), false);
  assert.equal(state.tick(5 * SECOND), false);
  assert.equal(state.tick(65 * SECOND), false, "a hidden page is woken once a minute");
  assert.equal(state.tick(60 * MINUTE), true);
  assert.equal(state.tick(5 * MINUTE), true);
  assert.equal(state.tick(5 * MINUTE + 5 * SECOND), false);
});
