// Where the charts' numbers come from: the server's statistics, asked again while something happens.

import { partsOf } from "./period.js";
import { byStart, summary } from "./statistics-series.js";

/**
 * The summaries of each part of a period.
 *
 * @param {import("../app/api.js").Api} api
 * @param {string} queue
 * @param {import("./period.js").PeriodName} period
 * @param {number} now
 * @param {AbortSignal} signal
 */
export async function summaries(api, queue, period, now, signal) {
  const parts = partsOf(period, now);
  const ask = (/** @type {number} */ start, /** @type {number} */ end, /** @type {string} */ group_by) =>
    api.get("/v1/statistics", { signal, query: {
      queue, group_by, from: new Date(start).toISOString(), to: new Date(end).toISOString(),
    } });
  if (period === "day") {
    const { groups } = await ask(parts[0].start, parts[parts.length - 1].end, "hour");
    return { parts, found: byStart(parts, groups) };
  }
  // The server groups by hours; what is finer is asked for part by part, one after the other.
  const found = [];
  for (const { start, end } of parts) found.push(summary((await ask(start, end, "queue")).groups[0]));
  return { parts, found };
}

/** The most pages of events that are looked back through for the depth, and the events of a page. */
const MOST_PAGES = 2;
const PAGE = 1_000;

/**
 * The events that led to a version, as far back as the server still has them and as `MOST_PAGES` reach, no further than
 * `since`.
 *
 * @param {import("../app/api.js").Api} api
 * @param {string} queue
 * @param {{version: number, epoch: string}} position
 * @param {number} since in milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<any[]>}
 */
export async function eventsBefore(api, queue, { version, epoch }, since, signal) {
  /** @type {any[]} */
  let events = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const end = version - page * PAGE;
    const after = Math.max(0, end - PAGE);
    if (end <= 0) break;
    let read;
    try {
      read = await api.get(`/v1/queues/${queue}/events`, { signal, query: { after, limit: end - after, epoch } });
    } catch (/** @type {any} */ problem) {
      // What is older is not kept any more.
      if (problem?.code === "events_gone") break;
      throw problem;
    }
    const found = read.events.filter((/** @type {any} */ event) => event.version <= end && Date.parse(event.at) >= since);
    events = [...found, ...events];
    if (found.length < end - after) break;
  }
  return events;
}
