/** What a session's verdicts add up to. No page, no sound: only counting. */

import { VERDICTS, isOrnament, isTimed } from "./verdicts.js";

const SLIP_WEIGHT = { correct: 0, early: 1, late: 1, extra: 1, wrong_note: 2, missed: 2 };

export class Tally {
  #byIndex = new Map();
  #missed = [];

  /**
   * Take in a verdict, or what replaces one; returns what it replaces. `bar` is where it fell.
   * Notes of ornaments do not count.
   */
  add(verdict, bar) {
    const entry = { ...verdict, bar };
    if (verdict.result === "missed") {
      this.#missed.push(entry);
      return null;
    }
    const earlier = this.#byIndex.get(verdict.playedIndex) ?? null;
    if (isOrnament(verdict)) this.#byIndex.delete(verdict.playedIndex);
    else this.#byIndex.set(verdict.playedIndex, entry);
    return earlier;
  }

  get #all() {
    return [...this.#byIndex.values(), ...this.#missed];
  }

  get isEmpty() {
    return this.#byIndex.size === 0 && this.#missed.length === 0;
  }

  /** How many of each result. */
  get counts() {
    const counts = Object.fromEntries(Object.keys(VERDICTS).map((result) => [result, 0]));
    for (const { result } of this.#all) counts[result] += 1;
    return counts;
  }

  /** Share of the verdicts that are correct, in percent; null before the first. */
  get accuracy() {
    const { length } = this.#all;
    return length ? (100 * this.counts.correct) / length : null;
  }

  /** Every timing that was judged, in ms, late positive, in the order played. */
  get timings() {
    return [...this.#byIndex.values()]
      .filter(({ result, timingDiff }) => isTimed(result) && timingDiff != null)
      .map(({ timingDiff }) => timingDiff);
  }

  /** The bars with the most slips for their notes: [{bar, slips, results}], worst first. */
  worstBars(limit = 3) {
    const bars = new Map();
    for (const { bar, result } of this.#all) {
      if (bar == null) continue;
      const entry = bars.get(bar) ?? { bar, weight: 0, notes: 0, results: {} };
      entry.weight += SLIP_WEIGHT[result];
      entry.notes += 1;
      if (result !== "correct") entry.results[result] = (entry.results[result] ?? 0) + 1;
      bars.set(bar, entry);
    }
    return [...bars.values()]
      .filter(({ weight }) => weight > 0)
      .sort((a, b) => b.weight / b.notes - a.weight / a.notes || b.weight - a.weight || a.bar - b.bar)
      .slice(0, limit);
  }
}

/** The middle value; null of nothing. */
export function median(values) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
