// Which services of a queue are the user's, event by event, and which of them others have given or taken away. Pure.

import { isOwn } from "./queue-figures.js";

/**
 * @typedef {import("../queue-copy.js").Service} Service
 *
 * Another's deed: `by` gave the ticket to the user, or the user's to `to`. All are user names.
 * @typedef {{kind: "given" | "taken", id: string, ticket: number, by: string, to: string}} Handover
 */

/** Told by the events alone, not by when answers to one's own commands come: what one has done oneself is no handover. */
export class OwnClaims {
  /** @type {Map<string, Service>} */
  #held = new Map();
  #user;

  /** @param {string} user id */
  constructor(user) {
    this.#user = user;
  }

  /**
   * Starts again from all services of the queue.
   *
   * @param {Iterable<Service>} services
   */
  reset(services) {
    this.#held.clear();
    for (const service of services) if (isOwn(service, this.#user)) this.#held.set(service.id, service);
  }

  /**
   * Takes events that came together. What they undo of each other is not told.
   *
   * @param {import("../queue-copy.js").QueueEvent[]} events
   * @returns {{isTouched: boolean, handovers: Handover[]}} `isTouched`: one's own services are others than before
   */
  take(events) {
    const before = new Set(this.#held.keys());
    /** @type {Map<string, Handover>} */
    const handovers = new Map();
    let isTouched = false;
    for (const { type, actor, service } of events) {
      if (!service) continue;
      const was = this.#held.get(service.id);
      const now = isOwn(service, this.#user) ? service : undefined;
      if (!was && !now) continue;
      isTouched = true;
      if (now) this.#held.set(service.id, service);
      else this.#held.delete(service.id);
      if (type !== "service.claimed") continue;
      const { id, ticket, claimed_by } = service;
      // The own name is as the claim has it, so that it is the actor's whatever the user is called now.
      if (actor === (now ?? was).claimed_by.name) handovers.delete(id);
      else handovers.set(id, { kind: now ? "given" : "taken", id, ticket, by: actor, to: claimed_by.name });
    }
    const lasts = ({ kind, id }) => (kind === "given" ? this.#held.has(id) : before.has(id) && !this.#held.has(id));
    return { isTouched, handovers: [...handovers.values()].filter(lasts) };
  }
}
