/**
 * Etude's protocol in one small client: the plain WebSocket, JSON frames, no dependencies.
 *
 *   import { EtudeClient } from "/web/client.js";
 *   const etude = new EtudeClient();
 *   etude.on("feedback", ({ result, message }) => console.log(result, message));
 *   await etude.connect();
 *   await etude.startSession({ songId: 1, mode: "follow", tempo: 100, extendedResults: true });
 *   document.onkeydown = (event) => etude.noteOn(60, 80, event.timeStamp);
 *   document.onclick = async () => console.log(await etude.endSession());
 *
 * A microphone is a stream of mono samples: startAudio({ sampleRate, at }), then sendAudio(samples), before a
 * session or within one; `pitch`, `signal` and `note_heard` say what was heard.
 *
 * Times go in as `performance.now()` values, which is what every `event.timeStamp` is, and travel
 * as milliseconds since the session began: take them from the event, not from its handler.
 */

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const PATIENCE_MS = 10_000; // a server that has not answered by then will not
const UNAUTHENTICATED = 4401; // closed for want of a good token: trying again changes nothing

export class ProtocolError extends Error {
  constructor({ code, message, event }) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
    this.event = event;
  }
}

const unreachable = () =>
  new ProtocolError({ code: "DISCONNECTED", message: "The server is not reachable." });

/** The WebSocket address of the server a page came from. */
export function serverUrl(location = globalThis.location) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/api/v1/ws`;
}

/**
 * One connection. Listeners get the data of the server's events by name, and of two of the
 * client's own: `connection` ({ state: "connecting" | "open" | "lost", retryMs }), and `idle` when a session is over,
 * however it ended.
 */
export class EtudeClient {
  #url;
  #keepsTrying;
  #socket = null;
  #listeners = new Map();
  #awaited = new Map();
  #retryMs = FIRST_RETRY_MS;
  #retryTimer = null;
  #zero = 0;
  #isClosed = false;
  #isReady = false;
  #isPlaying = false;

  constructor(url = serverUrl(), { token = null, reconnect = false } = {}) {
    this.#url = url;
    this.token = token; // shown whenever a connection opens: a string, or a function that gives one by then
    this.#keepsTrying = reconnect;
    this.on("authenticated", ({ userId }) => (this.userId = userId));
    this.on("session_ended", ({ kind }) => kind !== "sync" && this.#rest());
  }

  /** Who the server knows this connection as; null for a guest. */
  userId = null;

  /** Whether the server may be spoken to: it knows who plays, or need not. */
  get isReady() {
    return this.isOpen && this.#isReady;
  }

  /** Whether a session runs, or is being opened. */
  get isPlaying() {
    return this.#isPlaying;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Listen to an event; returns the function that stops listening. */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Open the connection; resolves once the server may be spoken to. */
  connect() {
    clearTimeout(this.#retryTimer);
    this.#isClosed = this.#isReady = false;
    this.userId = null;
    this.#emit("connection", { state: "connecting" });
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      socket.onopen = () => this.#opened().then(resolve, reject);
      socket.onmessage = ({ data }) => this.#received(JSON.parse(data));
      socket.onclose = ({ code }) => {
        if (socket === this.#socket) this.#lost(code);
        reject(unreachable());
      };
    });
  }

  /** Begin anew at once: who plays is who the token says then, as on a connection that only opens. */
  restart() {
    if (this.#socket?.readyState === WebSocket.CONNECTING) return;
    clearTimeout(this.#retryTimer);
    this.#retryMs = 0;
    if (this.#isGone) this.connect().catch(() => {}); // told by event
    else this.#socket.close();
  }

  /** Close, until {@link connect} is called again. */
  close() {
    this.#isClosed = true;
    clearTimeout(this.#retryTimer);
    if (this.#isGone) this.#emit("connection", { state: "lost", retryMs: null });
    else this.#socket.close();
  }

  /** Say who plays, on a connection that is open; rejects where the token is no good. */
  async authenticate(token) {
    if (!(this.token instanceof Function)) this.token = token;
    await this.#ask("authenticate", { token }, "authenticated", "auth_error");
    this.#ready();
  }

  /** Begin a session; `zero` is the moment, as performance.now() has it, that is time 0. */
  startSession({ zero = performance.now(), ...options }) {
    this.#zero = zero;
    this.#isPlaying = true;
    const started = this.#ask("start_session", { sessionType: "song", ...options }, "session_started");
    started.catch(() => this.#rest());
    return started;
  }

  noteOn(pitch, velocity = 80, at = performance.now()) {
    this.send("note_played", { midiNote: pitch, velocity, timestamp: at - this.#zero });
  }

  noteOff(pitch, at = performance.now()) {
    this.send("note_released", { midiNote: pitch, velocity: 0, timestamp: at - this.#zero });
  }

  control(controller, value, at = performance.now()) {
    this.send("control_change", { controller, value, timestamp: at - this.#zero });
  }

  /**
   * Announce sound: mono samples follow by {@link sendAudio}, the first of them heard at `at`.
   *
   * @param {object} options - sampleRate in Hz, format ("f32le", "s16le"), instrument, a4, tuning, tonic
   */
  startAudio({ at = performance.now(), format = "f32le", ...options }) {
    return this.send("start_audio", { ...options, format, timestamp: at - this.#zero });
  }

  /** Send samples of the announced format; false if there is nobody to send them to. */
  sendAudio(samples) {
    if (!this.isOpen) return false;
    this.#socket.send(samples);
    return true;
  }

  /** The sound is over. */
  stopAudio() {
    return this.send("stop_audio", {});
  }

  /** Tell what the page itself is about to sound, so that the microphone does not take it for the player. */
  machineSound(at, { pitch, durationMs } = {}) {
    this.send("machine_sound", { timestamp: at - this.#zero, midiNote: pitch, duration: durationMs });
  }

  /** What waits to be sent still. */
  get unsentBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** A time of the session, as events have it, on the clock of performance.now(). */
  momentOf(timestamp) {
    return this.#zero + timestamp;
  }

  /** Tell what time it is: before anything is played, cues of the machine wait for that. */
  tellTime(at = performance.now()) {
    this.send("clock", { timestamp: at - this.#zero });
  }

  /** End the session; resolves with its marks. */
  endSession() {
    return this.#ask("end_session", {}, "session_ended");
  }

  /** Send any event of the protocol; false if there is nobody to send it to. */
  send(event, data) {
    if (!this.isOpen) return false;
    this.#socket.send(JSON.stringify({ event, data }));
    return true;
  }

  get #isGone() {
    return this.#socket === null || this.#socket.readyState === WebSocket.CLOSED;
  }

  async #opened() {
    let token;
    try {
      token = this.token instanceof Function ? await this.token() : this.token;
    } catch (error) {
      this.#socket.close(); // nobody knows who plays: better later than as somebody else
      throw error;
    }
    if (token) await this.authenticate(token);
    else this.#ready();
  }

  #ready() {
    this.#retryMs = FIRST_RETRY_MS;
    if (this.#isReady) return; // only who plays is another
    this.#isReady = true;
    this.#emit("connection", { state: "open" });
  }

  #rest() {
    if (!this.#isPlaying) return;
    this.#isPlaying = false;
    this.#emit("idle");
  }

  #received({ event, data }) {
    for (const [asked, { answer, refusal, settle }] of this.#awaited) {
      if (event === answer) settle(asked, null, data);
      else if (event === refusal) settle(asked, new ProtocolError(data));
      else if (event === "error" && data.event === asked) settle(asked, new ProtocolError(data));
    }
    this.#emit(event, data);
  }

  #lost(code) {
    const gone = unreachable();
    for (const [asked, { settle }] of this.#awaited) settle(asked, gone);
    const isOver = this.#isClosed || !this.#keepsTrying || code === UNAUTHENTICATED;
    const retryMs = isOver ? null : this.#retryMs;
    this.userId = null;
    this.#emit("connection", { state: "lost", retryMs });
    this.#rest();
    this.#retryMs = Math.max(FIRST_RETRY_MS, Math.min(2 * retryMs, LONGEST_RETRY_MS));
    const again = () => this.connect().catch(() => {}); // tells by event
    if (retryMs !== null) this.#retryTimer = setTimeout(again, retryMs);
  }

  #ask(event, data, answer, refusal) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        settle(event, new ProtocolError({ code: "TIMEOUT", message: "The server does not answer." }));
      }, PATIENCE_MS);
      const settle = (asked, error, value) => {
        clearTimeout(timer);
        this.#awaited.delete(asked);
        if (error) reject(error);
        else resolve(value);
      };
      this.#awaited.set(event, { answer, refusal, settle });
      if (!this.send(event, data)) settle(event, unreachable());
    });
  }

  #emit(name, data) {
    for (const listener of this.#listeners.get(name) ?? []) listener(data);
  }
}
