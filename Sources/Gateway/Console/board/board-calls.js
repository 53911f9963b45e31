// Which tickets are being called: from the queue's copy and its events. Pure.

/** A call that is older when the board hears of it is shown, but neither flashes nor sounds, in milliseconds. */
const NEWS = 30_000;

/**
 * @typedef {import("../queue-copy.js").Service} Service
 * @typedef {import("../queue-copy.js").QueueEvent} QueueEvent
 * @typedef {{id: string, ticket: number, at: number | null, isServed: boolean}} Call
 */

/** @param {Service} service */
const isHandled = ({ state }) => state === "claimed" || state === "serving";

/**
 * True for an event by which somebody is asked to come: a claim, or a claim that goes on after a pause.
 *
 * @param {QueueEvent} event
 */
const isCall = ({ type, service }) =>
  type === "service.claimed" || (type === "service.resumed" && service?.state === "claimed");

/** When each ticket that is being handled was called. Holds no more than the copy does. */
export class BoardCalls {
  /** When each was called, in milliseconds since 1970 at the server. @type {Map<string, number>} */
  #times = new Map();

  /**
   * Takes what came, in its order.
   *
   * @param {QueueEvent[]} events
   * @param {number} now at the server
   * @returns {Service[]} those who were called just now, in order
   */
  take(events, now) {
    /** @type {Map<string, Service>} */
    const fresh = new Map();
    for (const event of events) {
      const { service } = event;
      if (!service) continue;
      const at = Date.parse(event.at);
      if (isCall(event)) {
        this.#times.set(service.id, at);
        if (now - at < NEWS) fresh.set(service.id, service);
      } else if (!isHandled(service) || service.queue !== event.queue) {
        this.#times.delete(service.id);
        fresh.delete(service.id);
      }
    }
    return [...fresh.values()];
  }

  /**
   * A snapshot came: forgets who is not being handled, for the events by which they left may have been missed.
   *
   * @param {Iterable<Service>} services
   */
  keep(services) {
    const handled = new Set();
    for (const service of services) if (isHandled(service)) handled.add(service.id);
    for (const id of this.#times.keys()) if (!handled.has(id)) this.#times.delete(id);
  }

  /**
   * Those who are being handled, the latest call first; calls whose time is not known come last, in the queue's order.
   *
   * @param {Iterable<Service>} services in the queue's order
   * @returns {Call[]}
   */
  shown(services) {
    const calls = [];
    for (const service of services) {
      if (!isHandled(service)) continue;
      const { id, ticket, state } = service;
      calls.push({ id, ticket, at: this.#times.get(id) ?? null, isServed: state === "serving" });
    }
    return calls.sort((a, b) => (b.at ?? 0) - (a.at ?? 0));
  }

  /**
   * Takes the times of calls that the board has not seen from what happened before.
   *
   * @param {QueueEvent[]} events in their order
   * @param {Iterable<Service>} services in the queue
   */
  learn(events, services) {
    const unknown = new Set(this.#unknown(services));
    for (const event of [...events].reverse()) {
      const id = event.service?.id;
      if (id && isCall(event) && unknown.delete(id)) this.#times.set(id, Date.parse(event.at));
    }
  }

  /**
   * True when services are being handled whose calls the board has not seen, as after a snapshot.
   *
   * @param {Iterable<Service>} services
   */
  lacksTimes(services) {
    return this.#unknown(services).length > 0;
  }

  /** @param {Iterable<Service>} services */
  #unknown(services) {
    return [...services].filter((service) => isHandled(service) && !this.#times.has(service.id)).map(({ id }) => id);
  }
}
