/** Beats in time: each is scheduled on the audio clock, and told to the page when it falls. */

import { click } from "./sound.js";

const LOOK_AHEAD_MS = 200; // longer than a timer is ever late in a visible tab
const WAKE_MS = 40;

export class Metronome {
  #timer = null;
  #pending = [];

  beside = "alone"; // or "microphone": what else is heard while it clicks

  /**
   * Tick through a list of clicks, [{at, isDownbeat, number, isCountIn}], `at` in ms from `zero`.
   *
   * @param {(click: object) => boolean} isHeard - whether that click is to sound
   * @param {(click: object) => void} onBeat - called as each falls
   * @param {(ms: number) => void} onClick - told of each that will sound, a little before
   */
  start(zero, clicks, isHeard, onBeat, onClick) {
    this.stop();
    const coming = [...clicks];
    const wake = () => {
      const horizon = performance.now() + LOOK_AHEAD_MS;
      while (coming.length && zero + coming[0].at < horizon) {
        this.#schedule(zero + coming[0].at, coming.shift(), isHeard, onBeat, onClick);
      }
      if (!coming.length) clearInterval(this.#timer);
    };
    this.#timer = setInterval(wake, WAKE_MS);
    wake();
  }

  stop() {
    clearInterval(this.#timer);
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending = [];
  }

  #schedule(ms, beat, isHeard, onBeat, onClick) {
    if (isHeard(beat)) {
      onClick(ms);
      click(ms, beat.isDownbeat, this.beside);
    }
    this.#pending.push(setTimeout(onBeat, Math.max(0, ms - performance.now()), beat));
  }
}
