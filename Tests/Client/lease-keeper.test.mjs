import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import test from "node:test";

import { settled } from "./support/fake-clock.mjs";

globalThis.crypto ??= webcrypto;
globalThis.document = { hidden: false };
// One tab, whose turn it is at once.
Object.defineProperty(globalThis, "navigator", { value: { locks: { request: async (name, options, run) => run() } } });
const { LeaseKeeper } = await import("../../Sources/Gateway/Console/work/lease-keeper.js");

const MINUTE = 60_000;
const mine = (fence) => ({ id: "a", queue: "q", state: "claimed", fence, claimed_by: { id: "me", name: "me" } });
const inFuture = (milliseconds) => new Date(Date.now() + milliseconds).toISOString();

/** A keeper of claims that the test names, and what it asks for. */
function bench(context, answer) {
  const stop = new AbortController();
  context.after(() => stop.abort());
  const asked = [];
  const lost = [];
  const rpc = async (method, { id, fence }) => {
    asked.push(`${method} ${id} ${fence}`);
    return answer(fence);
  };
  const claims = { are: [] };
  const keeper = new LeaseKeeper({ state: "live", signal: stop.signal, rpc }, "me", () => claims.are, (service) => lost.push(service.fence));
  const look = async (...are) => {
    claims.are = are;
    keeper.look();
    await settled();
  };
  return { keeper, look, asked, lost };
}

test("a claim that others gave is renewed when it is seen, under its own fence, then at half of the lease", async (context) => {
  const { keeper, look, asked } = bench(context, () => ({ lease_until: inFuture(MINUTE) }));
  await look(mine(7));
  await look(mine(7));
  assert.deepEqual(asked, ["service.renew a 7"]);
  assert.ok(keeper.lease(mine(7)).until > Date.now() + MINUTE / 2);
});

test("the lease of an earlier claim says nothing of the next one", async (context) => {
  const { keeper, look, asked } = bench(context, () => ({ lease_until: inFuture(MINUTE) }));
  keeper.told(mine(3), inFuture(10 * MINUTE));
  await look(mine(3));
  assert.deepEqual(asked, []);
  // Taken away and given back between two looks.
  await look(mine(9));
  assert.deepEqual(asked, ["service.renew a 9"]);
  assert.equal(keeper.lease(mine(3)), undefined);
});

test("a renewal that comes too late loses its claim alone, and does not delay the next one", async (context) => {
  const { look, asked, lost } = bench(context, (fence) => {
    if (fence === 3) throw Object.assign(new Error("late"), { code: "stale_fence" });
    return { lease_until: inFuture(MINUTE) };
  });
  await look(mine(3));
  assert.deepEqual(lost, [3]);
  await look(mine(9));
  assert.deepEqual(asked, ["service.renew a 3", "service.renew a 9"]);
});
