// The geometry of charts: from values to places. Pure.

/**
 * @typedef {{domain: [number, number], range: [number, number]}} Scale
 * @typedef {{x: number, y: number | null}} Point a point of a series; null where nothing is known
 */

/**
 * The place of a value.
 *
 * @param {Scale} scale
 * @param {number} value
 */
export function placeOf({ domain: [low, high], range: [start, end] }, value) {
  return high === low ? start : start + ((value - low) / (high - low)) * (end - start);
}

/**
 * Round values from 0 up to one at or above `highest`: 3 to 6 of them.
 *
 * @param {number} highest
 * @param {boolean} [whole] only whole numbers
 * @returns {number[]}
 */
export function niceTicks(highest, whole = false) {
  const top = Number.isFinite(highest) && highest > 0 ? highest : 1;
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((value) => value >= rough);
  if (whole) step = Math.max(1, Math.ceil(step));
  return multiples(step, top);
}

/** Steps by which people divide a time: seconds, minutes, hours, days; in milliseconds. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30].flatMap((n) => [n * 1_000, n * 60_000])
  .concat([1, 2, 3, 6, 12, 24, 48, 120, 240].map((n) => n * 3_600_000)).sort((a, b) => a - b);

/**
 * As `niceTicks`, for durations in milliseconds.
 *
 * @param {number} highest
 * @returns {number[]}
 */
export function durationTicks(highest) {
  const top = Number.isFinite(highest) && highest > 0 ? highest : 60_000;
  const step = TIME_STEPS.find((value) => value >= top / 4);
  return step ? multiples(step, top) : niceTicks(top / 86_400_000).map((days) => days * 86_400_000);
}

/** @param {number} step @param {number} top @returns {number[]} */
function multiples(step, top) {
  const count = Math.ceil(top / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, n) => Number((n * step).toPrecision(12)));
}

/**
 * Every `step`-th label from the last backwards, so that at most `most` are left.
 *
 * @param {number} count
 * @param {number} most
 * @returns {number[]} their places
 */
export function thinned(count, most) {
  const step = Math.max(1, Math.ceil(count / Math.max(1, most)));
  const kept = [];
  for (let at = count - 1; at >= 0; at -= step) kept.unshift(at);
  return kept;
}

/**
 * The data of an SVG path through the points that are known. A gap stays a gap; a point alone becomes a dot (a line
 * without length, which a round cap shows).
 *
 * @param {Point[]} points in pixels
 * @param {boolean} [isStep] holds each value until the next point, as a count does
 * @returns {string}
 */
export function linePath(points, isStep = false) {
  let path = "";
  let isDrawing = false;
  points.forEach(({ x, y }, at) => {
    if (y === null) {
      isDrawing = false;
      return;
    }
    const place = `${rounded(x)} ${rounded(y)}`;
    if (!isDrawing) path += `M${place}`;
    else path += isStep ? `H${rounded(x)}V${rounded(y)}` : `L${place}`;
    if (!isDrawing && (points[at + 1]?.y ?? null) === null) path += `L${place}`;
    isDrawing = true;
  });
  return path;
}

/**
 * Where the bars of a series stand: equally wide, with gaps of a quarter.
 *
 * @param {(number | null)[]} values
 * @param {[number, number]} across left and right edge
 * @param {Scale} scale of the values
 * @returns {({x: number, y: number, width: number, height: number} | null)[]}
 */
export function bars(values, [left, right], scale) {
  const slot = (right - left) / Math.max(1, values.length);
  const foot = placeOf(scale, 0);
  return values.map((value, at) => {
    if (value === null || value <= 0) return null;
    const y = placeOf(scale, value);
    return { x: rounded(left + slot * (at + 0.125)), y: rounded(y), width: rounded(slot * 0.75), height: rounded(foot - y) };
  });
}

/**
 * Which of `count` equal slots a place is in; the nearest where it is in none.
 *
 * @param {number} x
 * @param {[number, number]} across
 * @param {number} count
 */
export function slotAt(x, [left, right], count) {
  const slot = Math.floor(((x - left) / (right - left)) * count);
  return Math.min(count - 1, Math.max(0, slot));
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 10) / 10;
}
