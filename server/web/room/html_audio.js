/** A player that is an <audio> element. */

import { Emitter } from "../emitter.js";
import { Latency } from "./latency.js";
import { PlayerError } from "./player.js";

/**
 * How long after a start `currentTime` cannot be trusted: it runs on while the first sound is still on its way through
 * the buffers, then stands until the sound has caught up. Chromium 156: 110 ms at a latency of 80.
 */
const SETTLE_MS = 200;
const START_GUESS_MS = 80; // from play() to sound, before it was measured
const HOP_GUESS_MS = 85; // from setting currentTime to sound, while playing
const SEEK_GUESS_MS = 10; // until it stands at another place, while silent
const LATE_MS = 25; // a start that comes later than planned by more is planned again
const PLANS_MAX = 3;
const EXACT_MS = 0.5; // nearer than that it need not be moved
const LOAD_PATIENCE_MS = 30_000;
const RATES = [0.5, 2];
const UNPLAYABLE =
  "cannot be played here: this browser does not know that kind of sound, or the address leads nowhere.";
const STALL_MS = 40; // it stands, as far as rounding tells

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** @implements {import("./player.js").Player} */
export class HtmlAudioPlayer extends Emitter {
  #audio;
  #alarms;
  #op = 0;
  #rate = 1;
  #wantsToPlay = false;
  #isStalled = false;
  #held = null; // ms; where the position is told to stand while something is under way
  #target = null; // ms; where it is on its way to
  #takes;

  caps = ["mono", "at", "rate"];
  resolutionMs = 1;
  hasEvents = true;
  reportMs = 1000;
  isResting = false;
  isBlocked = false;
  outputLatencyMs = 0; // browsers count what they know of it into currentTime
  track = null;

  /**
   * @param {import("./alarms.js").Alarms} alarms
   * @param {object} [options]
   * @param {HTMLAudioElement} [options.audio]
   * @param {number} [options.startMs] - what a start took when this device last played
   */
  constructor(alarms, { audio = new Audio(), startMs = START_GUESS_MS } = {}) {
    super();
    this.#alarms = alarms;
    this.#audio = audio;
    this.#takes = {
      start: new Latency(startMs),
      hop: new Latency(HOP_GUESS_MS),
      seek: new Latency(SEEK_GUESS_MS),
    };
    audio.preload = "auto";
    audio.preservesPitch = false; // a nudge of the rate is a clean resampling then
    audio.addEventListener("waiting", () => this.#stalled());
    audio.addEventListener("playing", () => this.#flows());
    audio.addEventListener("pause", () => this.#stopped());
    audio.addEventListener("ended", () => this.#ended());
    audio.addEventListener("durationchange", () => this.emit("duration", this.durationMs));
  }

  get durationMs() {
    return Number.isFinite(this.#audio.duration) ? 1000 * this.#audio.duration : null;
  }

  /** Where it is, or is on its way to. */
  get position() {
    return this.#held ?? 1000 * this.#audio.currentTime;
  }

  /** What a start takes on this device. */
  get startMs() {
    return this.#takes.start.ms;
  }

  get volume() {
    return this.#audio.volume;
  }

  set volume(volume) {
    this.#audio.volume = volume;
  }

  /** Whether it plays, or is about to. */
  get isPlaying() {
    return this.#wantsToPlay;
  }

  read() {
    if (!this.track) return null;
    const askedMs = performance.now();
    const { position } = this;
    const readMs = performance.now();
    return { uri: this.track.uri, position, isPlaying: this.#wantsToPlay, rate: this.#rate, askedMs, readMs };
  }

  async load(track, position, { at = null, isPlaying = true, isCued = false } = {}) {
    const isCurrent = this.#begin(position, isPlaying);
    this.#target = position;
    this.#audio.pause();
    this.track = track;
    this.#audio.src = track.url;
    this.#audio.playbackRate = this.#rate; // a new source begins at the default one
    this.emit("change");
    await this.#reaches(HTMLMediaElement.HAVE_METADATA, "loadedmetadata");
    return isCurrent() && this.#arrive(isCurrent, position, at, isCued);
  }

  async seek(position, { at = null, isPlaying = this.#wantsToPlay, isCued = false } = {}) {
    const isFlowing = this.#wantsToPlay && this.#held === null;
    const isCurrent = this.#begin(position, isPlaying);
    if (isFlowing && isPlaying && !isCued) return this.#hop(isCurrent, position, at);
    this.#audio.pause();
    this.emit("change");
    return this.#arrive(isCurrent, position, at, isCued);
  }

  async play({ at = null } = {}) {
    if (this.#wantsToPlay) return true;
    const position = this.#target ?? 1000 * this.#audio.currentTime;
    const isCurrent = this.#begin(position, true);
    return this.#arrive(isCurrent, position, at, true);
  }

  async pause({ at = null } = {}) {
    if (at !== null && at > performance.now()) {
      const op = ++this.#op; // it goes on until then
      await this.#alarms.until(at);
      if (op !== this.#op) return false;
    }
    const target = this.#target;
    const isCurrent = this.#begin(target, false);
    this.#audio.pause();
    return target === null ? this.#rest() : this.#arrive(isCurrent, target, null, false);
  }

  /** Somebody has pressed something: sound is allowed now. */
  unblock() {
    this.isBlocked = false;
  }

  setRate(rate) {
    this.#rate = clamp(rate, ...RATES);
    this.#audio.playbackRate = this.#rate;
  }

  /** Stop, and forget the track. */
  unload() {
    this.#begin(null, false);
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
    this.track = null;
  }

  /** A new command: whatever was under way is overtaken. */
  #begin(position, isPlaying) {
    const op = ++this.#op;
    this.#held = position;
    this.#wantsToPlay = isPlaying;
    this.#isStalled = false;
    this.#target = null;
    return () => op === this.#op;
  }

  /** Resolves once the element has that much; rejects where the source is no sound it can play. */
  #reaches(readyState, event) {
    const audio = this.#audio;
    const isThere = () => audio.readyState >= readyState && !audio.seeking;
    if (isThere()) return Promise.resolve();
    const stop = new AbortController();
    const op = this.#op;
    return new Promise((resolve, reject) => {
      const fail = (why, detail) => reject(this.#unplayable(why, detail));
      const timer = setTimeout(() => fail("does not load."), LOAD_PATIENCE_MS);
      const listen = (name, act) => audio.addEventListener(name, act, { signal: stop.signal });
      for (const name of new Set([event, "canplay", "seeked"])) listen(name, () => isThere() && resolve());
      listen("emptied", () => op !== this.#op && resolve()); // overtaken by another source
      listen("error", () => fail(UNPLAYABLE, audio.error?.message));
      stop.signal.addEventListener("abort", () => clearTimeout(timer));
    }).finally(() => stop.abort());
  }

  #unplayable(why, detail) {
    return new PlayerError(`“${this.track?.name}” ${why}`, "UNPLAYABLE", detail);
  }

  /** Jump while it plays. */
  async #hop(isCurrent, position, at) {
    if (at !== null && at > performance.now()) {
      this.#held = null; // it plays on until then
      await this.#alarms.until(at);
      if (!isCurrent()) return false;
      this.#held = position;
    }
    const calledMs = performance.now();
    const target = at === null ? position : position + (calledMs - at + this.#takes.hop.ms) * this.#rate;
    this.#audio.currentTime = target / 1000;
    this.emit("change");
    await this.#reaches(HTMLMediaElement.HAVE_FUTURE_DATA, "seeked");
    return isCurrent() && this.#settle(isCurrent, target, calledMs, this.#takes.hop);
  }

  /**
   * Stand where the track is to begin or rest, and begin. It is silent until then; where there is too little time to
   * begin at `at`, it begins as much further on as it is late.
   */
  async #arrive(isCurrent, position, at, isCued) {
    const wantsToPlay = this.#wantsToPlay;
    this.#target = position;
    const startMs = this.#takes.start.ms;
    for (let plan = 1; ; plan += 1) {
      const soonestMs = performance.now() + startMs + (plan === 1 && this.#standsAt(position) ? 0 : this.#takes.seek.ms);
      const dueMs = at === null ? soonestMs : Math.max(soonestMs, isCued ? at : 0);
      const isLate = wantsToPlay && at !== null && dueMs > at;
      const target = isLate ? position + (dueMs - at) * this.#rate : position;
      if (!(await this.#goTo(target, isCurrent))) return false;
      if (!wantsToPlay) return this.#rest();
      const callMs = dueMs - startMs;
      if (at !== null && performance.now() > callMs + LATE_MS && plan < PLANS_MAX) continue;
      if (at !== null && callMs > performance.now()) await this.#alarms.until(callMs);
      return isCurrent() && this.#startFrom(isCurrent, target);
    }
  }

  async #goTo(position, isCurrent) {
    const beganMs = performance.now();
    if (!this.#standsAt(position)) {
      this.#audio.currentTime = position / 1000;
      await this.#reaches(HTMLMediaElement.HAVE_FUTURE_DATA, "seeked");
      if (!isCurrent()) return false;
      this.#takes.seek.add(performance.now() - beganMs);
    }
    this.#target = null;
    return true;
  }

  #standsAt(position) {
    return Math.abs(1000 * this.#audio.currentTime - position) <= EXACT_MS;
  }

  async #startFrom(isCurrent, position) {
    await this.#reaches(HTMLMediaElement.HAVE_FUTURE_DATA, "canplay");
    if (!isCurrent()) return false;
    const calledMs = performance.now();
    try {
      await this.#audio.play();
    } catch (error) {
      if (!isCurrent()) return false; // cut off by what overtook it
      if (error.name === "NotAllowedError") return this.#refused();
      throw this.#unplayable(UNPLAYABLE, error.message);
    }
    return isCurrent() && this.#settle(isCurrent, position, calledMs, this.#takes.start);
  }

  /** The browser wants somebody to press something first. */
  #refused() {
    this.#begin(null, false);
    this.isBlocked = true;
    this.emit("blocked");
    return this.#rest();
  }

  /** It was told to sound from `position` at `calledMs`: measure when it did, and tell. */
  async #settle(isCurrent, position, calledMs, takes) {
    await this.#alarms.until(performance.now() + SETTLE_MS);
    if (!isCurrent()) return false;
    const played = 1000 * this.#audio.currentTime - position;
    if (played > STALL_MS) takes.add(performance.now() - calledMs - played / this.#rate);
    this.#held = null;
    this.emit("playing");
    return true;
  }

  #rest() {
    this.#held = null;
    this.emit("paused");
    return true;
  }

  /** Nothing is left to play: the network is too slow. */
  #stalled() {
    if (!this.#wantsToPlay || this.#held !== null || this.#audio.seeking || this.#audio.ended) return;
    this.#begin(1000 * this.#audio.currentTime, true);
    this.#isStalled = true;
    this.emit("waiting");
  }

  /** It plays on after a stall; starts that were ordered are told of there. */
  #flows() {
    if (!this.#isStalled) return;
    const position = this.#held;
    const isCurrent = this.#begin(position, true);
    this.#settle(isCurrent, position, performance.now(), new Latency(0));
  }

  /** The browser, or a key of the headphones, has paused it. */
  #stopped() {
    if (!this.#wantsToPlay || this.#held !== null || this.#audio.ended || !this.#audio.paused) return;
    this.#begin(null, false);
    this.#rest();
  }

  #ended() {
    if (!this.#wantsToPlay) return;
    this.#begin(null, false);
    this.#rest();
    this.emit("ended");
  }
}
