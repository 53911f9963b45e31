// A server that answers by itself, and to which a test does what a day brings.

import { QueueModel } from "./queue-model.mjs";

/** Seconds between pings, and of a token's life. */
const PING = 25;
const TOKEN = 600;

export class TroubledServer {
  model = new QueueModel();
  /** `true`: reachable. `false`: refuses. `"silent"`: takes everything and says nothing. */
  network = true;
  isRevoked = false;
  sockets = new Set();
  exchanges = 0;
  /** Sockets that were ever made: a test counts attempts by it. */
  made = 0;

  constructor(clock) {
    this.clock = clock;
    const server = this;
    this.WebSocket = class {
      bufferedAmount = 0;
      constructor() {
        server.made += 1;
        server.sockets.add(this);
        server.#soon(this, () => {
          if (server.network === true) this.onopen?.();
          else if (server.network === false) server.end(this, 1006);
        });
      }
      send(text) {
        for (const line of text.split("\n")) server.#soon(this, () => server.#answer(this, JSON.parse(line)));
      }
      close() {
        server.sockets.delete(this);
      }
    };
  }

  /** What `POST /v1/auth/board` does: a token, or how it fails. */
  async exchange(fail) {
    this.exchanges += 1;
    if (this.network !== true) throw fail("unreachable");
    if (this.isRevoked) throw fail("refused");
    return `token${this.exchanges}`;
  }

  /** A change of the queue, told to all who watch it. */
  publish(event) {
    for (const socket of this.sockets) if (socket.watches) this.#push(socket, event);
    return event;
  }

  end(socket, code, reason = "") {
    this.sockets.delete(socket);
    socket.onclose?.({ code, reason });
  }

  endAll(code) {
    for (const socket of [...this.sockets]) this.end(socket, code);
  }

  #push(socket, data) {
    this.#soon(socket, () => {
      const push = { channel: `queue:${this.model.queue}`, pub: { data, offset: data.version } };
      socket.onmessage?.({ data: JSON.stringify({ push }) });
    });
  }

  /** A little later, unless the socket or the network is gone by then. */
  #soon(socket, action) {
    this.clock.setTimeout(() => {
      if (this.sockets.has(socket) && (this.network === true || !socket.isOpen)) action();
    }, 5);
  }

  #answer(socket, command) {
    const reply = (members) => socket.onmessage?.({ data: JSON.stringify({ id: command.id, ...members }) });
    if (command.connect) {
      if (this.isRevoked) return reply({ error: { code: 109, message: "token expired" } });
      socket.isOpen = true;
      reply({ connect: { client: "c", version: "usher", expires: true, ttl: TOKEN, ping: PING, pong: true } });
      this.#ping(socket);
      this.#expire(socket);
    } else if (command.refresh) {
      this.#expire(socket);
      reply({ refresh: { client: "c", version: "usher", expires: true, ttl: TOKEN } });
    } else if (command.subscribe) {
      socket.watches = true;
      const { epoch, version } = this.model;
      reply({ subscribe: { recoverable: true, positioned: true, epoch, offset: version, data: this.model.snapshot() } });
    } else if (command.unsubscribe) {
      socket.watches = false;
      reply({ unsubscribe: {} });
    }
  }

  #ping(socket) {
    this.clock.setTimeout(() => {
      if (!this.sockets.has(socket)) return;
      if (this.network === true) socket.onmessage?.({ data: "{}" });
      this.#ping(socket);
    }, PING * 1_000);
  }

  #expire(socket) {
    this.clock.clearTimeout(socket.expiry);
    socket.expiry = this.clock.setTimeout(() => {
      if (this.network === true) this.end(socket, 3005, "token expired");
    }, TOKEN * 1_000);
  }
}
