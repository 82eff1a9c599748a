/** The steps of lessons: how they are told, where they are played, which are done. */

import { remembered } from "./dom.js";

const DONE = "lessons"; // {slug of the lesson: numbers of the steps passed}, as this browser remembers them
const HANDS = { left: "left hand", right: "right hand" };
const MODES = { tempo: "with the metronome", follow: "you lead", wait: "the music waits" };

/** The address at which a step is played. */
export const addressOf = (lesson, step) =>
  `#/piece/${step.song}?${new URLSearchParams({ lesson: lesson.slug, step: step.number })}`;

/** What is to be played, and how, in a line. */
export function circumstances({ from_bar: from, to_bar: to, hands, other_hand: other, mode, tempo }) {
  const bars = from === to ? `bar ${from}` : `bars ${from}–${to}`;
  return [
    from === null ? "the whole piece" : bars,
    HANDS[hands],
    other === "machine" ? "Etude plays the other" : null,
    MODES[mode],
    tempo === null ? null : `♩ = ${tempo}`,
  ].filter(Boolean).join(" · ");
}

/** How the microphone is to be set; empty where keys serve. */
export function microphoneWords({ instrument, tuning, tonic }) {
  if (instrument === null) return "";
  const home = tuning === "sargam" ? "Sa" : "tonic";
  const tuned = tuning === "equal" ? "" : `, tuning ${tuning}${tonic ? `, ${home} ${tonic}` : ""}`;
  return `By microphone: instrument ${instrument}${tuned} (under Settings).`;
}

/** What passes the step. */
export const criterion = ({ accuracy }) => (accuracy === null ? "Play it through." : `To pass: ${accuracy} % accuracy.`);

/** Whether what was chosen is what the step asks for; faster is fine. */
export function isAsked(step, settings) {
  const hasBars = step.from_bar === null
    ? settings.fromBar === undefined
    : settings.fromBar === step.from_bar && settings.toBar === step.to_bar;
  const hasTempo = step.mode !== "tempo" || settings.tempo >= (step.tempo ?? 0);
  return hasBars && hasTempo && settings.mode === step.mode && settings.hands === step.hands;
}

export const doneSteps = (slug) => new Set(remembered.get(DONE, {})[slug] ?? []);

export function markDone(slug, number) {
  const steps = [...doneSteps(slug).add(number)].sort((a, b) => a - b);
  remembered.set(DONE, { ...remembered.get(DONE, {}), [slug]: steps });
}
