// One queue, live: subscribes, keeps the copy, recovers, and starts again when the copy is not the server's.

import { Emitter } from "./emitter.js";
import { QueueCopy } from "./queue-copy.js";
import { UsherError } from "./usher-error.js";

/** From this code on the server asks for another subscription, below it the end is meant. */
const RESUBSCRIBE = 2500;
/** A window asks for a new snapshot at most this often, in milliseconds. */
const REFILL = 1_000;
/** After so long without a mismatch the next one counts as the first, in milliseconds. */
const FORGIVEN = 60_000;

/**
 * What a subscription needs of the connection.
 *
 * @typedef {{
 *   isConnected: () => boolean,
 *   command: (body: object, done: (error: UsherError | null, result?: any) => void) => void,
 *   unanswered: () => void,
 *   timeout: number,
 *   later: (milliseconds: number, action: () => void) => (() => void),
 *   backoff: (attempt: number) => number,
 *   now: () => number,
 *   gone: (subscription: QueueSubscription) => void,
 * }} Link
 *
 * What a `change` tells: the copy is another. `reason` is `snapshot` (it was made anew), `recovered` (what was missed
 * has been added) or `events`; `lag` as in `QueueSubscription.lag`.
 * @typedef {{
 *   reason: "snapshot" | "recovered" | "events", events: import("./queue-copy.js").QueueEvent[], lag: number | null,
 * }} Change
 *
 * @typedef {"subscribing" | "subscribed" | "unsubscribed"} SubscriptionState
 */

/**
 * A subscription, made by `UsherClient.subscribe`. Calls back: `change` with a `Change`, once a message however many
 * events it brought; `state` with `{state, reason}`; `error` with an `UsherError`.
 *
 * While it is `subscribing` the copy is what it was: possibly old, and the page should say so.
 */
export class QueueSubscription {
  #emitter = new Emitter(["change", "state", "error"]);
  /** @type {Link} */
  #link;
  /** @type {SubscriptionState} */
  #state = "subscribing";
  /** Tells the answer to the present attempt from those to earlier ones. */
  #attempt = 0;
  #failures = 0;
  #mismatches = 0;
  #lastMismatch = -Infinity;
  #lastSnapshot = -Infinity;
  /** The next attempt is to bring a snapshot, whatever the copy has. */
  #startsAgain = false;
  /** @type {(() => void) | null} */
  #cancelTimer = null;

  /**
   * The time from the last event's being stored to its being here, in milliseconds; null before the first. Contains
   * what the two clocks differ by.
   *
   * @type {number | null}
   */
  lag = null;

  /**
   * @param {string} queue
   * @param {number} limit
   * @param {Link} link
   */
  constructor(queue, limit, link) {
    /** The ordered copy. Changes in place, just before `change` is called. */
    this.copy = new QueueCopy(queue, limit);
    this.#link = link;
  }

  /** The queue's name. */
  get queue() {
    return this.copy.queue;
  }

  get channel() {
    return `queue:${this.queue}`;
  }

  /** @returns {SubscriptionState} */
  get state() {
    return this.#state;
  }

  /**
   * @param {"change" | "state" | "error"} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /** Ends it for good. */
  unsubscribe() {
    if (this.#state === "unsubscribed") return;
    if (this.#link.isConnected()) this.#link.command({ unsubscribe: { channel: this.channel } }, () => {});
    this.#end("unsubscribe called");
  }

  // What follows is called by the client alone.

  /** The connection is there. */
  opened() {
    this.#failures = 0;
    this.#subscribe();
  }

  /**
   * The connection is gone.
   *
   * @param {string} reason
   */
  lost(reason) {
    this.#attempt += 1;
    this.#stopTimer();
    this.#become("subscribing", reason);
  }

  /**
   * Publications of one message came.
   *
   * @param {{data: import("./queue-copy.js").QueueEvent, offset: number}[]} publications
   */
  published(publications) {
    // Until the subscribe reply, what comes belongs to a subscription that was given up.
    if (this.#state === "subscribed") this.#take(publications, "events");
  }

  /**
   * The server ended the subscription.
   *
   * @param {{code: number, reason: string}} end
   */
  endedByServer({ code, reason }) {
    if (this.#state === "unsubscribed") return;
    if (code < RESUBSCRIBE) {
      this.#emitter.emit("error", new UsherError("unsubscribed", reason, { number: code }));
      return this.#end(reason);
    }
    this.#again(this.#link.backoff(0), reason);
  }

  #subscribe() {
    this.#stopTimer();
    if (this.#state === "unsubscribed" || !this.#link.isConnected()) return;
    const attempt = (this.#attempt += 1);
    const { version, epoch, limit } = this.copy;
    const recovers = epoch !== "" && !this.#startsAgain;
    const request = { channel: this.channel, data: { limit }, positioned: true, recoverable: true };
    const position = recovers ? { recover: true, epoch, offset: version } : {};
    this.#link.command({ subscribe: { ...request, ...position } }, (error, result) => {
      if (attempt !== this.#attempt) return;
      this.#stopTimer();
      if (error) this.#refused(error);
      else this.#subscribed(result);
    });
    // A server that does not answer is as good as gone.
    if (attempt === this.#attempt && this.#state === "subscribing") {
      this.#cancelTimer = this.#link.later(this.#link.timeout, () => this.#link.unanswered());
    }
  }

  /** @param {UsherError} error */
  #refused(error) {
    this.#emitter.emit("error", error);
    if (error.code === "already_subscribed" || error.code === "unrecoverable_position") {
      this.#startAgain(this.#link.backoff(this.#failures++), error.code);
    } else if (error.temporary) {
      this.#again(this.#link.backoff(this.#failures++), error.code);
    } else {
      this.#end(error.code);
    }
  }

  /** @param {any} result a subscribe reply */
  #subscribed(result) {
    this.#failures = 0;
    if (result.recovered === true) {
      this.#become("subscribed", "recovered");
      this.#take(result.publications ?? [], "recovered");
      return;
    }
    this.#startsAgain = false;
    this.#lastSnapshot = this.#link.now();
    try {
      this.copy.reset(result.data);
    } catch (error) {
      return this.#failed(error);
    }
    this.#become("subscribed", "snapshot");
    this.#changed("snapshot", []);
  }

  /**
   * @param {{data: import("./queue-copy.js").QueueEvent, offset: number}[]} publications
   * @param {"recovered" | "events"} reason
   */
  #take(publications, reason) {
    const events = [];
    try {
      for (const { data, offset } of publications) {
        if (data.version !== offset) throw new UsherError("gap", `version ${data.version} at offset ${offset}`);
        this.copy.apply(data);
        events.push(data);
      }
    } catch (error) {
      return this.#failed(error);
    }
    if (events.length > 0) {
      const last = Date.parse(events[events.length - 1].at);
      if (reason === "events" && !Number.isNaN(last)) this.lag = this.#link.now() - last;
    }
    if (events.length > 0 || reason === "recovered") this.#changed(reason, events);
  }

  /**
   * @param {Change["reason"]} reason
   * @param {import("./queue-copy.js").QueueEvent[]} events
   */
  #changed(reason, events) {
    this.#emitter.emit("change", { reason, events, lag: this.lag });
    if (this.#state === "subscribed" && this.copy.wantsSnapshot && !this.#cancelTimer) {
      const wait = Math.max(0, this.#lastSnapshot + REFILL - this.#link.now());
      this.#cancelTimer = this.#link.later(wait, () => {
        this.#cancelTimer = null;
        if (this.#state === "subscribed" && this.copy.wantsSnapshot) this.#startAgain(0, "window");
      });
    }
  }

  /**
   * What came does not fit the copy. A gap is filled by recovery, for the copy is still what it was; a copy that is not
   * the server's starts again from a snapshot, at first at once, then later and later.
   *
   * @param {any} error
   */
  #failed(error) {
    const known =
      error instanceof UsherError ? error : new UsherError("bad_message", "a message is not as expected: " + error);
    const now = this.#link.now();
    if (now - this.#lastMismatch > FORGIVEN) this.#mismatches = 0;
    this.#lastMismatch = now;
    const delay = this.#mismatches === 0 ? 0 : this.#link.backoff(this.#mismatches);
    this.#mismatches += 1;
    this.#emitter.emit("error", known);
    if (this.#state === "unsubscribed") return;
    // A second gap in a row would be the server's own; a snapshot ends that.
    if (known.code === "gap" && this.#mismatches === 1) this.#giveUp(delay, known.code);
    else this.#startAgain(delay, known.code);
  }

  /**
   * @param {number} delay
   * @param {string} reason
   */
  #startAgain(delay, reason) {
    this.#startsAgain = true;
    this.#giveUp(delay, reason);
  }

  /**
   * Tells the server that this subscription is over, and subscribes again.
   *
   * @param {number} delay
   * @param {string} reason
   */
  #giveUp(delay, reason) {
    if (this.#link.isConnected()) this.#link.command({ unsubscribe: { channel: this.channel } }, () => {});
    this.#again(delay, reason);
  }

  /**
   * @param {number} delay
   * @param {string} reason
   */
  #again(delay, reason) {
    this.#attempt += 1;
    this.#stopTimer();
    this.#become("subscribing", reason);
    // A listener may have ended it.
    if (this.#state !== "subscribing") return;
    if (delay <= 0) this.#subscribe();
    else this.#cancelTimer = this.#link.later(delay, () => this.#subscribe());
  }

  /** @param {string} reason */
  #end(reason) {
    this.#attempt += 1;
    this.#stopTimer();
    this.#link.gone(this);
    this.#become("unsubscribed", reason);
  }

  #stopTimer() {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /**
   * @param {SubscriptionState} state
   * @param {string} reason
   */
  #become(state, reason) {
    if (this.#state === state) return;
    this.#state = state;
    this.#emitter.emit("state", { state, reason });
  }
}
