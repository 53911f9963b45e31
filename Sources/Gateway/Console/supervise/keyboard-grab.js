// Reordering by keyboard: grab with Space, move with the arrows, drop with Space or Enter, Escape puts it back. Pure: what
// is to be said and done comes back as an answer.

import { isMovable, planMove } from "./move-plan.js";

/**
 * @typedef {import("../queue-copy.js").Service} Service
 * @typedef {{say: string, ticket: number, place: number, total: number}} Said `say`: a key of the texts
 * @typedef {{said: Said, move?: {id: string, target: import("./move-plan.js").Target}}} Answer
 */

/** How far each key takes the grabbed service; Home and End as far as there is. */
const STEPS = new Map([["ArrowUp", -1], ["ArrowDown", 1], ["PageUp", -10], ["PageDown", 10], ["Home", -Infinity],
  ["End", Infinity]]);

/** At most one service is grabbed at a time. */
export class KeyboardGrab {
  /** The grabbed service; null for none. @type {string | null} */
  id = null;
  /** Places that it has been taken from where it is: negative towards the front. */
  #by = 0;

  /**
   * The place at which the grabbed service is shown; null when nothing is grabbed.
   *
   * @param {Service[]} rows
   * @returns {{from: number, to: number} | null}
   */
  place(rows) {
    const from = rows.findIndex(({ id }) => id === this.id);
    if (this.id === null || from < 0) return null;
    return { from, to: Math.min(rows.length - 1, Math.max(0, from + this.#by)) };
  }

  /**
   * The rows as they are shown: with the grabbed one where it would be dropped.
   *
   * @param {Service[]} rows
   */
  apply(rows) {
    const place = this.place(rows);
    if (!place || place.from === place.to) return rows;
    return rows.toSpliced(place.from, 1).toSpliced(place.to, 0, rows[place.from]);
  }

  /**
   * @param {string} key as of the keyboard event
   * @param {Service[]} rows
   * @param {number} focused the row with the focus, as it is shown
   * @returns {Answer | null} null when the key is none of ours
   */
  press(key, rows, focused) {
    if (this.id === null) return key === " " ? this.#lift(rows, focused) : null;
    const place = this.place(rows);
    if (!place) return null;
    const step = STEPS.get(key);
    if (step !== undefined) return this.#shift(rows, place, step);
    if (key === " " || key === "Enter") return this.#drop(rows, place);
    return key === "Escape" ? this.#end(rows, place.from, place.from, "supervise.grab_cancelled") : null;
  }

  /**
   * What the server has told may have taken the service from under the hand.
   *
   * @param {Service[]} before
   * @param {Service[]} rows
   * @returns {Answer | null}
   */
  revise(before, rows) {
    if (this.id === null || isMovable(rows.find(({ id }) => id === this.id))) return null;
    return this.#end(before, before.findIndex(({ id }) => id === this.id), 0, "supervise.grab_lost");
  }

  /** @param {Service[]} rows @param {number} at @returns {Answer | null} */
  #lift(rows, at) {
    const service = rows[at];
    if (!service) return null;
    if (!isMovable(service)) return { said: said("supervise.grab_refused", rows, at, at) };
    this.id = service.id;
    this.#by = 0;
    return { said: said("supervise.grabbed", rows, at, at) };
  }

  /** @param {Service[]} rows @param {{from: number, to: number}} place @param {number} step @returns {Answer} */
  #shift(rows, { from, to }, step) {
    // What is not due yet stands behind all that wait, and nothing goes there.
    const last = rows.findLastIndex(({ state }) => state !== "scheduled");
    const next = Math.min(last, Math.max(0, to + step));
    this.#by = next - from;
    return { said: said("supervise.grab_moved", rows, from, next) };
  }

  /** @param {Service[]} rows @param {{from: number, to: number}} place @returns {Answer} */
  #drop(rows, { from, to }) {
    const id = /** @type {string} */ (this.id);
    const target = planMove(rows, from, to);
    const answer = this.#end(rows, from, to, "supervise.dropped");
    return target ? { ...answer, move: { id, target } } : answer;
  }

  /** @param {Service[]} rows @param {number} from @param {number} to @param {string} say @returns {Answer} */
  #end(rows, from, to, say) {
    this.id = null;
    this.#by = 0;
    return { said: said(say, rows, from, to) };
  }
}

/** @param {string} say @param {Service[]} rows @param {number} from @param {number} to @returns {Said} */
function said(say, rows, from, to) {
  return { say, ticket: rows[from]?.ticket, place: to + 1, total: rows.length };
}
