// One request to the server, and the one error that comes of it.

/** A request is given up after so long without an answer, in milliseconds. */
const TIMEOUT = 30_000;

/** What went wrong with a request: an RFC 9457 problem of the server, or `unreachable`. */
export class ApiProblem extends Error {
  /**
   * @param {{
   *   status?: number, code: string, title?: string, detail?: string, requestId?: string | null,
   *   retryAfter?: number | null, outcomeUnknown?: boolean, state?: string,
   * }} problem
   */
  constructor({ status = 0, code, title = "", detail = "", requestId = null, retryAfter = null, outcomeUnknown = false, state }) {
    super(detail || title || code);
    this.name = "ApiProblem";
    /** Of HTTP; 0 where no answer came. */
    this.status = status;
    /** The machine's word: those of the server, and `unreachable`. */
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.requestId = requestId;
    /** Seconds after which trying again may help; null where the server says nothing. */
    this.retryAfter = retryAfter;
    /** The change may have been made: the same again under the same idempotency key tells. */
    this.outcomeUnknown = outcomeUnknown;
    /** The state that a service was found in, where that is the reason. */
    this.state = state;
  }
}

/**
 * Which times the server's answers told, for `server-clock.js`.
 *
 * @type {((date: string, sent: number, received: number) => void) | null}
 */
let onDate = null;

/**
 * Tells of each answer's `Date` and when its request was sent and answered.
 *
 * @param {typeof onDate} listener
 */
export function watchDates(listener) {
  onDate = listener;
}

/**
 * Sends a request to the page's own server. Resolves with an answer below 400, and rejects with an `ApiProblem`, or with
 * the signal's reason when it was aborted.
 *
 * @param {string} method
 * @param {string} path
 * @param {{
 *   query?: Record<string, any>, body?: any, token?: string | null, headers?: Record<string, string>,
 *   signal?: AbortSignal, timeout?: number, keepalive?: boolean,
 * }} [options]
 * @returns {Promise<Response>}
 */
export async function send(method, path, { query, body, token, headers = {}, signal, timeout = TIMEOUT, keepalive = false } = {}) {
  const all = { Accept: "application/json", ...headers };
  if (token) all.Authorization = `Bearer ${token}`;
  if (body !== undefined) all["Content-Type"] = "application/json";
  const late = AbortSignal.timeout(timeout);
  const sent = Date.now();
  let answer;
  try {
    answer = await fetch(path + queryText(query), {
      method,
      headers: all,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, late]) : late,
      cache: "no-store",
      keepalive,
      credentials: "same-origin",
      redirect: "error",
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new ApiProblem({ code: "unreachable", outcomeUnknown: method !== "GET" });
  }
  const date = answer.headers.get("date");
  if (date) onDate?.(date, sent, Date.now());
  if (answer.ok) return answer;
  throw await problemOf(answer);
}

/**
 * `?a=1&b=2`; members that are null, undefined or empty are left out, lists come joined with commas.
 *
 * @param {Record<string, any>} [query]
 */
export function queryText(query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : "";
}

/** @param {Response} answer */
async function problemOf(answer) {
  const retryAfter = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
  const known = {
    status: answer.status,
    code: "internal",
    requestId: answer.headers.get("x-request-id"),
    retryAfter: Number.isNaN(retryAfter) ? null : retryAfter,
  };
  let body = null;
  try {
    body = await answer.json();
  } catch {
    // A proxy's page, or nothing: the status has to do.
  }
  if (!body || typeof body !== "object") return new ApiProblem({ ...known, title: answer.statusText });
  const { code = known.code, title, detail, request_id, state } = body;
  const outcomeUnknown = code === "outcome_unknown";
  return new ApiProblem({ ...known, code, title, detail, requestId: request_id ?? known.requestId, state, outcomeUnknown });
}
