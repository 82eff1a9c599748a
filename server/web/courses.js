/** What a step to play belongs to: a lesson, or the path through a piece. */

import { fetchLesson, fetchTutorial, keepProgress } from "./api.js";
import { addressOf, doneSteps } from "./steps.js";

/**
 * @typedef {object} Course
 * @property {string} title
 * @property {string} home - where its steps are listed
 * @property {string} homeWords - what the way back there is called
 * @property {string} key - what this browser remembers its steps under
 * @property {object[]} steps
 * @property {(step: object) => string} addressOf - where a step is played
 * @property {() => Promise<void>} keep - in the account, how far one is
 */

/** @returns {Promise<Course>} */
export async function lessonCourse(slug) {
  const lesson = await fetchLesson(slug);
  return {
    title: lesson.title,
    home: `#/lesson/${lesson.slug}`,
    homeWords: "Back to the lesson",
    key: lesson.slug,
    steps: lesson.steps,
    addressOf: (step) => addressOf(lesson, step),
    /** What other devices have kept of the lesson is never taken back. */
    async keep() {
      const progress = Math.round((100 * doneSteps(lesson.slug).size) / lesson.steps.length);
      if (progress <= (lesson.progress ?? 0)) return;
      await keepProgress(lesson.id, progress);
      lesson.progress = progress;
    },
  };
}

/** @returns {Promise<Course>} */
export async function pathCourse(song) {
  const { steps, parts, minutes } = await fetchTutorial(song.id);
  const first = Math.min(...parts.map((part) => part.from_bar));
  const last = Math.max(...parts.map((part) => part.to_bar));
  return {
    title: "Learn it step by step",
    home: `#/piece/${song.slug}`,
    homeWords: "Back to the whole piece",
    key: `piece/${song.slug}`,
    minutes,
    steps: steps.map((step) => asInLessons(step, song, step.from_bar <= first && step.to_bar >= last)),
    addressOf: (step) => `#/piece/${song.slug}?${new URLSearchParams({ step: step.number })}`,
    async keep() {}, // this browser remembers it; the account keeps what was played
  };
}

/** The server says every step's bars; lessons say none where it is the whole piece. */
const asInLessons = (step, song, isWhole) => ({
  ...step,
  song: song.slug,
  tempo: Math.round(step.tempo),
  ...(isWhole && { from_bar: null, to_bar: null }),
  other_hand: "silent",
  repeats: false,
  instrument: null,
});
