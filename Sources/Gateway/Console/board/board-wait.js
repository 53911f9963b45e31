// How long somebody who comes now would wait, asked for now and then.

/** Between two questions, in milliseconds. */
const PACE = 10_000;

/**
 * Keeps the server's estimate for whoever came last, which is the nearest thing to one for whoever comes next. Asks as
 * seldom as it can, one question at a time.
 */
export class BoardWait {
  #ask;
  #now;
  #isAsking = false;
  #askedAt = -Infinity;
  #askedFor = "";

  /** What the server said last; null when it could not say. @type {{low_seconds: number, high_seconds: number} | null} */
  estimate = null;
  /** How many wait, as the server counts; null when not known. @type {number | null} */
  waiting = null;

  /**
   * @param {(id: string) => Promise<any>} ask gives a service's position
   * @param {() => number} now milliseconds that only run forward
   */
  constructor(ask, now) {
    this.#ask = ask;
    this.#now = now;
  }

  /**
   * Asks, if it is time. Nobody waiting needs no question.
   *
   * @param {string | null} lastWaiting the id of whoever came last
   * @returns {Promise<boolean>} true when there is something new
   */
  async refresh(lastWaiting) {
    if (lastWaiting === null) {
      this.estimate = null;
      this.waiting = 0;
      this.#askedFor = "";
      return true;
    }
    const isFirst = this.#askedFor === "";
    if (this.#isAsking || (!isFirst && this.#now() - this.#askedAt < PACE)) return false;
    this.#isAsking = true;
    this.#askedAt = this.#now();
    this.#askedFor = lastWaiting;
    try {
      const { estimate, waiting } = await this.#ask(lastWaiting);
      // One that was called meanwhile has no position; the next question tells.
      if (waiting === null) return false;
      this.estimate = estimate;
      this.waiting = waiting;
    } catch {
      this.estimate = null;
    } finally {
      this.#isAsking = false;
    }
    return true;
  }
}
