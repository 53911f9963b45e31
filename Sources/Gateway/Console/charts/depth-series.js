// How many services a queue had, moment by moment: back from what it has now, by the events that led there. Pure.

/** The most moments that are kept; with more, the oldest go. */
export const MOST_MOMENTS = 3_000;

/** The events that end a service's stay in the queue. */
const LEAVES = new Set(["service.transferred", "service.completed", "service.no_show", "service.removed", "service.dead"]);

/**
 * By how many services an event makes the queue longer.
 *
 * @param {{type: string, reason?: string}} event
 */
export function growth({ type, reason }) {
  if (type === "service.added" || (type === "service.returned" && reason === "reinstated")) return 1;
  return LEAVES.has(type) ? -1 : 0;
}

/** The depth of one queue over time. */
export class DepthSeries {
  /** Depths and since when, the oldest first. @type {{at: number, depth: number}[]} */
  #moments = [];

  /**
   * Starts again: the queue has `depth` services now, and these events led there, the last of them just now.
   *
   * @param {number} depth
   * @param {{type: string, reason?: string, at: string}[]} events in order
   * @param {number} now
   */
  reset(depth, events, now) {
    const moments = [{ at: now, depth }];
    let before = depth;
    for (const event of events.toReversed()) {
      const by = growth(event);
      if (by === 0) continue;
      moments.push({ at: Date.parse(event.at), depth: before });
      before -= by;
    }
    const first = events[0];
    if (first && growth(first) === 0) moments.push({ at: Date.parse(first.at), depth: before });
    this.#moments = moments.reverse().slice(-MOST_MOMENTS);
  }

  /**
   * The queue has another depth from now on.
   *
   * @param {number} at
   * @param {number} depth
   */
  add(at, depth) {
    if (this.#moments.at(-1)?.depth === depth) return;
    this.#moments.push({ at, depth });
    if (this.#moments.length > MOST_MOMENTS) this.#moments.shift();
  }

  /**
   * Adds what came later to another series.
   *
   * @param {DepthSeries} other
   */
  copyTo(other) {
    for (const { at, depth } of this.#moments) other.add(at, depth);
  }

  /** Since when the depth is known; null for never. */
  get since() {
    return this.#moments[0]?.at ?? null;
  }

  /**
   * The depth at each moment asked for; null before it is known.
   *
   * @param {number[]} times ascending
   * @returns {(number | null)[]}
   */
  sampled(times) {
    let at = 0;
    return times.map((time) => {
      while (at < this.#moments.length && this.#moments[at].at <= time) at += 1;
      return at === 0 ? null : this.#moments[at - 1].depth;
    });
  }
}
