/** Sound without files: a plain struck-string tone for played keys, a woodblock for the beat. */

const PARTIALS = [1, 0.42, 0.2, 0.09, 0.04]; // a soft piano's, from the fundamental up
const ATTACK_SEC = 0.004;
export const RELEASE_SEC = 0.18;
const LOUDEST = 0.32;

let context = null;
const waves = new WeakMap(); // context → its periodic wave

/** The page's audio; browsers let it begin only after somebody has clicked or pressed a key. */
export function audio() {
  context ??= new AudioContext({ latencyHint: "interactive" });
  if (context.state === "suspended") context.resume().catch(() => {}); // stays silent until allowed
  return context;
}

/** The audio clock's time at which sound leaves the speaker at `ms` of performance.now(). */
export function audioTimeOf(ms) {
  const { contextTime, performanceTime } = audio().getOutputTimestamp();
  if (!performanceTime) return context.currentTime + (ms - performance.now()) / 1000;
  return contextTime + (ms - performanceTime) / 1000;
}

const frequency = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

/** How long a string of that pitch rings, to a sixtieth of a dB. */
const decaySec = (pitch) => Math.min(2.6, Math.max(0.35, 2.2 - (pitch - 60) * 0.03));

/** The wave of a string, as a context wants it. */
function waveOf(ctx) {
  if (!waves.has(ctx)) {
    const silent = new Float32Array(PARTIALS.length + 1);
    waves.set(ctx, ctx.createPeriodicWave(new Float32Array([0, ...PARTIALS]), silent));
  }
  return waves.get(ctx);
}

/** A string struck at `start` of a context's clock; it rings until it is released. */
export function strike(ctx, pitch, velocity, start) {
  const wave = waveOf(ctx);
  const tone = new OscillatorNode(ctx, { frequency: frequency(pitch), type: "custom", periodicWave: wave });
  const gain = new GainNode(ctx, { gain: 0 });
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(LOUDEST * (velocity / 127) ** 1.4, start + ATTACK_SEC);
  gain.gain.setTargetAtTime(0, start + ATTACK_SEC, decaySec(pitch) / 2);
  tone.connect(gain).connect(ctx.destination);
  tone.start(start);
  tone.stop(start + 5 * decaySec(pitch));
  return { tone, gain };
}

/** Let go of a string at `at` of its context's clock. */
export function release({ tone, gain }, at) {
  gain.gain.cancelScheduledValues(at);
  gain.gain.setTargetAtTime(0, at, RELEASE_SEC / 4);
  tone.stop(at + 2 * RELEASE_SEC);
}

/** Sounds the keys as they go down and up. */
export class Synth {
  #voices = new Map();

  isOn = true;

  noteOn(pitch, velocity = 80) {
    if (!this.isOn) return;
    const ctx = audio();
    this.noteOff(pitch);
    this.#voices.set(pitch, strike(ctx, pitch, velocity, ctx.currentTime));
  }

  noteOff(pitch) {
    const voice = this.#voices.get(pitch);
    if (!voice) return;
    this.#voices.delete(pitch);
    release(voice, context.currentTime);
  }
}

/** Sounds notes at times that are known before. */
export class Player {
  #voices = new Set();

  /** One note; `ms` is when it is to be heard, as performance.now() has it. */
  play(pitch, velocity, ms, durationMs) {
    const start = Math.max(audio().currentTime, audioTimeOf(ms));
    const voice = strike(context, pitch, velocity, start);
    release(voice, start + durationMs / 1000);
    this.#voices.add(voice);
    voice.tone.onended = () => this.#voices.delete(voice);
  }

  /** Silence now; what was to come does not. */
  stop() {
    for (const voice of this.#voices) release(voice, context.currentTime);
    this.#voices.clear();
  }
}

/**
 * Pitches of the click on a downbeat and on another beat. Beside a microphone they lie above every note, so that
 * none is taken for the player's.
 */
const CLICK_HZ = { alone: [1480, 988], microphone: [7100, 5300] };

/** One click of the metronome; `ms` is when it is to be heard, as performance.now() has it. */
export function click(ms, isDownbeat, beside = "alone") {
  const ctx = audio();
  const start = Math.max(ctx.currentTime, audioTimeOf(ms));
  const [downbeatHz, beatHz] = CLICK_HZ[beside];
  const tone = new OscillatorNode(ctx, { frequency: isDownbeat ? downbeatHz : beatHz, type: "triangle" });
  const gain = new GainNode(ctx, { gain: 0 });
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(isDownbeat ? 0.4 : 0.24, start + 0.001);
  gain.gain.exponentialRampToValueAtTime(0.0005, start + 0.07);
  tone.connect(gain).connect(ctx.destination);
  tone.start(start);
  tone.stop(start + 0.08);
}
