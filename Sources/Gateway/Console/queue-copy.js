// A copy of a queue: a snapshot, then every event, proved by the digest. Pure: no connection, no clock.

import { OrderedServices, standsBefore } from "./ordered-services.js";
import { QueueDigest } from "./queue-digest.js";
import { UsherError } from "./usher-error.js";

/**
 * A service as the server shows it; display boards get no more than these members, employees more.
 *
 * @typedef {{
 *   id: string, queue: string, ticket: number, kind: string, priority: number, order: number, state: string,
 *   version: number, attempts: number, submitted_at: string, scheduled_for?: string,
 *   requires?: string[], submitter?: string, claimed_by?: {id: string, name: string}, fence?: number,
 *   claimed_at?: string, started_at?: string, held_at?: string, hold_until?: string,
 *   customer?: object, details?: object,
 * }} Service
 *
 * @typedef {{
 *   type: string, queue: string, version: number, digest: string, at: string, actor?: string, reason?: string,
 *   from?: string, mode?: string, service?: Service, services?: {id: string, order: number}[],
 * }} QueueEvent
 *
 * @typedef {{
 *   queue: string, version: number, epoch: string, digest: string, paused: boolean, mode: string, total: number,
 *   services: Service[],
 * }} Snapshot
 */

/** The states of services that are in a queue; in any other they have left it. */
const LIVE = new Set(["scheduled", "waiting", "claimed", "serving", "on_hold"]);

/**
 * The ordered copy of one queue: the whole of it, or, when it has more services than the copy may hold, a window:
 * exactly those that stand first, up to the horizon. What happens behind the horizon is counted in `total` and not
 * kept.
 *
 * A whole copy has the server's digest after every event, or throws. A window cannot be proved.
 */
export class QueueCopy {
  #services = new OrderedServices();
  #digest = new QueueDigest();
  /** @type {import("./ordered-services.js").Key | null} the last place that the window shows; null for a whole copy */
  #horizon = null;
  /** How many services the window had when it was full: it wants more when it has lost half of them. */
  #full = 0;
  #isUncertain = false;

  /** The server's counter at the last change: the copy is the queue at exactly this version. */
  version = 0;
  /** Names the lifetime of the counter. Empty before the first snapshot. */
  epoch = "";
  /** `open`, `paused` or `draining`. */
  mode = "open";
  /** How many services the queue has. */
  total = 0;

  /**
   * @param {string} queue
   * @param {number} limit the most services that the copy holds
   */
  constructor(queue, limit) {
    /** The queue's name. */
    this.queue = queue;
    /** The most services that the copy holds. */
    this.limit = limit;
  }

  /** How many services the copy holds. */
  get size() {
    return this.#services.size;
  }

  /** True when nothing is given out. */
  get paused() {
    return this.mode === "paused";
  }

  /** True when the copy holds every service of the queue, as the digest proves. */
  get isWhole() {
    return this.#horizon === null && this.epoch !== "";
  }

  /** The digest of what the copy holds. */
  get digest() {
    return String(this.#digest);
  }

  /** True for a window that has become much shorter than it could be, or could be whole: a new snapshot helps. */
  get wantsSnapshot() {
    if (this.#horizon === null) return false;
    return this.#isUncertain || this.size * 2 < this.#full || this.total <= this.#full * 0.8;
  }

  /** @param {string} id */
  get(id) {
    return this.#services.get(id);
  }

  /**
   * The service at a place, counted from 0.
   *
   * @param {number} place
   */
  at(place) {
    return this.#services.at(place);
  }

  /**
   * The place of a service, counted from 0; -1 when the copy does not hold it.
   *
   * @param {string} id
   */
  indexOf(id) {
    return this.#services.indexOf(id);
  }

  /**
   * @param {number} [start]
   * @param {number} [end]
   */
  slice(start, end) {
    return this.#services.slice(start, end);
  }

  [Symbol.iterator]() {
    return this.#services[Symbol.iterator]();
  }

  /**
   * Starts again from a snapshot. Throws `digest_mismatch`.
   *
   * @param {Snapshot} snapshot
   */
  reset(snapshot) {
    this.#services = new OrderedServices();
    this.#digest = new QueueDigest();
    for (const service of snapshot.services) this.#put(service);
    this.version = snapshot.version;
    this.epoch = snapshot.epoch;
    this.mode = snapshot.mode ?? (snapshot.paused ? "paused" : "open");
    this.total = snapshot.total;
    this.#isUncertain = false;
    this.#full = this.size;
    this.#horizon = this.size < this.total ? this.#end() : null;
    this.#trim();
    this.#prove(snapshot.digest);
  }

  /**
   * Takes the very next event. Throws `gap` before it has changed anything, or `digest_mismatch` when the copy has
   * turned out to be another than the server's.
   *
   * @param {QueueEvent} event
   */
  apply(event) {
    if (event.version !== this.version + 1) {
      throw new UsherError("gap", `version ${event.version} came after ${this.version}`);
    }
    this.version = event.version;
    if (event.mode !== undefined) this.mode = event.mode;
    if (event.service) this.#change(event, event.service);
    else if (event.services) this.#renumber(event.services);
    this.#trim();
    this.#prove(event.digest);
  }

  /**
   * @param {QueueEvent} event
   * @param {Service} service
   */
  #change(event, service) {
    const wasHeld = this.#take(service.id);
    const isHere = LIVE.has(service.state) && service.queue === event.queue;
    if (isHere && this.#isInSight(service)) this.#put(service);
    if (this.#horizon === null) {
      this.total = this.size;
    } else if (!isHere) {
      this.total = Math.max(0, this.total - 1);
    } else if (event.type === "service.added" || event.reason === "reinstated") {
      this.total += 1;
    } else if (event.reason === "repaired" && !wasHeld) {
      // It may be new or may have stood behind the horizon.
      this.#isUncertain = true;
    }
  }

  /**
   * New orders for services that stand as before.
   *
   * @param {{id: string, order: number}[]} places
   */
  #renumber(places) {
    const held = places.map(({ id, order }) => {
      const service = this.#services.get(id);
      return service && { ...service, order };
    });
    for (const service of held) if (service) this.#put(service);
    // Whoever stood behind the window stands behind its last service, wherever the horizon was.
    if (this.#horizon) this.#horizon = this.#end();
  }

  /** Lets go what the copy may not hold. */
  #trim() {
    if (this.size <= this.limit) return;
    while (this.size > this.limit) this.#take(/** @type {Service} */ (this.at(this.size - 1)).id);
    this.#horizon = this.#end();
    this.#full = this.size;
  }

  /** The place of the last service; before all places when there is none. */
  #end() {
    const last = this.at(this.size - 1);
    return last ? { order: last.order, id: last.id } : { order: -1, id: "" };
  }

  /** @param {Service} service */
  #isInSight(service) {
    return this.#horizon === null || !standsBefore(this.#horizon, service);
  }

  /** @param {Service} service */
  #put(service) {
    const old = this.#services.insert(service);
    if (old) this.#digest.remove(old);
    this.#digest.insert(service);
  }

  /**
   * @param {string} id
   * @returns {boolean} true when it was there
   */
  #take(id) {
    const old = this.#services.remove(id);
    if (old) this.#digest.remove(old);
    return old !== undefined;
  }

  /** @param {string} digest */
  #prove(digest) {
    if (this.#horizon === null && this.digest !== digest) {
      throw new UsherError(
        "digest_mismatch", `at version ${this.version} the copy has ${this.digest}, the server ${digest}`);
    }
  }
}
