import assert from "node:assert/strict";
import test from "node:test";

import { chosenQueues, MOST_CHOSEN, remember, toggled } from "../../Sources/Gateway/Console/supervise/chosen-queues.js";
import { ColumnModel } from "../../Sources/Gateway/Console/supervise/column-model.js";
import { employeesHere } from "../../Sources/Gateway/Console/supervise/employees.js";
import { KeyboardGrab } from "../../Sources/Gateway/Console/supervise/keyboard-grab.js";
import { gapAt, placeOfGap, planMove, scrollSpeed } from "../../Sources/Gateway/Console/supervise/move-plan.js";
import { PendingChanges } from "../../Sources/Gateway/Console/supervise/pending-changes.js";
import { MOST_REMOVALS, Removals, UNDO_FOR } from "../../Sources/Gateway/Console/supervise/removals.js";
import { FakeClock } from "./support/fake-clock.mjs";
import { seeded } from "./support/random.mjs";

const MINUTE = 60_000 * 4096;

function rows(count, states = {}) {
  return Array.from({ length: count }, (_, at) => ({
    id: `id${at}`, ticket: at + 1, order: (100 + at) * MINUTE, priority: 4, version: 1, state: states[at] ?? "waiting",
  }));
}

const ids = (services) => services.map(({ id }) => id).join(" ");

test("the queues chosen before are shown, as far as they may be seen", () => {
  const available = ["a", "b", "c"];
  assert.deepEqual(chosenQueues(remember(["c", "gone", "a", "c"]), available), ["c", "a"]);
  for (const nothing of [null, "{", "{}", "[]", '["gone"]']) assert.deepEqual(chosenQueues(nothing, available), ["a", "b"]);
  assert.deepEqual(chosenQueues(null, []), []);
});

test("one queue stays chosen, and no more than the most are", () => {
  assert.deepEqual(toggled(["a", "b"], "a"), ["b"]);
  assert.deepEqual(toggled(["a"], "a"), ["a"]);
  const full = Array.from({ length: MOST_CHOSEN }, (_, n) => `q${n}`);
  assert.deepEqual(toggled(full, "more"), full);
});

test("a move is told by a neighbour and lands where it was dropped", () => {
  const random = seeded(1);
  for (let step = 0; step < 500; step++) {
    const services = rows(2 + random.below(8));
    const from = random.below(services.length);
    const to = random.below(services.length);
    const target = planMove(services, from, to);
    if (from === to) {
      assert.equal(target, null);
      continue;
    }
    const pending = new PendingChanges();
    pending.add({ kind: "move", id: services[from].id, target });
    assert.equal(pending.apply(services).findIndex(({ id }) => id === services[from].id), to);
  }
});

test("only what waits is moved, and never beside what is not due yet", () => {
  const services = rows(4, { 0: "serving", 3: "scheduled" });
  assert.equal(planMove(services, 0, 2), null);
  assert.equal(planMove(services, 3, 1), null);
  assert.equal(planMove(services, 1, 3), null);
  assert.deepEqual(planMove(services, 2, 0), { before: "id0" });
  assert.deepEqual(planMove(services, 1, 2), { after: "id2" });
});

test("a pointer points at gaps, and scrolls only near the edges", () => {
  assert.equal(gapAt(-50, 40, 3), 0);
  assert.equal(gapAt(59, 40, 3), 1);
  assert.equal(gapAt(61, 40, 3), 2);
  assert.equal(gapAt(9_000, 40, 3), 3);
  assert.deepEqual([0, 1, 2, 3].map((gap) => placeOfGap(gap, 1)), [0, 1, 1, 2]);
  assert.equal(scrollSpeed(300, 0, 600), 0);
  assert.ok(scrollSpeed(10, 0, 600) < scrollSpeed(40, 0, 600));
  assert.ok(scrollSpeed(10, 0, 600) < 0 && scrollSpeed(590, 0, 600) > 0);
  assert.equal(scrollSpeed(-500, 0, 600), -scrollSpeed(9_000, 0, 600));
});

test("what is asked for is shown until the copy has it", () => {
  const services = rows(3);
  const pending = new PendingChanges();
  const change = { kind: "move", id: "id2", target: { first: true } };
  pending.add(change);
  assert.equal(ids(pending.apply(services)), "id2 id0 id1");
  pending.settle((id) => services.find((service) => service.id === id));
  assert.equal(pending.size, 1);
  pending.confirm(change, 2);
  pending.settle((id) => services.find((service) => service.id === id));
  assert.equal(pending.size, 1);
  services[2].version = 2;
  pending.settle((id) => services.find((service) => service.id === id));
  assert.equal(pending.size, 0);
});

test("a refused change leaves the copy's order", () => {
  const services = rows(3);
  const pending = new PendingChanges();
  const change = { kind: "move", id: "id0", target: { last: true } };
  pending.add(change);
  assert.equal(ids(pending.apply(services)), "id1 id2 id0");
  pending.drop(change);
  assert.equal(ids(pending.apply(services)), "id0 id1 id2");
});

test("a level of priority is worth ten minutes, as the server counts", () => {
  const services = rows(30);
  const pending = new PendingChanges();
  pending.add({ kind: "reprioritise", id: "id25", priority: 6 });
  const shown = pending.apply(services);
  // 125 minutes less 20, and its id is behind that of who stands at 105.
  assert.equal(shown.findIndex(({ id }) => id === "id25"), 5);
  assert.equal(shown.find(({ id }) => id === "id25").priority, 6);
  assert.equal(services[25].priority, 4);
});

test("what leaves stays in sight, and what is taken back waits", () => {
  const services = rows(2, { 1: "claimed" });
  const pending = new PendingChanges();
  pending.add({ kind: "remove", id: "id0" });
  pending.add({ kind: "release", id: "id1" });
  const shown = pending.apply(services);
  assert.equal(ids(shown), "id0 id1");
  assert.equal(shown[1].state, "waiting");
  assert.equal(pending.of("id0").kind, "remove");
});

test("what is given to an employee is that one's claim at once, begun anew", () => {
  const services = rows(2, { 1: "serving" });
  Object.assign(services[1], { claimed_by: { id: "a", name: "anna" }, claimed_at: "2026-11-30T10:00:00.000Z", started_at: "2026-11-30T10:01:00.000Z" });
  const pending = new PendingChanges();
  const employee = { id: "b", name: "bert" };
  for (const id of ["id0", "id1"]) pending.add({ kind: "assign", id, employee, at: "2026-11-30T10:02:00.000Z" });
  const shown = pending.apply(services);
  assert.equal(ids(shown), "id0 id1");
  for (const service of shown) {
    assert.deepEqual([service.state, service.claimed_by, service.started_at], ["claimed", employee, undefined]);
    assert.equal(service.claimed_at, "2026-11-30T10:02:00.000Z");
  }
  assert.equal(services[1].claimed_by.name, "anna");
});

test("employees who are here stand once each by name, with what they have, without the holder and without boards", () => {
  const watcher = (user, name, level, client = user) => ({ client, user, name, level });
  const present = [
    watcher("c", "chief", "supervisor"), watcher("b", "bert", "agent", "one"), watcher("b", "bert", "agent", "two"),
    watcher("a", "anna", "agent"), watcher("d", "dora", "admin"), watcher("v", "board", "viewer"), watcher("p", "machine", "producer"),
  ];
  const services = rows(4, { 0: "serving", 1: "on_hold", 2: "claimed" });
  for (const [at, id] of [[0, "b"], [1, "b"], [2, "a"]]) services[at].claimed_by = { id, name: id };
  assert.deepEqual(employeesHere(present, services, "a"), [
    { id: "b", name: "bert", load: 2 }, { id: "c", name: "chief", load: 0 }, { id: "d", name: "dora", load: 0 },
  ]);
  assert.deepEqual(employeesHere(present, services).map(({ name }) => name), ["anna", "bert", "chief", "dora"]);
  assert.deepEqual(employeesHere([watcher("a", "anna", "agent")], services, "a"), []);
});

test("a service is grabbed, moved and dropped by keyboard", () => {
  const services = rows(5, { 4: "scheduled" });
  const grab = new KeyboardGrab();
  assert.equal(grab.press("ArrowDown", services, 0), null);
  assert.deepEqual(grab.press(" ", services, 0).said, { say: "supervise.grabbed", ticket: 1, place: 1, total: 5 });
  assert.equal(grab.press("ArrowDown", services, 0).said.place, 2);
  assert.equal(ids(grab.apply(services)), "id1 id0 id2 id3 id4");
  assert.equal(grab.press("End", services, 1).said.place, 4);
  assert.equal(grab.press("ArrowDown", services, 3).said.place, 4);
  assert.equal(grab.press("ArrowUp", services, 3).said.place, 3);
  const dropped = grab.press(" ", services, 2);
  assert.deepEqual(dropped.move, { id: "id0", target: { after: "id2" } });
  assert.equal(dropped.said.say, "supervise.dropped");
  assert.equal(grab.id, null);
});

test("Escape puts a grabbed service back", () => {
  const services = rows(3);
  const grab = new KeyboardGrab();
  grab.press(" ", services, 2);
  grab.press("Home", services, 2);
  const answer = grab.press("Escape", services, 0);
  assert.deepEqual(answer.said, { say: "supervise.grab_cancelled", ticket: 3, place: 3, total: 3 });
  assert.equal(answer.move, undefined);
  assert.equal(ids(grab.apply(services)), "id0 id1 id2");
});

test("what somebody claims meanwhile is let go", () => {
  const services = rows(3);
  const grab = new KeyboardGrab();
  grab.press(" ", services, 1);
  assert.equal(grab.revise(services, services), null);
  const claimed = rows(3, { 1: "claimed" });
  assert.equal(grab.revise(services, claimed).said.say, "supervise.grab_lost");
  assert.equal(grab.id, null);
  assert.equal(grab.press(" ", claimed, 1).said.say, "supervise.grab_refused");
});

test("a removal is sent when its time is over, unless it is undone", async () => {
  const clock = new FakeClock();
  const sent = [];
  const removals = new Removals(({ id }) => sent.push(id), () => {}, clock);
  removals.add({ id: "a" });
  removals.add({ id: "b" });
  await clock.advance(UNDO_FOR - 1);
  assert.deepEqual(sent, []);
  assert.equal(removals.undo().id, "b");
  await clock.advance(1);
  assert.deepEqual(sent, ["a"]);
  assert.equal(removals.undo("a"), null);
  await clock.advance(UNDO_FOR);
  assert.deepEqual(sent, ["a"]);
});

test("whoever leaves sends what waits, and more than the most do not wait", () => {
  const sent = [];
  const removals = new Removals(({ id }) => sent.push(id), () => {}, new FakeClock());
  for (let n = 0; n <= MOST_REMOVALS; n++) removals.add({ id: n });
  assert.deepEqual(sent, [0]);
  removals.flush();
  assert.equal(sent.length, MOST_REMOVALS + 1);
  assert.equal(removals.size, 0);
});

test("a column shows what its filter says, and counts all", () => {
  const model = new ColumnModel();
  const services = rows(5, { 0: "serving", 1: "claimed", 2: "on_hold", 4: "scheduled" });
  services.forEach((service, at) => (service.submitted_at = `2026-11-30T10:0${9 - at}:00.000Z`));
  services[3].scheduled_for = "2026-11-30T11:00:00.000Z";
  const copy = { get: (id) => services.find((service) => service.id === id), [Symbol.iterator]: () => services[Symbol.iterator]() };
  model.update(copy);
  assert.equal(model.rows.length, 5);
  assert.deepEqual(model.counts, { all: 5, waiting: 1, scheduled: 1, claimed: 2, on_hold: 1 });
  assert.equal(model.oldest, Date.parse("2026-11-30T11:00:00Z"));
  model.filter = "claimed";
  model.update(copy);
  assert.equal(ids(model.rows), "id0 id1");
  assert.deepEqual([model.indexOf("id1"), model.indexOf("id4")], [1, -1]);
});
