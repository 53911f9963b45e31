// When a claim is to be renewed, and how much of it is left. Pure.

/** A page in the background is woken only once a minute: it has to be that much earlier, in milliseconds. */
const ASLEEP = 65_000;

/**
 * True when a claim is to be renewed now: at half of its lease, in a hidden page a minute sooner. One whose lease is not known, as
 * after a reload, is renewed at once, which tells it.
 *
 * @param {{until: number, length: number} | undefined} lease `until` by the server's clock, in milliseconds
 * @param {number} now by the server's clock
 * @param {boolean} hidden
 */
export function shouldRenew(lease, now, hidden) {
  if (!lease) return true;
  return lease.until - now <= lease.length / 2 + (hidden ? ASLEEP : 0);
}

/**
 * How much is left of a lease, or of a time on hold.
 *
 * @param {{until: number, length: number}} lease
 * @param {number} now
 * @returns {{left: number, share: number, kind: "good" | "warn" | "bad"}} `left` in milliseconds, `share` from 0 to 1
 */
export function leaseLeft({ until, length }, now) {
  const left = Math.max(0, until - now);
  const share = length > 0 ? Math.min(1, left / length) : 0;
  return { left, share, kind: share > 0.4 ? "good" : share > 0.15 ? "warn" : "bad" };
}
