// Keeps a board connected for as long as the page is open: carries out what `BoardState` decides.

import { BoardState } from "./board-state.js";

/** Between two looks at whether the machine has slept, in milliseconds. */
const WATCH = 5_000;

/** What the exchange of a link can end with. */
export class LinkError extends Error {
  /**
   * @param {"refused" | "limited" | "unreachable"} kind
   * @param {number} retryAfter in milliseconds, where the server says it
   */
  constructor(kind, retryAfter = 0) {
    super(`the link is ${kind}`);
    this.kind = kind;
    this.retryAfter = retryAfter;
  }
}

/**
 * @typedef {{now: () => number, wall: () => number, setTimeout: (action: () => void, delay: number) => any,
 *   clearTimeout: (timer: any) => void}} Clock `now` only runs forward, `wall` is the machine's time of day
 */

/** One queue on one display. It calls `onChange` with each change of the copy, and `onStatus` when the state may differ. */
export class BoardConnection {
  state = new BoardState();
  /** @type {import("../queue-subscription.js").QueueSubscription | null} */
  #subscription = null;
  #timers = new Map();
  #settings;
  #client;
  /** @type {string | null} what the last exchange gave; for requests beside the connection */
  token = null;

  /**
   * @param {{
   *   queue: string, limit: number, clock: Clock,
   *   exchange: () => Promise<string>,
   *   makeClient: (getToken: () => Promise<string | null>) => import("../usher-client.js").UsherClient,
   *   onChange: (change: import("../queue-subscription.js").Change) => void,
   *   onStatus: () => void,
   * }} settings `exchange` gives a token for the link, or rejects with a `LinkError`
   */
  constructor(settings) {
    this.#settings = settings;
    this.#client = settings.makeClient(() => this.#getToken());
    this.#client.on("state", (change) => this.#connectionChanged(change));
  }

  /** The queue as it was when the server was last heard; null before that, and when nothing may be shown. */
  get copy() {
    return this.state.status(this.#settings.clock.now()).showsQueue ? this.#subscription?.copy ?? null : null;
  }

  /**
   * Asks the server something about the queue.
   *
   * @param {string} method
   * @param {object} data
   */
  ask(method, data) {
    return this.#client.rpc(method, data);
  }

  start() {
    this.#subscribe();
    this.#client.connect();
    this.#watch();
  }

  stop() {
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
    this.#client.close();
  }

  /** Something was heard of the server. */
  heard() {
    this.state.heard(this.#settings.clock.now());
  }

  /** The network may be back: tries at once where it would have waited. */
  hurry() {
    const { kind } = this.state.status(this.#settings.clock.now());
    if (kind !== "live" && kind !== "refused") this.#connectAnew();
  }

  #connectAnew() {
    this.#cancel("connect");
    this.#client.close();
    this.#client.connect();
  }

  #subscribe() {
    const { queue, limit, onChange, onStatus, clock } = this.#settings;
    const subscription = this.#client.subscribe(queue, { limit });
    this.#subscription = subscription;
    subscription.on("state", ({ state }) => {
      const delay = this.state.subscription(state, clock.now());
      if (delay !== null) this.#after("subscribe", delay, () => this.#subscribe());
      onStatus();
    });
    subscription.on("change", (change) => {
      this.heard();
      onChange(change);
    });
  }

  /** @param {{state: string, code: number}} change */
  #connectionChanged(change) {
    const { clock, onStatus } = this.#settings;
    const delay = this.state.connection(change, clock.now());
    if (delay !== null) this.#after("connect", delay, () => this.#client.connect());
    onStatus();
  }

  async #getToken() {
    const { exchange, onStatus } = this.#settings;
    try {
      this.token = await exchange();
      this.state.linkHeld();
      return this.token;
    } catch (error) {
      const kind = error instanceof LinkError ? error.kind : "unreachable";
      if (kind === "unreachable") {
        this.state.linkUnknown();
        throw error;
      }
      this.token = null;
      if (kind === "refused") this.state.linkRefused(error.retryAfter);
      else this.state.linkLimited(error.retryAfter);
      // The client ends by this; the state says when to begin again.
      return null;
    } finally {
      onStatus();
    }
  }

  #watch() {
    if (this.state.tick(this.#settings.clock.wall())) {
      this.#connectAnew();
      // Asked for its answer's date: the time that is shown may be wrong as well.
      this.#getToken().catch(() => {});
    }
    this.#settings.onStatus();
    this.#after("watch", WATCH, () => this.#watch());
  }

  /**
   * @param {string} name
   * @param {number} delay
   * @param {() => void} action
   */
  #after(name, delay, action) {
    this.#cancel(name);
    const timer = this.#settings.clock.setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, delay);
    this.#timers.set(name, timer);
  }

  /** @param {string} name */
  #cancel(name) {
    this.#settings.clock.clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
