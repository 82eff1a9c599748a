/** What a player usually takes for something, learned from what it took lately. */

const MEMORY = 7;

export class Latency {
  #taken = [];
  #guessMs;

  /** @param {number} guessMs - what is assumed before anything is known */
  constructor(guessMs) {
    this.#guessMs = guessMs;
  }

  /** The median of the last ones. */
  get ms() {
    const sorted = [...this.#taken].sort((a, b) => a - b);
    return sorted.length ? sorted[sorted.length >> 1] : this.#guessMs;
  }

  add(ms) {
    this.#taken.push(ms);
    if (this.#taken.length > MEMORY) this.#taken.shift();
  }
}
