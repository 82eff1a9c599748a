/** How far from the host somebody is, as a line: the last two minutes, with the band of what is not known. */

import { signed } from "./words.js";

const SPAN_MS = 120_000;
const GAP_MS = 5_000; // nothing told for so long: the line breaks
const EDGE_MS = 1000; // at the edge of the picture, and beyond
const LINEAR_MS = 3; // nearer than that the picture is linear, further off logarithmic
const MARKS_MS = [100, 10, 0, -10, -100];
const MARGIN = 0.06; // of half the height
const LABEL_PX = 44;
const QUALITY_INKS = { excellent: "--correct", good: "--early", fair: "--late", poor: "--wrong" };

/** How far up the picture a drift stands, from -1 to 1: a millisecond is seen beside a second. */
export function shareOf(ms) {
  const share = Math.asinh(ms / LINEAR_MS) / Math.asinh(EDGE_MS / LINEAR_MS);
  return Math.min(1, Math.max(-1, share));
}

export class DriftLine {
  #canvas;
  #told = []; // {atMs, drift, confidenceMs, quality}

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** Take in what was told of a member. */
  add(atMs, { drift, confidenceMs, quality }) {
    this.#told.push({ atMs, drift, confidenceMs: confidenceMs ?? 0, quality });
    const first = this.#told.findIndex((one) => one.atMs > atMs - SPAN_MS);
    this.#told.splice(0, Math.max(0, first));
  }

  draw(nowMs) {
    const canvas = this.#canvas;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width) return;
    const density = devicePixelRatio || 1;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    const pen = canvas.getContext("2d");
    pen.scale(density, density);
    const style = getComputedStyle(canvas);
    const ink = (name) => style.getPropertyValue(name);
    const x = (atMs) => width - (width - LABEL_PX) * ((nowMs - atMs) / SPAN_MS);
    const y = (ms) => (height / 2) * (1 - shareOf(ms) * (1 - MARGIN));
    this.#frame(pen, ink, width, y);
    for (const run of this.#runs()) {
      this.#band(pen, ink, run, x, y);
      this.#line(pen, ink, run, x, y);
    }
  }

  #frame(pen, ink, width, y) {
    pen.strokeStyle = ink("--line");
    pen.fillStyle = ink("--soft");
    pen.font = "10px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.lineWidth = 1;
    for (const ms of MARKS_MS) {
      pen.beginPath();
      pen.moveTo(LABEL_PX, y(ms));
      pen.lineTo(width, y(ms));
      pen.stroke();
      pen.fillText(ms ? signed(ms) : "0", 0, y(ms));
    }
  }

  /** The line in pieces, broken where nothing was told. */
  #runs() {
    const runs = [];
    let last = -Infinity;
    for (const one of this.#told) {
      if (one.atMs - last > GAP_MS) runs.push([]);
      runs.at(-1).push(one);
      last = one.atMs;
    }
    return runs;
  }

  #band(pen, ink, run, x, y) {
    pen.beginPath();
    for (const { atMs, drift, confidenceMs } of run) pen.lineTo(x(atMs), y(drift + confidenceMs));
    for (const { atMs, drift, confidenceMs } of run.toReversed()) pen.lineTo(x(atMs), y(drift - confidenceMs));
    pen.closePath();
    pen.globalAlpha = 0.14;
    pen.fillStyle = ink("--accent");
    pen.fill();
    pen.globalAlpha = 1;
  }

  #line(pen, ink, run, x, y) {
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    for (let k = 1; k < run.length; k += 1) {
      pen.strokeStyle = ink(QUALITY_INKS[run[k].quality] ?? "--soft");
      pen.beginPath();
      pen.moveTo(x(run[k - 1].atMs), y(run[k - 1].drift));
      pen.lineTo(x(run[k].atMs), y(run[k].drift));
      pen.stroke();
    }
    const last = run.at(-1);
    pen.fillStyle = ink(QUALITY_INKS[last.quality] ?? "--soft");
    pen.beginPath();
    pen.arc(x(last.atMs) - 2, y(last.drift), 2.5, 0, 2 * Math.PI);
    pen.fill();
  }
}
