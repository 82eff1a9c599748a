/** How the microphone is to be heard: instrument and tuning, and what is remembered of them. */

import { fetchInstruments } from "./api.js";
import { html, remembered } from "./dom.js";
import { TONICS } from "./tuning.js";

const ANY_INSTRUMENT = "";
const CHORDS = "chords";
const GROUPS = { melody: "One note at a time", chords: "Several notes at once" };
const CONCERT_A_HZ = 440;

const isExpanded = (button) => button.getAttribute("aria-expanded") === "true";

const titled = (name) => `${name[0].toUpperCase()}${name.slice(1)}`;

export class ListeningSettings {
  #form;
  #onChange;
  #instruments = [];

  /**
   * @param {HTMLFormElement} form - with the fields instrument, a4, tuning, tonic
   * @param {() => void} onChange - told when anything else is chosen
   */
  constructor(form, onChange) {
    this.#form = form;
    this.#onChange = onChange;
    form.tonic.replaceChildren(...TONICS.map(({ name, value }) => html("option", { value }, name)));
    form.a4.value = remembered.get("a4", CONCERT_A_HZ);
    form.tuning.value = remembered.get("tuning", "equal");
    form.tonic.value = remembered.get("tonic", "C");
    form.addEventListener("change", ({ target }) => this.#set(target));
    form.addEventListener("submit", (event) => event.preventDefault());
    const more = form.querySelector("[aria-expanded]");
    more.addEventListener("click", () => more.setAttribute("aria-expanded", String(!isExpanded(more))));
    this.#explain();
  }

  /** Whether what is played sounds several notes at once, as on a piano. */
  get hasChords() {
    const { value } = this.#form.instrument;
    return this.#instruments.some(({ name, kind }) => name === value && kind === CHORDS);
  }

  /** What `start_audio` is told; of instruments that play chords, a tuner hears one note at a time. */
  options({ isTuner }) {
    const { instrument, tuning } = this.#form;
    return {
      ...(instrument.value && !(isTuner && this.hasChords) ? { instrument: instrument.value } : {}),
      ...this.tuning,
      ...(tuning.value === "equal" ? { tonic: undefined } : {}),
    };
  }

  /** What pitches are measured against: {a4, tuning, tonic}. */
  get tuning() {
    const { a4, tuning, tonic } = this.#form;
    return { a4: Number(a4.value), tuning: tuning.value, tonic: tonic.value };
  }

  /** Ask the server once which instruments it knows. */
  async load() {
    if (this.#instruments.length) return;
    const found = await fetchInstruments().catch(() => []); // any instrument can be heard without the list
    this.#instruments = found;
    const { instrument } = this.#form;
    const choices = Object.entries(GROUPS).map(([wanted, label]) => {
      const members = found.filter(({ kind }) => kind === wanted);
      return html("optgroup", { label }, ...members.map(({ name }) => html("option", { value: name }, titled(name))));
    });
    instrument.replaceChildren(html("option", { value: ANY_INSTRUMENT }, "Any instrument or voice"), ...choices);
    instrument.value = remembered.get("instrument", ANY_INSTRUMENT);
    if (instrument.selectedIndex < 0) instrument.value = ANY_INSTRUMENT; // one that another version knew
  }

  #set(field) {
    const { a4, instrument, tuning, tonic } = this.#form;
    if (![a4, instrument, tuning, tonic].includes(field)) return;
    if (field === a4) this.#mendPitch();
    remembered.set(field.name, field === a4 ? Number(a4.value) : field.value);
    this.#explain();
    this.#onChange();
  }

  /** A pitch that is out of range is put right rather than refused. */
  #mendPitch() {
    const { a4 } = this.#form;
    const asked = Number(a4.value) || CONCERT_A_HZ;
    a4.value = Math.min(Number(a4.max), Math.max(Number(a4.min), asked));
  }

  #explain() {
    const { tuning, tonic } = this.#form;
    tonic.parentElement.hidden = tuning.value === "equal";
    tonic.previousElementSibling.textContent = tuning.value === "sargam" ? "Sa" : "Tonic";
  }
}
