/** The path through a piece, on its page: what to practise with which hands, how fast, in which order. */

import { pathCourse } from "./courses.js";
import { html } from "./dom.js";
import { sentence } from "./http.js";
import { circumstances, criterion, doneSteps } from "./steps.js";

export class Path {
  #box;
  #body = html("div", { class: "path-body" });
  #song = null;

  /** @param {HTMLDetailsElement} box */
  constructor(box) {
    this.#box = box;
    box.append(this.#body);
    box.addEventListener("toggle", () => box.open && this.#fill());
  }

  /** Show that there is a path through a piece; it is laid out once somebody wants to see it. */
  show(song) {
    this.#song = song;
    this.#box.open = false;
    this.#body.replaceChildren();
  }

  async #fill() {
    const song = this.#song;
    const say = (words, attributes) => this.#body.replaceChildren(html("p", attributes, words));
    say("Reading through the piece…", { class: "hint", role: "status" });
    try {
      const course = await pathCourse(song);
      if (song === this.#song) this.#list(course);
    } catch (error) {
      if (song === this.#song) say(sentence(error), { class: "error", role: "alert" });
    }
  }

  #list(course) {
    const done = doneSteps(course.key);
    const { length } = course.steps;
    const count = `${length} ${length === 1 ? "step" : "steps"}`;
    this.#body.replaceChildren(
      html("p", { class: "hint" }, `${count}, about ${course.minutes} minutes of practice.`),
      html("ol", { class: "steps" }, ...course.steps.map((step) => item(course, step, done.has(step.number)))),
    );
  }
}

const item = (course, step, isDone) =>
  html(
    "li",
    { class: isDone ? "step is-done" : "step" },
    html("h3", {}, step.task, isDone ? html("span", { class: "lesson-done" }, " ✓ done") : null),
    html("p", { class: "hint" }, circumstances(step)),
    html("p", { class: "hint" }, criterion(step)),
    html("a", { class: "button small", href: course.addressOf(step) }, "Play", unseen(` step ${step.number}`)),
  );

const unseen = (text) => html("span", { class: "unseen" }, text);
