/** The engraved score: where each note is, what is due, which bars count, what is in view. */

import { svg } from "./dom.js";
import { Marks } from "./marks.js";

const BAND_MARGIN_SPACES = 0.8; // around a notehead, in staff spaces
const VIEW_TOP_SHARE = 0.3; // the current system rests this far down the visible part

export class ScoreView {
  #host;
  #notes = new Map();
  #staffSpace = 1;
  #band = null;
  #current = [];
  #currentSystem = null;

  /** @param {HTMLElement} host - the element the score is put into */
  constructor(host) {
    this.#host = host;
    this.marks = null;
  }

  /** Put a score in; `label` is its name for those who cannot see it. */
  show(text, label) {
    const { documentElement } = new DOMParser().parseFromString(text, "image/svg+xml");
    if (documentElement.localName !== "svg") throw new Error("The score could not be drawn.");
    const root = document.importNode(documentElement, true);
    root.setAttribute("role", "img");
    root.setAttribute("aria-label", label);
    this.#host.replaceChildren(root);
    this.#notes.clear();
    for (const note of root.querySelectorAll("g.note")) this.#notes.set(note.id, note);
    this.#staffSpace = staffSpace(root);
    this.#band = svg("rect", { class: "now", rx: 0.6 * this.#staffSpace });
    this.marks = new Marks(this.#notes, this.#staffSpace);
  }

  /** Stay as before a session: nothing marked, nothing current. */
  clear() {
    this.marks?.clear();
    this.rest();
  }

  /** Nothing is current any more; the marks stay. */
  rest() {
    this.#band?.remove();
    this.#currentSystem = null;
    for (const note of this.#current) note.classList.remove("is-current");
    this.#current = [];
  }

  /** Show these notes as current and bring them into view. */
  setCurrent(noteIds) {
    for (const note of this.#current) note.classList.remove("is-current");
    const notes = noteIds.map((id) => this.#notes.get(id)).filter(Boolean);
    this.#current = notes;
    if (!notes.length) return;
    for (const note of notes) note.classList.add("is-current");
    this.#moveBand(notes);
    const system = notes[0].closest("g.system");
    if (system !== this.#currentSystem) this.#scrollTo(system);
    this.#currentSystem = system;
  }

  /** Light a note up while the machine sounds it. */
  sound(noteId, at, durationMs) {
    const note = this.#notes.get(noteId);
    if (!note) return;
    const waitMs = Math.max(0, at - performance.now());
    setTimeout(() => note.classList.add("is-sounding"), waitMs);
    setTimeout(() => note.classList.remove("is-sounding"), waitMs + durationMs);
  }

  /** Dim what is not to be played: notes whose id is not in the section. */
  setSection(noteIds) {
    for (const [id, note] of this.#notes) note.classList.toggle("is-outside", !noteIds.has(id));
    for (const measure of this.#host.querySelectorAll("g.measure")) {
      const notes = [...measure.querySelectorAll("g.note")];
      const isOutside = notes.length > 0 && notes.every((note) => note.classList.contains("is-outside"));
      measure.classList.toggle("is-outside", isOutside);
    }
  }

  #moveBand(notes) {
    const heads = notes.map((note) => (note.querySelector(".notehead") ?? note).getBBox());
    const left = Math.min(...heads.map((box) => box.x));
    const right = Math.max(...heads.map((box) => box.x + box.width));
    const { top, bottom } = staffExtent(notes[0].closest("g.measure"));
    const margin = BAND_MARGIN_SPACES * this.#staffSpace;
    const box = {
      x: left - margin,
      y: top - 2 * margin,
      width: right - left + 2 * margin,
      height: bottom - top + 4 * margin,
    };
    for (const [name, value] of Object.entries(box)) this.#band.setAttribute(name, value);
    notes[0].closest("g.page-margin").prepend(this.#band); // behind everything on its page
  }

  #scrollTo(system) {
    const dock = document.querySelector(".dock")?.getBoundingClientRect().top ?? window.innerHeight;
    const bar = document.querySelector(".nowbar:not([hidden])")?.getBoundingClientRect().bottom ?? 0;
    const { top, bottom } = system.getBoundingClientRect();
    const aim = Math.max(0, bar) + VIEW_TOP_SHARE * Math.max(0, dock - Math.max(0, bar) - (bottom - top));
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    window.scrollBy({ top: top - aim, behavior: isCalm ? "auto" : "smooth" });
  }
}

/** A fifth of a staff's height and a bit: the unit everything in a score is measured in. */
function staffSpace(root) {
  const lines = [...root.querySelectorAll("g.staff > path")].slice(0, 2).map((line) => line.getBBox().y);
  return lines.length === 2 ? Math.abs(lines[1] - lines[0]) : 180;
}

/** Top and bottom of all the staves of a bar. */
function staffExtent(measure) {
  const lines = [...measure.querySelectorAll("g.staff > path")].map((line) => line.getBBox());
  return {
    top: Math.min(...lines.map((box) => box.y)),
    bottom: Math.max(...lines.map((box) => box.y + box.height)),
  };
}
