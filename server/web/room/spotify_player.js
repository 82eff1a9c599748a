/** A player that is Spotify on whatever device it is active on: told over the Web API what to do, and asked what it does. */

import { Emitter } from "../emitter.js";
import { Latency } from "./latency.js";
import { PlayerError } from "./player.js";

const POLL_MS = 2000; // 15 calls in the 30 s over which Spotify counts: some ten listeners to one application
const REFRESH_MS = 1000; // positions may be as old: spotify/web-api#1073
const CALL_GUESS_MS = 200; // from a call to what it brings about

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** @implements {import("./player.js").Player} */
export class SpotifyPlayer extends Emitter {
  #api;
  #op = 0;
  #takes = new Latency(CALL_GUESS_MS);
  #last = null; // the last reading

  caps = ["mono", "at"];
  resolutionMs = REFRESH_MS;
  hasEvents = false;
  reportMs = POLL_MS;
  outputLatencyMs = 0;
  isBlocked = false;
  track = null;
  durationMs = null;

  /** @param {import("./spotify_api.js").SpotifyApi} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /** Check a token by whose it is; rejects where it is nobody's. */
  authenticate(token) {
    if (!token) return Promise.reject(new PlayerError("Paste an access token of Spotify first.", "TOKEN"));
    return this.#api.authenticate(token);
  }

  get isResting() {
    return !this.#api.mayAsk;
  }

  get isPlaying() {
    return this.#last?.isPlaying ?? false;
  }

  get position() {
    if (!this.#last) return 0;
    const { position, isPlaying, readMs } = this.#last;
    return position + (isPlaying ? performance.now() - readMs : 0);
  }

  async read() {
    if (this.isResting) return null;
    const askedMs = performance.now();
    const playback = await this.#api.getCurrentPlayback();
    const readMs = performance.now();
    if (!playback) return null;
    const { uri, name, artist, position, isPlaying, durationMs } = playback;
    this.track = { uri, name, artist };
    this.durationMs = durationMs;
    this.#last = { uri, position, isPlaying, rate: 1, askedMs, readMs };
    this.emit("duration", durationMs);
    return this.#last;
  }

  async load(track, position, { at = null, isPlaying = true } = {}) {
    return this.#do(at, async (behindMs) => {
      await this.#api.play(track.uri, position + (isPlaying ? behindMs : 0));
      if (!isPlaying) {
        await this.#api.pause();
        await this.#api.seek(position);
      }
      this.track = track;
    });
  }

  async seek(position, { at = null, isPlaying = this.isPlaying } = {}) {
    return this.#do(at, async (behindMs) => {
      if (!isPlaying && this.isPlaying) await this.#api.pause();
      await this.#api.seek(position + (isPlaying ? behindMs : 0));
      if (isPlaying && !this.isPlaying) await this.#api.play();
    });
  }

  async play({ at = null } = {}) {
    return this.#do(at, () => this.#api.play());
  }

  async pause({ at = null } = {}) {
    return this.#do(at, () => this.#api.pause());
  }

  /** Its own tracks are all there, and no others. */
  async find(uri) {
    return uri.startsWith("spotify:") ? { uri, name: uri } : null;
  }

  setRate() {
    throw new PlayerError("Spotify plays at one rate only.");
  }

  unload() {
    this.#op += 1;
    this.track = null;
    this.#last = null;
  }

  /** Call in time for `at`, and look what came of it; `act` is told how late it will be. */
  async #do(at, act) {
    const op = (this.#op += 1);
    if (at !== null) await wait(at - this.#takes.ms - performance.now());
    if (op !== this.#op) return false;
    const calledMs = performance.now();
    await act(at === null ? 0 : Math.max(0, calledMs + this.#takes.ms - at));
    this.#takes.add(performance.now() - calledMs);
    if (op !== this.#op) return false;
    await this.read();
    this.emit(this.isPlaying ? "playing" : "paused");
    return true;
  }
}
