// Commands of one connection: what waits, what is under way, and which answer belongs to which.

import { UsherError } from "./usher-error.js";

/** Commands under way; one fewer than the server takes, which is kept for a token's refresh. */
const IN_FLIGHT = 15;

/**
 * `isCall`: it is a caller's own, and waits for the next connection where it was not sent yet.
 *
 * @typedef {(error: UsherError | null, result?: any) => void} Done
 * @typedef {{text: string, done: Done, isCall: boolean, isSent: boolean}} Command
 */

/** Numbers the commands, sends as many at a time as the server takes, and hands on the answers. */
export class CommandLine {
  /** @type {(text: string) => void} */
  #send;
  #isOpen = false;
  #nextID = 1;
  /** Commands that were sent, by id. @type {Map<number, Command>} */
  #sent = new Map();
  /** Subscriptions go first. @type {Command[]} */
  #subscriptions = [];
  /** @type {Command[]} */
  #calls = [];

  /** @param {(text: string) => void} send writes a message to the present socket */
  constructor(send) {
    this.#send = send;
  }

  /** Calls that were not sent yet. */
  get waiting() {
    return this.#calls.length;
  }

  /** The connection takes commands from now on. */
  open() {
    this.#isOpen = true;
    this.pump();
  }

  /**
   * A command that takes its turn. Throws where `body` cannot be written as JSON.
   *
   * @param {object} body
   * @param {Done} done
   * @param {{isCall?: boolean}} [kind]
   */
  add(body, done, { isCall = false } = {}) {
    const command = { text: JSON.stringify(body), done, isCall, isSent: false };
    (isCall ? this.#calls : this.#subscriptions).push(command);
    this.pump();
    return command;
  }

  /**
   * A command that does not wait for its turn.
   *
   * @param {object} body
   * @param {Done} done
   */
  sendNow(body, done) {
    this.#start({ text: JSON.stringify(body), done, isCall: false, isSent: false });
  }

  /**
   * Nobody waits for this one any more. Where it was sent, its place under way stays taken until the answer: the server
   * counts it, too.
   *
   * @param {Command} command
   */
  giveUp(command) {
    this.#calls = this.#calls.filter((other) => other !== command);
  }

  /** Sends what waits, as far as the server takes it. */
  pump() {
    while (this.#isOpen && this.#sent.size < IN_FLIGHT) {
      const command = this.#subscriptions.shift() ?? this.#calls.shift();
      if (!command) return;
      this.#start(command);
    }
  }

  /**
   * @param {any} reply one with an id
   */
  answered(reply) {
    const command = this.#sent.get(reply.id);
    if (!command) return;
    this.#sent.delete(reply.id);
    if (reply.error) command.done(UsherError.of(reply.error));
    else command.done(null, Object.entries(reply).find(([name]) => name !== "id")?.[1] ?? {});
  }

  /**
   * The connection is over.
   *
   * @param {boolean} comesBack
   * @returns {Command[]} the calls that will not be answered
   */
  close(comesBack) {
    const lost = [...this.#sent.values()].filter(({ isCall }) => isCall);
    if (!comesBack) lost.push(...this.#calls.splice(0));
    this.#sent.clear();
    this.#subscriptions = [];
    this.#isOpen = false;
    this.#nextID = 1;
    return lost;
  }

  /** @param {Command} command */
  #start(command) {
    const id = this.#nextID++;
    command.isSent = true;
    this.#sent.set(id, command);
    this.#send(`{"id":${id},${command.text.slice(1)}`);
  }
}
