// The server's time, by which leases end and customers wait.

import { watchDates } from "./request.js";

/** How far the clocks differ, in milliseconds; what is within a second of the truth counts as the same. */
let offset = 0;

/**
 * What the server's clock is ahead of this one's, from an answer's `Date`, which tells whole seconds: 0 when the answer
 * could have come from a clock like ours.
 *
 * @param {number} date of the server, in milliseconds, cut to whole seconds
 * @param {number} sent
 * @param {number} received
 */
export function clockOffset(date, sent, received) {
  // The server's time was within [date, date + 1 s) at some moment between the two.
  const [least, most] = [date - received, date + 1_000 - sent];
  if (least <= 0 && most >= 0) return 0;
  return Math.round((least + most) / 2);
}

watchDates((text, sent, received) => {
  const date = Date.parse(text);
  if (!Number.isNaN(date)) offset = clockOffset(date, sent, received);
});

/** The server's time now, in milliseconds. */
export function serverNow() {
  return Date.now() + offset;
}
