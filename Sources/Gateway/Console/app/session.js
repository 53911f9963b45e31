// Who is signed in, in this tab. The refresh token is a cookie that scripts cannot read; the access token is only here.

import { Emitter } from "../emitter.js";
import { ApiProblem, send } from "./request.js";

/** A token with less than this share of its life left is not handed out: the live connection asks for the next one at 80%. */
const NEARLY_OVER = 0.25;
/** Tabs take turns at the cookie under this name. */
const LOCK = "usher-session";
/** Remembers that there may be a session to go on with: without it nobody asks, since the answer would be an error. */
const HINT = "usher.session";

/**
 * @typedef {{
 *   id: string, username: string, display_name: string | null, level: "viewer" | "agent" | "supervisor" | "admin" | "producer",
 *   queues: string[] | null, skills: string[], capacity: number | null,
 * }} User
 *
 * Why somebody is signed out: `null` when nobody was signed in, `user` by one's own will, `over` when the session has
 * ended (elsewhere, by an administrator, by its age), `other` when somebody else has signed in in another tab, `disabled`
 * when the account is.
 * @typedef {null | "user" | "over" | "other" | "disabled"} Reason
 */

/** Calls back `state` with `{state: "signed_in" | "signed_out", reason}`, and `user` when one's rights have changed. */
export class Session {
  #emitter = new Emitter(["state", "user"]);
  #token = "";
  #tokenEnd = 0;
  #tokenLife = 0;
  /** @type {Promise<string | null> | null} */
  #refreshing = null;
  #tabs = new BroadcastChannel("usher-session");

  /** @type {"signed_in" | "signed_out"} */
  state = "signed_out";
  /** @type {Reason} */
  reason = null;
  /** @type {User | null} */
  user = null;

  constructor() {
    this.#tabs.onmessage = ({ data }) => {
      if (data === "signed_out") this.#end("user");
    };
  }

  /** The session of this browser's cookie; signed out where there is none. Rejects while the server is unreachable. */
  static async resume() {
    const session = new Session();
    if (localStorage.getItem(HINT) && (await session.#refresh(true))) await session.#begin();
    return session;
  }

  /**
   * @param {"state" | "user"} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} takes the listener away again
   */
  on(name, listener) {
    return this.#emitter.on(name, listener);
  }

  /**
   * Rejects with an `ApiProblem`: `invalid_credentials`, `too_many_requests`, ...
   *
   * @param {string} username
   * @param {string} password
   */
  async signIn(username, password) {
    // Another tab whose session this ends is to find the next cookie, not to lose it by asking with the last.
    const answer = await navigator.locks.request(LOCK, () => send("POST", "/v1/session", { body: { username, password } }));
    this.#take(await answer.json());
    await this.#begin();
  }

  /** Ends the session, in every tab. What the server does not hear of, it learns when the session's time is over. */
  async signOut() {
    const token = this.#token;
    // Before the server closes what is open, so that no tab takes it for a session that somebody else has ended.
    this.#tabs.postMessage("signed_out");
    this.#end("user");
    await navigator.locks.request(LOCK, () => send("DELETE", "/v1/session", { token, keepalive: true }));
  }

  /**
   * An access token that is good now; null when nobody is signed in. Rejects with an `ApiProblem` while a new one is not
   * to be had.
   *
   * @returns {Promise<string | null>}
   */
  async getToken() {
    if (this.#token && this.#tokenEnd - Date.now() > this.#tokenLife * NEARLY_OVER) return this.#token;
    if (this.state === "signed_out") return null;
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /**
   * The server does not take this token any more: the next is a new one.
   *
   * @param {string} [token] the present one, where nothing is said
   */
  drop(token = this.#token) {
    if (token === this.#token) this.#token = "";
  }

  async #begin() {
    const answer = await send("GET", "/v1/users/me", { token: this.#token });
    const { id, username, display_name, level, queues, skills, capacity } = await answer.json();
    this.user = { id, username, display_name, level, queues, skills, capacity };
    localStorage.setItem(HINT, "1");
    this.reason = null;
    this.state = "signed_in";
    this.#emitter.emit("state", { state: this.state, reason: null });
  }

  /**
   * @param {boolean} [begins] nobody is signed in here yet
   * @returns {Promise<string | null>}
   */
  #refresh(begins = false) {
    return navigator.locks.request(LOCK, async () => {
      // While this waited for its turn another tab may have signed out.
      if (!begins && this.state === "signed_out") return null;
      try {
        const answer = await (await send("POST", "/v1/session/refresh")).json();
        // The cookie is all tabs': this one does not go on as another user unasked.
        if (this.user && claimsOf(answer.access_token).sub !== this.user.id) {
          this.#end("other");
          localStorage.setItem(HINT, "1");
          return null;
        }
        this.#take(answer);
        return this.#token;
      } catch (error) {
        if (!(error instanceof ApiProblem) || (error.status !== 401 && error.status !== 403)) throw error;
        localStorage.removeItem(HINT);
        if (this.state === "signed_in") this.#end(error.code === "disabled" ? "disabled" : "over");
        else this.reason = error.code === "disabled" ? "disabled" : "over";
        return null;
      }
    });
  }

  /** @param {{access_token: string, expires_in: number}} answer */
  #take({ access_token, expires_in }) {
    this.#token = access_token;
    this.#tokenLife = expires_in * 1_000;
    this.#tokenEnd = Date.now() + this.#tokenLife;
    if (!this.user) return;
    const { level, queues = null, skills = [], capacity = null } = claimsOf(access_token);
    const user = { ...this.user, level, queues, skills, capacity };
    if (rightsOf(user) === rightsOf(this.user)) return;
    this.user = user;
    this.#emitter.emit("user", user);
  }

  /** @param {Reason} reason */
  #end(reason) {
    if (this.state === "signed_out") return;
    localStorage.removeItem(HINT);
    this.#token = "";
    this.user = null;
    this.state = "signed_out";
    this.reason = reason;
    this.#emitter.emit("state", { state: this.state, reason });
  }
}

/**
 * What a user may do, to be compared.
 *
 * @param {User} user
 */
function rightsOf({ level, queues, skills, capacity }) {
  return JSON.stringify([level, queues && [...queues].sort(), [...skills].sort(), capacity]);
}

/**
 * What an access token says. Nobody checks it here: the server does, with every request.
 *
 * @param {string} token
 */
function claimsOf(token) {
  const middle = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(middle), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
