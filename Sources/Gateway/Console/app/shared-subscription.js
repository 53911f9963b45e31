// One queue's subscription for all parts of a page that show it.

import { Emitter } from "../emitter.js";

/**
 * Looks like a `QueueSubscription` and stays the same object while the one behind it is replaced by a longer one. Calls
 * back `change`, `state` and `error` as that does.
 */
export class SharedSubscription {
  #emitter = new Emitter(["change", "state", "error"]);
  /** @type {import("../usher-client.js").UsherClient} */
  #client;
  /** @type {import("../usher-client.js").QueueSubscription} */
  #inner;
  /** @type {(() => void)[]} */
  #stops = [];
  /** What is shown: of a longer subscription, from its first snapshot on. @type {import("../usher-client.js").QueueCopy} */
  #copy;
  /** How many parts use it. */
  users = 0;

  /**
   * @param {import("../usher-client.js").UsherClient} client
   * @param {string} queue
   * @param {number} limit
   */
  constructor(client, queue, limit) {
    this.#client = client;
    this.queue = queue;
    this.#subscribe(limit);
  }

  /** The ordered copy; another object after a `change` with the reason `snapshot`. */
  get copy() {
    return this.#copy;
  }

  get state() {
    return this.#inner.state;
  }

  get lag() {
    return this.#inner.lag;
  }

  /** True once there is something to show, however old. */
  get hasCopy() {
    return this.copy.epoch !== "";
  }

  /**
   * @param {"change" | "state" | "error"} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /**
   * Asks for a longer copy where the present one may hold fewer.
   *
   * @param {number} limit
   */
  atLeast(limit) {
    if (limit <= this.#inner.copy.limit) return;
    this.end();
    this.#subscribe(limit);
  }

  /** Once more, after the server had ended it for good. */
  again() {
    if (this.state !== "unsubscribed") return;
    this.end();
    this.#subscribe(this.#inner.copy.limit);
  }

  end() {
    for (const stop of this.#stops.splice(0)) stop();
    this.#inner.unsubscribe();
  }

  /** @param {number} limit */
  #subscribe(limit) {
    this.#inner = this.#client.subscribe(this.queue, { limit });
    this.#copy ??= this.#inner.copy;
    this.#stops.push(this.#inner.on("change", () => (this.#copy = this.#inner.copy)));
    for (const name of /** @type {const} */ (["change", "state", "error"])) {
      this.#stops.push(this.#inner.on(name, (detail) => this.#emitter.emit(name, detail)));
    }
  }
}
