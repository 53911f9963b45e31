// What own commands are expected to do, until the server's event says it. Pure.

import { claimOf } from "./queue-figures.js";

/** @typedef {import("../queue-copy.js").Service} Service */

/**
 * Lays expectations over services. An expectation is held until its command is refused, or until the copy has come to the
 * version that the answer names: from then on the copy knows it itself.
 */
export class Expectations {
  /** @type {Map<string, {service: Service | null, claim: string, queue: string, version: number | null, number: number}>} */
  #held = new Map();
  #next = 1;

  /**
   * @param {Service} service as it is now
   * @param {Partial<Service> | null} change what it will be; null: no longer one's own
   * @returns {number} the expectation, for `settle` and `revert`
   */
  expect(service, change) {
    const number = this.#next++;
    const expected = change && { ...service, ...change };
    this.#held.set(service.id, { service: expected, claim: claimOf(service), queue: service.queue, version: null, number });
    return number;
  }

  /**
   * The server has carried it out.
   *
   * @param {Service} was the service as the command was about it
   * @param {Service | null} service as the answer says it; null: that claim is over
   * @param {string} queue in which `version` counts
   * @param {number} version of the queue
   */
  settle(was, service, queue, version) {
    this.#held.set(was.id, { service, claim: claimOf(was), queue, version, number: this.#next++ });
  }

  /**
   * It was refused. A later expectation of the same service stays.
   *
   * @param {string} id
   * @param {number} number
   */
  revert(id, number) {
    if (this.#held.get(id)?.number === number) this.#held.delete(id);
  }

  /** True while an answer is awaited for a service. @param {string} id */
  isPending(id) {
    return this.#held.has(id) && this.#held.get(id).version === null;
  }

  /**
   * A queue's copy has come to a version: what was settled as one's own by then needs no expectation any more.
   *
   * @param {string} queue
   * @param {number} version
   */
  reached(queue, version) {
    for (const [id, one] of this.#held) {
      if (one.queue === queue && one.service && one.version !== null && one.version <= version) this.#held.delete(id);
    }
  }

  /**
   * One's own services as they will be.
   *
   * @param {Service[]} services as the copies say
   * @returns {Service[]}
   */
  over(services) {
    const shown = new Map(services.map((service) => [service.id, service]));
    for (const [id, { service, claim, version }] of this.#held) {
      const now = shown.get(id);
      if (service) shown.set(id, service);
      // What is gone is expected to be until the copies say so, too: it is not there, or was given to the user anew.
      else if (now && claimOf(now) === claim) shown.delete(id);
      else if (version !== null) this.#held.delete(id);
    }
    return [...shown.values()];
  }

  /**
   * A queue's versions count anew: what was settled by the old ones is void.
   *
   * @param {string} queue
   */
  forget(queue) {
    for (const [id, one] of this.#held) if (one.queue === queue && one.version !== null) this.#held.delete(id);
  }
}
