import assert from "node:assert/strict";
import test from "node:test";

import { settled } from "./support/fake-clock.mjs";
import { Bench } from "./support/fake-server.mjs";
import { QueueModel } from "./support/queue-model.mjs";

const last = (list) => list[list.length - 1];

/** A connected client that watches a queue of some services. */
async function watching(options = {}, count = 5) {
  const model = new QueueModel();
  for (let order = 1; order <= count; order++) model.add(order * 8);
  const bench = new Bench();
  await bench.connect();
  const queue = bench.client.subscribe("front-desk", options);
  const seen = { changes: [], states: [], errors: [] };
  queue.on("change", (change) => seen.changes.push(change));
  queue.on("state", (state) => seen.states.push(state));
  queue.on("error", (error) => seen.errors.push(error));
  return { bench, model, queue, seen };
}

test("a snapshot, then events", async () => {
  const { bench, model, queue, seen } = await watching();
  assert.equal(queue.state, "subscribing");
  const command = await bench.subscribe(model);
  assert.deepEqual(command.subscribe, {
    channel: "queue:front-desk", data: { limit: 500 }, positioned: true, recoverable: true,
  });
  assert.equal(queue.state, "subscribed");
  assert.deepEqual([...queue.copy], model.services);
  assert.deepEqual(seen.changes, [{ reason: "snapshot", events: [], lag: null }]);

  const events = [model.add(20), model.setMode("paused"), model.change("service.removed", { ...model.services[0], state: "cancelled" })];
  const at = new Date(bench.clock.now() - 12).toISOString();
  events[2].at = at;
  await bench.socket.publish("front-desk", ...events);
  assert.deepEqual([...queue.copy], model.services);
  assert.equal(queue.copy.mode, "paused");
  // However many events a message brings, the page is told once.
  assert.deepEqual(seen.changes[1], { reason: "events", events, lag: 12 });
  assert.equal(queue.lag, 12);
  assert.deepEqual([seen.changes.length, seen.errors.length], [2, 0]);
});

test("a cut is recovered from where the copy stands", async () => {
  const { bench, model, queue, seen } = await watching();
  await bench.subscribe(model);
  await bench.socket.publish("front-desk", model.add(3));
  await bench.socket.end();
  assert.deepEqual(last(seen.states), { state: "subscribing", reason: "the connection broke" });
  assert.equal(queue.copy.size, 6, "the page still has what it had");
  const missed = [model.add(1), model.renumber(0, 3, (place) => 2 + place)];
  await bench.clock.advance(1_000);
  await bench.accept();
  const command = await bench.recover(model, missed);
  const { recover, epoch, offset } = command.subscribe;
  assert.deepEqual({ recover, epoch, offset }, { recover: true, epoch: "epoch1", offset: 6 });
  assert.deepEqual([...queue.copy], model.services);
  assert.deepEqual([last(seen.changes).reason, last(seen.changes).events], ["recovered", missed]);
  assert.equal(queue.state, "subscribed");
  await bench.socket.publish("front-desk", model.add(100));
  assert.deepEqual([...queue.copy], model.services);
  assert.deepEqual(seen.errors, []);
});

test("what is not recovered starts again from the snapshot", async () => {
  const { bench, model, queue, seen } = await watching();
  await bench.subscribe(model);
  await bench.socket.end();
  const restored = new QueueModel("front-desk", "epoch2");
  restored.add(77);
  await bench.clock.advance(1_000);
  await bench.accept();
  const command = await bench.subscribe(restored);
  assert.equal(command.subscribe.recover, true);
  assert.deepEqual([queue.copy.epoch, queue.copy.version], ["epoch2", 1]);
  assert.deepEqual([...queue.copy], restored.services);
  assert.equal(last(seen.changes).reason, "snapshot");
  assert.deepEqual(seen.errors, []);
});

test("2500 subscribes again with recovery, below it ends", async () => {
  const { bench, model, queue, seen } = await watching();
  await bench.subscribe(model);
  await bench.socket.say({ push: { channel: "queue:front-desk", unsubscribe: { code: 2500, reason: "insufficient state" } } });
  assert.deepEqual(last(seen.states), { state: "subscribing", reason: "insufficient state" });
  await bench.socket.publish("front-desk", model.add(9));
  assert.equal(queue.copy.version, 5, "what comes in between is recovered later");
  await bench.clock.advance(250);
  const command = await bench.recover(model, [{ ...model.add(10), version: 6 }].slice(1));
  assert.deepEqual([command.subscribe.recover, command.subscribe.offset], [true, 5]);
  await bench.socket.say({ push: { channel: "queue:front-desk", unsubscribe: { code: 2000, reason: "server unsubscribe" } } });
  assert.equal(queue.state, "unsubscribed");
  assert.deepEqual([last(seen.errors).code, last(seen.errors).number], ["unsubscribed", 2000]);
  await bench.clock.advance(20_000);
  assert.equal(bench.socket.take(), undefined);
  // There is room for another.
  assert.notEqual(bench.client.subscribe("front-desk"), queue);
});

test("a copy that is not the server's is reported and made anew", async () => {
  const { bench, model, queue, seen } = await watching();
  await bench.subscribe(model);
  const event = model.add(20);
  await bench.socket.publish("front-desk", { ...event, service: { ...event.service, order: 21 } });
  assert.equal(last(seen.errors).code, "digest_mismatch");
  assert.deepEqual(seen.changes.map(({ reason }) => reason), ["snapshot"], "the page is not shown what is wrong");
  assert.equal(queue.state, "subscribing");
  assert.deepEqual(bench.socket.take().unsubscribe, { channel: "queue:front-desk" });
  // Sent before the server knew; not to be counted twice.
  await bench.socket.publish("front-desk", model.add(30));
  const command = await bench.subscribe(model);
  assert.equal(command.subscribe.recover, undefined);
  assert.deepEqual([...queue.copy], model.services);
  assert.equal(queue.state, "subscribed");

  // That was one snapshot: a cut afterwards is recovered from.
  await bench.socket.end();
  await bench.clock.advance(1_000);
  await bench.accept();
  assert.equal((await bench.recover(model, [])).subscribe.recover, true);

  // Long after the last, a mismatch is a first one again.
  await bench.clock.advance(30_000);
  await bench.socket.say({});
  bench.socket.inbox = [];
  await bench.clock.advance(31_000);
  await bench.socket.publish("front-desk", { ...model.add(40), digest: "000000000000" });
  assert.ok(bench.socket.take().unsubscribe);
  assert.ok(bench.socket.take().subscribe, "at once");
});

test("mismatches again and again slow it down", async () => {
  const { bench, model, queue, seen } = await watching();
  const snapshot = model.snapshot.bind(model);
  model.snapshot = (limit) => ({ ...snapshot(limit), digest: "000000000001" });
  const began = bench.clock.now();
  const times = [];
  for (let count = 0; count < 9; count++) {
    await bench.subscribe(model);
    times.push(bench.clock.now() - began);
    bench.socket.inbox = bench.socket.inbox.filter((command) => command.subscribe);
    while (bench.socket.inbox.length === 0) {
      await bench.clock.advance(50);
      await bench.socket.say({});
      bench.socket.inbox = bench.socket.inbox.filter((command) => command.subscribe);
    }
  }
  assert.equal(seen.errors.length, 9);
  assert.deepEqual(times, [0, 0, 500, 1_500, 3_500, 7_500, 15_500, 25_500, 35_500]);
  assert.equal(seen.changes.length, 0);
  model.snapshot = snapshot;
  await bench.subscribe(model);
  assert.deepEqual([...queue.copy], model.services);
});

test("a gap is recovered, two in a row need a snapshot", async () => {
  const { bench, model, queue, seen } = await watching();
  await bench.subscribe(model);
  const lost = model.add(1);
  const next = model.add(2);
  await bench.socket.publish("front-desk", next);
  assert.equal(last(seen.errors).code, "gap");
  assert.ok(bench.socket.take().unsubscribe);
  await bench.recover(model, [lost, next]);
  assert.deepEqual([...queue.copy], model.services);
  model.add(3);
  await bench.socket.publish("front-desk", model.add(4));
  await bench.clock.advance(500);
  assert.ok(bench.socket.take().unsubscribe);
  assert.equal((await bench.subscribe(model)).subscribe.recover, undefined);
  assert.deepEqual([...queue.copy], model.services);
});

test("a window fills up again, at most once a second", async () => {
  const { bench, model, queue, seen } = await watching({ limit: 4 }, 40);
  assert.equal((await bench.subscribe(model)).subscribe.data.limit, 4);
  assert.deepEqual([queue.copy.size, queue.copy.total, queue.copy.isWhole], [4, 40, false]);
  for (let count = 0; count < 3; count++) {
    await bench.socket.publish("front-desk", model.change("service.completed", { ...model.services[0], state: "completed" }));
  }
  assert.deepEqual([queue.copy.size, queue.copy.total], [1, 37]);
  await bench.clock.advance(999);
  assert.equal(bench.socket.take(), undefined);
  await bench.clock.advance(1);
  assert.ok(bench.socket.take().unsubscribe);
  assert.equal(queue.copy.size, 1, "meanwhile it shows what it has");
  await bench.subscribe(model);
  assert.deepEqual([...queue.copy], model.services.slice(0, 4));
  assert.deepEqual(seen.errors, []);
});

test("a refusal for good ends it, a temporary one does not", async () => {
  const { bench, model, queue, seen } = await watching();
  const refuse = (error) => bench.socket.say({ id: bench.socket.take().id, error });
  for (const delay of [250, 500, 1_000]) {
    await refuse({ code: 111, message: "too many requests", temporary: true });
    assert.equal(queue.state, "subscribing");
    await bench.clock.advance(delay - 1);
    assert.equal(bench.socket.take(), undefined);
    await bench.clock.advance(1);
  }
  await bench.subscribe(model);
  assert.equal(queue.state, "subscribed");
  assert.deepEqual(seen.errors.map(({ code }) => code), Array(3).fill("too_many_requests"));
  // Once it went well, the next refusal is a first one.
  await bench.socket.say({ push: { channel: "queue:front-desk", unsubscribe: { code: 2500, reason: "" } } });
  await bench.clock.advance(250);
  await refuse({ code: 111, message: "too many requests", temporary: true });
  await bench.clock.advance(250);
  assert.ok(bench.socket.take().subscribe);

  const other = await watching();
  await other.bench.socket.say({ id: other.bench.socket.take().id, error: { code: 103, message: "permission denied" } });
  assert.equal(other.queue.state, "unsubscribed");
  assert.equal(last(other.seen.errors).code, "forbidden");
});

test("a server that does not answer a subscription is left", async () => {
  const { bench } = await watching();
  await bench.clock.advance(9_999);
  assert.equal(bench.client.state, "connected");
  await bench.clock.advance(1);
  assert.deepEqual([bench.client.state, last(bench.states).reason], ["connecting", "timeout"]);
});

test("unsubscribing ends it; nothing more is heard", async () => {
  const { bench, model, queue, seen } = await watching();
  await bench.subscribe(model);
  queue.unsubscribe();
  assert.deepEqual(bench.socket.take().unsubscribe, { channel: "queue:front-desk" });
  assert.deepEqual(last(seen.states), { state: "unsubscribed", reason: "unsubscribe called" });
  await bench.socket.publish("front-desk", model.add(9));
  assert.equal(queue.copy.version, 5);
  await bench.socket.end();
  await bench.clock.advance(1_000);
  await bench.accept();
  assert.equal(bench.socket.take(), undefined);
});

test("an answer to a subscription that is over is not taken", async () => {
  const { bench, model, queue, seen } = await watching();
  const { id } = bench.socket.take();
  queue.unsubscribe();
  await bench.socket.say({ id, subscribe: { epoch: model.epoch, offset: model.version, data: model.snapshot() } });
  assert.deepEqual([queue.state, queue.copy.size, seen.changes.length], ["unsubscribed", 0, 0]);
});

test("close and connect: the copy goes on where it stood", async () => {
  const { bench, model, queue } = await watching();
  await bench.subscribe(model);
  bench.client.close();
  assert.equal(queue.state, "subscribing");
  const missed = [model.add(1)];
  await bench.connect();
  assert.equal((await bench.recover(model, missed)).subscribe.offset, 5);
  assert.deepEqual([...queue.copy], model.services);
});

test("several queues, more than the server answers at a time", async () => {
  const bench = new Bench();
  const queues = Array.from({ length: 20 }, (_, number) => bench.client.subscribe(`desk-${number}`));
  assert.throws(() => bench.client.subscribe("desk-0"), /already/);
  assert.throws(() => bench.client.subscribe("desk-20", { limit: 5_001 }), RangeError);
  const call = bench.client.rpc.bind(bench.client);
  await bench.connect();
  const rpc = call("queue.stats", {});
  assert.equal(bench.socket.inbox.length, 15);
  const models = queues.map(({ queue }) => new QueueModel(queue));
  for (const model of models) {
    model.add(8);
    assert.equal((await bench.subscribe(model)).subscribe.channel, `queue:${model.queue}`);
  }
  await bench.socket.say({ id: bench.socket.take().id, rpc: { data: 1 } });
  assert.equal(await rpc, 1);
  // Two queues in one frame, mixed.
  const [a, b] = models;
  const events = [a.add(1), b.add(2), b.add(3), a.add(4)];
  await bench.socket.say(...events.map((data) => ({ push: { channel: `queue:${data.queue}`, pub: { data, offset: data.version } } })));
  for (const [place, model] of models.entries()) assert.deepEqual([...queues[place].copy], model.services);
});

test("a cut while subscriptions wait: each is asked for once by the next connection", async () => {
  const bench = new Bench();
  for (let number = 0; number < 20; number++) bench.client.subscribe(`desk-${number}`);
  await bench.connect();
  await bench.socket.end();
  await bench.clock.advance(1_000);
  await bench.accept();
  const channels = [];
  for (let command; (command = bench.socket.take()); ) {
    channels.push(command.subscribe.channel);
    await bench.socket.say({ id: command.id, error: { code: 103, message: "permission denied" } });
  }
  assert.deepEqual(channels, Array.from({ length: 20 }, (_, number) => `queue:desk-${number}`));
});

test("what is said about channels that are not watched is let pass", async () => {
  const { bench, model, queue, seen } = await watching();
  await bench.subscribe(model);
  await bench.socket.say(
    { push: { channel: "queue:roadside", pub: { data: model.add(7), offset: 6 } } },
    { push: { channel: "queue:roadside", unsubscribe: { code: 2500, reason: "" } } },
    { push: { channel: "queue:front-desk", join: { info: { client: "x" } } } },
    { push: { message: { data: 1 } } },
    { id: 99, rpc: { data: 1 } });
  assert.deepEqual([queue.state, queue.copy.version, seen.errors.length], ["subscribed", 5, 0]);
  await settled();
});

test("a publication that is none makes the copy anew", async () => {
  const { bench, model, queue, seen } = await watching();
  await bench.subscribe(model);
  await bench.socket.say({ push: { channel: "queue:front-desk", pub: { offset: 6 } } });
  assert.equal(last(seen.errors).code, "bad_message");
  assert.ok(bench.socket.take().unsubscribe);
  await bench.subscribe(model);
  assert.deepEqual([...queue.copy], model.services);
});
