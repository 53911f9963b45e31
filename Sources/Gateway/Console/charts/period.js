// The periods that charts show, cut into equal parts. Pure.

/** What can be chosen: how long each part is, and how many there are. */
export const PERIODS = { hour: { part: 300_000, count: 12 }, day: { part: 3_600_000, count: 24 } };

/**
 * @typedef {keyof PERIODS} PeriodName
 * @typedef {{start: number, end: number}} Part in milliseconds since 1970; the last one is not over yet
 */

/**
 * The parts of a period that ends with the part in which `now` is.
 *
 * @param {PeriodName} name
 * @param {number} now
 * @param {number} [finer] into how many each part is cut besides
 * @returns {Part[]}
 */
export function partsOf(name, now, finer = 1) {
  const { part, count } = PERIODS[name];
  const end = (Math.floor(now / part) + 1) * part;
  const length = part / finer;
  return Array.from({ length: count * finer }, (_, at) => {
    const start = end - (count * finer - at) * length;
    return { start, end: start + length };
  });
}
