import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";

import { QueueDigest, digestTerm, sha1 } from "../../Sources/Gateway/Console/queue-digest.js";
import { QueueModel, digestOf } from "./support/queue-model.mjs";
import { seeded } from "./support/random.mjs";

const bytes = (text) => new TextEncoder().encode(text);

// The same as in Tests/ServiceQueueTests/DigestTests.swift.
const vectors = [
  ["", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
  ["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
  ["a".repeat(119), "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56"],
];

for (const [text, hash] of vectors) {
  test(`SHA-1 of ${text.length} bytes`, () => assert.equal(sha1(bytes(text)), hash));
}

test("SHA-1 is that of another implementation, at every length round a block", () => {
  const random = seeded(1);
  for (let length = 0; length < 260; length++) {
    const message = Uint8Array.from({ length }, () => random.below(256));
    assert.equal(sha1(message), createHash("sha1").update(message).digest("hex"), `${length} bytes`);
  }
});

test("a known digest", () => {
  const service = { id: "0190c0de-0000-7000-8000-00000000000a", order: 1000, state: "waiting", version: 1 };
  const digest = new QueueDigest();
  assert.equal(String(digest), "000000000000");
  digest.insert(service);
  assert.equal(String(digest), "27cc39845a94");
  assert.equal(digestTerm(service), 0x27cc39845a94);
});

test("the sum forgets the order and what was taken out", () => {
  const random = seeded(2);
  const model = new QueueModel();
  const services = Array.from({ length: 500 }, () => model.make(random.below(2 ** 31) * 2 ** 22));
  const digest = new QueueDigest();
  for (const service of services) digest.insert(service);
  assert.equal(String(digest), digestOf([...services].reverse()));
  for (const service of services.slice(100)) digest.remove(service);
  assert.equal(String(digest), digestOf(services.slice(0, 100)));
  for (const service of services.slice(0, 100)) digest.remove(service);
  assert.equal(String(digest), "000000000000");
});

test("the largest order is exact", () => {
  const service = { id: "0190c0de-0000-7000-8000-00000000000a", order: 2 ** 53 - 1, state: "on_hold", version: 12 };
  const digest = new QueueDigest();
  digest.insert(service);
  assert.equal(String(digest), digestOf([service]));
});
