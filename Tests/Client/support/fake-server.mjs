// A server that says what a test tells it to: sockets without a network.

import { UsherClient } from "../../../Sources/Gateway/Console/usher-client.js";
import { FakeClock, settled } from "./fake-clock.mjs";

class FakeSocket {
  bufferedAmount = 0;
  isClosed = false;
  /** What the client sent and the test has not looked at, parsed. */
  inbox = [];

  constructor(url) {
    this.url = String(url);
  }

  send(text) {
    if (this.isClosed) throw new Error("sent on a closed socket");
    for (const line of text.split("\n")) this.inbox.push(JSON.parse(line));
  }

  close() {
    this.isClosed = true;
  }

  /** The next thing that the client sent. */
  take() {
    return this.inbox.shift();
  }

  /** Messages of the server, in one frame. */
  async say(...messages) {
    this.onmessage?.({ data: messages.map((message) => JSON.stringify(message)).join("\n") });
    await settled();
  }

  async publish(queue, ...events) {
    await this.say(...events.map((data) => ({ push: { channel: `queue:${queue}`, pub: { data, offset: data.version } } })));
  }

  /** The server, or the network, ends the connection. */
  async end(code = 1006, reason = "") {
    this.isClosed = true;
    this.onclose?.({ code, reason });
    await settled();
  }
}

/** A client, its clock, and the sockets that it has made. */
export class Bench {
  clock = new FakeClock();
  sockets = [];
  states = [];
  errors = [];
  tokens = 0;

  constructor(options = {}) {
    const sockets = this.sockets;
    this.client = new UsherClient({
      url: "ws://test/connection/websocket",
      getToken: async () => `token${++this.tokens}`,
      WebSocket: class extends FakeSocket {
        constructor(url) {
          super(url);
          sockets.push(this);
        }
      },
      clock: this.clock,
      random: () => 0.5,
      ...options,
    });
    this.client.on("state", (state) => this.states.push(state));
    this.client.on("error", (error) => this.errors.push(error));
  }

  get socket() {
    return this.sockets[this.sockets.length - 1];
  }

  /** Up to the connect reply. */
  async connect(terms = {}) {
    this.client.connect();
    await settled();
    return this.accept(terms);
  }

  /** The newest socket opens, and the server takes its token; the connect command. */
  async accept(terms = {}) {
    this.socket.onopen();
    const command = this.socket.take();
    const connect = { client: "c", version: "usher", expires: true, ttl: 600, ping: 25, pong: true, ...terms };
    await this.socket.say({ id: command.id, connect });
    return command;
  }

  /** Answers the subscribe command that comes next with the snapshot of a model; the command. */
  async subscribe(model) {
    const command = this.socket.take();
    const limit = command.subscribe.data.limit;
    await this.socket.say({
      id: command.id,
      subscribe: {
        recoverable: true, positioned: true, epoch: model.epoch, offset: model.version, data: model.snapshot(limit),
        ...(command.subscribe.recover ? { was_recovering: true, recovered: false } : {}),
      },
    });
    return command;
  }

  /** Answers it with what was missed. */
  async recover(model, events) {
    const command = this.socket.take();
    await this.socket.say({
      id: command.id,
      subscribe: {
        recoverable: true, positioned: true, epoch: model.epoch, offset: model.version, was_recovering: true,
        recovered: true, publications: events.map((data) => ({ data, offset: data.version })),
      },
    });
    return command;
  }
}
