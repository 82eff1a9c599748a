/** Runs on the audio thread: gathers what the microphone hears into blocks and posts them to the page. */

class Capture extends AudioWorkletProcessor {
  #block;
  #filled = 0;

  constructor({ processorOptions: { blockSamples } }) {
    super();
    this.#block = new Float32Array(blockSamples);
  }

  /** The node has one channel; without an input, as while a device starts, there is nothing to gather. */
  process([[channel]]) {
    if (!channel) return true;
    let taken = 0;
    while (taken < channel.length) {
      const count = Math.min(channel.length - taken, this.#block.length - this.#filled);
      this.#block.set(channel.subarray(taken, taken + count), this.#filled);
      this.#filled += count;
      taken += count;
      if (this.#filled === this.#block.length) this.#post(currentFrame + taken);
    }
    return true;
  }

  /** Hand a full block over, with the frame of the audio clock at which it ends. */
  #post(endFrame) {
    const samples = this.#block;
    this.#block = new Float32Array(samples.length);
    this.#filled = 0;
    this.port.postMessage({ samples, endFrame }, [samples.buffer]);
  }
}

registerProcessor("etude-capture", Capture);
