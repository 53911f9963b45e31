// What a column shows: the copy of a queue, with what was asked for laid over it, what is grabbed where it would be
// dropped, and only the states that are wanted. Pure.

import { KeyboardGrab } from "./keyboard-grab.js";
import { PendingChanges } from "./pending-changes.js";

/** The filters, each with its states; the first is chosen at the beginning. */
export const FILTERS = {
  all: ["scheduled", "waiting", "claimed", "serving", "on_hold"],
  waiting: ["waiting"],
  scheduled: ["scheduled"],
  claimed: ["claimed", "serving"],
  on_hold: ["on_hold"],
};

/**
 * @typedef {import("../queue-copy.js").Service} Service
 * @typedef {keyof FILTERS} FilterName
 */

/** The rows of one column. */
export class ColumnModel {
  pending = new PendingChanges();
  grab = new KeyboardGrab();
  /** @type {FilterName} */
  filter = "all";
  /** Without what is grabbed, in order. @type {Service[]} */
  #standing = [];
  /** As shown. @type {Service[]} */
  rows = [];
  /** How many services each filter would show. @type {Record<FilterName, number>} */
  counts = { all: 0, waiting: 0, scheduled: 0, claimed: 0, on_hold: 0 };
  /** Since when the one waits that waits longest; null when none does. @type {number | null} */
  oldest = null;
  /** Places by id, of `rows`. @type {Map<string, number>} */
  #places = new Map();

  /** The rows without what is grabbed: what the grab's places are counted in. */
  get standing() {
    return this.#standing;
  }

  /**
   * Takes what the copy has now.
   *
   * @param {import("../queue-copy.js").QueueCopy} copy
   * @returns {import("./keyboard-grab.js").Answer | null} what is to be said of the grabbed service
   */
  update(copy) {
    this.pending.settle((id) => copy.get(id));
    const services = this.pending.apply([...copy]);
    this.#count(services);
    const states = FILTERS[this.filter];
    const before = this.#standing;
    this.#standing = this.filter === "all" ? services : services.filter(({ state }) => states.includes(state));
    const answer = this.grab.revise(before, this.#standing);
    this.lay();
    return answer;
  }

  /** Lays the grabbed service where it would be dropped. */
  lay() {
    this.rows = this.grab.apply(this.#standing);
    this.#places = new Map(this.rows.map(({ id }, place) => [id, place]));
  }

  /** @param {string} id */
  indexOf(id) {
    return this.#places.get(id) ?? -1;
  }

  /** @param {Service[]} services */
  #count(services) {
    const counts = { all: services.length, waiting: 0, scheduled: 0, claimed: 0, on_hold: 0 };
    let oldest = "";
    for (const service of services) {
      counts[service.state === "serving" ? "claimed" : service.state] += 1;
      if (service.state !== "waiting") continue;
      const since = entry(service);
      if (oldest === "" || since < oldest) oldest = since;
    }
    this.counts = counts;
    this.oldest = oldest === "" ? null : Date.parse(oldest);
  }
}

/**
 * Since when a service is in line, in milliseconds.
 *
 * @param {Service} service
 */
export function inLineSince(service) {
  return Date.parse(entry(service));
}

/** The same as the server wrote it: its times compare as texts, and thousands of them are not to be read. @param {Service} service */
function entry({ submitted_at, scheduled_for = "" }) {
  return scheduled_for > submitted_at ? scheduled_for : submitted_at;
}
