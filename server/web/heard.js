/** What is heard, at a glance: the note's name, the needle, the cents; and in words for those who listen. */

import { Needle } from "./needle.js";
import { IN_TUNE_CENTS, centsInFigures, centsInWords, nameOf, spokenName } from "./tuning.js";

const FADE_MS = 250; // without a pitch: longer than a consonant or a bow change
const CHORD_FADE_MS = 1500;
const CHORD_SPREAD_MS = 150; // from one note of a chord to the next: a slow roll is no longer one
const SPOKEN_EVERY_MS = 1500; // so that a screen reader can finish its sentence
const SETTLED_MS = 300; // a pitch is spoken once it has sounded for so long

export class Heard {
  #page;
  #needle;
  #pitch = null;
  #chord = new Set();
  #chordMs = -Infinity;
  #fade = null;
  #sinceMs = -Infinity;
  #spokenMs = -Infinity;
  #spoken = "";

  tuning = { a4: 440, tuning: "equal", tonic: "C" };
  isSpoken = true; // beside verdicts, which are read aloud too, it would be too much

  /** @param {object} page - the elements: name, octave, needle, cents, detail, spoken */
  constructor(page) {
    this.#page = page;
    this.#needle = new Needle(page.needle);
    this.clear();
  }

  /** The pitch of this instant: {f0, cents, confidence, midiNote}; null once it ends. */
  show({ f0, cents, confidence, midiNote: pitch }) {
    if (f0 === null) return; // it fades by itself: a consonant or a bow change is no end
    if (pitch !== this.#pitch) this.#sinceMs = performance.now();
    this.#needle.show(cents, confidence, pitch !== this.#pitch);
    this.#name(pitch);
    this.#page.cents.textContent = centsInFigures(cents);
    this.#page.name.parentElement.dataset.tune = Math.abs(cents) <= IN_TUNE_CENTS ? "in" : cents > 0 ? "sharp" : "flat";
    this.#page.detail.textContent = `${f0.toFixed(1)} Hz, ${Math.round(100 * confidence)} % sure`;
    this.#speak(pitch, cents);
    this.#fadeSoon();
  }

  /** A note where no single pitch is told: shown with those that began with it, from low to high. */
  showNote(pitch, onsetMs) {
    if (Math.abs(onsetMs - this.#chordMs) > CHORD_SPREAD_MS) this.#chord.clear();
    this.#chordMs = onsetMs;
    this.#chord.add(pitch);
    const pitches = [...this.#chord].sort((a, b) => a - b);
    const names = new Set(pitches.map((one) => nameOf(one, this.tuning).name));
    this.#page.name.textContent = [...names].join(" ");
    this.#page.octave.textContent = "";
    this.#page.name.parentElement.dataset.tune = "chord";
    this.#page.name.parentElement.classList.remove("is-resting");
    this.#fadeSoon(CHORD_FADE_MS);
  }

  clear() {
    clearTimeout(this.#fade);
    this.#pitch = null;
    this.#chord.clear();
    this.#needle.rest();
    const { name, octave, cents, detail } = this.#page;
    name.textContent = "–";
    octave.textContent = cents.textContent = detail.textContent = "";
    name.parentElement.dataset.tune = "none";
  }

  #name(pitch) {
    this.#pitch = pitch;
    const { name, octave } = nameOf(pitch, this.tuning);
    this.#page.name.textContent = name;
    this.#page.octave.textContent = octave;
    this.#page.name.parentElement.classList.remove("is-resting");
  }

  #fadeSoon(afterMs = FADE_MS) {
    clearTimeout(this.#fade);
    this.#fade = setTimeout(() => {
      this.#pitch = null;
      this.#needle.rest();
      this.#page.name.parentElement.classList.add("is-resting");
    }, afterMs);
  }

  #speak(pitch, cents) {
    const words = `${spokenName(pitch, this.tuning)}, ${centsInWords(cents)}`;
    const nowMs = performance.now();
    if (nowMs - this.#sinceMs < SETTLED_MS) return; // an attack is seldom in tune
    if (!this.isSpoken || words === this.#spoken || nowMs - this.#spokenMs < SPOKEN_EVERY_MS) return;
    this.#spokenMs = nowMs;
    this.#page.spoken.textContent = this.#spoken = words;
  }
}
