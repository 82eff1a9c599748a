/** Whatever is played on — keys, screen, MIDI — heard, shown, and passed on with its time. */

import { html } from "./dom.js";
import { ComputerKeys, baseFor } from "./keys.js";
import { ANY_DEVICE, MidiInput } from "./midi.js";
import { Piano } from "./piano.js";
import { Synth } from "./sound.js";

export class Instruments {
  #player;
  #pitches = [60, 72];

  /**
   * @param {object} page - the elements: piano, lower, higher, connect, device, status
   * @param {{noteOn: Function, noteOff: Function, control: Function}} player - who hears it
   */
  constructor(page, player) {
    this.#player = player;
    this.synth = new Synth();
    const sink = {
      noteOn: (pitch, velocity, at) => this.#noteOn(pitch, velocity, at),
      noteOff: (pitch, at) => this.#noteOff(pitch, at),
      control: (controller, value, at) => this.#player.control(controller, value, at),
    };
    this.keys = new ComputerKeys(sink);
    this.piano = new Piano(page.piano, sink);
    this.midi = new MidiInput(sink, (midi) => this.#showMidi(page, midi));
    page.lower.addEventListener("click", () => this.#shift(-1));
    page.higher.addEventListener("click", () => this.#shift(1));
    page.connect.addEventListener("click", () => this.midi.open());
    page.device.addEventListener("change", () => this.midi.choose(page.device.value));
    new ResizeObserver(() => this.#draw()).observe(page.piano);
    this.midi.resume();
  }

  /** Lay the keys out for a piece. */
  fit(pitches) {
    this.#pitches = pitches;
    this.keys.base = baseFor(pitches);
    this.#draw();
  }

  async #draw() {
    const letters = await this.keys.legend();
    const covers = Math.ceil(this.piano.room / 7) * 12 > 30;
    this.piano.draw(covers ? this.keys.base : this.#narrowStart(), letters);
  }

  /** Where room is scarce the piano begins with the piece, moved by as many octaves as the keys. */
  #narrowStart() {
    return this.#pitches[0] + (this.keys.base - baseFor(this.#pitches));
  }

  #shift(octaves) {
    this.keys.shift(octaves);
    this.#draw();
  }

  #noteOn(pitch, velocity, at) {
    this.#player.noteOn(pitch, velocity, at); // first of all: its time is being judged
    this.synth.noteOn(pitch, velocity);
    this.piano.sound(pitch, true);
  }

  #noteOff(pitch, at) {
    this.#player.noteOff(pitch, at);
    this.synth.noteOff(pitch);
    this.piano.sound(pitch, false);
  }

  #showMidi({ connect, device, status }, midi) {
    const { devices } = midi;
    connect.hidden = midi.state === "ready" || midi.state === "absent";
    connect.disabled = midi.state === "asking";
    device.parentElement.hidden = devices.length === 0;
    device.replaceChildren(
      html("option", { value: ANY_DEVICE }, devices.length > 1 ? "Any keyboard" : devices[0]?.name ?? ""),
      ...(devices.length > 1 ? devices.map(({ id, name }) => html("option", { value: id }, name)) : []),
    );
    const isChosen = devices.length > 1 && devices.some(({ id }) => id === midi.device);
    device.value = isChosen ? midi.device : ANY_DEVICE;
    status.textContent = midi.message;
    status.dataset.state = midi.state;
  }
}
