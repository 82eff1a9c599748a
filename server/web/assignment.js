/** A piece opened for a step of a lesson, or of the path through it: what is asked for, and whether it is passed. */

import { lessonCourse, pathCourse } from "./courses.js";
import { html } from "./dom.js";
import { criterion, isAsked, markDone, microphoneWords } from "./steps.js";

const percent = (value) => `${Math.floor(value)} %`;

export class Assignment {
  #box;
  #course = null;

  /** @param {HTMLElement} box - where the step is told */
  constructor(box) {
    this.#box = box;
    this.step = null;
  }

  /** Take up the step that an address asks for; an address that asks for none, or in vain, is fine. */
  async take(query, song) {
    this.leave();
    const [slug, number] = [query?.get("lesson"), Number(query?.get("step"))];
    if (!number) return null;
    const asked = slug ? lessonCourse(slug) : pathCourse(song);
    const course = await asked.catch(() => null); // the piece can be played without it
    const step = course?.steps.find((each) => each.number === number) ?? null;
    return step && { course, step };
  }

  /** Show what was taken up, or nothing. */
  show(taken) {
    this.leave();
    if (!taken) return;
    this.#course = taken.course;
    this.step = taken.step;
    this.#tell(html("p", { class: "hint" }, criterion(this.step)));
  }

  leave() {
    this.#course = this.step = null;
    this.#box.hidden = true;
    this.#box.replaceChildren();
  }

  /** A run is over: is the step passed? */
  ended(marks, settings, isComplete) {
    if (!this.step) return;
    const needed = this.step.accuracy ?? 0;
    if (!isAsked(this.step, settings)) {
      this.#tell(html("p", { class: "hint" }, "Other settings than the step’s: this run does not count for it."));
    } else if (!isComplete) {
      this.#tell(html("p", { class: "hint" }, "Not played to the end: this run does not count for the step."));
    } else if (marks.accuracy < needed) {
      this.#tell(html("p", {}, `${percent(marks.accuracy)} this time; ${needed} % pass. Once more, perhaps slower?`));
    } else {
      markDone(this.#course.key, this.step.number);
      this.#tell(html("p", { class: "is-passed" }, `✓ Passed, with ${percent(marks.accuracy)}.`), this.#onward());
      this.#keep();
    }
  }

  async #keep() {
    const course = this.#course;
    try {
      await course.keep();
    } catch (error) {
      if (course !== this.#course) return; // the player has gone elsewhere
      const words = `This browser remembers it, but your account does not yet: ${error.message}`;
      this.#box.append(html("p", { class: "hint" }, words));
    }
  }

  #tell(...news) {
    const { title, home, steps } = this.#course;
    const microphone = microphoneWords(this.step);
    this.#box.replaceChildren(
      html(
        "p",
        { class: "hint" },
        html("a", { href: home }, title),
        ` · step ${this.step.number} of ${steps.length}`,
      ),
      html("p", { class: "task" }, this.step.task),
      microphone ? html("p", { class: "hint" }, microphone) : "",
      ...news,
    );
    this.#box.hidden = false;
  }

  #onward() {
    const { steps, addressOf, home, homeWords } = this.#course;
    const next = steps.find(({ number }) => number === this.step.number + 1);
    const [href, words] = next ? [addressOf(next), "Next step"] : [home, homeWords];
    return html("a", { class: "button", href }, words);
  }
}
