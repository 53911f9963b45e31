// Which rows of a long list are to be drawn. Pure.

/**
 * The rows in sight and some beyond, so that scrolling meets rows that are there already.
 *
 * @param {{top: number, height: number, rowHeight: number, count: number, beyond?: number}} view `top`: how far it is scrolled
 * @returns {{first: number, end: number}} `end` is the first that is not drawn
 */
export function rowWindow({ top, height, rowHeight, count, beyond = 8 }) {
  const first = Math.max(0, Math.floor(top / rowHeight) - beyond);
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + beyond);
  return { first: Math.min(first, count), end: Math.max(end, Math.min(first, count)) };
}

/**
 * Where to scroll so that a row is wholly in sight: as little as possible.
 *
 * @param {number} row
 * @param {{top: number, height: number, rowHeight: number}} view
 */
export function topFor(row, { top, height, rowHeight }) {
  const start = row * rowHeight;
  if (start < top) return start;
  return start + rowHeight > top + height ? start + rowHeight - height : top;
}

/**
 * The row to which a key moves the focus; null for a key that moves nothing.
 *
 * @param {string} key as in `KeyboardEvent.key`
 * @param {number} row
 * @param {number} count
 * @param {number} page rows of one page
 */
export function rowAfterKey(key, row, count, page) {
  const to = { ArrowDown: row + 1, ArrowUp: row - 1, Home: 0, End: count - 1, PageDown: row + page, PageUp: row - page }[key];
  return to === undefined || count === 0 ? null : Math.min(Math.max(to, 0), count - 1);
}
