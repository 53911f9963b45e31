// From the server's statistics to series. Pure.

/**
 * @typedef {{
 *   waiting: {p50_ms: number | null, p90_ms: number | null}, handling: {p50_ms: number | null, p90_ms: number | null},
 *   completed: number, submitted: number, start?: string,
 * }} Group a group of `GET /v1/statistics`
 * @typedef {{
 *   waitingMedian: number | null, waitingMost: number | null, handlingMedian: number | null, handlingMost: number | null,
 *   completed: number, submitted: number,
 * }} Summary of one part of the period; times in milliseconds, `...Most` the 90th percentile
 */

/**
 * @param {Group | undefined} group none where nothing was submitted
 * @returns {Summary}
 */
export function summary(group) {
  return {
    waitingMedian: group?.waiting.p50_ms ?? null,
    waitingMost: group?.waiting.p90_ms ?? null,
    handlingMedian: group?.handling.p50_ms ?? null,
    handlingMost: group?.handling.p90_ms ?? null,
    completed: group?.completed ?? 0,
    submitted: group?.submitted ?? 0,
  };
}

/**
 * The parts of a period from groups by hour, which may lack some.
 *
 * @param {import("./period.js").Part[]} parts
 * @param {Group[]} groups
 * @returns {Summary[]}
 */
export function byStart(parts, groups) {
  const found = new Map(groups.map((group) => [Date.parse(group.start ?? ""), group]));
  return parts.map(({ start }) => summary(found.get(start)));
}
