// What own commands are expected to do, until the server's event says it. Pure.

/** @typedef {import("../queue-copy.js").Service} Service */

/**
 * Lays expectations over services. An expectation is held until its command is refused, or until the copy has come to the
 * version that the answer names: from then on the copy knows it itself.
 */
export class Expectations {
  /** @type {Map<string, {service: Service | null, queue: string, version: number | null, number: number}>} */
  #held = new Map();
  #next = 1;

  /**
   * @param {Service} service as it is now
   * @param {Partial<Service> | null} change what it will be; null: no longer one's own
   * @returns {number} the expectation, for `settle` and `revert`
   */
  expect(service, change) {
    const number = this.#next++;
    this.#held.set(service.id, { service: change && { ...service, ...change }, queue: service.queue, version: null, number });
    return number;
  }

  /**
   * The server has carried it out.
   *
   * @param {string} id
   * @param {Service | null} service as the answer says it; null: no longer one's own
   * @param {string} queue in which `version` counts
   * @param {number} version of the queue
   */
  settle(id, service, queue, version) {
    this.#held.set(id, { service, queue, version, number: this.#next++ });
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
    for (const [id, { service, version }] of this.#held) {
      if (service) shown.set(id, service);
      // What is gone is expected to be until the copies say so, too.
      else if (!shown.delete(id) && version !== null) this.#held.delete(id);
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
