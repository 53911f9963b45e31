// How far what is shown can be trusted. Pure.

/** A lag from which on it is told as one, in milliseconds. */
const SLOW = 2_000;

/**
 * What the strip says.
 *
 * @param {{state: "live" | "connecting" | "offline", since: number | null, nextAttempt: number | null}} live
 * @param {{state: string, hasCopy: boolean, lag: number | null} | null} subscription
 * @param {number} now
 * @returns {{kind: "live" | "busy" | "offline", key: string, parameters: Record<string, number>}}
 */
export function statusOf(live, subscription, now) {
  const next = Math.max(0, (live.nextAttempt ?? now) - now);
  if (live.state === "offline") {
    const age = now - (live.since ?? now);
    return { kind: "offline", key: "live.offline", parameters: { since: live.since ?? now, age, next } };
  }
  if (live.state === "connecting") return { kind: "busy", key: "live.connecting", parameters: { next } };
  if (subscription?.state === "unsubscribed") return { kind: "offline", key: "live.ended", parameters: {} };
  if (subscription && subscription.state !== "subscribed") {
    return { kind: "busy", key: subscription.hasCopy ? "live.catching_up" : "live.loading", parameters: {} };
  }
  const lag = Math.max(0, subscription?.lag ?? 0);
  if (lag >= SLOW) return { kind: "busy", key: "live.slow", parameters: { lag } };
  return { kind: "live", key: subscription?.lag == null ? "live.live" : "live.live_lag", parameters: { lag } };
}
