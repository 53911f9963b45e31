// The reference client of Usher for browsers: dependency-free, no build step. See README.md beside this file.
//
//   import { UsherClient, newIdempotencyKey } from "/console/usher-client.js";

import { CommandLine } from "./command-line.js";
import { Emitter } from "./emitter.js";
import { QueueSubscription } from "./queue-subscription.js";
import { UsherError } from "./usher-error.js";

export { QueueCopy } from "./queue-copy.js";
export { QueueSubscription } from "./queue-subscription.js";
export { UsherError } from "./usher-error.js";

/** Services in a copy when nothing is said, and at most; the server has the same bounds. */
const LIMIT = { usual: 500, most: 5_000 };
/** Queues that one client may watch at a time; the server's bound. */
const SUBSCRIPTIONS = 64;
/** Bytes that the socket may not have sent yet before calls are refused. */
const UNSENT = 1 << 20;
/** After a connection that lived so long, in milliseconds, the next attempt to connect counts as the first. */
const STABLE = 5_000;
/** A token that lives no longer than this is not used for a new connection, in milliseconds. */
const NEARLY_OVER = 5_000;
/** The longest time a timer can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** Why a connection ended where no close frame says so: numbers below those of WebSocket. */
const LOCAL = {
  closed: { code: 0, reason: "close called" },
  unauthorized: { code: 1, reason: "unauthorized" },
  timeout: { code: 2, reason: "timeout" },
  silent: { code: 3, reason: "the server is silent" },
  badMessage: { code: 4, reason: "bad message" },
  noToken: { code: 5, reason: "no token" },
};

/**
 * @typedef {{
 *   url?: string | URL,
 *   getToken: () => Promise<string | null | undefined>,
 *   WebSocket?: any,
 *   timeout?: number,
 *   pongTimeout?: number,
 *   minimumDelay?: number,
 *   maximumDelay?: number,
 *   maximumWaiting?: number,
 *   clock?: {now: () => number, setTimeout: (action: () => void, delay: number) => any, clearTimeout: (timer: any) =>
 * void},
 *   random?: () => number,
 * }} Options
 *
 * @typedef {"disconnected" | "connecting" | "connected"} ClientState
 *
 * A connection that watches a queue: its name, the user's id, name and level.
 * @typedef {{client: string, user: string, name: string, level: string}} Watcher
 */

/**
 * A connection to Usher that comes back by itself. Calls back: `state` with `{state, code, reason, delay}` (`delay`:
 * milliseconds until the next attempt, while `connecting`), and `error` with an `UsherError` that belongs to no call
 * and no queue.
 */
export class UsherClient {
  #emitter = new Emitter(["state", "error"]);
  /** @type {Required<Options>} */
  #options;
  /** @type {ClientState} */
  #state = "disconnected";
  /** @type {any} */
  #socket = null;
  /** Tells what belongs to the present attempt or connection from what earlier ones left. */
  #generation = 0;
  #attempts = 0;
  #connectedAt = 0;
  #lastReceived = 0;
  #answersPings = false;
  /** @type {string | null} */
  #token = null;
  #tokenEnd = 0;

  #commands = new CommandLine((text) => this.#socket.send(text));
  /** @type {Map<string, QueueSubscription>} */
  #subscriptions = new Map();
  /** Each timer there is, by what it is for. @type {Map<string, any>} */
  #timers = new Map();

  /**
   * - `url`: of the WebSocket; without one, `/connection/websocket` of the page's own server.
   * - `getToken`: gives an access token that is valid now. Called before the first connection, before the token's end,
   *   and when the server no longer takes the one it has. Null says that the user is signed out: the client ends as
   *   `unauthorized`.
   * - `timeout`: for `getToken`, for connecting and for each command; 10 s. `pongTimeout`: how much later than due the
   *   server's ping may come; 10 s. `minimumDelay` and `maximumDelay`: bounds of the backoff; 0.5 and 20 s. All in
   *   milliseconds.
   * - `maximumWaiting`: calls that wait for a connection or for their turn; 256.
   * - `WebSocket`, `clock`, `random`: for tests and for other platforms than browsers.
   *
   * @param {Options} options
   */
  constructor(options) {
    if (typeof options?.getToken !== "function") throw new TypeError("getToken must be a function");
    this.#options = {
      url: options.url ?? addressOfPage(),
      getToken: options.getToken,
      WebSocket: options.WebSocket ?? globalThis.WebSocket,
      timeout: options.timeout ?? 10_000,
      pongTimeout: options.pongTimeout ?? 10_000,
      minimumDelay: options.minimumDelay ?? 500,
      maximumDelay: options.maximumDelay ?? 20_000,
      maximumWaiting: options.maximumWaiting ?? 256,
      clock: options.clock ?? {
        now: () => Date.now(),
        setTimeout: (action, delay) => setTimeout(action, delay),
        clearTimeout: (timer) => clearTimeout(timer),
      },
      random: options.random ?? Math.random,
    };
  }

  /** @returns {ClientState} */
  get state() {
    return this.#state;
  }

  /**
   * @param {"state" | "error"} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /** Connects, and stays connected until `close` or until the server says not to come back. */
  connect() {
    if (this.#state !== "disconnected") return;
    this.#attempts = 0;
    this.#become("connecting", 0, "connect called", 0);
    if (this.#state === "connecting") this.#open();
  }

  /** Ends the connection and every call; `connect` begins again, and the subscriptions recover what they missed. */
  close() {
    if (this.#state !== "disconnected") this.#drop(LOCAL.closed, false);
  }

  /**
   * Watches a queue from now on, whether connected already or not.
   *
   * @param {string} queue
   * @param {{limit?: number}} [options] the most services that the copy holds: up to 5,000, 500 when nothing is said
   * @returns {QueueSubscription}
   */
  subscribe(queue, { limit = LIMIT.usual } = {}) {
    if (!Number.isInteger(limit) || limit < 0 || limit > LIMIT.most) {
      throw new RangeError(`limit must be a whole number from 0 to ${LIMIT.most}`);
    }
    if (this.#subscriptions.has(queue)) throw new Error(`there is a subscription to "${queue}" already`);
    if (this.#subscriptions.size >= SUBSCRIPTIONS) throw new RangeError(`more than ${SUBSCRIPTIONS} subscriptions`);
    const { clock } = this.#options;
    const subscription = new QueueSubscription(queue, limit, {
      isConnected: () => this.#state === "connected",
      command: (body, done) => void this.#commands.add(body, done),
      unanswered: () => this.#drop(LOCAL.timeout, true),
      timeout: this.#options.timeout,
      later: (milliseconds, action) => {
        const timer = clock.setTimeout(action, milliseconds);
        return () => clock.clearTimeout(timer);
      },
      backoff: (attempt) => this.#backoff(attempt),
      now: () => clock.now(),
      gone: (gone) => {
        if (this.#subscriptions.get(gone.queue) === gone) this.#subscriptions.delete(gone.queue);
      },
    });
    this.#subscriptions.set(queue, subscription);
    if (this.#state === "connected") subscription.opened();
    return subscription;
  }

  /**
   * Carries out a command, such as `service.claim` with `{id}`. While the client connects, calls wait until it is
   * connected or their time is over. What was sent when the connection ends is not sent again: the promise is rejected
   * as `connection_lost` with `outcomeUnknown`; call again with the same `idempotency_key` to learn what became of it,
   * without doing it twice.
   *
   * @param {string} method
   * @param {object} [data]
   * @param {{timeout?: number}} [options] in milliseconds
   * @returns {Promise<any>} the answer; rejected with an `UsherError`
   */
  async rpc(method, data = {}, options = {}) {
    return (await this.#call({ rpc: { method, data } }, options)).data;
  }

  /**
   * Who watches a queue now, by this client and all others: each connection with its user. Boards may not ask: `forbidden`.
   * Waits as a call of `rpc` does, and changes nothing: after a cut, ask again.
   *
   * @param {string} queue
   * @param {{timeout?: number}} [options] in milliseconds
   * @returns {Promise<Watcher[]>} rejected with an `UsherError`
   */
  async presence(queue, options = {}) {
    const { presence } = await this.#call({ presence: { channel: `queue:${queue}` } }, options);
    return Object.values(presence).map(({ client, user, conn_info: { name, level } }) => ({ client, user, name, level }));
  }

  /**
   * @param {object} body
   * @param {{timeout?: number}} options
   * @returns {Promise<any>} the result of the reply
   */
  #call(body, { timeout = this.#options.timeout }) {
    return new Promise((resolve, reject) => {
      if (this.#state === "disconnected") throw new UsherError("not_connected", "the client is not connected");
      if (this.#commands.waiting >= this.#options.maximumWaiting || this.#socket?.bufferedAmount > UNSENT) {
        throw new UsherError("busy", "too much waits already", { temporary: true });
      }
      const { clock } = this.#options;
      const done = (/** @type {UsherError | null} */ error, /** @type {any} */ result) => {
        clock.clearTimeout(timer);
        if (error) reject(error);
        else resolve(result);
      };
      const command = this.#commands.add(body, done, { isCall: true });
      const timer = clock.setTimeout(() => {
        this.#commands.giveUp(command);
        reject(new UsherError("timeout", "no answer in time", { temporary: true, outcomeUnknown: command.isSent }));
      }, Math.min(timeout, LONGEST));
    });
  }

  // MARK: Connecting

  async #open() {
    const generation = (this.#generation += 1);
    if (!this.#token || this.#tokenEnd - this.#options.clock.now() < NEARLY_OVER) {
      this.#token = null;
      let token;
      try {
        token = await this.#newToken();
      } catch (error) {
        if (generation !== this.#generation) return;
        this.#emitter.emit("error", error);
        return generation === this.#generation ? this.#drop(LOCAL.noToken, true) : undefined;
      }
      if (generation !== this.#generation) return;
      if (!token) return this.#drop(LOCAL.unauthorized, false);
      this.#token = token;
      // Its end is told by the connect reply; until then it is as good as its giver says.
      this.#tokenEnd = Infinity;
    }
    let socket;
    try {
      socket = new this.#options.WebSocket(this.#options.url);
    } catch (error) {
      this.#emitter.emit("error", new UsherError("bad_message", `the socket could not be made: ${error}`));
      return generation === this.#generation ? this.#drop(LOCAL.badMessage, true) : undefined;
    }
    this.#socket = socket;
    this.#after("connecting", this.#options.timeout, () => this.#drop(LOCAL.timeout, true));
    socket.onopen = () => {
      const connect = { token: this.#token, name: "usher-js" };
      this.#commands.sendNow({ connect }, (error, result) => this.#connected(error, result));
    };
    socket.onmessage = (/** @type {{data: any}} */ message) => this.#received(message.data);
    socket.onclose = (/** @type {{code: number, reason: string}} */ { code, reason }) => {
      if (socket === this.#socket) this.#drop({ code, reason: reason || "the connection broke" }, comesBack(code));
    };
  }

  /** A token from `getToken`; null where that gives none. Rejects as `token_failed`. */
  async #newToken() {
    const { clock, timeout, getToken } = this.#options;
    let timer;
    const late = new Promise((_, reject) => {
      const error = new UsherError("token_failed", "getToken took too long", { temporary: true });
      timer = clock.setTimeout(() => reject(error), timeout);
    });
    try {
      return (await Promise.race([getToken(), late])) || null;
    } catch (error) {
      if (error instanceof UsherError) throw error;
      throw new UsherError("token_failed", `getToken failed: ${error}`, { temporary: true });
    } finally {
      clock.clearTimeout(timer);
    }
  }

  /**
   * @param {UsherError | null} error
   * @param {any} [result] a connect reply
   */
  #connected(error, result) {
    if (error) {
      const comes = error.temporary || error.code === "token_expired";
      if (error.code === "token_expired") this.#token = null;
      else this.#emitter.emit("error", error);
      return this.#drop({ code: error.number, reason: error.code }, comes);
    }
    const { clock, pongTimeout } = this.#options;
    this.#stop("connecting");
    this.#connectedAt = clock.now();
    this.#answersPings = result.pong === true;
    this.#takeTerms(result);
    if (result.ping > 0) this.#listen(result.ping * 1_000 + pongTimeout);
    const generation = this.#generation;
    this.#become("connected", 0, "connected", 0);
    for (const subscription of [...this.#subscriptions.values()]) {
      if (generation === this.#generation && this.#state === "connected") subscription.opened();
    }
    if (generation === this.#generation) this.#commands.open();
  }

  /**
   * What a connect or refresh reply says of the token's life.
   *
   * @param {{expires?: boolean, ttl?: number}} terms
   */
  #takeTerms({ expires, ttl }) {
    if (!expires || !ttl) {
      this.#tokenEnd = Infinity;
      return;
    }
    const { clock, random } = this.#options;
    this.#tokenEnd = clock.now() + ttl * 1_000;
    // Well before the end, and not all clients at the same moment.
    this.#after("refresh", ttl * 1_000 * (0.8 + 0.1 * random()), () => this.#refresh(0));
  }

  /** @param {number} attempt */
  async #refresh(attempt) {
    const generation = this.#generation;
    const again = (/** @type {UsherError} */ error) => {
      this.#emitter.emit("error", error);
      if (generation !== this.#generation) return;
      // Once the token has ended the server closes the connection, and the next one begins with a new token.
      this.#after("refresh", 1_000 + this.#backoff(attempt), () => this.#refresh(attempt + 1));
    };
    let token;
    try {
      token = await this.#newToken();
    } catch (error) {
      if (generation === this.#generation) again(error);
      return;
    }
    if (generation !== this.#generation) return;
    if (!token) return this.#drop(LOCAL.unauthorized, false);
    this.#commands.sendNow({ refresh: { token } }, (error, result) => {
      if (generation !== this.#generation) return;
      if (error) return again(error);
      this.#token = token;
      this.#takeTerms(result);
    });
  }

  /**
   * Drops the connection when nothing was received for so long.
   *
   * @param {number} most in milliseconds
   */
  #listen(most) {
    const silence = this.#options.clock.now() - this.#lastReceived;
    if (silence >= most) return this.#drop(LOCAL.silent, true);
    this.#after("silence", most - silence, () => this.#listen(most));
  }

  /**
   * The present attempt or connection is over.
   *
   * @param {{code: number, reason: string}} end
   * @param {boolean} comesBack
   */
  #drop(end, comesBack) {
    this.#generation += 1;
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      // Over a dead network its own closing takes long; nobody waits for it.
      socket.close();
    }
    for (const name of [...this.#timers.keys()]) this.#stop(name);
    const { clock } = this.#options;
    if (this.#state === "connected" && clock.now() - this.#connectedAt >= STABLE) this.#attempts = 0;
    if (end.code === 3005 || end.code === 3500) this.#token = null;
    const delay = comesBack ? this.#backoff(this.#attempts++) : 0;

    const lost = this.#commands.close(comesBack);
    const generation = this.#generation;
    if (comesBack) this.#after("reconnect", delay, () => this.#open());
    this.#become(comesBack ? "connecting" : "disconnected", end.code, end.reason, delay);
    for (const { isSent, done } of lost) {
      const code = isSent ? "connection_lost" : "not_connected";
      done(new UsherError(code, end.reason, { number: end.code, temporary: comesBack, outcomeUnknown: isSent }));
    }
    for (const subscription of [...this.#subscriptions.values()]) {
      if (generation === this.#generation) subscription.lost(end.reason);
    }
  }

  /**
   * The delay before attempt number `attempt`, which counts from 0: anything up to a bound that doubles ("full
   * jitter"), so that many clients which were cut off together do not come back together.
   *
   * @param {number} attempt
   */
  #backoff(attempt) {
    const { minimumDelay, maximumDelay, random } = this.#options;
    return Math.round(random() * Math.min(maximumDelay, minimumDelay * 2 ** Math.min(attempt, 30)));
  }

  // MARK: Messages

  /** @param {any} data one or several replies, a line each */
  #received(data) {
    const { clock } = this.#options;
    this.#lastReceived = clock.now();
    const generation = this.#generation;
    let replies;
    try {
      replies = messages(data);
    } catch (error) {
      this.#emitter.emit("error", new UsherError("bad_message", `not a message of the protocol: ${error}`));
      return generation === this.#generation ? this.#drop(LOCAL.badMessage, true) : undefined;
    }
    /** @type {{channel: string, publications: any[]} | null} what comes one after the other is handed on at once */
    let run = null;
    const handOn = () => {
      if (run) this.#subscriptionOf(run.channel)?.published(run.publications);
      run = null;
    };
    for (const reply of replies) {
      const publication = reply.push?.pub;
      if (publication && run && run.channel === reply.push.channel) {
        run.publications.push(publication);
        continue;
      }
      handOn();
      // A callback may have closed the connection.
      if (generation !== this.#generation) return;
      if (publication) run = { channel: reply.push.channel, publications: [publication] };
      else this.#take(reply);
      if (generation !== this.#generation) return;
    }
    handOn();
    if (generation === this.#generation) this.#commands.pump();
  }

  /** @param {any} reply */
  #take(reply) {
    if (reply.id) {
      this.#commands.answered(reply);
    } else if (reply.push) {
      if (reply.push.unsubscribe) this.#subscriptionOf(reply.push.channel)?.endedByServer(reply.push.unsubscribe);
    } else if (this.#answersPings) {
      this.#socket.send("{}");
    }
  }

  /** @param {string | undefined} channel */
  #subscriptionOf(channel) {
    return channel?.startsWith("queue:") ? this.#subscriptions.get(channel.slice(6)) : undefined;
  }

  // MARK: Timers and state

  /**
   * Sets the timer of this name, in place of one that runs. All of them end with the connection.
   *
   * @param {string} name
   * @param {number} delay
   * @param {() => void} action
   */
  #after(name, delay, action) {
    this.#stop(name);
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(name);
      action();
    }, Math.min(Math.max(0, delay), LONGEST));
    this.#timers.set(name, timer);
  }

  /** @param {string} name */
  #stop(name) {
    const timer = this.#timers.get(name);
    if (timer === undefined) return;
    this.#options.clock.clearTimeout(timer);
    this.#timers.delete(name);
  }

  /**
   * @param {ClientState} state
   * @param {number} code
   * @param {string} reason
   * @param {number} delay
   */
  #become(state, code, reason, delay) {
    this.#state = state;
    this.#emitter.emit("state", { state, code, reason, delay });
  }
}

/**
 * A new key for a command's `idempotency_key`. For a day the same key gives the same answer, and the command is carried
 * out once: keep it for every repetition of one command, and take a new one for the next.
 */
export function newIdempotencyKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The messages of a frame: one a line. Throws where they are none.
 *
 * @param {string} frame
 * @returns {any[]}
 */
function messages(frame) {
  const lines = frame.split("\n").filter((line) => line !== "");
  const found = lines.map((line) => JSON.parse(line));
  if (found.some((message) => message === null || typeof message !== "object")) throw new TypeError("not an object");
  return found;
}

/**
 * The protocol's close codes: 3500 to 3999 and from 4500 on say not to come back.
 *
 * @param {number} code
 */
function comesBack(code) {
  return code < 3500 || (code >= 4000 && code < 4500);
}

function addressOfPage() {
  if (typeof location === "undefined") throw new TypeError("url is missing");
  const url = new URL("/connection/websocket", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}
