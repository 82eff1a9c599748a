/** When a sample was heard: the audio clock's seconds on the page's clock. */

const WINDOW_MS = 500; // in which some block comes without delay, even while the page is busy

/**
 * A block cannot arrive before its last sample was heard, and the quickest of many arrives at once: the
 * least difference of the two clocks in the last seconds is what lies between them.
 */
export class StreamClock {
  #least = Infinity;
  #leastBefore = Infinity;
  #since = -Infinity;

  /** A block that ends at `endSec` of the audio clock has arrived. */
  add(endSec, arrivalMs) {
    if (arrivalMs - this.#since > WINDOW_MS) {
      this.#leastBefore = this.#least;
      this.#least = Infinity;
      this.#since = arrivalMs;
    }
    this.#least = Math.min(this.#least, arrivalMs - 1000 * endSec);
  }

  /** A time of the audio clock as performance.now() has it; infinite before the first block. */
  atMs(sec) {
    return 1000 * sec + Math.min(this.#least, this.#leastBefore);
  }
}
