// Who can be given a service: the employees who are here, and what each has of the queue already. Pure.

import { mayDo } from "../app/route-table.js";

/** @typedef {{id: string, name: string, load: number}} Employee `load`: how many services of the queue are theirs */

/**
 * Those who watch the queue and may handle its services, each once, by name.
 *
 * @param {import("../usher-client.js").Watcher[]} present
 * @param {Iterable<import("../queue-copy.js").Service>} services of the queue
 * @param {string} [holder] the id of who has the service: it cannot be given to that one
 * @returns {Employee[]}
 */
export function employeesHere(present, services, holder) {
  /** @type {Map<string, Employee>} */
  const here = new Map();
  for (const { user, name, level } of present) {
    if (user !== holder && mayDo(level, "agent")) here.set(user, { id: user, name, load: 0 });
  }
  for (const { claimed_by } of services) {
    const employee = claimed_by && here.get(claimed_by.id);
    if (employee) employee.load += 1;
  }
  return [...here.values()].sort((a, b) => a.name.localeCompare(b.name));
}
