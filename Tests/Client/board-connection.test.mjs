// The board through a whole day of trouble, in a second.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import test from "node:test";

import { BoardConnection, LinkError } from "../../Sources/Gateway/Console/board/board-connection.js";
import { UsherClient } from "../../Sources/Gateway/Console/usher-client.js";
import { FakeClock, settled } from "./support/fake-clock.mjs";
import { TroubledServer } from "./support/troubled-server.mjs";
import { seeded } from "./support/random.mjs";

// Node 18 has it under another name.
globalThis.crypto ??= webcrypto;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function opened(seed = 1) {
  const random = seeded(seed);
  const clock = new FakeClock();
  const server = new TroubledServer(clock);
  const bench = { clock, server, random, skew: 0, changes: 0 };
  bench.board = new BoardConnection({
    queue: "front-desk", limit: 1_000,
    clock: {
      now: clock.now, wall: () => clock.now() + bench.skew, setTimeout: clock.setTimeout,
      clearTimeout: clock.clearTimeout,
    },
    exchange: () => server.exchange((kind) => new LinkError(kind)),
    makeClient: (getToken) => new UsherClient({
      url: "ws://test/", getToken, clock, random,
      WebSocket: class extends server.WebSocket {
        constructor(url) {
          super(url);
          let handler = null;
          Object.defineProperty(this, "onmessage", {
            get: () => handler && ((message) => (bench.board.heard(), handler(message))),
            set: (value) => (handler = value),
          });
        }
      },
    }),
    onChange: () => (bench.changes += 1),
    onStatus: () => {},
  });
  bench.kind = () => bench.board.state.status(clock.now()).kind;
  return bench;
}

test("connects, shows, and leaves nothing behind", async () => {
  const { board, clock, server, kind } = opened();
  board.start();
  assert.equal(kind(), "starting");
  await clock.advance(SECOND);
  assert.equal(kind(), "live");
  server.publish(server.model.add(5));
  await clock.advance(SECOND);
  assert.equal(board.copy.size, 1);
  board.stop();
  server.endAll(1000);
  // What is left is the server's own: its pings and the tokens' ends.
  await clock.advance(20 * MINUTE);
  assert.equal(clock.timers, 0);
});

test("a revoked link takes the queue off the display, is tried once a minute, and comes back by itself", async () => {
  const { board, clock, server, kind } = opened();
  server.model.add(5);
  board.start();
  await clock.advance(SECOND);
  server.isRevoked = true;
  server.endAll(3500);
  await clock.advance(2 * SECOND);
  assert.equal(kind(), "refused");
  assert.equal(board.copy, null);
  assert.equal(board.token, null);
  const before = server.exchanges;
  await clock.advance(10 * MINUTE);
  assert.ok(server.exchanges - before >= 9 && server.exchanges - before <= 10, `${server.exchanges - before} attempts`);
  server.isRevoked = false;
  await clock.advance(MINUTE + SECOND);
  assert.equal(kind(), "live");
});

test("a machine that wakes up makes its connection anew", async () => {
  const { board, clock, server, kind } = opened();
  board.start();
  await clock.advance(SECOND);
  const made = server.made;
  clock.sleep(3 * 60 * MINUTE);
  await clock.advance(6 * SECOND);
  assert.equal(kind(), "live");
  assert.ok(server.made > made);
});

test("the network's return ends the waiting", async () => {
  const { board, clock, server, kind } = opened();
  server.network = false;
  board.start();
  await clock.advance(5 * MINUTE);
  assert.equal(kind(), "unreachable");
  server.network = true;
  board.hurry();
  await clock.advance(100);
  assert.equal(kind(), "live");
});

/** What may happen, and how it ends. */
const TROUBLES = {
  cut: (server) => server.endAll(1006),
  restart: (server) => server.endAll(3001),
  expired: (server) => server.endAll(3005),
  ended: (server) => server.endAll(3500),
  away: (server) => ((server.network = false), server.endAll(1006)),
  silent: (server) => (server.network = "silent"),
  revoked: (server) => ((server.isRevoked = true), server.endAll(3500)),
};

for (const seed of [1, 2, 3, 4]) {
  test(`a day of trouble, seed ${seed}`, async () => {
    const bench = opened(seed);
    const { board, clock, server, random, kind } = bench;
    board.start();
    await clock.advance(SECOND);
    const end = clock.now() + 24 * 60 * MINUTE;
    const seen = new Set();
    while (clock.now() < end) {
      const name = random.of([...Object.keys(TROUBLES), "sleep", "clock"]);
      if (name === "sleep") clock.sleep(random.below(180) * MINUTE);
      else if (name === "clock") bench.skew += (random.below(200) - 100) * MINUTE;
      else TROUBLES[name](server);
      for (let left = random.below(15); left > 0; left--) {
        await clock.advance(MINUTE);
        const { model } = server;
        const waiting = model.services.find(({ state }) => state === "waiting");
        if (waiting && random() < 0.5) {
          server.publish(model.change("service.claimed", { ...waiting, state: "claimed", version: waiting.version + 1 }));
        } else {
          server.publish(model.add(random.below(1_000)));
        }
        while (model.services.length > 20) {
          const first = model.services[0];
          server.publish(model.change("service.completed", { ...first, state: "completed", version: first.version + 1 }));
        }
        const status = board.state.status(clock.now());
        seen.add(status.kind);
        // What calls itself live is live.
        if (status.kind === "live") assert.ok(clock.now() - status.asOf <= 32 * SECOND);
        if (server.isRevoked) assert.equal(board.copy, null, "nothing is shown without a right to it");
      }
      server.network = true;
      server.isRevoked = false;
      await clock.advance(2 * MINUTE);
      assert.equal(kind(), "live", `after "${name}"`);
      await settled();
      assert.equal(board.copy.version, server.model.version, `after "${name}"`);
      assert.equal(board.copy.digest, server.model.snapshot().digest);
      assert.ok(server.sockets.size <= 1, "one connection at a time");
      assert.ok(clock.timers < 200, `${clock.timers} timers`);
    }
    for (const kind of ["live", "stale", "refused"]) assert.ok(seen.has(kind), `${kind} was never seen`);
    // Over a bad day it is still polite: some attempts a minute at most.
    assert.ok(server.made < 24 * 60 * 4, `${server.made} connections`);
  });
}
