// Callbacks by name.

/** The most listeners of one name: more are a leak. */
const MAXIMUM = 100;

/** Calls listeners by name, in the order in which they came. */
export class Emitter {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  #listeners = new Map();

  /** @param {string[]} names all that there are: a mistyped one throws. */
  constructor(names) {
    for (const name of names) this.#listeners.set(name, new Set());
  }

  /**
   * @param {string} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name);
    if (!listeners) throw new TypeError(`there is no event "${name}"`);
    if (listeners.size >= MAXIMUM) throw new RangeError(`more than ${MAXIMUM} listeners of "${name}"`);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /**
   * A listener that throws does not disturb the others: its error goes where uncaught ones go.
   *
   * @param {string} name
   * @param {any} detail
   */
  emit(name, detail) {
    for (const listener of [...this.#listeners.get(name)]) {
      try {
        listener(detail);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
