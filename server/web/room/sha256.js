/**
 * SHA-256 as bytes arrive (FIPS 180-4). Browsers have their own only for pages that come by https, and only for what
 * is in memory as a whole; a listening room at home comes by http, and a recording may be long.
 */

const BLOCK_BYTES = 64;
const LENGTH_AT = 56; // of the last block, the number of bits

const fraction = (value) => Math.floor((value - Math.floor(value)) * 2 ** 32);

function firstPrimes(count) {
  const primes = [];
  for (let n = 2; primes.length < count; n += 1) {
    if (primes.every((prime) => n % prime)) primes.push(n);
  }
  return primes;
}

const PRIMES = firstPrimes(64);
const ROUNDS = Uint32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = Uint32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));

export class Sha256 {
  #state = START.slice();
  #words = new Int32Array(64);
  #rest = new Uint8Array(BLOCK_BYTES);
  #nRest = 0;
  #nBytes = 0;

  /** @param {Uint8Array} bytes */
  add(bytes) {
    this.#nBytes += bytes.length;
    let at = 0;
    if (this.#nRest) {
      at = Math.min(BLOCK_BYTES - this.#nRest, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#nRest);
      this.#nRest += at;
      if (this.#nRest < BLOCK_BYTES) return;
      this.#block(this.#rest, 0);
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.#block(bytes, at);
    this.#rest.set(bytes.subarray(at));
    this.#nRest = bytes.length - at;
  }

  /** The digest of all that was added, in hexadecimal; nothing can be added after it. */
  hex() {
    const nBits = 8 * this.#nBytes;
    const pad = new Uint8Array(((LENGTH_AT - this.#nRest - 1 + BLOCK_BYTES) % BLOCK_BYTES) + 9);
    const view = new DataView(pad.buffer);
    pad[0] = 0x80;
    view.setUint32(pad.length - 8, Math.floor(nBits / 2 ** 32));
    view.setUint32(pad.length - 4, nBits % 2 ** 32);
    this.add(pad);
    return [...this.#state].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  #block(bytes, at) {
    const w = this.#words;
    for (let i = 0; i < 16; i += 1, at += 4) {
      w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 64; i += 1) {
      const s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    const state = this.#state;
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
      const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] += word));
  }
}

/** The digest of a file, read piece by piece. */
export async function sha256Of(file) {
  const hash = new Sha256();
  for (const reader = file.stream().getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return hash.hex();
    hash.add(value);
  }
}
