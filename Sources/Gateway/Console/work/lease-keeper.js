// Keeps the user's claims for as long as a page of the console is alive.

import { serverNow } from "../app/server-clock.js";
import { newIdempotencyKey } from "../usher-client.js";
import { shouldRenew } from "./lease-plan.js";

/** How often it looks, in milliseconds. */
const LOOK = 1_000;
/** After a failed attempt, the next one comes after so long, in milliseconds. */
const AGAIN = 3_000;

/**
 * @typedef {{until: number, length: number}} Lease in milliseconds, `until` by the server's clock
 */

/**
 * Renews what is claimed and served at half of the lease. Of all tabs of a user one does it, the one that has the lock; it
 * tells the others how long each claim holds.
 */
export class LeaseKeeper {
  /** @type {Map<string, Lease>} */
  #leases = new Map();
  /** When a service may be tried again. @type {Map<string, number>} */
  #later = new Map();
  /** @type {import("../app/live.js").Live} */
  #live;
  #mine;
  #lost;
  #hasTurn = false;
  #tabs;

  /**
   * @param {import("../app/live.js").Live} live
   * @param {string} user id
   * @param {() => import("../queue-copy.js").Service[]} mine what the user has now
   * @param {(id: string) => void} lost called when a claim turns out not to be the user's any more
   */
  constructor(live, user, mine, lost) {
    this.#live = live;
    this.#mine = mine;
    this.#lost = lost;
    this.#tabs = new BroadcastChannel(`usher-leases-${user}`);
    this.#tabs.onmessage = ({ data: { id, lease } }) => this.#leases.set(id, lease);
    const timer = setInterval(() => this.#look(), LOOK);
    live.signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#tabs.close();
    });
    navigator.locks
      .request(`usher-leases-${user}`, { signal: live.signal }, async () => {
        this.#hasTurn = true;
        await new Promise((resolve) => live.signal.addEventListener("abort", resolve));
      })
      .catch(() => {});
  }

  /**
   * How long a claim holds; undefined while that is not known.
   *
   * @param {string} id
   */
  lease(id) {
    return this.#leases.get(id);
  }

  /**
   * An answer has told how long a claim holds.
   *
   * @param {string} id
   * @param {string | undefined} until
   */
  told(id, until) {
    if (!until) return;
    const end = Date.parse(until);
    const lease = { until: end, length: Math.max(1, end - serverNow()) };
    this.#leases.set(id, lease);
    this.#tabs.postMessage({ id, lease });
  }

  #look() {
    const mine = this.#mine();
    for (const known of [this.#leases, this.#later]) {
      for (const id of known.keys()) if (!mine.some((service) => service.id === id)) known.delete(id);
    }
    if (!this.#hasTurn || this.#live.state !== "live") return;
    for (const service of mine) {
      if (service.state === "on_hold" || (this.#later.get(service.id) ?? 0) > Date.now()) continue;
      if (shouldRenew(this.#leases.get(service.id), serverNow(), document.hidden)) this.#renew(service);
    }
  }

  /** @param {import("../queue-copy.js").Service} service */
  async #renew({ id, fence }) {
    this.#later.set(id, Date.now() + AGAIN);
    try {
      const answer = await this.#live.rpc("service.renew", { id, fence, idempotency_key: newIdempotencyKey() });
      this.told(id, answer.lease_until);
      this.#later.delete(id);
    } catch (/** @type {any} */ error) {
      // What comes by the events says the rest; a cut is tried again.
      if (error.code === "stale_fence" || error.code === "not_owner" || error.code === "not_found") this.#lost(id);
    }
  }
}
