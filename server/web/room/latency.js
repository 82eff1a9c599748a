/** What a player usually takes for something, learned from what it took lately. */

const MEMORY = 7;

export class Latency {
  #taken;

  /** @param {number} guessMs - what is assumed before anything is known */
  constructor(guessMs) {
    this.#taken = [guessMs];
  }

  /** The median of the last ones; of two, the later start is the safer guess. */
  get ms() {
    const sorted = [...this.#taken].sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
  }

  add(ms) {
    this.#taken.push(ms);
    if (this.#taken.length > MEMORY) this.#taken.shift();
  }
}
