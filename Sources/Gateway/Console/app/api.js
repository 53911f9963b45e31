// The REST API with the session's token.

import { newIdempotencyKey } from "../usher-client.js";
import { ApiProblem, queryText, send } from "./request.js";

export { ApiProblem, queryText };

/** Calls `/v1` as the user who is signed in. Every method rejects with an `ApiProblem`. */
export class Api {
  /** @type {import("./session.js").Session} */
  #session;

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.#session = session;
  }

  /**
   * @param {string} path
   * @param {{query?: Record<string, any>, signal?: AbortSignal, headers?: Record<string, string>, withETag?: boolean}} [options]
   *   with `withETag`, the answer is `{data, etag}`
   * @returns {Promise<any>}
   */
  get(path, { query, signal, headers, withETag = false } = {}) {
    return this.#call("GET", path, { query, signal, headers }, withETag);
  }

  /**
   * A change. It always has an `Idempotency-Key`: bring the one of an attempt whose outcome is unknown to learn it.
   *
   * @param {string} path
   * @param {object} [body]
   * @param {{idempotencyKey?: string, signal?: AbortSignal, headers?: Record<string, string>, withETag?: boolean}} [options]
   * @returns {Promise<any>} null where the answer has no body
   */
  post(path, body, { idempotencyKey = newIdempotencyKey(), signal, headers = {}, withETag = false } = {}) {
    return this.#call("POST", path, { body, signal, headers: { "Idempotency-Key": idempotencyKey, ...headers } }, withETag);
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {{etag?: string | null, signal?: AbortSignal, withETag?: boolean}} [options] `etag`: change only that version
   * @returns {Promise<any>}
   */
  patch(path, body, { etag, signal, withETag = false } = {}) {
    return this.#call("PATCH", path, { body, signal, headers: etag ? { "If-Match": etag } : {} }, withETag);
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {{etag?: string | null, signal?: AbortSignal, withETag?: boolean}} [options]
   * @returns {Promise<any>}
   */
  put(path, body, { etag, signal, withETag = false } = {}) {
    return this.#call("PUT", path, { body, signal, headers: etag ? { "If-Match": etag } : {} }, withETag);
  }

  /**
   * @param {string} path
   * @param {{etag?: string | null, query?: Record<string, any>, signal?: AbortSignal, keepalive?: boolean}} [options]
   *   `keepalive`: it is sent even if the document is gone before
   * @returns {Promise<any>} null where the answer has no body
   */
  delete_(path, { etag, query, signal, keepalive } = {}) {
    return this.#call("DELETE", path, { query, signal, keepalive, headers: etag ? { "If-Match": etag } : {} }, false);
  }

  /**
   * Saves an answer as a file.
   *
   * @param {string} path
   * @param {{query?: Record<string, any>, accept: string, name: string, signal?: AbortSignal}} options
   */
  async download(path, { query, accept, name, signal }) {
    const answer = await this.#send("GET", path, { query, signal, headers: { Accept: accept }, timeout: 600_000 });
    const address = URL.createObjectURL(await answer.blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    // The browser reads it after the click has been handled.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} options
   * @param {boolean} withETag
   */
  async #call(method, path, options, withETag) {
    const answer = await this.#send(method, path, options);
    const text = await answer.text();
    const data = text === "" ? null : JSON.parse(text);
    return withETag ? { data, etag: answer.headers.get("etag") } : data;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {any} options
   */
  async #send(method, path, options) {
    const token = await this.#token();
    try {
      return await send(method, path, { ...options, token });
    } catch (error) {
      // A wrong password is no matter of the token, and would count twice.
      if (!(error instanceof ApiProblem) || error.status !== 401 || error.code === "invalid_credentials") throw error;
      // Its rights have changed, or its time was over: once again with a new one. When the session is over, there is none.
      this.#session.drop(token);
      return send(method, path, { ...options, token: await this.#token() });
    }
  }

  async #token() {
    const token = await this.#session.getToken();
    if (!token) throw new ApiProblem({ status: 401, code: "unauthorized" });
    return token;
  }
}
