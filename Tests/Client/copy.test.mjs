import assert from "node:assert/strict";
import test from "node:test";

import { OrderedServices } from "../../Sources/Gateway/Console/ordered-services.js";
import { QueueCopy } from "../../Sources/Gateway/Console/queue-copy.js";
import { QueueModel, standsBefore } from "./support/queue-model.mjs";
import { seeded } from "./support/random.mjs";

const SEEDS = [1, 2, 3, 4, 5];

for (const seed of SEEDS) {
  test(`ordered services are a sorted array, seed ${seed}`, () => {
    const random = seeded(seed);
    const ordered = new OrderedServices();
    let naive = [];
    for (let step = 0; step < 2_000; step++) {
      const id = `id${random.below(200)}`;
      const old = naive.find((service) => service.id === id);
      naive = naive.filter((service) => service !== old);
      if (random() < 0.6) {
        // Few orders, so that ids decide often.
        const service = { id, order: random.below(20) };
        assert.equal(ordered.insert(service), old);
        naive.push(service);
        naive.sort(standsBefore);
      } else {
        assert.equal(ordered.remove(id), old);
      }
      const place = random.below(naive.length + 1);
      assert.equal(ordered.size, naive.length);
      assert.equal(ordered.at(place), naive[place]);
      assert.equal(ordered.at(-1), undefined);
      assert.equal(ordered.indexOf(naive[place]?.id ?? "nobody"), naive[place] ? place : -1);
      assert.equal(ordered.get(id), naive.find((service) => service.id === id));
      const end = place + random.below(10);
      assert.deepEqual(ordered.slice(place, end), naive.slice(place, end));
      if (step % 100 === 0) assert.deepEqual([...ordered], naive);
    }
  });
}

test("a place among many is found without going through all", () => {
  const ordered = new OrderedServices();
  const count = 100_000;
  for (let order = 0; order < count; order++) ordered.insert({ id: `id${order}`, order });
  const began = process.hrtime.bigint();
  for (let order = 0; order < count; order += 10) {
    assert.equal(ordered.indexOf(`id${order}`), order);
    ordered.insert({ id: `id${order}`, order: order + 0.5 });
  }
  // Going through all would take 10^9 steps.
  assert.ok(process.hrtime.bigint() - began < 5_000_000_000n);
});

/** One random change of the model; its event. */
function randomEvent(model, random) {
  const service = model.services.length > 0 ? random.of(model.services) : null;
  const changed = (members) => ({ ...service, version: service.version + 1, ...members });
  const order = () => random.below(1_000) * 8;
  const roll = random();
  if (!service || roll < 0.3) {
    const from = random() < 0.2 ? { from: "roadside" } : {};
    return model.change("service.added", model.make(order(), random() < 0.1 ? { state: "scheduled" } : {}), from);
  }
  if (roll < 0.4) return model.change("service.moved", changed({ order: order() }));
  if (roll < 0.5) return model.change("service.claimed", changed({ state: "claimed", fence: model.version + 1 }));
  if (roll < 0.55) return model.change("service.started", changed({ state: "serving" }));
  if (roll < 0.6) return model.change("service.held", changed({ state: "on_hold" }));
  if (roll < 0.65) return model.change("service.returned", changed({ state: "waiting" }), { reason: "lease_expired" });
  if (roll < 0.7) return model.change("service.returned", model.make(order()), { reason: "reinstated" });
  if (roll < 0.75) return model.change("service.updated", changed({ order: order() }), { reason: "reprioritised" });
  if (roll < 0.8) return model.change("service.transferred", changed({ queue: "roadside", ticket: 9, order: order() }));
  if (roll < 0.85) return model.setMode(random.of(["open", "paused", "draining"]));
  if (roll < 0.9) {
    // Some neighbours, between those before and behind them.
    const from = random.below(model.services.length);
    const to = Math.min(model.services.length, from + 1 + random.below(6));
    const low = model.services[from - 1]?.order ?? -1;
    const high = model.services[to]?.order ?? low + 10_000;
    const step = (high - low) / (to - from + 1);
    return model.renumber(from, to, (place) => low + step * (place + 1));
  }
  const [type, state] = random.of([
    ["service.completed", "completed"], ["service.no_show", "no_show"], ["service.removed", "cancelled"],
    ["service.dead", "dead"],
  ]);
  return model.change(type, changed({ state }));
}

function assertIsModel(copy, model) {
  assert.equal(copy.version, model.version);
  assert.equal(copy.total, model.services.length);
  assert.equal(copy.mode, model.mode);
  assert.equal(copy.paused, model.mode === "paused");
  // A whole copy has all; a window has those that stand first.
  assert.deepEqual([...copy], model.services.slice(0, copy.size));
  assert.ok(copy.size <= copy.limit);
  if (copy.isWhole) assert.equal(copy.size, model.services.length);
}

for (const seed of SEEDS) {
  test(`a whole copy follows random events, seed ${seed}`, () => {
    const random = seeded(100 + seed);
    const model = new QueueModel();
    for (let count = 0; count < 20; count++) randomEvent(model, random);
    const copy = new QueueCopy("front-desk", 5_000);
    assert.equal(copy.isWhole, false);
    copy.reset(model.snapshot());
    for (let step = 0; step < 800; step++) {
      copy.apply(randomEvent(model, random));
      assertIsModel(copy, model);
      assert.ok(copy.isWhole && !copy.wantsSnapshot);
      const service = model.services.length > 0 ? random.of(model.services) : { id: "nobody" };
      assert.equal(copy.indexOf(service.id), model.services.indexOf(service));
      assert.equal(copy.get(service.id) !== undefined, copy.indexOf(service.id) >= 0);
    }
    assert.equal(copy.digest, model.snapshot().digest);
  });

  for (const limit of [0, 1, 7, 40]) {
    test(`a window of ${limit} shows those that stand first, seed ${seed}`, () => {
      const random = seeded(200 + seed);
      const model = new QueueModel();
      for (let count = 0; count < 60; count++) randomEvent(model, random);
      const copy = new QueueCopy("front-desk", limit);
      copy.reset(model.snapshot(limit));
      let snapshots = 0;
      for (let step = 0; step < 800; step++) {
        copy.apply(randomEvent(model, random));
        assertIsModel(copy, model);
        if (copy.wantsSnapshot) {
          snapshots += 1;
          copy.reset(model.snapshot(limit));
          assertIsModel(copy, model);
          assert.equal(copy.size, Math.min(limit, model.services.length));
          assert.ok(!copy.wantsSnapshot);
        }
        // It is never left with little while there is much.
        assert.ok(copy.size * 2 >= Math.min(limit, model.services.length));
      }
      assert.ok(snapshots < 400, `${snapshots} snapshots`);
    });
  }
}

test("a change that was lost shows in the digest", () => {
  const model = new QueueModel();
  const copy = new QueueCopy("front-desk", 500);
  copy.reset(model.snapshot());
  model.add(8);
  const event = model.add(16);
  assert.throws(() => copy.apply(event), { name: "UsherError", code: "gap" });
  assert.equal(copy.version, 0, "a gap changes nothing");
  assert.throws(() => copy.apply({ ...event, version: 1 }), { name: "UsherError", code: "digest_mismatch" });
  assert.throws(() => copy.reset({ ...model.snapshot(), digest: "000000000000" }), { code: "digest_mismatch" });
  copy.reset(model.snapshot());
  assertIsModel(copy, model);
});

test("a repaired service behind the horizon makes a window ask", () => {
  const model = new QueueModel();
  for (let order = 0; order < 10; order++) model.add(order * 8);
  const copy = new QueueCopy("front-desk", 5);
  copy.reset(model.snapshot(5));
  assert.equal(copy.wantsSnapshot, false);
  copy.apply(model.change("service.updated", model.make(1_000), { reason: "repaired" }));
  assert.equal(copy.wantsSnapshot, true);
});

test("a window that could be whole asks", () => {
  const model = new QueueModel();
  for (let order = 0; order < 12; order++) model.add(order * 8);
  const copy = new QueueCopy("front-desk", 10);
  copy.reset(model.snapshot(10));
  const end = () => copy.apply(model.change("service.completed", { ...model.services[0], state: "completed" }));
  for (let total = 11; total > 8; total--) {
    end();
    assert.equal(copy.wantsSnapshot, false, `${total}`);
  }
  end();
  assert.equal(copy.wantsSnapshot, true);
  copy.reset(model.snapshot(10));
  assert.ok(copy.isWhole && !copy.wantsSnapshot);
});

test("a copy that grew beyond its limit asks when half of it is gone", () => {
  const model = new QueueModel();
  const copy = new QueueCopy("front-desk", 10);
  copy.reset(model.snapshot(10));
  for (let order = 0; order < 30; order++) copy.apply(model.add(order * 8));
  assert.deepEqual([copy.size, copy.isWhole], [10, false]);
  for (let left = 9; left >= 5; left--) {
    copy.apply(model.change("service.completed", { ...model.services[0], state: "completed" }));
    assert.deepEqual([copy.size, copy.wantsSnapshot], [left, false]);
  }
  copy.apply(model.change("service.completed", { ...model.services[0], state: "completed" }));
  assert.equal(copy.wantsSnapshot, true);
});

test("the last service of a window stays when it changes where it stands", () => {
  const model = new QueueModel();
  for (let order = 0; order < 10; order++) model.add(order * 8);
  const copy = new QueueCopy("front-desk", 5);
  copy.reset(model.snapshot(5));
  copy.apply(model.change("service.claimed", { ...model.services[4], state: "claimed", version: 2 }));
  assert.deepEqual([...copy], model.services.slice(0, 5));
});

test("what is not known to this client still changes the copy", () => {
  const model = new QueueModel();
  const copy = new QueueCopy("front-desk", 500);
  copy.reset(model.snapshot());
  copy.apply(model.change("service.sung_to", model.make(8)));
  assertIsModel(copy, model);
});
