import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import test from "node:test";

import { UsherClient, UsherError, newIdempotencyKey } from "../../Sources/Gateway/Console/usher-client.js";
import { settled } from "./support/fake-clock.mjs";
import { Bench } from "./support/fake-server.mjs";

// Node 18 has it under another name.
globalThis.crypto ??= webcrypto;

const last = (list) => list[list.length - 1];

test("connects with a token, answers pings, and closes", async () => {
  const bench = new Bench();
  assert.equal(bench.client.state, "disconnected");
  const command = await bench.connect();
  assert.deepEqual(command, { id: 1, connect: { token: "token1", name: "usher-js" } });
  assert.equal(bench.socket.url, "ws://test/connection/websocket");
  assert.equal(bench.client.state, "connected");
  await bench.socket.say({});
  assert.deepEqual(bench.socket.take(), {});
  bench.client.close();
  assert.ok(bench.socket.isClosed);
  assert.deepEqual(bench.states.map(({ state }) => state), ["connecting", "connected", "disconnected"]);
  assert.equal(bench.clock.timers, 0, "nothing is left running");
  bench.client.close();
  await bench.clock.advance(60_000);
  assert.equal(bench.sockets.length, 1);
});

test("does not answer pings where the server wants no pongs", async () => {
  const bench = new Bench();
  await bench.connect({ pong: false });
  await bench.socket.say({});
  assert.equal(bench.socket.take(), undefined);
});

for (const [code, comesBack] of [
  [1000, true], [1001, true], [1006, true], [1009, true], [3000, true], [3001, true], [3005, true], [3008, true],
  [3012, true], [3499, true], [3500, false], [3501, false], [3503, false], [3999, false], [4000, true], [4499, true],
  [4500, false],
]) {
  test(`code ${code} ${comesBack ? "reconnects" : "ends it"}`, async () => {
    const bench = new Bench();
    await bench.connect();
    await bench.clock.advance(6_000);
    await bench.socket.end(code, "why");
    const { state, delay, ...why } = last(bench.states);
    assert.deepEqual(why, { code, reason: "why" });
    assert.equal(state, comesBack ? "connecting" : "disconnected");
    // Half of half a second, by this test's random numbers.
    assert.equal(delay, comesBack ? 250 : 0);
    await bench.clock.advance(249);
    assert.equal(bench.sockets.length, 1);
    await bench.clock.advance(30_000);
    assert.equal(bench.sockets.length, comesBack ? 4 : 1, "and tries until the server answers");
  });
}

test("the backoff doubles up to its bound, and begins anew after a connection that lasted", async () => {
  const bench = new Bench();
  bench.client.connect();
  await settled();
  const delays = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    await bench.socket.end();
    delays.push(last(bench.states).delay);
    await bench.clock.advance(last(bench.states).delay);
  }
  assert.deepEqual(delays, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  await bench.accept();
  await bench.clock.advance(100);
  await bench.socket.end(3008, "slow");
  assert.equal(last(bench.states).delay, 10_000, "a connection that ends at once is none");
  await bench.clock.advance(10_000);
  await bench.accept();
  await bench.clock.advance(5_000);
  await bench.socket.end();
  assert.equal(last(bench.states).delay, 250);
});

test("jitter spreads the clients over the whole delay", async () => {
  for (const random of [0, 0.25, 0.999]) {
    const bench = new Bench({ random: () => random });
    bench.client.connect();
    await settled();
    await bench.socket.end();
    assert.equal(last(bench.states).delay, Math.round(random * 500));
  }
});

test("a token is used again while it is good", async () => {
  const bench = new Bench();
  await bench.connect({ ttl: 600 });
  await bench.socket.end();
  await bench.clock.advance(1_000);
  assert.equal((await bench.accept()).connect.token, "token1");
  await bench.socket.end();
  bench.clock.sleep(596_000);
  await bench.clock.advance(1_000);
  assert.equal((await bench.accept()).connect.token, "token2", "not when it is nearly over");
});

test("109 asks for a new token", async () => {
  const bench = new Bench();
  bench.client.connect();
  await settled();
  bench.socket.onopen();
  await bench.socket.say({ id: 1, error: { code: 109, message: "token expired" } });
  assert.equal(bench.client.state, "connecting");
  await bench.clock.advance(500);
  assert.equal((await bench.accept()).connect.token, "token2");
  assert.equal(bench.client.state, "connected");
  assert.deepEqual(bench.errors, []);
});

test("a connect that is refused for good ends it, a temporary refusal does not", async () => {
  for (const [error, state] of [
    [{ code: 103, message: "disabled: this user is disabled" }, "disconnected"],
    [{ code: 503, message: "unavailable: the signing keys are not loaded yet", temporary: true }, "connecting"],
  ]) {
    const bench = new Bench();
    bench.client.connect();
    await settled();
    bench.socket.onopen();
    await bench.socket.say({ id: 1, error });
    assert.equal(bench.client.state, state);
    assert.equal(bench.errors[0].number, error.code);
  }
});

test("an invalid token is thrown away", async () => {
  const bench = new Bench();
  await bench.connect();
  await bench.socket.end(3500, "invalid token");
  assert.equal(bench.client.state, "disconnected");
  assert.equal((await bench.connect()).connect.token, "token2");
});

test("the token is refreshed before it ends", async () => {
  const bench = new Bench();
  await bench.connect({ ttl: 100, ping: 0 });
  await bench.clock.advance(84_999);
  assert.equal(bench.socket.take(), undefined);
  await bench.clock.advance(1);
  const command = bench.socket.take();
  assert.deepEqual(command.refresh, { token: "token2" });
  await bench.socket.say({ id: command.id, refresh: { expires: true, ttl: 200 } });
  await bench.clock.advance(170_000);
  const next = bench.socket.take();
  assert.deepEqual(next.refresh, { token: "token3" });
  // Not to be had now: once more, later.
  await bench.socket.say({ id: next.id, error: { code: 503, message: "unavailable: later", temporary: true } });
  assert.equal(last(bench.errors).code, "unavailable");
  await bench.clock.advance(1_250);
  assert.deepEqual(bench.socket.take().refresh, { token: "token4" });
});

test("a token source that fails is asked again; one that says null ends it", async () => {
  const answers = [
    async () => {
      throw new Error("no network");
    },
    () => {
      throw new Error("a mistake");
    },
    () => new Promise(() => {}),
    async () => "good",
    async () => null,
  ];
  const bench = new Bench({ getToken: () => answers.shift()() });
  bench.client.connect();
  await settled();
  await bench.clock.advance(250 + 500);
  assert.deepEqual(bench.errors.map(({ code }) => code), ["token_failed", "token_failed"]);
  await bench.clock.advance(10_000 + 1_000);
  assert.deepEqual(bench.errors.map(({ code }) => code), ["token_failed", "token_failed", "token_failed"]);
  assert.equal((await bench.accept({ ttl: 10, ping: 0 })).connect.token, "good");
  await bench.clock.advance(10_000);
  assert.deepEqual(last(bench.states), { state: "disconnected", code: 1, reason: "unauthorized", delay: 0 });
});

test("closed while it waits for a token, it opens nothing", async () => {
  let give;
  const bench = new Bench({ getToken: () => new Promise((resolve) => (give = resolve)) });
  bench.client.connect();
  await settled();
  bench.client.close();
  give("late");
  await bench.clock.advance(60_000);
  assert.deepEqual([bench.sockets.length, bench.client.state, bench.errors.length], [0, "disconnected", 0]);
});

test("a silent server is left", async () => {
  const bench = new Bench();
  await bench.connect({ ping: 25 });
  for (let pings = 0; pings < 3; pings++) {
    await bench.clock.advance(34_000);
    await bench.socket.say({});
  }
  assert.equal(bench.client.state, "connected");
  await bench.clock.advance(34_999);
  assert.equal(bench.client.state, "connected");
  await bench.clock.advance(1);
  assert.deepEqual(last(bench.states), { state: "connecting", code: 3, reason: "the server is silent", delay: 250 });
  assert.ok(bench.sockets[0].isClosed);
  await bench.clock.advance(250);
  assert.equal(bench.sockets.length, 2);
});

test("a socket that does not open is left", async () => {
  const bench = new Bench();
  bench.client.connect();
  await bench.clock.advance(10_000);
  assert.equal(last(bench.states).reason, "timeout");
  await bench.clock.advance(250);
  assert.equal(bench.sockets.length, 2);
  assert.ok(bench.sockets[0].isClosed);
});

test("what is no message of the protocol ends the connection", async () => {
  for (const data of ["{", "null", "7", new Uint8Array(3)]) {
    const bench = new Bench();
    await bench.connect();
    bench.socket.onmessage({ data });
    assert.equal(bench.client.state, "connecting");
    assert.equal(last(bench.errors).code, "bad_message");
  }
});

test("what an old socket says late is not heard", async () => {
  const bench = new Bench();
  await bench.connect();
  const old = bench.socket;
  const { onmessage, onclose } = old;
  await old.end();
  await bench.clock.advance(1_000);
  await bench.accept();
  assert.equal(old.onmessage, null);
  onclose({ code: 3500, reason: "late" });
  assert.equal(bench.client.state, "connected");
  assert.ok(onmessage);
});

test("calls get their answers, whatever their order", async () => {
  const bench = new Bench();
  await bench.connect();
  const first = bench.client.rpc("queue.stats", { queue: "front-desk" });
  const second = assert.rejects(bench.client.rpc("service.claim", { id: "x" }), (error) => {
    assert.ok(error instanceof UsherError && error instanceof Error);
    const { code, number, message, state, temporary, outcomeUnknown } = error;
    assert.deepEqual(
      { code, number, message, state, temporary, outcomeUnknown },
      {
        code: "illegal_transition", number: 409, message: "the service is over", state: "completed", temporary: false,
        outcomeUnknown: false,
      });
    return true;
  });
  const [one, two] = [bench.socket.take(), bench.socket.take()];
  assert.deepEqual(one.rpc, { method: "queue.stats", data: { queue: "front-desk" } });
  await bench.socket.say(
    { id: two.id, error: { code: 409, message: "illegal_transition: the service is over (state: completed)" } },
    { id: one.id, rpc: { data: { total: 3 } } });
  assert.deepEqual(await first, { total: 3 });
  await second;
});

test("presence tells who watches a queue, as a call", async () => {
  const bench = new Bench();
  bench.client.connect();
  const present = bench.client.presence("front-desk");
  await settled();
  await bench.accept();
  const { id, presence } = bench.socket.take();
  assert.deepEqual(presence, { channel: "queue:front-desk" });
  const connection = (client, user, name, level) => ({ user, client, conn_info: { name, level } });
  const all = { c1: connection("c1", "u1", "anna", "agent"), c2: connection("c2", "u2", "board", "viewer") };
  await bench.socket.say({ id, presence: { presence: all } });
  assert.deepEqual(await present, [
    { client: "c1", user: "u1", name: "anna", level: "agent" }, { client: "c2", user: "u2", name: "board", level: "viewer" },
  ]);
  const refused = assert.rejects(bench.client.presence("front-desk"), { code: "forbidden" });
  await bench.socket.say({ id: bench.socket.take().id, error: { code: 103, message: "permission denied" } });
  await refused;
  const late = assert.rejects(bench.client.presence("front-desk", { timeout: 100 }), { code: "timeout" });
  await bench.clock.advance(100);
  await late;
});

test("errors are typed, the protocol's own too", () => {
  const of = (code, message, temporary) => UsherError.of({ code, message, temporary });
  assert.equal(of(102, "unknown channel").code, "unknown_channel");
  assert.equal(of(103, "forbidden: your access level does not allow this").code, "forbidden");
  assert.equal(of(111, "too many requests", true).temporary, true);
  assert.equal(of(504, "outcome_unknown: the outcome is not known", true).outcomeUnknown, true);
  assert.equal(of(999, "").code, "error_999");
  assert.equal(of(107, "bad request: data: limit").code, "bad_request");
});

test("no more commands are under way than the server takes", async () => {
  const bench = new Bench();
  await bench.connect();
  const calls = Array.from({ length: 20 }, (_, number) => bench.client.rpc("queue.stats", { number }));
  assert.equal(bench.socket.inbox.length, 15);
  for (let number = 0; number < 20; number++) {
    const command = bench.socket.take();
    assert.equal(command.rpc.data.number, number);
    await bench.socket.say({ id: command.id, rpc: { data: number } });
  }
  assert.deepEqual(await Promise.all(calls), Array.from({ length: 20 }, (_, number) => number));
});

test("what waits is bounded", async () => {
  const bench = new Bench({ maximumWaiting: 3 });
  await assert.rejects(bench.client.rpc("queue.stats"), { code: "not_connected", outcomeUnknown: false });
  bench.client.connect();
  const calls = Array.from({ length: 3 }, () => bench.client.rpc("queue.stats"));
  await assert.rejects(bench.client.rpc("queue.stats"), { code: "busy", temporary: true });
  await settled();
  await bench.accept();
  assert.equal(bench.socket.inbox.length, 3);
  bench.socket.bufferedAmount = 2 ** 21;
  await assert.rejects(bench.client.rpc("queue.stats"), { code: "busy" });
  const lost = Promise.all(calls.map((call) => assert.rejects(call, { code: "connection_lost", outcomeUnknown: true })));
  bench.client.close();
  await lost;
});

test("what cannot be written is refused and leaves nothing behind", async () => {
  const bench = new Bench();
  await bench.connect();
  const timers = bench.clock.timers;
  await assert.rejects(bench.client.rpc("queue.stats", { number: 1n }), TypeError);
  assert.equal(bench.clock.timers, timers);
  assert.equal(bench.socket.take(), undefined);
});

test("calls that were sent are lost with the connection, those that wait are sent over the next", async () => {
  const bench = new Bench();
  await bench.connect();
  const calls = Array.from({ length: 17 }, (_, number) => bench.client.rpc("queue.stats", { number }));
  const expected = { code: "connection_lost", outcomeUnknown: true, temporary: true, number: 1006 };
  const lost = Promise.all(calls.slice(0, 15).map((call) => assert.rejects(call, expected)));
  await bench.socket.end(1006);
  await lost;
  const later = bench.client.rpc("queue.stats", { number: 17 });
  await bench.clock.advance(1_000);
  await bench.accept();
  const sent = bench.socket.inbox.splice(0);
  assert.deepEqual(sent.map(({ rpc }) => rpc.data.number), [15, 16, 17]);
  for (const { id } of sent) await bench.socket.say({ id, rpc: { data: "done" } });
  assert.deepEqual(await Promise.all([...calls.slice(15), later]), ["done", "done", "done"]);
  assert.equal(sent[0].id, 2, "the next connection numbers its own commands");
});

test("calls that were not sent when it ends for good have not happened", async () => {
  const bench = new Bench();
  bench.client.connect();
  const lost = assert.rejects(bench.client.rpc("queue.stats"), { code: "not_connected", outcomeUnknown: false });
  bench.client.close();
  await lost;
});

test("a call without an answer in time", async () => {
  const bench = new Bench();
  await bench.connect({ ping: 0 });
  const sent = bench.client.rpc("queue.stats", {}, { timeout: 2_000 });
  const slow = bench.client.rpc("queue.stats");
  const rejected = assert.rejects(sent, { code: "timeout", outcomeUnknown: true });
  await bench.clock.advance(2_000);
  await rejected;
  // Its answer comes after all: it is nobody's.
  await bench.socket.say({ id: bench.socket.take().id, rpc: { data: 1 } });
  await bench.socket.say({ id: bench.socket.take().id, rpc: { data: 2 } });
  assert.equal(await slow, 2);

  const other = new Bench();
  other.client.connect();
  const waiting = assert.rejects(other.client.rpc("queue.stats", {}, { timeout: 100 }), { code: "timeout", outcomeUnknown: false });
  await other.clock.advance(100);
  await waiting;
  await other.accept();
  assert.equal(other.socket.take(), undefined, "it is not sent any more");
});

test("a listener that throws disturbs nobody", async (context) => {
  const thrown = [];
  const { queueMicrotask } = globalThis;
  context.after(() => Object.assign(globalThis, { queueMicrotask }));
  globalThis.queueMicrotask = (action) => thrown.push(action);
  const bench = new Bench();
  const seen = [];
  bench.client.on("state", () => seen.push("before"));
  const away = bench.client.on("state", () => {
    away();
    throw new Error("a page's mistake");
  });
  bench.client.on("state", () => seen.push("after"));
  await bench.connect();
  assert.equal(bench.client.state, "connected");
  assert.deepEqual(seen, ["before", "after", "before", "after"]);
  assert.throws(thrown[0], /a page's mistake/);
  assert.equal(thrown.length, 1);
  assert.throws(() => bench.client.on("states", () => {}), TypeError);
});

test("a listener may close it at any moment", async () => {
  for (const moment of ["connecting", "connected"]) {
    const bench = new Bench();
    bench.client.on("state", ({ state }) => {
      if (state === moment) bench.client.close();
    });
    bench.client.subscribe("front-desk");
    bench.client.connect();
    await settled();
    if (moment === "connected") await bench.accept();
    await bench.clock.advance(60_000);
    assert.equal(bench.client.state, "disconnected");
    assert.equal(bench.clock.timers, 0);
  }
});

test("idempotency keys are new each time and fit the server", () => {
  const keys = new Set(Array.from({ length: 1_000 }, newIdempotencyKey));
  assert.equal(keys.size, 1_000);
  for (const key of keys) assert.match(key, /^[0-9a-f]{32}$/);
});

test("a client needs a token source and an address", () => {
  assert.throws(() => new UsherClient({ url: "ws://test" }), TypeError);
  assert.throws(() => new UsherClient({ getToken: async () => "" }), TypeError);
});
