import assert from "node:assert/strict";
import test from "node:test";

import { QueueCopy } from "../../Sources/Gateway/Console/queue-copy.js";
import { QueueDigest } from "../../Sources/Gateway/Console/queue-digest.js";
import { actionForKey, actionsOf } from "../../Sources/Gateway/Console/work/card-actions.js";
import { Expectations } from "../../Sources/Gateway/Console/work/expectations.js";
import { OwnClaims } from "../../Sources/Gateway/Console/work/own-claims.js";
import { leaseLeft, shouldRenew } from "../../Sources/Gateway/Console/work/lease-plan.js";
import { inOrderOfWork, queueFigures, timeOf, waitingSince } from "../../Sources/Gateway/Console/work/queue-figures.js";

const at = (minute) => `2026-12-01T09:${String(minute).padStart(2, "0")}:00.000Z`;
const service = (id, state, more = {}) => ({
  id, queue: "q", ticket: 1, kind: "k", priority: 4, order: 1, state, version: 1, attempts: 0, submitted_at: at(0), ...more,
});
const mine = (id, state, more = {}) => service(id, state, { claimed_by: { id: "me", name: "me" }, fence: 3, ...more });

function copyOf(services, total = services.length) {
  const copy = new QueueCopy("q", 100);
  const digest = new QueueDigest();
  for (const one of services) digest.insert(one);
  copy.reset({ queue: "q", version: 1, epoch: "e", digest: String(digest), paused: false, mode: "open", total, services });
  return copy;
}

test("figures count who waits, since when, and what is one's own", () => {
  const other = service("d", "serving", { claimed_by: { id: "you", name: "you" } });
  const waiting = [service("a", "waiting", { submitted_at: at(5) }), service("b", "waiting", { submitted_at: at(3) })];
  const copy = copyOf([...waiting, mine("c", "claimed"), other]);
  const figures = queueFigures(copy, "me");
  assert.equal(figures.waiting, 2);
  assert.equal(figures.oldest, at(3));
  assert.deepEqual(figures.mine.map(({ id }) => id), ["c"]);
});

test("figures of a window count those behind it; of an empty queue, nobody", () => {
  assert.equal(queueFigures(copyOf([service("a", "waiting")], 40), "me").waiting, 40);
  assert.deepEqual(queueFigures(copyOf([]), "me"), { waiting: 0, oldest: null, mine: [] });
});

test("a scheduled one waits from its time on", () => {
  assert.equal(waitingSince(service("a", "waiting", { scheduled_for: at(30) })), at(30));
  assert.equal(waitingSince(service("a", "waiting", { submitted_at: at(40), scheduled_for: at(30) })), at(40));
  assert.equal(timeOf(service("a", "scheduled", { scheduled_for: at(30) })), null);
  assert.equal(timeOf(mine("a", "serving", { claimed_at: at(1), started_at: at(2) })), at(2));
});

test("own services stand in the order of work", () => {
  const claimed = [mine("b", "claimed", { claimed_at: at(2) }), mine("d", "claimed", { claimed_at: at(1) })];
  const services = [mine("a", "on_hold"), ...claimed, mine("c", "serving")];
  assert.deepEqual(inOrderOfWork(services).map(({ id }) => id), ["c", "d", "b", "a"]);
});

test("an expectation is seen at once, and gone when it is refused", () => {
  const held = new Expectations();
  const claimed = mine("a", "claimed");
  const number = held.expect(claimed, { state: "serving" });
  assert.equal(held.over([claimed])[0].state, "serving");
  assert.ok(held.isPending("a"));
  held.revert("a", number);
  assert.deepEqual(held.over([claimed]), [claimed]);
  assert.ok(!held.isPending("a"));
});

test("a refusal does not undo a later expectation of the same service", () => {
  const held = new Expectations();
  const first = held.expect(mine("a", "claimed"), { state: "serving" });
  held.expect(mine("a", "serving"), null);
  held.revert("a", first);
  assert.deepEqual(held.over([mine("a", "serving")]), []);
});

test("what the answer said holds until the copy has come to its version", () => {
  const held = new Expectations();
  held.settle(mine("a", "claimed"), mine("a", "claimed"), "q", 7);
  assert.equal(held.over([]).length, 1);
  held.reached("q", 6);
  held.reached("other", 9);
  assert.equal(held.over([]).length, 1);
  held.reached("q", 7);
  assert.deepEqual(held.over([]), []);
});

test("what is gone stays gone until the copies say so, and can come back later", () => {
  const held = new Expectations();
  const number = held.expect(mine("a", "serving"), null);
  assert.deepEqual(held.over([]), []);
  held.revert("a", number);
  assert.equal(held.over([mine("a", "serving")]).length, 1, "it was only pending when the copy had not got it");
  held.settle(mine("a", "serving"), null, "other", 9);
  assert.deepEqual(held.over([mine("a", "serving")]), []);
  assert.deepEqual(held.over([]), []);
  assert.equal(held.over([mine("a", "claimed")]).length, 1);
});

test("the end of a claim does not hide the next one of the same service", () => {
  const held = new Expectations();
  held.settle(mine("a", "serving"), null, "q", 0);
  assert.deepEqual(held.over([mine("a", "serving")]), []);
  const givenBack = mine("a", "claimed", { fence: 9 });
  assert.deepEqual(held.over([givenBack]), [givenBack]);
  held.expect(givenBack, null);
  assert.deepEqual(held.over([givenBack]), []);
});

const claim = (actor, one) => ({ type: "service.claimed", actor, service: one });
const others = (id, name) => service(id, "claimed", { claimed_by: { id: name, name }, fence: 4 });

test("what others give or take is told, what one does oneself is not", () => {
  const claims = new OwnClaims("me");
  const told = (...events) => claims.take(events).handovers.map(({ kind, by, to, id }) => `${kind} ${id} ${by} ${to}`);
  claims.reset([service("a", "waiting"), mine("b", "serving"), others("c", "you")]);
  assert.deepEqual(told(claim("me", mine("a", "claimed"))), [], "a call of one's own, in whichever tab");
  assert.deepEqual(told(claim("you", others("d", "you"))), [], "nothing to do with the user");
  assert.deepEqual(told(claim("chief", mine("c", "claimed"))), ["given c chief me"]);
  assert.deepEqual(told(claim("chief", others("c", "you"))), ["taken c chief you"]);
  assert.deepEqual(told(claim("me", others("b", "you"))), [], "given away by oneself");
  assert.deepEqual(told({ type: "service.returned", service: service("a", "waiting") }), []);
  assert.deepEqual(told(claim("chief", others("a", "you"))), [], "it was no longer the user's");
});

test("of what came together only what lasts is told", () => {
  const claims = new OwnClaims("me");
  const kinds = (...events) => claims.take(events).handovers.map(({ kind }) => kind);
  const given = claim("chief", mine("a", "claimed"));
  const taken = claim("chief", others("a", "you"));
  assert.deepEqual(kinds(given, taken), []);
  assert.deepEqual(kinds(given, { type: "service.completed", service: mine("a", "completed") }), []);
  assert.deepEqual(kinds(taken, given), ["given"]);
  assert.deepEqual(kinds(taken, given), ["given"]);
  assert.deepEqual(kinds(taken, { type: "service.returned", service: service("a", "waiting") }, claim("me", mine("a", "claimed"))), []);
  assert.deepEqual(kinds(given, taken), ["taken"]);
});

test("events touch the user when a service is or was the user's", () => {
  const claims = new OwnClaims("me");
  const isTouched = (event) => claims.take([event]).isTouched;
  assert.ok(!isTouched({ type: "queue.paused" }));
  assert.ok(!isTouched({ type: "service.added", service: service("a", "waiting") }));
  assert.ok(isTouched(claim("me", mine("a", "claimed"))));
  assert.ok(isTouched({ type: "service.started", service: mine("a", "serving") }));
  assert.ok(isTouched({ type: "service.returned", service: service("a", "waiting") }));
  assert.ok(!isTouched({ type: "service.removed", service: service("a", "cancelled") }));
});

test("another epoch makes void what was settled by the old versions", () => {
  const held = new Expectations();
  held.settle(mine("a", "claimed"), mine("a", "claimed"), "q", 700);
  held.forget("q");
  assert.deepEqual(held.over([]), []);
});

test("a claim is renewed at half of its lease, sooner in a hidden page, at once when nothing is known", () => {
  const lease = { until: 120_000, length: 120_000 };
  assert.ok(shouldRenew(undefined, 0, false));
  assert.ok(!shouldRenew(lease, 59_999, false));
  assert.ok(shouldRenew(lease, 60_000, false));
  // Woken once a minute, it must be in time at every one of these moments.
  assert.ok(shouldRenew(lease, 1_000, true));
});

test("what is left of a lease", () => {
  assert.deepEqual(leaseLeft({ until: 100, length: 100 }, 0), { left: 100, share: 1, kind: "good" });
  assert.equal(leaseLeft({ until: 100, length: 100 }, 70).kind, "warn");
  assert.equal(leaseLeft({ until: 100, length: 100 }, 90).kind, "bad");
  assert.deepEqual(leaseLeft({ until: 100, length: 0 }, 200), { left: 0, share: 0, kind: "bad" });
});

test("every state in hand has one main action, first; no two share a key", () => {
  for (const state of ["claimed", "serving", "on_hold"]) {
    const actions = actionsOf(mine("a", state));
    assert.deepEqual(actions.map(({ isMain }) => isMain), [true, ...actions.slice(1).map(() => false)]);
    assert.equal(new Set(actions.map(({ key }) => key)).size, actions.length);
  }
  assert.equal(actionForKey(mine("a", "claimed"), "s").command, "start");
  assert.equal(actionForKey(mine("a", "serving"), "s"), undefined);
  assert.equal(actionForKey(mine("a", "on_hold"), "h").command, "resume");
  assert.deepEqual(actionsOf(service("a", "waiting")), []);
});
