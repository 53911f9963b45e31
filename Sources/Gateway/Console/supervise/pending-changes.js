// What the supervisor has asked for and the server has not shown yet: laid over the copy of the queue until it has, and
// taken away when it is refused. Pure.

import { standsBefore } from "../ordered-services.js";

/** What a level of priority is worth in `order`: ten minutes, in ticks of 1/4096 ms. */
const PRIORITY_STEP = 600_000 * 4096;
/** The most changes under way in one queue; more are refused until some are answered. */
export const MOST_PENDING = 50;

/**
 * @typedef {import("../queue-copy.js").Service} Service
 * @typedef {"move" | "reprioritise" | "remove" | "transfer" | "release" | "assign"} ChangeKind
 * @typedef {{
 *   kind: ChangeKind, id: string, target?: import("./move-plan.js").Target, priority?: number, to?: string,
 *   employee?: {id: string, name: string}, at?: string, settlesAt?: number,
 * }} Change `at`: when it was asked for, as the server writes times
 */

/** The changes of one queue, in the order in which they were asked for. */
export class PendingChanges {
  /** @type {Change[]} */
  #changes = [];

  /** How many there are. */
  get size() {
    return this.#changes.length;
  }

  /** True when no more are taken. */
  get isFull() {
    return this.#changes.length >= MOST_PENDING;
  }

  /**
   * The change that a service is shown with; undefined for none.
   *
   * @param {string} id
   */
  of(id) {
    return this.#changes.findLast((change) => change.id === id);
  }

  /** @param {Change} change */
  add(change) {
    this.#changes.push(change);
  }

  /**
   * The server has carried it out: it is shown until the copy has the service at that version.
   *
   * @param {Change} change
   * @param {number} version the service's
   */
  confirm(change, version) {
    change.settlesAt = version;
  }

  /**
   * It was refused, or taken back.
   *
   * @param {Change} change
   */
  drop(change) {
    this.#changes = this.#changes.filter((other) => other !== change);
  }

  /**
   * Lets go of what the copy shows by itself.
   *
   * @param {(id: string) => Service | undefined} find in the copy
   */
  settle(find) {
    this.#changes = this.#changes.filter(({ id, settlesAt }) => {
      if (settlesAt === undefined) return true;
      const service = find(id);
      return service !== undefined && service.version < settlesAt;
    });
  }

  /**
   * The services as they will stand: what is asked for counts as done. What is removed or goes to another queue stays in
   * sight, for the page shows it as leaving.
   *
   * @param {Service[]} services in order
   * @returns {Service[]}
   */
  apply(services) {
    let rows = services;
    for (const change of this.#changes) rows = applied(rows, change);
    return rows;
  }
}

/**
 * @param {Service[]} rows
 * @param {Change} change
 */
function applied(rows, change) {
  const from = rows.findIndex(({ id }) => id === change.id);
  if (from < 0 || change.kind === "remove" || change.kind === "transfer") return rows;
  const service = rows[from];
  const others = rows.filter((_, place) => place !== from);
  switch (change.kind) {
    case "move": {
      const to = placeOf(others, change.target);
      return to === null ? rows : others.toSpliced(to, 0, service);
    }
    case "reprioritise": {
      const order = service.order - (change.priority - service.priority) * PRIORITY_STEP;
      const changed = { ...service, priority: change.priority, order: Math.max(0, order) };
      const to = others.findIndex((other) => standsBefore(changed, other));
      return others.toSpliced(to < 0 ? others.length : to, 0, changed);
    }
    case "assign":
      return rows.with(from, { ...service, state: "claimed", claimed_by: change.employee, claimed_at: change.at, started_at: undefined });
    default:
      return rows.with(from, { ...service, state: "waiting", claimed_by: undefined });
  }
}

/**
 * @param {Service[]} others
 * @param {any} target
 * @returns {number | null}
 */
function placeOf(others, target) {
  if (target.first) return 0;
  if (target.last) return others.findLastIndex(({ state }) => state === "waiting") + 1;
  const place = others.findIndex(({ id }) => id === (target.before ?? target.after));
  if (place < 0) return null;
  return target.after ? place + 1 : place;
}
