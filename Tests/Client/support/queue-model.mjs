// A queue as a server keeps it, in the plainest way: what the client's copy is compared with.

import { createHash } from "node:crypto";

const MODULUS = 1n << 48n;
const terms = new WeakMap();

export const standsBefore = (a, b) => (a.order === b.order ? (a.id < b.id ? -1 : 1) : a.order - b.order);

function term(service) {
  const { id, order, state, version } = service;
  if (!terms.has(service)) {
    const hash = createHash("sha1").update(`${id}|${order}|${state}|${version}`).digest("hex");
    terms.set(service, BigInt("0x" + hash.slice(0, 12)));
  }
  return terms.get(service);
}

/** The digest by another SHA-1 and other arithmetic than the client's; services are not changed in place. */
export function digestOf(services) {
  const sum = services.reduce((sum, service) => sum + term(service), 0n) % MODULUS;
  return sum.toString(16).padStart(12, "0");
}

export class QueueModel {
  version = 0;
  mode = "open";
  services = [];
  #tickets = 0;

  constructor(queue = "front-desk", epoch = "epoch1") {
    this.queue = queue;
    this.epoch = epoch;
  }

  /** A new service, which is not in the queue yet. */
  make(order, members = {}) {
    const ticket = ++this.#tickets;
    const id = `0190c0de-0000-7000-8000-${ticket.toString(16).padStart(12, "0")}`;
    return {
      id, queue: this.queue, ticket, kind: "passport", priority: 4, order, state: "waiting", version: 1, attempts: 0,
      submitted_at: "2026-11-24T18:32:04.480Z", ...members,
    };
  }

  /** The service is so from now on, in the queue or out of it; the event. */
  change(type, service, members = {}) {
    this.services = this.services.filter(({ id }) => id !== service.id);
    const isLive = ["scheduled", "waiting", "claimed", "serving", "on_hold"].includes(service.state);
    if (isLive && service.queue === this.queue) this.services.push(service);
    this.services.sort(standsBefore);
    return this.#event(type, { ...members, service });
  }

  add(order, members = {}) {
    return this.change("service.added", this.make(order, members));
  }

  setMode(mode) {
    this.mode = mode;
    return this.#event({ paused: "queue.paused", open: "queue.resumed", draining: "queue.draining" }[mode], { mode });
  }

  /** New orders for a run of neighbours, which stand as before. */
  renumber(from, to, order) {
    const renumbered = this.services.slice(from, to).map((service, place) => ({ ...service, order: order(place) }));
    this.services.splice(from, renumbered.length, ...renumbered);
    return this.#event("queue.renumbered", { services: renumbered.map(({ id, order }) => ({ id, order })) });
  }

  snapshot(limit = 5_000) {
    return {
      queue: this.queue, version: this.version, epoch: this.epoch, digest: digestOf(this.services),
      paused: this.mode === "paused", mode: this.mode, total: this.services.length,
      services: this.services.slice(0, limit),
    };
  }

  #event(type, members) {
    this.version += 1;
    return {
      type, queue: this.queue, version: this.version, digest: digestOf(this.services), at: "2023-11-14T22:13:20.000Z",
      actor: "system", ...members,
    };
  }
}
