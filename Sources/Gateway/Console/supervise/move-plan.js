// From a place on the screen to the command that asks for it. A place is told by a neighbour, never by a number: what
// others do meanwhile does not make it another place.

/**
 * @typedef {import("../queue-copy.js").Service} Service
 * @typedef {{before: string} | {after: string} | {first: true} | {last: true}} Target as `service.move` takes it
 */

/**
 * True for what may be given another place: what waits.
 *
 * @param {Service | undefined} service
 */
export function isMovable(service) {
  return service?.state === "waiting";
}

/**
 * The target for taking the row at `from` to the place `to`, both counted from 0 in the rows as they are shown; null
 * when that changes nothing or cannot be. What is not due yet is nobody's neighbour: the server refuses it.
 *
 * @param {Service[]} rows
 * @param {number} from
 * @param {number} to
 * @returns {Target | null}
 */
export function planMove(rows, from, to) {
  if (!isMovable(rows[from]) || to === from || to < 0 || to >= rows.length) return null;
  const others = rows.filter((_, place) => place !== from);
  const isPlace = (/** @type {Service | undefined} */ service) => service !== undefined && service.state !== "scheduled";
  const above = others[to - 1];
  const below = others[to];
  // Away from where it came: past the neighbour that it goes by last.
  if (to < from && isPlace(below)) return { before: below.id };
  if (isPlace(above)) return { after: above.id };
  return isPlace(below) ? { before: below.id } : null;
}

/**
 * The gap between rows that a pointer points at: 0 above the first row, `count` below the last.
 *
 * @param {number} offset from the top of the first row, in pixels
 * @param {number} rowHeight
 * @param {number} count
 */
export function gapAt(offset, rowHeight, count) {
  return Math.min(count, Math.max(0, Math.round(offset / rowHeight)));
}

/**
 * The place that a row from `from` has when it is dropped into a gap.
 *
 * @param {number} gap
 * @param {number} from
 */
export function placeOfGap(gap, from) {
  return gap > from ? gap - 1 : gap;
}

/** How near to an edge the pointer scrolls, and how fast at the edge itself: pixels, and pixels a second. */
const EDGE = 56;
const FASTEST = 1_800;

/**
 * How fast a list scrolls under a dragged row: negative upwards, 0 away from the edges, faster the nearer to the edge.
 *
 * @param {number} pointer
 * @param {number} top
 * @param {number} bottom
 */
export function scrollSpeed(pointer, top, bottom) {
  const edge = Math.min(EDGE, (bottom - top) / 4);
  const share = (/** @type {number} */ depth) => Math.min(1, Math.max(0, depth / edge));
  if (pointer < top + edge) return -FASTEST * share(top + edge - pointer) ** 2;
  if (pointer > bottom - edge) return FASTEST * share(pointer - bottom + edge) ** 2;
  return 0;
}
