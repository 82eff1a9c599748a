/** A piece opened from a lesson: what the step asks for, and whether it is passed. */

import { fetchLesson, keepProgress } from "./api.js";
import { html } from "./dom.js";
import { addressOf, criterion, doneSteps, isAsked, markDone, microphoneWords } from "./steps.js";

const percent = (value) => `${Math.floor(value)} %`;

export class Assignment {
  #box;
  #lesson = null;

  /** @param {HTMLElement} box - where the step is told */
  constructor(box) {
    this.#box = box;
    this.step = null;
  }

  /** Take up the step that an address asks for; an address that asks for none, or in vain, is fine. */
  async take(query) {
    this.leave();
    const [slug, number] = [query?.get("lesson"), Number(query?.get("step"))];
    if (!slug) return null;
    const lesson = await fetchLesson(slug).catch(() => null); // the piece can be played without it
    const step = lesson?.steps.find((each) => each.number === number) ?? null;
    return step && { lesson, step };
  }

  /** Show what was taken up, or nothing. */
  show(taken) {
    this.leave();
    if (!taken) return;
    this.#lesson = taken.lesson;
    this.step = taken.step;
    this.#tell(html("p", { class: "hint" }, criterion(this.step)));
  }

  leave() {
    this.#lesson = this.step = null;
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
      markDone(this.#lesson.slug, this.step.number);
      this.#tell(html("p", { class: "is-passed" }, `✓ Passed, with ${percent(marks.accuracy)}.`), this.#onward());
      this.#keep();
    }
  }

  /** What other devices have kept of the lesson is never taken back. */
  async #keep() {
    const lesson = this.#lesson;
    const progress = Math.round((100 * doneSteps(lesson.slug).size) / lesson.steps.length);
    if (progress <= (lesson.progress ?? 0)) return;
    try {
      await keepProgress(lesson.id, progress);
      lesson.progress = progress;
    } catch (error) {
      if (lesson !== this.#lesson) return; // the player has gone elsewhere
      const words = `This browser remembers it, but your account does not yet: ${error.message}`;
      this.#box.append(html("p", { class: "hint" }, words));
    }
  }

  #tell(...news) {
    const { title, slug, steps } = this.#lesson;
    const microphone = microphoneWords(this.step);
    this.#box.replaceChildren(
      html(
        "p",
        { class: "hint" },
        html("a", { href: `#/lesson/${slug}` }, title),
        ` · step ${this.step.number} of ${steps.length}`,
      ),
      html("p", { class: "task" }, this.step.task),
      microphone ? html("p", { class: "hint" }, microphone) : "",
      ...news,
    );
    this.#box.hidden = false;
  }

  #onward() {
    const next = this.#lesson.steps.find(({ number }) => number === this.step.number + 1);
    const [href, words] = next
      ? [addressOf(this.#lesson, next), "Next step"]
      : [`#/lesson/${this.#lesson.slug}`, "Back to the lesson"];
    return html("a", { class: "button", href }, words);
  }
}
