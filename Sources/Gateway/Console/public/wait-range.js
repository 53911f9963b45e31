// How long a wait will be, in numbers that people take for what they are: estimates.

const MINUTE = 60;
const HOUR = 3_600;
/** From here on minutes would claim too much. */
const IN_HOURS = 2 * HOUR;

/**
 * The range in whole units, rounded outwards, so that it never promises more than the server did. Up to ten minutes
 * by the minute, then by five, from two hours on by the half hour. `unit` tells of what `low` and `high` are.
 *
 * @param {{low_seconds: number, high_seconds: number}} estimate
 * @returns {{unit: "minute" | "hour", low: number, high: number}}
 */
export function waitRange({ low_seconds: low, high_seconds: high }) {
  if (high > IN_HOURS) {
    return { unit: "hour", low: Math.floor((low / HOUR) * 2) / 2, high: Math.ceil((high / HOUR) * 2) / 2 };
  }
  return { unit: "minute", low: whole(low, Math.floor), high: Math.max(1, whole(high, Math.ceil)) };
}

/**
 * The same as text: "10–25 min", "up to 5 min", "less than a minute".
 *
 * @param {{low_seconds: number, high_seconds: number}} estimate
 * @param {string} language
 * @param {(key: string, parameters?: object) => string} t
 */
export function waitText(estimate, language, t) {
  const { unit, low, high } = waitRange(estimate);
  if (unit === "minute" && high <= 1) return t("public.under_a_minute");
  const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" });
  if (low === 0) return t("public.up_to", { time: format.format(high) });
  return low === high ? format.format(high) : format.formatRange(low, high);
}

/**
 * @param {number} seconds
 * @param {(value: number) => number} round
 */
function whole(seconds, round) {
  const minutes = seconds / MINUTE;
  return minutes <= 10 ? round(minutes) : round(minutes / 5) * 5;
}
