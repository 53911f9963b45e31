// Time that stands still until a test moves it.

/** Lets promises and everything that hangs on them go on. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export class FakeClock {
  #now = 1_700_000_000_000;
  #timers = new Map();
  #next = 1;

  now = () => this.#now;

  setTimeout = (action, delay) => {
    this.#timers.set(this.#next, { at: this.#now + delay, action });
    return this.#next++;
  };

  clearTimeout = (timer) => void this.#timers.delete(timer);

  /** How many timers are set. */
  get timers() {
    return this.#timers.size;
  }

  /** Lets so many milliseconds pass, each timer at its moment. */
  async advance(milliseconds) {
    const end = this.#now + milliseconds;
    await settled();
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].action();
      await settled();
    }
    this.#now = end;
  }

  /** Time passes, but no timer runs: the machine slept. */
  sleep(milliseconds) {
    this.#now += milliseconds;
  }
}
