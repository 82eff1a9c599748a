/** MIDI keyboards through the browser's Web MIDI. */

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const CONTROL_CHANGE = 0xb0;

export const ANY_DEVICE = "";

/** Why a browser without it has none, in words that help. */
function absence() {
  return isSecureContext
    ? "This browser has no Web MIDI. Chrome, Edge, Opera and Firefox have it; the computer’s keys work everywhere."
    : "Browsers allow MIDI only on https or on this machine’s own address. Open Etude at http://localhost.";
}

export class MidiInput {
  #sink;
  #onChange;
  #access = null;

  device = ANY_DEVICE;
  state = "idle"; // idle | asking | ready | refused | absent
  message = "";

  /**
   * @param {{noteOn: Function, noteOff: Function, control: Function}} sink
   * @param {(midi: MidiInput, note?: string) => void} onChange - told when devices or state change
   */
  constructor(sink, onChange) {
    this.#sink = sink;
    this.#onChange = onChange;
  }

  /** The connected keyboards: [{id, name}]. */
  get devices() {
    const inputs = [...(this.#access?.inputs.values() ?? [])].filter(({ state }) => state === "connected");
    return inputs.map(({ id, name }) => ({ id, name: name || "MIDI keyboard" }));
  }

  /** Ask for nothing, but listen at once where the player has allowed it before. */
  async resume() {
    if (!navigator.requestMIDIAccess) return this.#become("absent", absence());
    const permission = await navigator.permissions?.query({ name: "midi" }).catch(() => null); // unknown name
    return permission?.state === "granted" ? this.open() : this.#become("idle", "");
  }

  /** Ask the browser for its keyboards; it may ask the player. */
  async open() {
    if (!navigator.requestMIDIAccess) return this.#become("absent", absence());
    this.#become("asking", "Waiting for your browser’s permission…");
    try {
      this.#access = await navigator.requestMIDIAccess({ sysex: false });
    } catch (error) {
      const isDenied = error.name === "SecurityError" || error.name === "NotAllowedError";
      return this.#become("refused", isDenied
        ? "MIDI was not allowed. You can allow it in the site settings beside the address."
        : `The browser could not open MIDI (${error.name}). The computer’s keys still work.`);
    }
    this.#access.onstatechange = ({ port }) => port.type === "input" && this.#changed(port);
    this.#listen();
    return this.#become("ready", this.#summary());
  }

  /** Listen to one device only, or to any. */
  choose(device) {
    this.device = device;
    this.#changed();
  }

  #summary() {
    const { length } = this.devices;
    if (!length) return "No keyboard found yet. Plug one in: it will be picked up.";
    return length === 1 ? `${this.devices[0].name} is ready.` : `${length} keyboards are ready.`;
  }

  #changed(port = null) {
    this.#listen();
    const isGone = port?.state === "disconnected";
    this.#become("ready", isGone ? `${port.name} was unplugged. Plug it in again to go on.` : this.#summary());
  }

  #listen() {
    for (const input of this.#access.inputs.values()) {
      const isWanted = this.device === ANY_DEVICE || this.device === input.id;
      input.onmidimessage = isWanted ? (event) => this.#received(event) : null;
    }
  }

  #received({ data: [status, number, value = 0], timeStamp }) {
    const kind = status & 0xf0;
    if (kind === NOTE_ON && value > 0) this.#sink.noteOn(number, value, timeStamp);
    else if (kind === NOTE_ON || kind === NOTE_OFF) this.#sink.noteOff(number, timeStamp);
    else if (kind === CONTROL_CHANGE && number < 120) this.#sink.control(number, value, timeStamp);
  }

  #become(state, message) {
    this.state = state;
    this.message = message;
    this.#onChange(this);
  }
}
