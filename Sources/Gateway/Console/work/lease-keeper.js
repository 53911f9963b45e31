// Keeps the user's claims for as long as a page of the console is alive.

import { serverNow } from "../app/server-clock.js";
import { newIdempotencyKey } from "../usher-client.js";
import { shouldRenew } from "./lease-plan.js";
import { claimOf } from "./queue-figures.js";

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
  /** By claim: a service that was taken away and given back is under another lease. @type {Map<string, Lease>} */
  #leases = new Map();
  /** When a claim may be tried again. @type {Map<string, number>} */
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
   * @param {(service: import("../queue-copy.js").Service) => void} lost called when a claim turns out not to be the user's any more
   */
  constructor(live, user, mine, lost) {
    this.#live = live;
    this.#mine = mine;
    this.#lost = lost;
    this.#tabs = new BroadcastChannel(`usher-leases-${user}`);
    this.#tabs.onmessage = ({ data: { claim, lease } }) => this.#leases.set(claim, lease);
    const timer = setInterval(() => this.look(), LOOK);
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
   * @param {import("../queue-copy.js").Service} service
   */
  lease(service) {
    return this.#leases.get(claimOf(service));
  }

  /**
   * An answer has told how long a claim holds.
   *
   * @param {import("../queue-copy.js").Service} service
   * @param {string | undefined} until
   */
  told(service, until) {
    if (!until) return;
    const end = Date.parse(until);
    const claim = claimOf(service);
    const lease = { until: end, length: Math.max(1, end - serverNow()) };
    this.#leases.set(claim, lease);
    this.#tabs.postMessage({ claim, lease });
  }

  /** Renews what is due. It does so each second by itself; what somebody has given to the user need not wait for that. */
  look() {
    const mine = this.#mine();
    const claims = new Set(mine.map(claimOf));
    for (const known of [this.#leases, this.#later]) {
      for (const claim of known.keys()) if (!claims.has(claim)) known.delete(claim);
    }
    if (!this.#hasTurn || this.#live.state !== "live") return;
    for (const service of mine) {
      if (service.state === "on_hold" || (this.#later.get(claimOf(service)) ?? 0) > Date.now()) continue;
      if (shouldRenew(this.lease(service), serverNow(), document.hidden)) this.#renew(service);
    }
  }

  /** @param {import("../queue-copy.js").Service} service */
  async #renew(service) {
    const { id, fence } = service;
    this.#later.set(claimOf(service), Date.now() + AGAIN);
    try {
      const answer = await this.#live.rpc("service.renew", { id, fence, idempotency_key: newIdempotencyKey() });
      this.told(service, answer.lease_until);
      this.#later.delete(claimOf(service));
    } catch (/** @type {any} */ error) {
      // What comes by the events says the rest; a cut is tried again.
      if (error.code === "stale_fence" || error.code === "not_owner" || error.code === "not_found") this.#lost(service);
    }
  }
}
