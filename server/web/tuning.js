/** What a pitch is called, and how far a sound is from it in words. */

export const IN_TUNE_CENTS = 8; // nearer than that, few listeners mind in a melody

const NOTES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const SWARAS = ["Sa", "re", "Re", "ga", "Ga", "ma", "Ma", "Pa", "dha", "Dha", "ni", "Ni"];
const SPOKEN = { "♯": " sharp", "♭": " flat" };

/** Names of the twelve pitch classes as a tuning takes its tonic. */
export const TONICS = NOTES.map((name) => ({ name, value: name.replace("♯", "#").replace("♭", "b") }));

/** A pitch's name and octave; in sargam the swara, its octave counted from the middle Sa. */
export function nameOf(pitch, { tuning = "equal", tonic = "C" } = {}) {
  if (tuning !== "sargam") return { name: NOTES[pitch % 12], octave: String(Math.floor(pitch / 12) - 1) };
  const sa = 60 + TONICS.findIndex(({ value }) => value === tonic);
  const steps = pitch - sa;
  const octave = Math.floor(steps / 12);
  return { name: SWARAS[steps - 12 * octave], octave: octave ? `${octave > 0 ? "+" : "−"}${Math.abs(octave)}` : "" };
}

/** The same as it is read aloud: "B flat 4". */
export function spokenName(pitch, tuning) {
  const { name, octave } = nameOf(pitch, tuning);
  return `${name.replace(/[♯♭]/, (sign) => SPOKEN[sign])} ${octave}`.trim();
}

/** A deviation in words: "12 cents sharp". */
export function centsInWords(cents) {
  const rounded = Math.round(Math.abs(cents));
  if (Math.abs(cents) <= IN_TUNE_CENTS) return "in tune";
  return `${rounded} cents ${cents > 0 ? "sharp" : "flat"}`;
}

/** A deviation in figures, with a real minus sign. */
export const centsInFigures = (cents) => {
  const rounded = Math.round(cents);
  return `${rounded > 0 ? "+" : rounded < 0 ? "−" : "±"}${Math.abs(rounded)}`;
};
