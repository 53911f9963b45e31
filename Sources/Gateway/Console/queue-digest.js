// The digest of a queue: the proof that a copy is the server's.

/** Sums are taken modulo this; they and the terms are exact in a double. */
const MODULUS = 2 ** 48;

const encoder = new TextEncoder();
/** SHA-1's message schedule, used by one call at a time. */
const schedule = new Int32Array(80);

/**
 * A sum over the live services, in any order: each adds the first 48 bits of SHA-1 over `id|order|state|version`.
 */
export class QueueDigest {
  #sum = 0;

  /** @param {import("./queue-copy.js").Service} service a live service */
  insert(service) {
    this.#sum = (this.#sum + digestTerm(service)) % MODULUS;
  }

  /** @param {import("./queue-copy.js").Service} service as it was when inserted */
  remove(service) {
    this.#sum = (this.#sum - digestTerm(service) + MODULUS) % MODULUS;
  }

  /** 12 lower-case hexadecimal digits, as in every event and snapshot. */
  toString() {
    return this.#sum.toString(16).padStart(12, "0");
  }
}

/**
 * What a live service adds: a whole number below 2^48.
 *
 * @param {{id: string, order: number, state: string, version: number}} service
 */
export function digestTerm(service) {
  const hash = hashed(encoder.encode(`${service.id}|${service.order}|${service.state}|${service.version}`));
  return (hash[0] >>> 0) * 0x10000 + (hash[1] >>> 16);
}

/**
 * SHA-1 (FIPS 180-4) as 40 hexadecimal digits. Here because the browser's own is asynchronous; not where a collision
 * would help a forger.
 *
 * @param {Uint8Array} message
 */
export function sha1(message) {
  return Array.from(hashed(message), (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** @param {Uint8Array} message */
function hashed(message) {
  // One byte 0x80 and eight of length behind the message, in whole blocks of 64.
  const padded = new Uint8Array(((message.length + 8) >> 6) * 64 + 64);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29));
  view.setUint32(padded.length - 4, message.length << 3);

  const hash = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const w = schedule;
  for (let block = 0; block < padded.length; block += 64) {
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(block + t * 4);
    for (let t = 16; t < 80; t++) w[t] = rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    let [a, b, c, d, e] = hash;
    for (let t = 0; t < 80; t++) {
      let mixed;
      if (t < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
      else if (t < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
      else if (t < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
      else mixed = (b ^ c ^ d) + 0xca62c1d6;
      const next = (rotated(a, 5) + e + w[t] + mixed) | 0;
      e = d;
      d = c;
      c = rotated(b, 30);
      b = a;
      a = next;
    }
    hash[0] += a;
    hash[1] += b;
    hash[2] += c;
    hash[3] += d;
    hash[4] += e;
  }
  return hash;
}

/**
 * @param {number} x
 * @param {number} n
 */
function rotated(x, n) {
  return (x << n) | (x >>> (32 - n));
}
