// Commands of people: shown at once, carried out once, taken back when they are refused.

import { newIdempotencyKey } from "../usher-client.js";
import { problemText, t } from "./texts.js";
import { toast } from "./toast.js";

/** How long the outcome of a command is asked for after a cut, in milliseconds. */
const PATIENCE = 60_000;
/** Between two attempts, in milliseconds. */
const PAUSE = 500;

/** What a refusal is: with `code`, as in the README's table, or `offline`. @typedef {{code: string, message: string}} Refusal */

/** Carries out commands over the live connection. */
export class Commands {
  /** @type {import("./live.js").Live} */
  #live;

  /**
   * @param {import("./live.js").Live} live
   * @param {import("./api.js").Api} api
   */
  constructor(live, api) {
    this.#live = live;
    this.api = api;
  }

  /** Why no command can be given now, as a sentence; null when it can. */
  get hindrance() {
    return this.#live.state === "live" ? null : t("problem.offline");
  }

  /**
   * Carries out a command. `optimistic` is called at once and shows what is expected, `rollback` takes that back when it
   * is refused. When the connection is cut before the answer, it is asked for again under the same idempotency key.
   *
   * @param {string} method of RPC, such as `service.start`
   * @param {Record<string, any>} data
   * @param {{optimistic?: () => void, rollback?: (refusal: Refusal) => void, refused?: (refusal: Refusal) => boolean | void}} [options]
   *   `refused`: true says that the refusal has been shown already
   * @returns {Promise<any>} the answer; null when it was refused, which has been told
   */
  async run(method, data, { optimistic, rollback, refused } = {}) {
    const refuse = (/** @type {any} */ refusal) => {
      rollback?.(refusal);
      if (refused?.(refusal) !== true) toast(problemText(refusal), { kind: "error" });
      return null;
    };
    if (this.hindrance) return refuse({ code: "offline", message: "" });
    optimistic?.();
    try {
      return await this.#carryOut(method, { ...data, idempotency_key: newIdempotencyKey() });
    } catch (error) {
      return refuse(error);
    }
  }

  /**
   * @param {string} method
   * @param {object} data
   */
  async #carryOut(method, data) {
    const end = Date.now() + PATIENCE;
    for (;;) {
      try {
        return await this.#live.rpc(method, data);
      } catch (/** @type {any} */ error) {
        // Only what may have been done, or what the server asks to send again, is worth another attempt.
        const again = error.outcomeUnknown || error.code === "request_in_progress" || error.code === "too_many_requests";
        if (!again || Date.now() + PAUSE > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }
}
