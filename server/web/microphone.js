/** The microphone: permission, choice of device, and its sound in blocks. */

import { audio } from "./sound.js";

const BLOCK_SAMPLES = 512; // 11 ms at 48 kHz
const RATES_HZ = { lowest: 16_000, usual: 48_000, highest: 96_000 }; // that the server listens to
const WORKLET = "capture_worklet.js";
const NAME = "etude-capture";

export const ANY_DEVICE = "";

/** What browsers do to make speech clear and music wrong. */
const PROCESSING = {
  echoCancellation: "echo cancellation",
  noiseSuppression: "noise suppression",
  autoGainControl: "automatic gain",
  voiceIsolation: "voice isolation",
};

/** Other names under which browsers list a device a second time. */
const ALIASES = ["default", "communications"];

/** Why a browser without it has none, in words that help. */
function absence() {
  return isSecureContext
    ? "This browser cannot use a microphone for music. Chrome, Edge, Firefox and Safari can."
    : "Browsers allow the microphone only on https or on this machine’s own address. Open Etude at http://localhost.";
}

/** What went wrong when it was asked for, by the names of the Media Capture specification. */
const REFUSALS = {
  NotAllowedError: "The microphone was not allowed. Allow it in the site settings beside the address, then try again.",
  SecurityError: "This page may not use the microphone. Open Etude in a tab of its own.",
  NotFoundError: "No microphone was found. Plug one in and try again.",
  NotReadableError: "The microphone could not be opened. Another program may be using it: close that, and try again.",
  AbortError: "The microphone could not be opened. Unplug it, plug it in again and try once more.",
};

const inWords = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0]);

export class Microphone {
  #onChange;
  #onBlock;
  #track = null;
  #source = null;
  #capture = null;
  #attempt = 0;
  #context = null;
  #module = null;

  device = ANY_DEVICE;
  devices = [];
  state = "idle"; // idle | asking | ready | lost | refused | absent
  message = "";

  /**
   * @param {(microphone: Microphone) => void} onChange - told when devices or state change
   * @param {(block: {samples: Float32Array, endFrame: number, rateHz: number}) => void} onBlock
   */
  constructor(onChange, onBlock) {
    this.#onChange = onChange;
    this.#onBlock = onBlock;
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#devicesChanged());
  }

  get isOn() {
    return this.state === "ready";
  }

  /** How long sound takes from the air to the page, in ms, as far as the browser tells. */
  get latencyMs() {
    return 1000 * (this.#track?.getSettings().latency ?? 0);
  }

  /** What the browser does to the sound although it was asked not to; empty where nothing. */
  get processing() {
    const settings = this.#track?.getSettings() ?? {};
    return Object.keys(PROCESSING).filter((name) => ![undefined, false, "none"].includes(settings[name]));
  }

  /** A sentence about {@link processing}; empty where the sound comes as it is. */
  get warning() {
    const kept = this.processing.map((name) => PROCESSING[name]);
    if (!kept.length) return "";
    const them = kept.length > 1 ? "them" : "it";
    return `Your browser or system keeps ${inWords(kept)} on, which changes music. Turn ${them} off in its sound settings.`;
  }

  /**
   * Ask the browser for a microphone; it may ask the player. Call it from a click. One that was chosen and is
   * not there any more gives way to the browser's own choice.
   */
  async open(device = this.device) {
    this.device = device;
    const attempt = ++this.#attempt;
    if (!navigator.mediaDevices?.getUserMedia || !globalThis.AudioWorkletNode) {
      return this.#become("absent", absence());
    }
    this.#release();
    this.#become("asking", "Waiting for your browser’s permission…");
    let stream = null;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: this.#wishes(), video: false });
      if (attempt === this.#attempt) await this.#connect(stream, attempt);
    } catch (error) {
      stopTracks(stream);
      if (attempt !== this.#attempt) return null;
      const isGone = error.name === "OverconstrainedError" && this.device !== ANY_DEVICE;
      return isGone ? this.open(ANY_DEVICE) : this.#refused(error);
    }
    if (attempt !== this.#attempt) return stopTracks(stream); // closed or chosen anew meanwhile
    await this.#list();
    return this.#become("ready", "");
  }

  /** Let go of it. */
  close() {
    this.#attempt += 1;
    this.#release();
    this.#become("idle", "");
  }

  #wishes() {
    return {
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
      channelCount: { ideal: 1 },
      ...(this.device === ANY_DEVICE ? {} : { deviceId: { exact: this.device } }),
    };
  }

  async #connect(stream, attempt) {
    const context = (this.#context ??= contextFor());
    this.#module ??= context.audioWorklet.addModule(new URL(WORKLET, import.meta.url));
    try {
      await this.#module;
    } catch (error) {
      this.#module = null;
      throw error;
    }
    if (attempt !== this.#attempt) return;
    [this.#track] = stream.getAudioTracks();
    this.#track.addEventListener("ended", () => this.#ended(attempt));
    this.#source = context.createMediaStreamSource(stream);
    this.#capture = new AudioWorkletNode(context, NAME, {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: "explicit",
      processorOptions: { blockSamples: BLOCK_SAMPLES },
    });
    const rateHz = context.sampleRate;
    this.#capture.port.onmessage = ({ data }) => this.#onBlock({ ...data, rateHz });
    this.#source.connect(this.#capture);
  }

  #release() {
    this.#source?.disconnect();
    if (this.#capture) this.#capture.port.onmessage = null;
    this.#track?.stop();
    this.#source = this.#capture = this.#track = null;
  }

  /** The browser ended the track: the device was unplugged, or the permission was taken back. */
  #ended(attempt) {
    if (attempt !== this.#attempt) return;
    const name = this.#track.label || "The microphone";
    this.#release();
    this.#become("lost", `${name} is gone. Plug it in again, or press “Use microphone” for another one.`);
  }

  #refused({ name, message }) {
    const words = REFUSALS[name] ?? `The browser could not open the microphone (${message || name}).`;
    this.#release();
    this.#become("refused", words);
  }

  async #list() {
    const all = await navigator.mediaDevices.enumerateDevices();
    this.devices = all
      .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId && !ALIASES.includes(deviceId))
      .map(({ deviceId, label }, index) => ({ id: deviceId, name: label || `Microphone ${index + 1}` }));
  }

  /** One came or went; one that was lost and is there again is opened again. */
  async #devicesChanged() {
    if (this.state !== "ready" && this.state !== "lost") return;
    await this.#list();
    const isBack = this.devices.some(({ id }) => this.device === ANY_DEVICE || this.device === id);
    if (this.state === "lost" && isBack) await this.open();
    else this.#onChange(this);
  }

  #become(state, message) {
    this.state = state;
    this.message = message;
    this.#onChange(this);
  }
}

/** The page's audio, or where its rate is no good, as of some headsets and studio cards, one of its own. */
function contextFor() {
  const shared = audio();
  const isGood = shared.sampleRate >= RATES_HZ.lowest && shared.sampleRate <= RATES_HZ.highest;
  return isGood ? shared : new AudioContext({ sampleRate: RATES_HZ.usual, latencyHint: "interactive" });
}

function stopTracks(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
