// What a board knows about its own connection: what to do next, and what to say. Pure: no connection, no timer.

/** So long after the connection broke the board does not talk of it: most cuts are over by then. */
const GRACE = 3_000;
/** The server is heard at least every 25 seconds; who hears nothing for so long cannot call what it shows live. */
const SILENCE = 32_000;
/** The watch runs every few seconds, in a hidden page once a minute; who finds more has slept. */
const SLEPT = 90_000;
/** Between two attempts with a link that is refused, or a queue that is not to be had. */
const PATIENCE = 60_000;
/** After the server ended the session: the link itself says whether it still holds. */
const SOON = 1_000;
/** An estimate older than this is no help to anybody. */
const ESTIMATE_HOLDS = 60_000;
/** The server's code for a session that is over. */
const SESSION_ENDED = 3500;

/**
 * `kind`: `starting` (nothing to show yet), `unreachable` (the same, and an attempt has failed), `live`, `stale` (shows
 * what was true at `asOf`), `refused` (the link does not hold: nothing may be shown), `unavailable` (the queue is not to
 * be had: nothing to show). `asOf` and `nextAttempt` are moments of the caller's clock, or null.
 *
 * @typedef {{
 *   kind: "starting" | "unreachable" | "live" | "stale" | "refused" | "unavailable",
 *   asOf: number | null, nextAttempt: number | null, showsQueue: boolean, showsEstimate: boolean,
 * }} BoardStatus
 */

/**
 * The life of a board over months. Every method takes the moment, in milliseconds of a clock that only runs forward;
 * those that ask for something answer in how many milliseconds to do it, or null.
 */
export class BoardState {
  /** What the last exchange that was answered said of the link. */
  #isRefused = false;
  #isSubscribed = false;
  #isUnavailable = false;
  #hasFailed = false;
  #hasCopy = false;
  #retryAfter = 0;
  /** @type {number | null} when the copy was last known to be the server's */
  #heardAt = null;
  /** @type {number | null} */
  #lostAt = null;
  #endedAt = -Infinity;
  /** @type {number | null} */
  #nextAttempt = null;
  /** @type {number | null} */
  #lastTick = null;

  /** The link was exchanged for a token. */
  linkHeld() {
    this.#isRefused = false;
    this.#retryAfter = 0;
  }

  /**
   * The server does not take the link (any more).
   *
   * @param {number} retryAfter what the server asks for, in milliseconds
   */
  linkRefused(retryAfter = 0) {
    this.#isRefused = true;
    this.#hasCopy = false;
    this.#heardAt = null;
    this.#isSubscribed = false;
    this.#retryAfter = retryAfter;
  }

  /**
   * The server asks this address to wait; it says nothing of the link.
   *
   * @param {number} retryAfter in milliseconds
   */
  linkLimited(retryAfter) {
    this.#hasFailed = true;
    this.#retryAfter = retryAfter;
  }

  /** The server could not be asked. */
  linkUnknown() {
    this.#hasFailed = true;
  }

  /**
   * The connection's state is another.
   *
   * @param {{state: string, code: number}} change
   * @param {number} now
   * @returns {number | null} milliseconds after which to connect again
   */
  connection({ state, code }, now) {
    if (state === "connected") {
      this.#nextAttempt = null;
      return null;
    }
    this.#lose(now);
    // The page's own doing, which knows what comes next.
    if (code === 0) return null;
    this.#hasFailed = true;
    if (state !== "disconnected") return null;
    const isFirstEnd = code === SESSION_ENDED && now - this.#endedAt > PATIENCE;
    if (isFirstEnd) this.#endedAt = now;
    const delay = isFirstEnd ? SOON : Math.max(PATIENCE, this.#retryAfter);
    this.#nextAttempt = now + delay;
    return delay;
  }

  /**
   * The subscription's state is another.
   *
   * @param {"subscribing" | "subscribed" | "unsubscribed"} state
   * @param {number} now
   * @returns {number | null} milliseconds after which to subscribe anew
   */
  subscription(state, now) {
    if (state === "subscribed") {
      this.#isSubscribed = true;
      this.#isUnavailable = false;
      this.#hasFailed = false;
      this.#hasCopy = true;
      this.#lostAt = null;
      this.#nextAttempt = null;
      this.heard(now);
      return null;
    }
    this.#lose(now);
    if (state !== "unsubscribed") return null;
    this.#isUnavailable = true;
    this.#hasCopy = false;
    this.#nextAttempt = now + PATIENCE;
    return PATIENCE;
  }

  /**
   * The server said something: what is shown is what it has.
   *
   * @param {number} now
   */
  heard(now) {
    if (this.#isSubscribed) this.#heardAt = now;
  }

  /**
   * Called every few seconds.
   *
   * @param {number} wall the machine's time of day, which goes on while it sleeps
   * @returns {boolean} true when the machine has slept: whatever connection there was is to be made anew
   */
  tick(wall) {
    const last = this.#lastTick;
    this.#lastTick = wall;
    return last !== null && Math.abs(wall - last) > SLEPT;
  }

  /**
   * @param {number} now
   * @returns {BoardStatus}
   */
  status(now) {
    const kind = this.#kind(now);
    const age = this.#heardAt === null ? Infinity : now - this.#heardAt;
    return {
      kind,
      asOf: this.#heardAt,
      nextAttempt: kind === "live" ? null : this.#nextAttempt,
      showsQueue: kind === "live" || kind === "stale",
      showsEstimate: kind === "live" || (kind === "stale" && age < ESTIMATE_HOLDS),
    };
  }

  /** @param {number} now */
  #kind(now) {
    if (this.#isRefused) return "refused";
    if (this.#isUnavailable) return "unavailable";
    if (!this.#hasCopy) return this.#hasFailed ? "unreachable" : "starting";
    const isSilent = this.#heardAt !== null && now - this.#heardAt > SILENCE;
    const isLost = this.#lostAt !== null && now - this.#lostAt > GRACE;
    return isSilent || isLost ? "stale" : "live";
  }

  /** @param {number} now */
  #lose(now) {
    this.#isSubscribed = false;
    if (this.#hasCopy) this.#lostAt ??= now;
  }
}
