/** The computer's keys as a piano: two rows of white keys, the black ones above them. */

/** Semitones above the lowest key, by the key's place on the board whatever letter it bears. */
const SEMITONES = {
  KeyZ: 0, KeyS: 1, KeyX: 2, KeyD: 3, KeyC: 4, KeyV: 5, KeyG: 6, KeyB: 7, KeyH: 8, KeyN: 9, KeyJ: 10, KeyM: 11,
  Comma: 12, KeyL: 13, Period: 14, Semicolon: 15, Slash: 16,
  KeyQ: 12, Digit2: 13, KeyW: 14, Digit3: 15, KeyE: 16, KeyR: 17, Digit5: 18, KeyT: 19, Digit6: 20, KeyY: 21,
  Digit7: 22, KeyU: 23, KeyI: 24, Digit9: 25, KeyO: 26, Digit0: 27, KeyP: 28, BracketLeft: 29, Equal: 30,
  BracketRight: 31,
};
const US_LABELS = {
  Comma: ",", Period: ".", Semicolon: ";", Slash: "/", BracketLeft: "[", BracketRight: "]", Equal: "=",
};
const TEXT_FIELDS =
  "input:not([type=checkbox], [type=radio], [type=range]), select, textarea, [contenteditable]";
const SPAN = 31; // semitones from the lowest key to the highest
const RESTING = 18; // above the lowest key: the middle of the upper row's first octave
const LOWEST_BASE = 24;
const HIGHEST_BASE = 84;

/** Whether a key press belongs to whatever has the focus, not to the piano. */
export const isTyping = (target) =>
  target instanceof Element && target.closest(TEXT_FIELDS) !== null;

/** The lowest key's pitch that reaches most of these pitches, with their middle where hands rest. */
export function baseFor(pitches) {
  const middle = pitches.reduce((sum, pitch) => sum + pitch, 0) / pitches.length;
  const missed = (base) => pitches.filter((pitch) => pitch < base || pitch > base + SPAN).length;
  const cost = (base) => 100 * missed(base) + Math.abs(middle - base - RESTING);
  const octaves = (HIGHEST_BASE - LOWEST_BASE) / 12;
  const bases = Array.from({ length: octaves + 1 }, (_, octave) => LOWEST_BASE + 12 * octave);
  return bases.reduce((best, base) => (cost(base) < cost(best) ? base : best));
}

export class ComputerKeys {
  #sink;
  #held = new Map();
  #labels = null;

  base = 48;
  isActive = false;

  /** @param {{noteOn: Function, noteOff: Function}} sink - told of each key with its time */
  constructor(sink) {
    this.#sink = sink;
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => this.#up(event.code, event.timeStamp));
    addEventListener("blur", (event) => this.releaseAll(event.timeStamp));
  }

  /** Move the keys by octaves, as far as there are pitches. */
  shift(octaves) {
    this.releaseAll(performance.now());
    this.base = Math.min(HIGHEST_BASE, Math.max(LOWEST_BASE, this.base + 12 * octaves));
  }

  releaseAll(at) {
    for (const code of [...this.#held.keys()]) this.#up(code, at);
  }

  /** Which letter plays which pitch on this board: a map from pitch to letter. */
  async legend() {
    this.#labels ??= await layoutLabels();
    const letters = new Map();
    for (const [code, semitones] of Object.entries(SEMITONES)) {
      letters.set(this.base + semitones, this.#labels(code)); // where rows overlap the upper one stands
    }
    return letters;
  }

  #down(event) {
    const semitones = SEMITONES[event.code];
    if (!this.isActive || semitones === undefined || isTyping(event.target)) return;
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (this.#held.has(event.code)) return;
    this.#held.set(event.code, this.base + semitones);
    this.#sink.noteOn(this.base + semitones, 80, event.timeStamp);
  }

  #up(code, at) {
    const pitch = this.#held.get(code);
    if (pitch === undefined) return;
    this.#held.delete(code);
    this.#sink.noteOff(pitch, at);
  }
}

/** How this board labels its keys: asked of the browser where it tells, else as in the US. */
async function layoutLabels() {
  const map = await navigator.keyboard?.getLayoutMap?.().catch(() => null); // not told in a frame
  return (code) => (map?.get(code) ?? US_LABELS[code] ?? code.replace(/^(Key|Digit)/, "")).toUpperCase();
}
