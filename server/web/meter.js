/** The early–late meter: a stroke for each note, the newest the tallest. */

import { svg } from "./dom.js";
import { median } from "./tally.js";

const WIDTH = 400;
const HEIGHT = 44;
const REACH_MS = 250; // beyond it a stroke stands at the edge
const SHOWN = 16;
const TENDENCY_MS = 12; // less than that, nobody hears

const xOf = (ms) => WIDTH / 2 + (Math.max(-REACH_MS, Math.min(REACH_MS, ms)) / REACH_MS) * (WIDTH / 2 - 8);

/** A timing in words: "23 ms early". */
export function inWords(ms) {
  const rounded = Math.round(Math.abs(ms));
  return rounded < TENDENCY_MS ? "on time" : `${rounded} ms ${ms < 0 ? "early" : "late"}`;
}

export class Meter {
  #strokes;
  #tendency;
  #timings = [];

  /** @param {HTMLElement} host - the element it is drawn into */
  constructor(host) {
    this.#strokes = svg("g", { class: "strokes" });
    this.#tendency = svg("path", { class: "tendency", d: "M0 4 l5 -7 h-10 Z", visibility: "hidden" });
    const ticks = [-200, -100, 100, 200].map((ms) =>
      svg("line", { class: "tick", x1: xOf(ms), x2: xOf(ms), y1: HEIGHT / 2 - 3, y2: HEIGHT / 2 + 3 }));
    host.replaceChildren(
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true", preserveAspectRatio: "none" },
        svg("line", { class: "axis", x1: 4, x2: WIDTH - 4, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
        ...ticks,
        svg("line", { class: "centre", x1: WIDTH / 2, x2: WIDTH / 2, y1: 8, y2: HEIGHT - 8 }),
        this.#strokes,
        this.#tendency,
      ),
    );
    this.clear();
  }

  clear() {
    this.#timings = [];
    this.#strokes.replaceChildren();
    this.#tendency.setAttribute("visibility", "hidden");
  }

  /** Add one note's timing. */
  add(ms, result) {
    this.#timings.push(ms);
    for (const stroke of this.#strokes.children) stroke.classList.remove("is-newest");
    this.#strokes.append(
      svg("line", { class: `stroke is-${result} is-newest`, x1: xOf(ms), x2: xOf(ms), y1: 10, y2: HEIGHT - 10 }));
    if (this.#strokes.children.length > SHOWN) this.#strokes.firstChild.remove();
    const tendency = median(this.#timings.slice(-SHOWN));
    this.#tendency.setAttribute("transform", `translate(${xOf(tendency)} 5)`);
    this.#tendency.setAttribute("visibility", "visible");
  }
}
