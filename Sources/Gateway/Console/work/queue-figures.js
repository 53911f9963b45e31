// What a queue's copy says at a glance. Pure.

/** States in which a service is somebody's. */
const HELD = new Set(["claimed", "serving", "on_hold"]);
/** Whom an employee looks after first. */
const RANK = { serving: 0, claimed: 1, on_hold: 2 };

/**
 * @typedef {import("../queue-copy.js").Service} Service
 *
 * @typedef {{waiting: number, oldest: string | null, mine: Service[]}} QueueFigures `oldest`: since when the one who has
 *   waited longest waits; `mine`: what the user has
 */

/**
 * Counts who waits and finds whose services are the user's. Of a window, those behind it count as waiting.
 *
 * @param {{isWhole: boolean, total: number, size: number, [Symbol.iterator]: () => Iterator<Service>}} copy
 * @param {string} user id
 * @returns {QueueFigures}
 */
export function queueFigures(copy, user) {
  let waiting = copy.isWhole ? 0 : Math.max(0, copy.total - copy.size);
  let oldest = /** @type {string | null} */ (null);
  const mine = [];
  for (const service of copy) {
    if (service.state === "waiting") {
      waiting += 1;
      // Of one form, so that texts compare as times do.
      const since = waitingSince(service);
      if (oldest === null || since < oldest) oldest = since;
    } else if (isOwn(service, user)) {
      mine.push(service);
    }
  }
  return { waiting, oldest, mine };
}

/**
 * True for a service that the user has.
 *
 * @param {Service} service
 * @param {string} user id
 */
export function isOwn({ state, claimed_by }, user) {
  return claimed_by?.id === user && HELD.has(state);
}

/**
 * Names the claim of a service: another claim of it, even by the same employee, has another name.
 *
 * @param {Service} service
 */
export function claimOf({ queue, id, fence }) {
  return `${queue} ${id} ${fence}`;
}

/**
 * Since when a service waits: a scheduled one from its time on.
 *
 * @param {Service} service
 */
export function waitingSince({ submitted_at, scheduled_for }) {
  return scheduled_for && scheduled_for > submitted_at ? scheduled_for : submitted_at;
}

/**
 * From when the time of a row counts, by its state; null for one that is not due yet.
 *
 * @param {Service} service
 * @returns {string | null}
 */
export function timeOf(service) {
  switch (service.state) {
    case "scheduled":
      return null;
    case "claimed":
      return service.claimed_at ?? waitingSince(service);
    case "serving":
      return service.started_at ?? service.claimed_at ?? waitingSince(service);
    case "on_hold":
      return service.held_at ?? waitingSince(service);
    default:
      return waitingSince(service);
  }
}

/**
 * One's own services in the order in which they are shown: being served, called, on hold; each by its ticket's age.
 *
 * @param {Service[]} services
 */
export function inOrderOfWork(services) {
  const key = (/** @type {Service} */ { state, claimed_at = "", id }) => `${RANK[state]} ${claimed_at} ${id}`;
  return [...services].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
