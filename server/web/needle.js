/** The needle: how far a sound is from its note, moving as the sound does. */

import { svg } from "./dom.js";
import { IN_TUNE_CENTS } from "./tuning.js";

const WIDTH = 300;
const HEIGHT = 40;
const REACH_CENTS = 50; // half a semitone: beyond it, it is another note
const GLIDE_MS = 45; // the needle comes to 63 % of the way in that time: quicker looks nervous
const STILL_CENTS = 0.05;

const xOf = (cents) =>
  WIDTH / 2 + (Math.max(-REACH_CENTS, Math.min(REACH_CENTS, cents)) / REACH_CENTS) * (WIDTH / 2 - 12);

const line = (className, x, y1, y2) => svg("line", { class: className, x1: x, x2: x, y1, y2 });

export class Needle {
  #hand;
  #root;
  #cents = 0;
  #aim = 0;
  #frame = null;
  #lastMs = 0;

  /** @param {HTMLElement} host - the element it is drawn into */
  constructor(host) {
    const ticks = Array.from({ length: 11 }, (_, index) => 10 * (index - 5))
      .filter((cents) => cents !== 0)
      .map((cents) => line("tick", xOf(cents), HEIGHT / 2 - (cents % 50 ? 4 : 8), HEIGHT / 2 + (cents % 50 ? 4 : 8)));
    const half = xOf(IN_TUNE_CENTS) - xOf(0);
    this.#hand = svg("g", { class: "hand" },
      svg("path", { d: "M-6 1 h12 l-6 8 Z" }),
      svg("line", { x1: 0, x2: 0, y1: 8, y2: HEIGHT - 2 }));
    this.#root = svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", class: "is-resting" },
      svg("rect", { class: "zone", x: xOf(0) - half, width: 2 * half, y: 4, height: HEIGHT - 8, rx: 4 }),
      svg("line", { class: "axis", x1: xOf(-REACH_CENTS), x2: xOf(REACH_CENTS), y1: HEIGHT / 2, y2: HEIGHT / 2 }),
      ...ticks,
      line("centre", xOf(0), 6, HEIGHT - 6),
      this.#hand,
    );
    host.replaceChildren(this.#root);
    this.#place(0);
  }

  /**
   * Point to a deviation.
   *
   * @param {number} confidence - 0 to 1: what is unsure is pale
   * @param {boolean} isNew - of another note: the hand jumps instead of gliding
   */
  show(cents, confidence, isNew) {
    this.#root.classList.remove("is-resting");
    this.#root.classList.toggle("is-in-tune", Math.abs(cents) <= IN_TUNE_CENTS);
    this.#hand.style.opacity = (0.35 + 0.65 * Math.min(1, Math.max(0, confidence))).toFixed(2);
    this.#aim = cents;
    if (isNew) this.#place(cents);
    else if (this.#frame === null) this.#glide();
  }

  /** Nothing sounds: the hand stays where it was, pale. */
  rest() {
    this.#root.classList.add("is-resting");
    this.#root.classList.remove("is-in-tune");
  }

  #glide() {
    this.#lastMs = performance.now();
    const step = (nowMs) => {
      const share = 1 - Math.exp(-Math.max(0, nowMs - this.#lastMs) / GLIDE_MS);
      this.#lastMs = nowMs;
      const isThere = Math.abs(this.#aim - this.#cents) < STILL_CENTS;
      this.#place(isThere ? this.#aim : this.#cents + (this.#aim - this.#cents) * share);
      this.#frame = isThere ? null : requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  #place(cents) {
    this.#cents = cents;
    this.#hand.setAttribute("transform", `translate(${xOf(cents).toFixed(2)} 0)`);
  }
}
