// The page's one live connection.

import { Emitter } from "../emitter.js";
import { UsherClient } from "../usher-client.js";
import { SharedSubscription } from "./shared-subscription.js";

/** After an end that is neither the session's nor meant to be, the next attempt comes after so long, in milliseconds. */
const AGAIN = 15_000;
/** Codes of ends that say that the session, or the token, is over: local "unauthorized", and the server's. */
const UNAUTHORIZED = 1;

/**
 * `live`: what is shown is the server's now. `connecting`: there was no connection yet. `offline`: there was one; what is
 * shown is as old as `since` says.
 *
 * @typedef {"live" | "connecting" | "offline"} LiveState
 */

/** Shares subscriptions by queue. Calls back `state` with the new `LiveState`. */
export class Live {
  #emitter = new Emitter(["state"]);
  /** @type {Map<string, SharedSubscription>} */
  #queues = new Map();
  /** @type {import("./session.js").Session} */
  #session;
  /** @type {UsherClient} */
  #client;
  #timer = 0;
  #stop = new AbortController();

  /** @type {LiveState} */
  state = "connecting";
  /** When the connection was lost, in milliseconds; null while it holds. @type {number | null} */
  since = null;
  /** When the next attempt to connect begins, in milliseconds; null while none waits. @type {number | null} */
  nextAttempt = null;

  /** Aborts when it is closed. */
  get signal() {
    return this.#stop.signal;
  }

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.#session = session;
    this.#client = new UsherClient({ getToken: () => session.getToken(), maximumDelay: 10_000 });
    this.#client.on("state", (change) => this.#changed(change));
    const { signal } = this.#stop;
    // The browser knows sooner than a silent socket that the network has gone, or is back.
    addEventListener("offline", () => this.#reconnect(), { signal });
    addEventListener("online", () => this.#reconnect(), { signal });
    this.#client.connect();
  }

  /**
   * @param {"state"} name
   * @param {(state: LiveState) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /**
   * A queue, live, shared with whoever else shows it. `limit`: how many services are needed at least; 500 when nothing
   * is said. It ends when everyone has released it.
   *
   * @param {string} name
   * @param {{limit?: number}} [options]
   * @returns {{subscription: SharedSubscription, release: () => void}}
   */
  queue(name, { limit = 500 } = {}) {
    let shared = this.#queues.get(name);
    if (shared) {
      shared.atLeast(limit);
      shared.again();
    } else {
      shared = new SharedSubscription(this.#client, name, limit);
      this.#queues.set(name, shared);
    }
    shared.users += 1;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      shared.users -= 1;
      if (shared.users > 0) return;
      // The next page often wants the same one at once.
      setTimeout(() => {
        if (shared.users > 0 || this.#queues.get(name) !== shared) return;
        this.#queues.delete(name);
        shared.end();
      }, 1_000);
    };
    return { subscription: shared, release };
  }

  /**
   * As `UsherClient.rpc`.
   *
   * @param {string} method
   * @param {object} data
   * @param {{timeout?: number}} [options]
   */
  rpc(method, data, options) {
    return this.#client.rpc(method, data, options);
  }

  /**
   * As `UsherClient.presence`.
   *
   * @param {string} queue
   */
  presence(queue) {
    return this.#client.presence(queue);
  }

  /** Ends it all. */
  close() {
    this.#stop.abort();
    clearTimeout(this.#timer);
    this.#client.close();
  }

  #reconnect() {
    if (this.#stop.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#client.close();
    this.#client.connect();
  }

  /** @param {{state: string, code: number, delay: number}} change */
  #changed({ state, code, delay }) {
    this.nextAttempt = state === "connecting" && delay > 0 ? Date.now() + delay : null;
    if (state === "connected") {
      this.since = null;
      return this.#become("live");
    }
    this.since ??= Date.now();
    this.#become(this.state === "connecting" ? "connecting" : "offline");
    if (state !== "disconnected" || code === 0 || this.#stop.signal.aborted) return;
    // Ended by the server: with the session, which a refresh tells, or for a while.
    if (code !== UNAUTHORIZED) this.#session.drop();
    this.nextAttempt = Date.now() + AGAIN;
    this.#timer = setTimeout(() => this.#client.connect(), AGAIN);
    this.#session.getToken().catch(() => {});
  }

  /** @param {LiveState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.#emitter.emit("state", state);
  }
}
