// The error that every part of the client throws, rejects with and reports.

/** The protocol's own error codes, as words. Usher's own errors bring their word in the message. */
const WORDS = new Map([
  [100, "internal"],
  [101, "unauthorized"],
  [102, "unknown_channel"],
  [103, "forbidden"],
  [104, "unknown_method"],
  [105, "already_subscribed"],
  [106, "limit_exceeded"],
  [107, "bad_request"],
  [108, "not_available"],
  [109, "token_expired"],
  [110, "expired"],
  [111, "too_many_requests"],
  [112, "unrecoverable_position"],
]);

/**
 * What went wrong: `message` for people, `code` for programs.
 *
 * Codes of the server are those of its REST problems (`illegal_transition`, `stale_fence`, ...). The client's own:
 *
 * | code | meaning |
 * |---|---|
 * | `timeout` | no answer in time |
 * | `connection_lost` | the connection ended before the answer came |
 * | `not_connected` | the client is not connected and does not try to be |
 * | `busy` | too much waits already: `maximumWaiting` calls, or a megabyte that the socket has not sent |
 * | `token_failed` | `getToken` threw, took too long, or gave no token |
 * | `bad_message` | the server sent what is no message of the protocol, or the socket could not be made |
 * | `gap` | events did not follow on each other |
 * | `digest_mismatch` | the copy is not the server's |
 */
export class UsherError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{number?: number, temporary?: boolean, outcomeUnknown?: boolean, state?: string}} [details]
   */
  constructor(code, message, details = {}) {
    super(message);
    this.name = "UsherError";
    /** What went wrong, for programs. */
    this.code = code;
    /** The number of the server's error, or the code with which it closed the connection; 0 for the client's own. */
    this.number = details.number ?? 0;
    /** Trying again may help. */
    this.temporary = details.temporary ?? false;
    /** The command was sent and may have been carried out: call again with the same idempotency key to learn it. */
    this.outcomeUnknown = details.outcomeUnknown ?? false;
    /** The state that the service was found in, where that is the reason. */
    this.state = details.state;
  }

  /**
   * The error of a reply: `illegal_transition: the service is completed (state: completed)`.
   *
   * @param {{code: number, message?: string, temporary?: boolean}} error
   */
  static of(error) {
    const text = String(error.message ?? "");
    const own = /^([a-z][a-z_]*): (.*?)(?: \(state: ([a-z_]+)\))?$/s.exec(text);
    const code = own ? own[1] : WORDS.get(error.code) ?? `error_${error.code}`;
    return new UsherError(code, own ? own[2] : text, {
      number: error.code,
      temporary: error.temporary === true || error.code < 100,
      outcomeUnknown: code === "outcome_unknown",
      state: own?.[3],
    });
  }
}
