/** The piano on the screen: shows what sounds and what is next, and plays by mouse or touch. */

import { html } from "./dom.js";
import { pitchName } from "./verdicts.js";

const IS_BLACK = [false, true, false, true, false, false, true, false, true, false, true, false];
const NARROWEST_KEY_PX = 30;
const MOST_WHITE_KEYS = 29; // four octaves; more is only decoration
const FLASH_MS = 450;

export const isBlack = (pitch) => IS_BLACK[pitch % 12];

/** The white key at or below a pitch. */
const whiteBelow = (pitch) => (isBlack(pitch) ? pitch - 1 : pitch);

export class Piano {
  #host;
  #sink;
  #keys = new Map();
  #pointers = new Map();
  #hints = [];

  /**
   * @param {HTMLElement} host - the element it is drawn into
   * @param {{noteOn: Function, noteOff: Function}} sink - told of each key with its time
   */
  constructor(host, sink) {
    this.#host = host;
    this.#sink = sink;
    host.addEventListener("pointerdown", (event) => this.#press(event));
    host.addEventListener("pointerover", (event) => {
      if (this.#pointers.has(event.pointerId)) this.#press(event); // a glissando
    });
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, (event) => this.#lift(event));
    host.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Draw as many keys as fit, from `lowest` up; `letters` maps pitches to the computer's keys. */
  draw(lowest, letters) {
    this.#keys.clear();
    let whites = this.room;
    const keys = [];
    for (let pitch = whiteBelow(lowest); whites > 0 && pitch <= 127; pitch += 1) {
      if (!isBlack(pitch)) whites -= 1;
      if (isBlack(pitch) && whites === 0) break;
      keys.push(this.#key(pitch, letters.get(pitch)));
    }
    this.#host.replaceChildren(...keys);
    this.hint(this.#hints);
  }

  /** How many white keys there is room for. */
  get room() {
    return Math.min(MOST_WHITE_KEYS, Math.floor(this.#host.clientWidth / NARROWEST_KEY_PX) || 15);
  }

  sound(pitch, isSounding) {
    this.#keys.get(pitch)?.classList.toggle("is-down", isSounding);
  }

  /** Show which keys come next. */
  hint(pitches) {
    for (const pitch of this.#hints) this.#keys.get(pitch)?.classList.remove("is-next");
    this.#hints = pitches;
    for (const pitch of pitches) this.#keys.get(pitch)?.classList.add("is-next");
  }

  /** Show for a moment how a key was judged. */
  flash(pitch, result) {
    const key = this.#keys.get(pitch);
    if (!key) return;
    key.dataset.flash = result;
    setTimeout(() => key.dataset.flash === result && delete key.dataset.flash, FLASH_MS);
  }

  #key(pitch, letter) {
    const name = pitchName(pitch);
    const key = html(
      "button",
      {
        type: "button",
        class: isBlack(pitch) ? "key key-black" : "key key-white",
        tabindex: "-1",
        "data-pitch": pitch,
        "aria-label": letter ? `${name}, key ${letter}` : name,
      },
      html("span", { class: "key-letter" }, letter ?? ""),
      isBlack(pitch) ? null : html("span", { class: "key-name" }, pitch % 12 === 0 ? name : "\u00a0"),
    );
    this.#keys.set(pitch, key);
    return key;
  }

  #press(event) {
    const pitch = Number(event.target.closest(".key")?.dataset.pitch);
    if (Number.isNaN(pitch) || (event.type === "pointerdown" && event.button !== 0)) return;
    event.preventDefault();
    if (event.target.hasPointerCapture?.(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
    if (this.#pointers.get(event.pointerId) === pitch) return;
    this.#lift(event);
    this.#pointers.set(event.pointerId, pitch);
    this.#sink.noteOn(pitch, 80, event.timeStamp);
  }

  #lift(event) {
    const pitch = this.#pointers.get(event.pointerId);
    if (pitch === undefined) return;
    this.#pointers.delete(event.pointerId);
    this.#sink.noteOff(pitch, event.timeStamp);
  }
}
