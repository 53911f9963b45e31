// An employee's desk: the own queues, live, and what one has in hand. It stays while the pages change.

import { Emitter } from "../emitter.js";
import { claimOf, inOrderOfWork, queueFigures } from "./queue-figures.js";
import { Expectations } from "./expectations.js";
import { tellHandovers } from "./handover-toasts.js";
import { LeaseKeeper } from "./lease-keeper.js";
import { OwnClaims } from "./own-claims.js";

/** Services that are asked for: at first, so that there is soon something to see; of a queue that is looked at; of others. */
const LIMIT = { first: 200, chosen: 5_000, other: 500 };
/** Queues that are followed at one time; further ones when they are chosen. */
const MOST_QUEUES = 40;
/** A long queue is counted anew at most this often, in milliseconds. */
const COUNT_AGAIN = 200;
const KEPT = "usher.queue";

/**
 * @typedef {{name: string, subscription: import("../app/shared-subscription.js").SharedSubscription,
 *   limit: number, release: () => void, figures: import("./queue-figures.js").QueueFigures}} DeskQueue
 */

/** @type {WeakMap<import("../app/live.js").Live, Desk>} */
const desks = new WeakMap();

/**
 * The desk of the user who is signed in.
 *
 * @param {any} context as of a page: `live`, `session`, `api`
 * @returns {Desk}
 */
export function deskOf({ live, session, api }) {
  let desk = desks.get(live);
  if (!desk) {
    desks.set(live, (desk = new Desk(live, session.user.id, api)));
    tellHandovers(desk);
  }
  return desk;
}

/**
 * Calls back `change` with the queue's name when a queue is another, `figures` when it has been counted, `mine` when one's own
 * services are (also when a command has begun or was taken back), `handover` when others gave one to the user or took one away,
 * and `queues` when queues have come, gone, or another one is chosen.
 */
export class Desk {
  #emitter = new Emitter(["change", "figures", "handover", "mine", "queues"]);
  /** @type {Map<string, DeskQueue>} */
  #queues = new Map();
  #expectations = new Expectations();
  #live;
  #user;
  #api;
  #chosen = "";
  /** @type {Promise<void> | null} */
  #loading = null;

  /** Who keeps the claims. */
  leases;

  /**
   * @param {import("../app/live.js").Live} live
   * @param {string} user id
   * @param {import("../app/api.js").Api} api
   */
  constructor(live, user, api) {
    this.#live = live;
    this.#user = user;
    this.#api = api;
    this.leases = new LeaseKeeper(live, user, () => this.mine, (service) => this.#lost(service));
    // The one that was looked at last is most likely wanted again: it need not wait for the list of all.
    const kept = localStorage.getItem(KEPT);
    if (kept) this.#follow(kept, LIMIT.chosen);
  }

  /** The names of all queues that the user works in, in order. @type {string[]} */
  names = [];

  /** The queue that is looked at; empty where there is none. */
  get chosen() {
    return this.#chosen;
  }

  /** What the user has, in the order of work, as it will be when the commands under way have been carried out. */
  get mine() {
    return inOrderOfWork(this.#expectations.over([...this.#queues.values()].flatMap(({ figures }) => figures.mine)));
  }

  /** @param {string} name */
  queue(name) {
    return this.#queues.get(name);
  }

  /**
   * @param {"change" | "figures" | "handover" | "mine" | "queues"} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /** Asks which queues there are. Rejects with an `ApiProblem`. */
  load() {
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #load() {
    const { queues } = await this.#api.get("/v1/queues", { signal: this.#live.signal });
    this.names = queues.map((/** @type {any} */ one) => one.queue).sort();
    for (const name of this.#queues.keys()) if (!this.names.includes(name)) this.#drop(name);
    const kept = localStorage.getItem(KEPT);
    const first = [this.#chosen, kept].find((name) => name && this.names.includes(name)) ?? this.names[0] ?? "";
    this.choose(first);
    for (const name of this.names.slice(0, MOST_QUEUES)) this.#follow(name, LIMIT.other);
    this.#emitter.emit("queues", null);
  }

  /**
   * Looks at a queue, remembered.
   *
   * @param {string} name
   */
  choose(name) {
    if (!name) return void (this.#chosen = "");
    this.#follow(name, LIMIT.chosen);
    if (name === this.#chosen) return;
    this.#chosen = name;
    localStorage.setItem(KEPT, name);
    this.#emitter.emit("queues", null);
  }

  /** True while an answer is awaited for a service. @param {string} id */
  isPending(id) {
    return this.#expectations.isPending(id);
  }

  /**
   * Carries out a command about one's own service: what is expected is shown at once, and taken back when it is refused.
   *
   * @param {import("../app/commands.js").Commands} commands
   * @param {string} command such as `start`
   * @param {import("../queue-copy.js").Service} service
   * @param {Partial<import("../queue-copy.js").Service> | null} expected null: no longer one's own
   * @param {Record<string, any>} [data]
   * @param {(refusal: any) => void} [refused]
   * @returns {Promise<any>} the answer; null when it was refused
   */
  async act(commands, command, service, expected, data = {}, refused) {
    let expectation = 0;
    const answer = await commands.run(`service.${command}`, { id: service.id, fence: service.fence, ...data }, {
      optimistic: () => {
        expectation = this.#expectations.expect(service, expected);
        this.#emitter.emit("mine", service.id);
      },
      rollback: (refusal) => {
        this.#expectations.revert(service.id, expectation);
        refused?.(refusal);
        this.#emitter.emit("mine", service.id);
      },
    });
    if (answer) this.#answered(answer, expected === null ? null : answer.service, service);
    return answer;
  }

  /**
   * An answer that made a service one's own.
   *
   * @param {any} answer
   */
  claimed(answer) {
    this.#answered(answer, answer.service, answer.service);
  }

  /**
   * @param {any} answer
   * @param {import("../queue-copy.js").Service | null} service
   * @param {import("../queue-copy.js").Service} was
   */
  #answered(answer, service, was) {
    this.leases.told(answer.service, answer.lease_until);
    this.#expectations.settle(was, service, answer.service.queue, answer.queue_version);
    const copy = this.#queues.get(was.queue)?.subscription.copy;
    if (copy) this.#expectations.reached(was.queue, copy.version);
    this.#emitter.emit("mine", was.id);
  }

  /** @param {import("../queue-copy.js").Service} service */
  #lost(service) {
    const isHere = this.mine.some((one) => claimOf(one) === claimOf(service));
    // The copy will say the same in a moment; until then nobody is to go on with it.
    if (isHere) this.#expectations.settle(service, null, service.queue, 0);
    this.#emitter.emit("mine", service.id);
  }

  /**
   * @param {string} name
   * @param {number} limit
   */
  #follow(name, limit) {
    const known = this.#queues.get(name);
    if (known) {
      known.limit = Math.max(known.limit, limit);
      return this.#lengthen(known);
    }
    const { subscription, release } = this.#live.queue(name, { limit: LIMIT.first });
    const queue = { name, subscription, limit, release, figures: queueFigures(subscription.copy, this.#user) };
    this.#queues.set(name, queue);
    const claims = new OwnClaims(this.#user);
    claims.reset(subscription.copy);
    let [timer, soon, epoch] = [0, Infinity, ""];
    const read = () => {
      clearTimeout(timer);
      soon = Infinity;
      if (epoch !== subscription.copy.epoch) this.#expectations.forget(name);
      epoch = subscription.copy.epoch;
      this.#lengthen(queue);
      const before = queue.figures.mine;
      queue.figures = queueFigures(subscription.copy, this.#user);
      this.#expectations.reached(name, subscription.copy.version);
      this.#emitter.emit("figures", name);
      if (before.length > 0 || queue.figures.mine.length > 0) this.#emitter.emit("mine", null);
    };
    const readIn = (/** @type {number} */ milliseconds) => {
      if (milliseconds >= soon) return;
      clearTimeout(timer);
      soon = milliseconds;
      timer = setTimeout(read, milliseconds);
    };
    const stops = [
      subscription.on("change", ({ reason, events }) => {
        this.#emitter.emit("change", name);
        if (reason === "snapshot") claims.reset(subscription.copy);
        const { isTouched, handovers } = claims.take(events);
        if (handovers.length > 0) return this.#handedOver(queue, handovers, read);
        // Counting a long queue takes longer than drawing what is seen of it: that can wait, one's own services cannot.
        const waits = events.length > 0 && subscription.copy.size > LIMIT.first && !isTouched;
        readIn(waits ? COUNT_AGAIN : 0);
      }),
      subscription.on("state", () => this.#emitter.emit("change", name)),
    ];
    queue.release = () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
      release();
    };
    if (subscription.hasCopy) read();
  }

  /**
   * @param {DeskQueue} queue
   * @param {import("./own-claims.js").Handover[]} handovers
   * @param {() => void} read takes what the copy has now
   */
  #handedOver(queue, handovers, read) {
    // What one calls oneself stands at the front; what is given may stand behind what is there of the queue.
    if (handovers.some(({ kind, id }) => kind === "given" && !queue.subscription.copy.get(id))) queue.limit = LIMIT.chosen;
    read();
    this.leases.look();
    for (const handover of handovers) this.#emitter.emit("handover", handover);
  }

  /**
   * Asks for more of a queue that is longer than what is there of it.
   *
   * @param {DeskQueue} queue
   */
  #lengthen({ subscription, limit }) {
    if (subscription.hasCopy && !subscription.copy.isWhole) subscription.atLeast(limit);
  }

  /** @param {string} name */
  #drop(name) {
    this.#queues.get(name).release();
    this.#queues.delete(name);
  }
}
