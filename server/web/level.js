/** How loud the microphone is: a bar that rises at once and falls slowly. */

import { html } from "./dom.js";

const FLOOR_DB = -60;
const FALL_DB_PER_SEC = 30;
const REDRAW_MS = 33;
const FULL = 0.985; // of full scale: what reaches it is cut off
const CLIP_SHOWN_MS = 1500;

/** The greatest magnitude in a block. */
export const peakOf = (samples) => samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);

export class Level {
  #host;
  #bar = html("span", { class: "level-bar" });
  #db = FLOOR_DB;
  #drawnMs = -Infinity;
  #clippedMs = -Infinity;

  /** @param {HTMLElement} host - the element it is drawn into */
  constructor(host) {
    this.#host = host;
    host.replaceChildren(this.#bar);
    this.clear();
  }

  /** Take in what was just heard. */
  add(samples, nowMs = performance.now()) {
    const peak = peakOf(samples);
    if (peak >= FULL) this.#clippedMs = nowMs;
    this.#db = Math.max(this.#db, peak > 0 ? 20 * Math.log10(peak) : FLOOR_DB);
    const passedMs = nowMs - this.#drawnMs;
    if (passedMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#draw(nowMs - this.#clippedMs < CLIP_SHOWN_MS);
    this.#db = Math.max(FLOOR_DB, this.#db - FALL_DB_PER_SEC * Math.min(1, passedMs / 1000));
  }

  clear() {
    this.#db = FLOOR_DB;
    this.#clippedMs = -Infinity;
    this.#draw(false);
  }

  #draw(isClipped) {
    const share = Math.min(1, Math.max(0, 1 - this.#db / FLOOR_DB));
    this.#bar.style.transform = `scaleX(${share.toFixed(3)})`;
    this.#host.classList.toggle("is-clipped", isClipped);
  }
}
