/** The course: all lessons in a list, and one of them to read, with its steps to play. */

import { fetchLesson, fetchModules } from "./api.js";
import { html } from "./dom.js";
import { addressOf, circumstances, criterion, doneSteps, microphoneWords } from "./steps.js";

const row = (lesson) =>
  html(
    "li",
    {},
    html(
      "a",
      { class: "piece lesson-row", href: `#/lesson/${lesson.slug}` },
      html("span", { class: "piece-title" }, lesson.title),
      html("span", { class: "piece-by" }, lesson.goal),
      html("span", { class: "lesson-minutes" }, `${lesson.minutes} min`),
      doneMark(lesson.progress, doneSteps(lesson.slug).size),
    ),
  );

/** What the account knows is done, else what this browser remembers. */
function doneMark(progress, count) {
  const words = progress ? `${progress} %` : `${count} ${count === 1 ? "step" : "steps"}`;
  return progress || count ? html("span", { class: "lesson-done" }, `✓ ${words}`) : null;
}

const group = (module) =>
  html(
    "section",
    { class: "group", "aria-labelledby": `module-${module.slug}` },
    html("h2", { id: `module-${module.slug}` }, module.title),
    html("p", { class: "hint module-summary" }, module.summary),
    html("ol", { class: "pieces" }, ...module.lessons.map(row)),
  );

function stepItem(lesson, step) {
  const isDone = doneSteps(lesson.slug).has(step.number);
  const microphone = microphoneWords(step);
  return html(
    "li",
    { class: isDone ? "step is-done" : "step" },
    html("h3", {}, step.song_title, isDone ? html("span", { class: "lesson-done" }, " ✓ done") : null),
    html("p", { class: "hint" }, circumstances(step)),
    html("p", {}, step.task),
    microphone ? html("p", { class: "hint" }, microphone) : null,
    html("p", { class: "hint" }, criterion(step)),
    html("a", { class: "button primary", href: addressOf(lesson, step) }, "Play", unseen(` step ${step.number}`)),
  );
}

const unseen = (text) => html("span", { class: "unseen" }, text);

/** The text; the server made it of Markdown and lets no HTML of the text's own through. */
function written(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  const body = html("div", { class: "lesson-text" });
  for (const table of template.content.querySelectorAll("table")) {
    const frame = html("div", { class: "table-frame", tabindex: 0, role: "region", "aria-label": "Table" });
    table.replaceWith(frame);
    frame.append(table);
  }
  body.append(template.content);
  return body;
}

export class Lessons {
  #list;
  #reader;
  #modules = null;
  #visit = 0;

  /**
   * @param {HTMLElement} list - where the course is shown
   * @param {HTMLElement} reader - where one lesson is shown
   */
  constructor(list, reader) {
    this.#list = list;
    this.#reader = reader;
  }

  /** Whether what is to be shown still has to be fetched. */
  isMissing = false;

  /** Fetch all anew when it is shown next: somebody else reads. */
  forget() {
    this.#modules = null;
  }

  /** Show the course. */
  async showAll() {
    const visit = ++this.#visit;
    if (!this.#modules) this.#list.replaceChildren(html("p", { class: "hint" }, "Fetching the lessons…"));
    await this.#try(visit, this.#list, async () => {
      this.#modules = await fetchModules();
      if (visit === this.#visit) this.#list.replaceChildren(...this.#modules.map(group));
    }, () => this.showAll());
  }

  /** Show a lesson. */
  async show(slug) {
    const visit = ++this.#visit;
    this.#reader.replaceChildren(html("p", { class: "hint" }, "Fetching the lesson…"));
    await this.#try(visit, this.#reader, async () => {
      const [lesson, modules] = await Promise.all([fetchLesson(slug), this.#modules ?? fetchModules()]);
      this.#modules = modules;
      if (visit === this.#visit) this.#read(lesson);
    }, () => this.show(slug));
  }

  /** Leave: nothing that was asked for is shown any more. */
  hide() {
    this.#visit += 1;
    this.#reader.replaceChildren();
  }

  #read(lesson) {
    const all = this.#modules.flatMap(({ lessons }) => lessons);
    const place = all.findIndex(({ id }) => id === lesson.id);
    const before = lesson.requires.map((id) => all.find((each) => each.id === id)).filter(Boolean);
    document.title = `${lesson.title} · Etude`;
    this.#reader.replaceChildren(
      html("a", { class: "back", href: "#/lessons" }, html("span", { "aria-hidden": "true" }, "← "), "All lessons"),
      html("h1", {}, lesson.title),
      html("p", { class: "lesson-goal" }, lesson.goal),
      html("p", { class: "byline" }, `About ${lesson.minutes} minutes`, ...(before.length ? afterWords(before) : [])),
      written(lesson.html),
      html("h2", { id: "steps-title" }, "To play"),
      html("ol", { class: "steps", "aria-labelledby": "steps-title" }, ...lesson.steps.map((step) => stepItem(lesson, step))),
      turnings(all[place - 1], all[place + 1]),
    );
  }

  async #try(visit, host, work, again) {
    try {
      this.isMissing = false;
      await work();
    } catch (error) {
      if (visit !== this.#visit) return;
      this.isMissing = error.code === "DISCONNECTED";
      const isUnknown = error.code === "LESSON_NOT_FOUND";
      host.replaceChildren(
        html("a", { class: "back", href: "#/lessons" }, "All lessons"),
        html(
          "div",
          { class: "trouble", role: "alert" },
          html("p", {}, isUnknown ? "There is no such lesson." : `The lessons could not be fetched. ${error.message}`),
          html("button", { type: "button", class: "button", onclick: again }, "Try again"),
        ),
      );
    }
  }
}

const link = (lesson, ...words) => html("a", { href: `#/lesson/${lesson.slug}` }, ...words);

const afterWords = (lessons) => [
  " · after ",
  ...lessons.flatMap((lesson, index) => (index ? [", ", link(lesson, lesson.title)] : [link(lesson, lesson.title)])),
];

const turnings = (before, after) =>
  html(
    "nav",
    { class: "turnings", "aria-label": "Other lessons" },
    before ? link(before, `← ${before.title}`) : html("span"),
    after ? link(after, `${after.title} →`) : html("span"),
  );
