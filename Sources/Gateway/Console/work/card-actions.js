// What can be done with a service that one has, by its state. Pure.

/** @typedef {import("../queue-copy.js").Service} Service */

/**
 * `expected`: what the service will be; null when it is no longer one's own.
 *
 * @typedef {{
 *   name: string, command: string, key: string, icon: string, isMain: boolean,
 *   expected: (service: Service, now: string) => Partial<Service> | null,
 * }} Action
 */

/** @type {Record<string, Action>} */
const ACTIONS = {
  start: {
    name: "start", command: "start", key: "s", icon: "play", isMain: true,
    expected: (_, now) => ({ state: "serving", started_at: now }),
  },
  complete: { name: "complete", command: "complete", key: "c", icon: "check", isMain: true, expected: () => null },
  resume: {
    name: "resume", command: "resume", key: "h", icon: "play", isMain: true,
    expected: (service) => ({ state: service.started_at ? "serving" : "claimed", held_at: undefined, hold_until: undefined }),
  },
  hold: {
    name: "hold", command: "hold", key: "h", icon: "pause", isMain: false,
    expected: (_, now) => ({ state: "on_hold", held_at: now }),
  },
  no_show: { name: "no_show", command: "no_show", key: "x", icon: "user_off", isMain: false, expected: () => null },
  return: { name: "return", command: "release", key: "r", icon: "return", isMain: false, expected: () => null },
  transfer: { name: "transfer", command: "transfer", key: "t", icon: "transfer", isMain: false, expected: () => null },
};

const BY_STATE = {
  claimed: ["start", "hold", "no_show", "return", "transfer"],
  serving: ["complete", "hold", "no_show", "return", "transfer"],
  on_hold: ["resume", "no_show", "return", "transfer"],
};

/** Every action there is, for the help. */
export const ALL_ACTIONS = Object.values(ACTIONS);

/**
 * The actions of a service, the main one first.
 *
 * @param {Service} service
 * @returns {Action[]}
 */
export function actionsOf(service) {
  return (BY_STATE[service.state] ?? []).map((name) => ACTIONS[name]);
}

/**
 * The action of a key; undefined where the service has none for it.
 *
 * @param {Service} service
 * @param {string} key
 */
export function actionForKey(service, key) {
  return actionsOf(service).find((action) => action.key === key);
}
