/** How much later than it was played sound reaches the page: measured by the page's own clicks. */

import { median } from "./tally.js";

export const CLICKS = 5;
export const GAP_MS = 400; // longer than any sensible delay and the sound of a click together

const EARLIEST_MS = -60; // a click may seem early where the browser overrates its own delay
const LATEST_MS = 320;
const WINDOW_MS = 1;
const RISE = 0.3; // of the loudest window: where a click begins
const CLEAR = 12; // times the usual energy, else it was not heard
const MOST_SPREAD_MS = 12; // of the clicks among themselves: what spreads more was something else

/** Energy of the highest part of the sound in windows of 1 ms: of clicks it keeps all, of notes little. */
function sharpness(samples, rateHz) {
  const length = Math.round((WINDOW_MS * rateHz) / 1000);
  const windows = new Float64Array(Math.max(0, Math.floor((samples.length - 2) / length)));
  for (let index = 2; index < windows.length * length + 2; index += 1) {
    const bend = samples[index] - 2 * samples[index - 1] + samples[index - 2];
    windows[Math.floor((index - 2) / length)] += bend * bend;
  }
  return windows;
}

/** When a click begins that was due at `dueMs`; null where none is clear. */
function beginOf({ samples, rateHz, startMs }, dueMs) {
  const indexOf = (ms) => Math.max(0, Math.round(((ms - startMs) * rateHz) / 1000));
  const first = indexOf(dueMs + EARLIEST_MS);
  const windows = sharpness(samples.subarray(first, indexOf(dueMs + LATEST_MS)), rateHz);
  const loudest = Math.max(0, ...windows);
  if (!(loudest > CLEAR * median([...windows]))) return null;
  return startMs + (1000 * first) / rateHz + WINDOW_MS * windows.findIndex((energy) => energy >= RISE * loudest);
}

/**
 * The delay of clicks in what was heard, in ms, late positive; null where they were not heard.
 *
 * @param {{samples: Float32Array, rateHz: number, startMs: number}} heard
 * @param {number[]} clicksMs - when they were due to leave the loudspeaker
 */
export function delayOf(heard, clicksMs) {
  const delays = clicksMs.map((dueMs) => [beginOf(heard, dueMs), dueMs])
    .filter(([begin]) => begin !== null)
    .map(([begin, dueMs]) => begin - dueMs)
    .sort((a, b) => a - b);
  if (delays.length < clicksMs.length - 1) return null;
  const middle = median(delays);
  const isTogether = delays.filter((delay) => Math.abs(delay - middle) <= MOST_SPREAD_MS / 2).length;
  return isTogether >= clicksMs.length - 1 ? middle : null;
}
