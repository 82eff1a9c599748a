/** How a piece is to be practised: the form, its explanations, and what is remembered of it. */

import { remembered } from "./dom.js";

const SWITCHES = ["click", "countIn", "repeats", "sound", "hints"];
const SLOWEST_SHARE = 0.3; // of the written tempo
const FASTEST_SHARE = 1.5;

export const MODES = {
  tempo: "The metronome leads. Play along with it; early and late are measured against the click.",
  follow: "You lead. Etude follows wherever you go and hears how even your own tempo is.",
  wait: "The music waits. Take all the time you need: it goes on when the right key is struck.",
};

export class Options {
  #form;
  #writtenTempo = 120;
  #onChange;
  #own = null; // the player's own choices, while a step of a lesson overrides them

  /**
   * @param {HTMLFormElement} form
   * @param {(settings: object, changed: string) => void} onChange
   */
  constructor(form, onChange) {
    this.#form = form;
    this.#onChange = onChange;
    form.mode.value = remembered.get("mode", "wait");
    form.otherHand.value = remembered.get("otherHand", "silent");
    for (const name of SWITCHES) form[name].checked = remembered.get(name, true);
    form.addEventListener("input", ({ target }) => this.#changed(target));
    form.addEventListener("change", ({ target }) => this.#barChanged(target));
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#explain();
  }

  /** Lay the form out for a piece. */
  fit({ tempo, firstBar, lastBar, hasTwoHands, hasRepeats }) {
    const form = this.#form;
    this.#restore();
    this.#writtenTempo = tempo;
    form.tempo.min = Math.max(20, Math.round(tempo * SLOWEST_SHARE));
    form.tempo.max = Math.min(400, Math.round(tempo * FASTEST_SHARE));
    form.tempo.value = tempo;
    for (const field of [form.fromBar, form.toBar]) Object.assign(field, { min: firstBar, max: lastBar });
    this.setBars([firstBar, lastBar]);
    form.querySelector("#hands").hidden = !hasTwoHands;
    form.hands.value = "both";
    form.querySelector("#repeats").hidden = !hasRepeats;
    this.#explain();
  }

  /** What is chosen; no bars where it is the whole piece, whose repeats then are played. */
  get settings() {
    const form = this.#form;
    const { fromBar, toBar } = form;
    const isWhole = fromBar.value === fromBar.min && toBar.value === toBar.max;
    const switches = Object.fromEntries(SWITCHES.map((name) => [name, form[name].checked]));
    return {
      mode: form.mode.value,
      tempo: Number(form.tempo.value),
      ...(isWhole ? {} : { fromBar: Number(fromBar.value), toBar: Number(toBar.value) }),
      hands: form.hands.value,
      ...(form.hands.value === "both" ? {} : { otherHand: form.otherHand.value }),
      ...switches,
    };
  }

  /** Lay the form out as a step of a lesson asks; the player's own choices are not forgotten. */
  assign({ mode, tempo, from_bar: fromBar, to_bar: toBar, hands, other_hand: otherHand, repeats }) {
    const form = this.#form;
    this.#own = { mode: form.mode.value, otherHand: form.otherHand.value, repeats: form.repeats.checked };
    form.mode.value = mode;
    form.hands.value = hands;
    if (hands !== "both") form.otherHand.value = otherHand;
    form.repeats.checked = repeats;
    if (tempo !== null) {
      form.tempo.max = Math.max(form.tempo.max, tempo);
      form.tempo.min = Math.min(form.tempo.min, tempo);
      form.tempo.value = tempo;
    }
    if (fromBar !== null) this.setBars([fromBar, toBar]);
    this.#explain();
  }

  /** Practise these bars only. */
  setBars([from, to]) {
    this.#form.fromBar.value = from;
    this.#form.toBar.value = to;
  }

  #restore() {
    const { mode, otherHand, repeats } = { ...this.#own };
    const form = this.#form;
    if (mode !== undefined) form.mode.value = mode;
    if (otherHand !== undefined) form.otherHand.value = otherHand;
    if (repeats !== undefined) form.repeats.checked = repeats;
    this.#own = null;
  }

  #changed(field) {
    if (field === this.#form.fromBar || field === this.#form.toBar) return; // told when it is left
    if (this.#own) delete this.#own[field.name];
    if (field.name === "otherHand") remembered.set("otherHand", field.value);
    if (field.name === "mode") remembered.set("mode", field.value);
    if (SWITCHES.includes(field.name)) remembered.set(field.name, field.checked);
    this.#explain();
    this.#onChange(this.settings, field.name);
  }

  /** Bars are put right rather than refused: inside the piece, and in order. */
  #barChanged(field) {
    const { fromBar, toBar } = this.#form;
    if (field !== fromBar && field !== toBar) return;
    const isFrom = field === fromBar;
    const [first, last] = [Number(field.min), Number(field.max)];
    const asked = field.value === "" ? (isFrom ? first : last) : Math.round(Number(field.value));
    field.value = Math.min(last, Math.max(first, asked));
    if (Number(fromBar.value) > Number(toBar.value)) (isFrom ? toBar : fromBar).value = field.value;
    this.#onChange(this.settings, field.name);
  }

  #explain() {
    const form = this.#form;
    const { mode, tempo } = this.settings;
    const share = Math.round((100 * tempo) / this.#writtenTempo);
    form.querySelector("#mode-text").textContent = MODES[mode];
    form.querySelector("#tempo-text").textContent = `♩ = ${tempo}${share === 100 ? "" : `, ${share} %`}`;
    form.tempo.setAttribute("aria-valuetext", `${tempo} quarter notes a minute`);
    form.querySelector("#other-hand").hidden = form.hands.value === "both";
    for (const part of form.querySelectorAll("[data-mode]")) part.hidden = part.dataset.mode !== mode;
  }
}
