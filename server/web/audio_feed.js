/** What the microphone hears, sent to the server in streams whose every sample has its time. */

import { StreamClock } from "./stream_clock.js";

const KEPT_SEC = 3; // so that a session may begin with a note that was heard before it
const SLACK_MS = 8; // between the stream's time and the clock's before a sample is put in or left out
const NUDGE_BLOCKS = 4; // one sample in so many blocks: 500 parts in a million, less than a cent
const FILL_MS = 20; // so much sound is missing, as where the machine was too busy: it is filled up at once
const LOST_MS = 1000; // as after a pause of the machine: a new stream is more honest
const BACKLOG_MS = 2000; // unsent: a connection this far behind will not catch up

export class AudioFeed {
  #client;
  #onBehind;
  #clock = new StreamClock();
  #kept = [];
  #stream = null;
  #options = {};
  #isBehind = false;
  #isTimed = true;

  isHeld = true;
  latencyMs = 0;

  /**
   * @param {EtudeClient} client
   * @param {(isBehind: boolean) => void} onBehind - told when the connection cannot keep up, and can again
   */
  constructor(client, onBehind = () => {}) {
    this.#client = client;
    this.#onBehind = onBehind;
    client.on("connection", () => (this.#stream = null)); // the server knows of no stream
  }

  /** Take a block in: {samples, endFrame, rateHz}, as it arrives. */
  take({ samples, endFrame, rateHz }, arrivalMs = performance.now()) {
    const endSec = endFrame / rateHz;
    this.#clock.add(endSec, arrivalMs);
    const block = { samples, rateHz, startSec: endSec - samples.length / rateHz };
    this.#kept.push(block);
    while (this.#kept[0].startSec < endSec - KEPT_SEC) this.#kept.shift();
    if (!this.isHeld) this.#pass(block);
  }

  /** Send nothing for now; what is heard is kept for a while. */
  hold() {
    if (this.#stream && this.#client.isOpen) this.#client.stopAudio();
    this.#stream = null;
    this.isHeld = true;
  }

  /**
   * Begin a new stream, of what is heard from now on or was heard since `fromMs`.
   *
   * @param {object} options - instrument, a4, tuning, tonic
   * @param {boolean} isTimed - whether the stream is kept on the page's clock; a tuner's need not be
   */
  begin(options = this.#options, { fromMs = Infinity, isTimed = true } = {}) {
    this.#options = options;
    this.#isTimed = isTimed;
    this.#stream = null;
    this.isHeld = false;
    for (const block of this.#kept.filter((one) => this.#endsAt(one) > fromMs)) this.#pass(block);
  }

  /** What was heard since `fromMs`, in one piece: {samples, rateHz, startMs}; null where nothing was. */
  since(fromMs) {
    const blocks = this.#kept.filter((one) => this.#endsAt(one) > fromMs);
    if (!blocks.length) return null;
    const samples = new Float32Array(blocks.reduce((total, block) => total + block.samples.length, 0));
    let filled = 0;
    for (const block of blocks) {
      samples.set(block.samples, filled);
      filled += block.samples.length;
    }
    return { samples, rateHz: blocks[0].rateHz, startMs: this.#heardAt(blocks[0]) };
  }

  /** The microphone is closed: the stream ends. */
  end() {
    this.hold();
    this.#kept = [];
    this.#clock = new StreamClock();
  }

  /** When a block began to be heard, in ms of performance.now(). */
  #heardAt({ startSec }) {
    return this.#clock.atMs(startSec) - this.latencyMs;
  }

  #endsAt(block) {
    return this.#heardAt(block) + (1000 * block.samples.length) / block.rateHz;
  }

  #pass(block) {
    if (!this.#client.isOpen || this.#fallsBehind(block)) return;
    const heardMs = this.#heardAt(block);
    const offMs = this.#stream ? heardMs - this.#stream.endMs : 0;
    if (!this.#stream || Math.abs(offMs) > LOST_MS || this.#stream.rateHz !== block.rateHz) {
      this.#stream = { rateHz: block.rateHz, endMs: heardMs, blocks: 1 };
      this.#client.startAudio({ at: heardMs, sampleRate: block.rateHz, format: "f32le", ...this.#options });
    } else if (this.#isTimed && offMs > FILL_MS) {
      this.#send(filling(this.#stream.last, offMs, block.rateHz), block);
    }
    this.#send(stretched(block.samples, block.samples.length + this.#surplus(offMs)), block);
  }

  #send(samples, { rateHz }) {
    this.#stream.endMs += (1000 * samples.length) / rateHz;
    this.#stream.blocks += 1;
    this.#stream.last = samples;
    this.#client.sendAudio(samples);
  }

  /** How many samples more this block is to have, so that the stream stays on the clock. */
  #surplus(offMs) {
    const isDue = this.#isTimed && this.#stream.blocks % NUDGE_BLOCKS === 0;
    return isDue && Math.abs(offMs) > SLACK_MS && offMs <= FILL_MS ? Math.sign(offMs) : 0;
  }

  /** Whether the connection has so much to send still that this block is left out. */
  #fallsBehind({ rateHz }) {
    const unsentMs = (1000 * this.#client.unsentBytes) / (4 * rateHz);
    const isBehind = unsentMs > (this.#isBehind ? 0 : BACKLOG_MS);
    if (isBehind !== this.#isBehind) this.#onBehind(isBehind);
    this.#isBehind = isBehind;
    if (isBehind) this.#stream = null;
    return isBehind;
  }
}

/** A block with one sample more or less, on straight lines between the old ones. */
export function stretched(samples, length) {
  if (length === samples.length) return samples;
  const step = (samples.length - 1) / (length - 1);
  return Float32Array.from({ length }, (_, index) => {
    const place = index * step;
    const before = Math.min(Math.floor(place), samples.length - 2);
    return samples[before] + (place - before) * (samples[before + 1] - samples[before]);
  });
}

/** Sound in the place of some that is missing: what came last, to and fro, so that it joins without a step. */
export function filling(samples, durationMs, rateHz) {
  const last = samples.length - 1;
  return Float32Array.from({ length: Math.round((durationMs * rateHz) / 1000) }, (_, index) => {
    const place = index % (2 * last);
    return samples[place < last ? last - place : place - last];
  });
}
