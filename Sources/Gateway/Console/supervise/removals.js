// Removing with time to think: a removal is sent when its seconds are over, or the page is left; until then it can be
// undone. Pure but for the clock that it is given.

/** How long a removal can be undone, in milliseconds. */
export const UNDO_FOR = 6_000;
/** The most removals that wait; with more, the oldest is sent at once. */
export const MOST_REMOVALS = 20;

/**
 * @template Item
 * @typedef {{item: Item, timer: any}} Waiting
 */

/**
 * Removals that wait to be sent, the oldest first.
 *
 * @template {{id: string}} Item
 */
export class Removals {
  /** @type {Waiting<Item>[]} */
  #waiting = [];
  #send;
  #changed;
  #clock;

  /**
   * @param {(item: Item) => void} send
   * @param {() => void} changed called after each change of what waits
   * @param {{setTimeout: (action: () => void, delay: number) => any, clearTimeout: (timer: any) => void}} clock
   */
  constructor(send, changed, clock) {
    this.#send = send;
    this.#changed = changed;
    this.#clock = clock;
  }

  /** @param {string} id */
  has(id) {
    return this.#waiting.some(({ item }) => item.id === id);
  }

  /** How many wait. */
  get size() {
    return this.#waiting.length;
  }

  /**
   * @param {Item} item
   */
  add(item) {
    if (this.has(item.id)) return;
    if (this.size >= MOST_REMOVALS) this.#over(this.#waiting[0].item.id);
    this.#waiting.push({ item, timer: this.#clock.setTimeout(() => this.#over(item.id), UNDO_FOR) });
    this.#changed();
  }

  /**
   * Takes a removal back: the one of `id`, or the youngest. Null when it is too late.
   *
   * @param {string} [id]
   * @returns {Item | null}
   */
  undo(id = this.#waiting.at(-1)?.item.id) {
    const item = id === undefined ? null : this.#take(id);
    if (item) this.#changed();
    return item;
  }

  /** Sends all that wait: the page is left. */
  flush() {
    for (const { item } of [...this.#waiting]) this.#over(item.id);
  }

  /** @param {string} id */
  #over(id) {
    const item = this.#take(id);
    if (!item) return;
    this.#send(item);
    this.#changed();
  }

  /** @param {string} id @returns {Item | null} */
  #take(id) {
    const found = this.#waiting.find(({ item }) => item.id === id);
    if (!found) return null;
    this.#clock.clearTimeout(found.timer);
    this.#waiting = this.#waiting.filter((other) => other !== found);
    return found.item;
  }
}
