// A WebSocket for Node versions that have none: as much of the standard's interface, and of RFC 6455, as the client and an honest
// server need. Text messages without extensions; fragments, pings and closes are understood.

import { createHash, randomBytes } from "node:crypto";
import { connect } from "node:net";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const [CONTINUATION, TEXT, CLOSE, PING, PONG] = [0, 1, 8, 9, 10];

export class WebSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  #socket;
  #received = Buffer.alloc(0);
  #fragments = [];
  #isOpen = false;
  #isOver = false;
  #end = { code: 1006, reason: "" };

  constructor(url) {
    const { hostname, port, pathname, host } = new URL(url);
    const key = randomBytes(16).toString("base64");
    this.#socket = connect(Number(port || 80), hostname);
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", () => {
      this.#socket.write(
        `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`);
    });
    this.#socket.on("data", (data) => {
      this.#received = this.#received.length > 0 ? Buffer.concat([this.#received, data]) : data;
      if (!this.#isOpen && !this.#handshake(key)) return;
      while (this.#frame());
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => {
      if (!this.#isOver) this.onclose?.(this.#end);
      this.#isOver = true;
    });
  }

  get bufferedAmount() {
    return this.#socket.writableLength;
  }

  send(text) {
    this.#write(TEXT, Buffer.from(text));
  }

  close(code = 1000) {
    if (!this.#isOpen) return void this.#socket.destroy();
    this.#write(CLOSE, Buffer.from([code >> 8, code & 255]));
    // The server answers by closing; where it does not, nobody waits for it.
    setTimeout(() => this.#socket.destroy(), 2_000).unref();
  }

  /** As the network would end it: nobody is told. */
  cut() {
    this.#socket.resetAndDestroy();
  }

  /** True when the connection has begun. */
  #handshake(key) {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const head = this.#received.subarray(0, end).toString("latin1");
    const accept = createHash("sha1").update(key + GUID).digest("base64");
    if (!head.startsWith("HTTP/1.1 101") || !head.includes(accept)) {
      this.#socket.destroy();
      return false;
    }
    this.#received = this.#received.subarray(end + 4);
    this.#isOpen = true;
    this.onopen?.();
    return true;
  }

  /** Takes one frame; false when it is not there yet. */
  #frame() {
    const data = this.#received;
    if (data.length < 2) return false;
    let length = data[1] & 127;
    let start = 2;
    if (length === 126) {
      if (data.length < 4) return false;
      length = data.readUInt16BE(2);
      start = 4;
    } else if (length === 127) {
      if (data.length < 10) return false;
      length = Number(data.readBigUInt64BE(2));
      start = 10;
    }
    if (data.length < start + length) return false;
    const payload = data.subarray(start, start + length);
    this.#received = data.subarray(start + length);
    const [isFinal, operation] = [data[0] >= 128, data[0] & 15];
    if (operation === PING) {
      this.#write(PONG, payload);
    } else if (operation === CLOSE) {
      this.#end = { code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005, reason: payload.subarray(2).toString() };
      this.#write(CLOSE, payload);
      this.#socket.end();
    } else if (operation === TEXT || operation === CONTINUATION) {
      this.#fragments.push(payload);
      if (isFinal) this.onmessage?.({ data: Buffer.concat(this.#fragments.splice(0)).toString() });
    }
    return true;
  }

  #write(operation, payload) {
    if (this.#socket.destroyed) return;
    const length = payload.length;
    const size = length < 126 ? [128 | length] : length < 65_536 ? [128 | 126, length >> 8, length & 255] : [128 | 127];
    const head = [Buffer.from([128 | operation, ...size])];
    if (length >= 65_536) {
      const long = Buffer.alloc(8);
      long.writeBigUInt64BE(BigInt(length));
      head.push(long);
    }
    const mask = randomBytes(4);
    this.#socket.write(Buffer.concat([...head, mask, payload.map((byte, place) => byte ^ mask[place & 3])]));
  }
}
