/** The tuner: the microphone's panel with room around it, and the last seconds as a line. */

import { Trace } from "./trace.js";

export class Tuner {
  #view;
  #trace;
  #listening;
  #home;
  #frame = null;

  /**
   * @param {HTMLElement} view
   * @param {HTMLCanvasElement} canvas - where the line is drawn
   * @param {Listening} listening - whose panel comes here while the view is shown
   */
  constructor(view, canvas, listening) {
    this.#view = view;
    this.#trace = new Trace(canvas);
    this.#listening = listening;
    this.#home = { parent: listening.panel.parentElement, next: listening.panel.nextSibling };
    listening.onPitch((pitch) => {
      if (pitch.f0 !== null && !view.hidden) this.#trace.add(pitch);
    });
  }

  show() {
    this.#view.hidden = false;
    this.#view.append(this.#listening.panel);
    if (this.#frame === null) this.#step();
  }

  hide() {
    if (this.#view.hidden) return;
    this.#view.hidden = true;
    this.#home.parent.insertBefore(this.#listening.panel, this.#home.next);
    cancelAnimationFrame(this.#frame);
    this.#frame = null;
    this.#trace.clear();
  }

  #step() {
    this.#trace.draw();
    this.#frame = requestAnimationFrame(() => this.#step());
  }
}
