/** Playing by microphone: its panel, and what the server makes of the sound. */

import { AudioFeed } from "./audio_feed.js";
import { CLICKS, GAP_MS, delayOf } from "./delay.js";
import { byId, html, remembered } from "./dom.js";
import { Heard } from "./heard.js";
import { Level } from "./level.js";
import { ListeningSettings } from "./listening_settings.js";
import { ANY_DEVICE, Microphone } from "./microphone.js";
import { click } from "./sound.js";

const LONGEST_NOTE_MS = 4000; // a key lights up no longer, should the end of its note not be told
const BEHIND = "The connection is too slow for sound: some of it was left out.";
const UNHEARD = "The clicks were not heard. Use a loudspeaker instead of headphones, turn it up, and measure again.";
const MEASURING = "Listening to five clicks: play nothing for a moment.";
const AGAIN_MS = 1000; // before a stream that the server ended is begun anew

/** The elements of the panel. */
function elements() {
  const [name, octave, needle, cents, detail, spoken] = ["name", "octave", "needle", "cents", "detail", "spoken"]
    .map((part) => byId(`heard-${part}`));
  const [settings, device, words, close, measure, delay] = ["settings", "device", "words", "close", "measure", "delay"]
    .map((part) => byId(`mic-${part}`));
  return {
    panel: byId("listening"),
    level: byId("sound-level"),
    open: [...document.querySelectorAll(".mic-open")],
    heard: { name, octave, needle, cents, detail, spoken },
    settings, device, words, close, measure, delay,
  };
}

export class Listening {
  #client;
  #page = elements();
  #sink;
  #feed;
  #level;
  #heard;
  #settings;
  #microphone;
  #words = new Map();
  #isInSession = false;
  #delayMs = 0;
  #sounding = new Map();

  /**
   * @param {EtudeClient} client
   * @param {{noteOn: Function, noteOff: Function, changed: Function}} sink - told of notes with their
   *   times, and when the microphone opens or closes
   */
  constructor(client, sink) {
    const page = this.#page;
    this.#client = client;
    this.#sink = sink;
    this.#feed = new AudioFeed(client, (isBehind) => this.#note("behind", isBehind ? BEHIND : ""));
    this.#level = new Level(page.level);
    this.#heard = new Heard(page.heard);
    this.#settings = new ListeningSettings(page.settings, () => this.#set());
    this.#heard.tuning = this.#settings.tuning;
    this.#microphone = new Microphone(() => this.#changed(), (block) => this.#hear(block));
    this.#microphone.device = remembered.get("microphone", ANY_DEVICE);
    client.on("pitch", (pitch) => this.isOn && this.#heard.show(pitch));
    client.on("signal", ({ problem, message }) => this.isOn && this.#note("signal", problem === "ok" ? "" : message));
    client.on("note_heard", (note) => this.isOn && this.#noteHeard(note));
    client.on("error", (error) => this.#refused(error));
    for (const button of page.open) button.addEventListener("click", () => this.open());
    page.close.addEventListener("click", () => this.close());
    page.measure.addEventListener("click", () => this.#measure());
    page.device.addEventListener("change", () => this.#choose(page.device.value));
  }

  get isOn() {
    return this.#microphone.isOn;
  }

  get panel() {
    return this.#page.panel;
  }

  /** Listen to every pitch beside the panel. */
  onPitch(listener) {
    return this.#client.on("pitch", (pitch) => this.isOn && listener(pitch));
  }

  /** Open the microphone; from a click, so that the browser may ask. */
  async open() {
    await this.#settings.load();
    await this.#microphone.open();
  }

  close() {
    this.#microphone.close();
  }

  /** A session is being opened: what is heard meanwhile waits. */
  hold() {
    this.#feed.hold();
  }

  /** The session runs: it hears what sounded since `fromMs`. */
  beginSession(fromMs) {
    this.#isInSession = true;
    this.#heard.isSpoken = false;
    this.#begin(fromMs);
  }

  /** The session is over: the needle goes on. */
  endSession() {
    this.#isInSession = false;
    this.#heard.isSpoken = true;
    this.#begin();
  }

  get #hearsChords() {
    return this.#isInSession && this.#settings.hasChords;
  }

  #begin(fromMs) {
    const isTuner = !this.#isInSession;
    if (!this.isOn) return;
    this.panel.classList.toggle("hears-chords", this.#hearsChords);
    this.#heard.clear();
    this.#note("refused", "");
    this.#note("signal", ""); // of the stream before: the server says it again
    this.#feed.begin(this.#settings.options({ isTuner }), { fromMs, isTimed: !isTuner });
  }

  #hear(block) {
    this.#level.add(block.samples);
    this.#feed.latencyMs = this.#microphone.latencyMs + this.#delayMs;
    this.#feed.take(block);
  }

  /** A note began, settled on another pitch than it was told with, or ended. */
  #noteHeard({ index, midiNote, onset, offset }) {
    const sounding = this.#sounding.get(index);
    this.#sounding.delete(index);
    clearTimeout(sounding?.timer);
    if (sounding) this.#sink.noteOff(sounding.midiNote);
    if (offset !== null) return;
    const timer = setTimeout(() => this.#sink.noteOff(midiNote), LONGEST_NOTE_MS);
    this.#sounding.set(index, { midiNote, timer });
    if (this.#hearsChords) this.#heard.showNote(midiNote, onset);
    this.#sink.noteOn(midiNote, this.#client.momentOf(onset));
  }

  /** The server wants no sound of that kind, or could not keep up with it and waits for another stream. */
  #refused({ code, event, message }) {
    if (!this.isOn || (event !== "start_audio" && event !== "audio_chunk" && code !== "RATE_LIMITED")) return;
    this.#feed.hold();
    this.#note("refused", `${message[0].toUpperCase()}${message.slice(1)}.`);
    if (event !== "start_audio") setTimeout(() => this.#feed.isHeld && this.#begin(), AGAIN_MS);
  }

  /** Show a sentence about something as long as it holds. */
  #note(about, sentence) {
    if (sentence) this.#words.set(about, sentence);
    else this.#words.delete(about);
    this.#showWords();
  }

  #showWords() {
    const { message, warning } = this.#microphone;
    const words = [message, ...this.#words.values(), warning].filter(Boolean);
    this.#page.words.replaceChildren(...words.map((sentence) => html("p", {}, sentence)));
  }

  /** The microphone says something new of itself. */
  #changed() {
    const { panel, open, close } = this.#page;
    const { state } = this.#microphone;
    panel.dataset.state = state;
    panel.hidden = state === "idle";
    for (const button of open) {
      button.hidden = state === "ready" || state === "absent";
      button.disabled = state === "asking";
    }
    close.textContent = state === "ready" ? "Stop listening" : "Close";
    this.#showDevices(this.#page.device);
    this.#delayMs = remembered.get(this.#delayKey, 0);
    this.#showDelay();
    if (!this.isOn) this.#silence();
    else if (this.#feed.isHeld) this.#begin();
    this.#showWords();
    this.#sink.changed(this.isOn);
  }

  #silence() {
    this.#feed.end();
    this.#level.clear();
    this.#heard.clear();
    this.#words.clear();
    for (const { midiNote: pitch, timer } of this.#sounding.values()) {
      clearTimeout(timer);
      this.#sink.noteOff(pitch);
    }
    this.#sounding.clear();
  }

  #showDevices(select) {
    const { devices, device } = this.#microphone;
    const choices = [{ id: ANY_DEVICE, name: "System default" }, ...devices];
    select.replaceChildren(...choices.map(({ id, name }) => html("option", { value: id }, name)));
    select.value = devices.some(({ id }) => id === device) ? device : ANY_DEVICE;
    select.parentElement.hidden = devices.length < 2;
  }

  /** Measure how late sound arrives, by clicks from the loudspeaker; what follows is that much earlier. */
  async #measure() {
    const { measure } = this.#page;
    measure.disabled = true;
    this.#note("delay", MEASURING);
    const clicksMs = Array.from({ length: CLICKS }, (_, index) => performance.now() + (index + 1) * GAP_MS);
    for (const ms of clicksMs) click(ms, true, "microphone");
    await new Promise((resolve) => setTimeout(resolve, (CLICKS + 1) * GAP_MS));
    const heard = this.#feed.since(clicksMs[0] - GAP_MS);
    const foundMs = heard && delayOf(heard, clicksMs);
    measure.disabled = false;
    this.#note("delay", foundMs === null ? UNHEARD : "");
    if (foundMs === null) return;
    this.#delayMs += foundMs;
    remembered.set(this.#delayKey, this.#delayMs);
    this.#showDelay();
    if (!this.#isInSession) this.#begin();
  }

  /** Each microphone has a delay of its own. */
  get #delayKey() {
    return `delay.${this.#microphone.device}`;
  }

  #showDelay() {
    this.#page.delay.textContent = this.#delayMs ? `${Math.round(this.#delayMs)} ms taken off` : "";
  }

  #choose(device) {
    remembered.set("microphone", device);
    this.#microphone.open(device);
  }

  /** The settings are others: what is heard from now on is heard by them. */
  #set() {
    this.#heard.tuning = this.#settings.tuning;
    this.#words.clear();
    this.#showWords();
    this.#begin();
  }
}
