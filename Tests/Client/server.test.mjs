// The client against a server that runs: with USHER_STATE_DIR=FOLDER, where `ops/run` keeps its state.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { address, listed, token } from "./support/running-server.mjs";
import { seeded } from "./support/random.mjs";
import { WebSocket } from "./support/websocket.mjs";

globalThis.crypto ??= webcrypto;

const DESK = "front-desk";
const options = { skip: address ? false : "no USHER_STATE_DIR", timeout: 60_000 };

/** Reads the modules from the server, as a page does, and imports them. */
async function served(context) {
  const folder = await mkdtemp(join(tmpdir(), "usher-client-"));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const wanted = ["usher-client.js"];
  for (const name of wanted) {
    const answer = await fetch(`http://${address}/console/${name}`);
    assert.equal(answer.status, 200, name);
    assert.match(answer.headers.get("content-type"), /^text\/javascript/);
    const text = await answer.text();
    await writeFile(join(folder, name), text);
    for (const [, imported] of text.matchAll(/from "\.\/([^"]+)"/g)) if (!wanted.includes(imported)) wanted.push(imported);
  }
  return import(pathToFileURL(join(folder, "usher-client.js")).href);
}

async function until(condition, what) {
  for (const deadline = Date.now() + 20_000; !(await condition()); await sleep(10)) {
    assert.ok(Date.now() < deadline, `${what}: not within 20 s`);
  }
}

/** A client of a user, connected, whose sockets a test can cut. */
async function connected(context, { UsherClient }, user) {
  const sockets = [];
  const errors = [];
  const client = new UsherClient({
    url: `ws://${address}/connection/websocket`,
    getToken: () => token(user),
    minimumDelay: 50,
    WebSocket: class extends WebSocket {
      constructor(url) {
        super(url);
        sockets.push(this);
      }
    },
  });
  context.after(() => client.close());
  client.on("error", (error) => errors.push(error));
  client.connect();
  await until(() => client.state === "connected", `${user} to be connected`);
  return { client, errors, cut: () => sockets[sockets.length - 1].cut() };
}

async function emptied(client, queue) {
  const { services } = await listed(queue);
  for (let start = 0; start < services.length; start += 200) {
    const commands = services.slice(start, start + 200).map(({ id }) => ({ command: "remove", id }));
    await client.rpc("service.bulk", { commands });
  }
}

async function assertIsServers(queue) {
  const { version, digest, services } = await listed(queue.queue);
  await until(() => queue.copy.version >= version, `version ${version} of a copy of ${queue.copy.limit}`);
  if (queue.copy.version > version) return assertIsServers(queue);
  assert.equal(queue.copy.total, services.length);
  const facts = ({ id, order, state, version }) => [id, order, state, version];
  const shown = [...queue.copy].map(facts);
  assert.deepEqual(shown, services.slice(0, shown.length).map(facts));
  if (queue.copy.isWhole) assert.equal(queue.copy.digest, digest);
}

test("copies follow the server through changes and cuts", options, async (context) => {
  const seed = Date.now() % 2 ** 32;
  context.diagnostic(`seed ${seed}`);
  const random = seeded(seed);
  const module = await served(context);
  const { UsherError, newIdempotencyKey } = module;
  const supervisor = await connected(context, module, "supervisor");
  await emptied(supervisor.client, DESK);
  const viewer = await connected(context, module, "viewer");
  const queues = [
    supervisor.client.subscribe(DESK, { limit: 5_000 }),
    viewer.client.subscribe(DESK, { limit: 5_000 }),
    viewer.client.subscribe("roadside", { limit: 100 }),
  ];
  const window = (await connected(context, module, "agent")).client.subscribe(DESK, { limit: 10 });
  queues.push(window);
  const failures = [];
  for (const queue of queues) queue.on("error", (error) => failures.push(error));
  for (const queue of queues) await until(() => queue.state === "subscribed", "the subscriptions");

  // One whose answer is lost is asked for again under the same key.
  const call = async (method, data) => {
    const keyed = { ...data, idempotency_key: newIdempotencyKey() };
    for (;;) {
      try {
        return await supervisor.client.rpc(method, keyed);
      } catch (error) {
        assert.ok(error instanceof UsherError, error);
        if (!error.outcomeUnknown && !error.temporary) return error;
        await sleep(50);
      }
    }
  };
  const step = async () => {
    const copy = queues[0].copy;
    const service = copy.size > 0 ? copy.at(random.below(copy.size)) : null;
    if (!service || copy.size < 10 || random() < 0.3) return call("service.submit", { queue: DESK, kind: "test" });
    const { id, fence } = service;
    return random.of([
      () => call("queue.claim_next", { queue: DESK }),
      () => call("service.start", { id, fence }),
      () => call("service.complete", { id, fence }),
      () => call("service.move", { id, before: copy.at(random.below(copy.size)).id }),
      () => call("service.move", { id, first: true }),
      () => call("service.reprioritise", { id, priority: random.below(10) }),
      () => call("service.release", { id, fence }),
      () => call("service.transfer", { id, to: "roadside" }),
      () => call("service.remove", { id }),
    ])();
  };
  let refusals = 0;
  for (let round = 0; round < 12; round++) {
    const steps = Array.from({ length: 30 }, step);
    if (round % 3 === 1) viewer.cut();
    if (round % 3 === 2) supervisor.cut();
    for (const answer of await Promise.all(steps)) if (answer instanceof UsherError) refusals += 1;
    for (const queue of queues) await until(() => queue.state === "subscribed", "the subscriptions");
    for (const queue of queues) await assertIsServers(queue);
  }
  const codes = failures.map(({ code }) => code);
  assert.deepEqual(codes, []);
  assert.deepEqual([...supervisor.errors, ...viewer.errors], []);
  assert.ok(refusals < 300, `${refusals} of 360 were refused`);
  assert.ok(queues[0].lag !== null && Math.abs(queues[0].lag) < 10_000);
  assert.ok(queues[0].copy.isWhole);
  assert.equal(queues[1].copy.at(0)?.submitter, undefined, "a board is shown nothing of persons");
  context.diagnostic(`version ${queues[0].copy.version}, ${refusals} refusals, window of ${window.copy.size}`);

  // Who has just come is announced within a moment, not before the subscription is confirmed.
  for (const level of ["supervisor", "viewer", "agent"]) {
    const isThere = (one) => one.name === level && one.level === level && one.user && one.client;
    await until(async () => (await supervisor.client.presence(DESK)).some(isThere), `${level} to be present`);
  }
  await assert.rejects(viewer.client.presence(DESK), { code: "forbidden" });
  await assert.rejects(viewer.client.rpc("service.submit", { queue: DESK, kind: "test" }), { code: "forbidden" });
  await assert.rejects(supervisor.client.rpc("queue.list", { queue: "nowhere" }), { code: "unknown_queue", number: 440 });
  await emptied(supervisor.client, DESK);
});

test("a wrong token ends it, an unknown queue ends its subscription", options, async (context) => {
  const module = await served(context);
  const client = new module.UsherClient({
    url: `ws://${address}/connection/websocket`, getToken: async () => "a.b.c", WebSocket,
  });
  const ends = [];
  client.on("state", ({ state, code }) => ends.push([state, code]));
  client.connect();
  await until(() => client.state === "disconnected", "the end");
  assert.deepEqual(ends.pop(), ["disconnected", 3500]);

  const agent = await connected(context, module, "agent");
  const queue = agent.client.subscribe("nowhere");
  const errors = [];
  queue.on("error", ({ code }) => errors.push(code));
  await until(() => queue.state === "unsubscribed", "the refusal");
  assert.deepEqual(errors, ["unknown_channel"]);
});
