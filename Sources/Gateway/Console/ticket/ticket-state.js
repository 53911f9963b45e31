// What a ticket's page knows: what to show, and when to ask again. Pure: no request, no timer.

/** Between two questions, in milliseconds: from the front of the queue to far behind it. */
const PACE = { near: 5_000, middle: 10_000, far: 30_000 };
/** Waiting before this one: until here it may be called at any moment. */
const NEAR = 3;
const MIDDLE = 10;
/** The longest time between two attempts when the server cannot be reached. */
const MOST = 60_000;
/** What is shown counts as old when it is older than this and the next question should have been answered. */
const OLD = 45_000;
/** Each wait is longer or shorter by up to this share, so that the phones in a room do not ask together. */
const JITTER = 0.2;

/** States in which somebody is asked to come, or is there already. */
const CALLED = new Set(["claimed"]);
/** Nothing follows these; a no-show may yet be let back in. */
const OVER = new Set(["completed", "cancelled", "dead"]);

/**
 * What the server tells of a ticket.
 *
 * @typedef {{
 *   id: string, ticket: number, queue: string, state: string, called: boolean, scheduled_for?: string | null,
 *   position: number | null, waiting: number | null, paused: boolean | null,
 *   estimate: {low_seconds: number, high_seconds: number, confidence: number} | null,
 * }} Ticket
 *
 * `kind`: `loading`, `unreachable` (nothing known yet), `invalid`, or what the ticket is: `scheduled`, `waiting`,
 * `called`, `serving`, `on_hold`, `no_show`, `completed`, `cancelled`, `dead`.
 * @typedef {{kind: string, ticket: Ticket | null, asOf: number | null, isOld: boolean, mayCancel: boolean}} TicketStatus
 */

/** One ticket's page. Every method takes the moment, in milliseconds of a clock that only runs forward. */
export class TicketState {
  /** @type {Ticket | null} */
  #ticket = null;
  #isInvalid = false;
  #failures = 0;
  /** @type {number | null} */
  #asOf = null;
  /** What the server asked for, in milliseconds. */
  #retryAfter = 0;
  #random;

  /** @param {() => number} random */
  constructor(random) {
    this.#random = random;
  }

  /**
   * The server answered with the ticket.
   *
   * @param {Ticket} ticket
   * @param {number} now
   * @returns {boolean} true when it has been called since the last answer
   */
  answered(ticket, now) {
    const wasCalled = this.#ticket !== null && CALLED.has(this.#ticket.state);
    this.#ticket = ticket;
    this.unchanged(now);
    return CALLED.has(ticket.state) && !wasCalled;
  }

  /**
   * The server answered that nothing is different.
   *
   * @param {number} now
   */
  unchanged(now) {
    this.#asOf = now;
    this.#failures = 0;
    this.#retryAfter = 0;
  }

  /** The server knows no such ticket, or not under this link. */
  invalid() {
    this.#isInvalid = true;
    this.#ticket = null;
  }

  /**
   * No answer, or one that asks to come later.
   *
   * @param {number} retryAfter in milliseconds; 0 where the server said nothing
   */
  failed(retryAfter = 0) {
    this.#failures += 1;
    this.#retryAfter = retryAfter;
  }

  /**
   * In how many milliseconds to ask again; null for never.
   *
   * @returns {number | null}
   */
  nextQuestion() {
    if (this.#isInvalid || (this.#ticket && OVER.has(this.#ticket.state))) return null;
    const pace = this.#pace();
    const backoff = Math.max(pace, Math.min(MOST, PACE.near * 2 ** Math.min(this.#failures, 10)));
    const wait = this.#failures === 0 ? pace : backoff;
    // Never sooner than the server asked for.
    return Math.round(Math.max(this.#retryAfter, wait * (1 - JITTER + 2 * JITTER * this.#random())));
  }

  /**
   * @param {number} now
   * @returns {TicketStatus}
   */
  status(now) {
    const ticket = this.#ticket;
    const kind = this.#kind();
    const isOver = ticket !== null && OVER.has(ticket.state);
    const isOld = this.#asOf !== null && !isOver && now - this.#asOf > OLD;
    return { kind, ticket, asOf: this.#asOf, isOld, mayCancel: kind === "waiting" || kind === "scheduled" };
  }

  #kind() {
    if (this.#isInvalid) return "invalid";
    if (!this.#ticket) return this.#failures > 0 ? "unreachable" : "loading";
    return CALLED.has(this.#ticket.state) ? "called" : this.#ticket.state;
  }

  #pace() {
    const { state, position } = this.#ticket ?? { state: "waiting", position: 1 };
    if (state === "claimed" || state === "on_hold") return PACE.near;
    if (state !== "waiting" || position === null) return PACE.far;
    return position <= NEAR ? PACE.near : position <= MIDDLE ? PACE.middle : PACE.far;
  }
}
