// What is on a board, out of the queue's copy. Pure.

/** How many calls and how many of those who come next there is room for. */
const ROOM = { calls: 6, next: 8 };

/**
 * @typedef {{
 *   calls: import("./board-calls.js").Call[], next: {id: string, ticket: number}[], waiting: number, lastWaiting: string | null,
 *   isWhole: boolean, mode: string,
 * }} BoardModel `waiting` counts what the copy holds; `lastWaiting` is whoever came last, by id
 */

/**
 * @param {import("../queue-copy.js").QueueCopy} copy
 * @param {import("./board-calls.js").BoardCalls} calls
 * @returns {BoardModel}
 */
export function boardModel(copy, calls) {
  const next = [];
  let waiting = 0;
  let lastWaiting = null;
  for (const { id, ticket, state } of copy) {
    if (state !== "waiting") continue;
    waiting += 1;
    lastWaiting = id;
    if (next.length < ROOM.next) next.push({ id, ticket });
  }
  const { isWhole, mode } = copy;
  return { calls: calls.shown(copy).slice(0, ROOM.calls), next, waiting, lastWaiting, isWhole, mode };
}
