/** The practice view: one piece, and everything around it, tied together. */

import { fetchBars, fetchNotes, fetchScore, fetchSong } from "./api.js";
import { Assignment } from "./assignment.js";
import { byId } from "./dom.js";
import { Instruments } from "./instruments.js";
import { whatBecomes } from "./kept.js";
import { isTyping } from "./keys.js";
import { Listening } from "./listening.js";
import { Live } from "./live.js";
import { Metronome } from "./metronome.js";
import { Options } from "./options.js";
import { OwnScore } from "./own_score.js";
import { Path } from "./path.js";
import { ScoreView } from "./score.js";
import { Session } from "./session.js";
import { Player, audio } from "./sound.js";
import { showSummary } from "./summary.js";
import { Timeline } from "./timeline.js";

const WIDTHS_PX = [320, 400, 560, 720, 880, 1040]; // of the engraving: few, so that they are cached

const BEFORE_ONSET_MS = 250; // of sound, so that the attack of the note that begins a session is heard whole

const SETTLE_MS = 120; // before a section is asked for: shorter than one notices

export class Practice {
  #song = null;
  #running = null;
  #played = null;
  #player = null;
  #timeline = null;
  #visit = 0;
  #scoreWidth = 0;

  /**
   * @param {EtudeClient} client
   * @param {() => void} scoresChanged - told when an own score is called otherwise, shared or deleted
   */
  constructor(client, scoresChanged) {
    this.client = client;
    this.score = new ScoreView(byId("score"));
    this.metronome = new Metronome();
    this.machine = new Player();
    this.session = new Session(client, {
      opening: () => this.listening.hold(),
      started: () => this.#started(),
      verdict: (verdict, place) => this.live.verdict(verdict, place),
      moved: (index) => this.live.moved(index),
      stats: (stats) => this.live.stats(stats),
      remarked: (remark) => this.live.remark(remark),
      cue: (cue) => this.#cue(cue),
      refused: (message) => this.live.say(message),
      ended: (marks, isComplete) => this.#ended(marks, isComplete),
      failed: (error) => this.#failed(error),
    });
    const page = (...ids) => Object.fromEntries(ids.map((id) => [id, byId(id)]));
    this.instruments = new Instruments(page("piano", "lower", "higher", "connect", "device", "status"), {
      noteOn: (pitch, velocity, at) => this.#noteOn(pitch, velocity, at),
      noteOff: (pitch, at) => this.session.noteOff(pitch, at),
      control: (controller, value, at) => this.session.control(controller, value, at),
    });
    this.listening = new Listening(client, {
      noteOn: (pitch, at) => this.#heard(pitch, at),
      noteOff: (pitch) => this.instruments.piano.sound(pitch, false),
      changed: () => this.#applySwitches(),
    });
    this.assignment = new Assignment(byId("assignment"));
    this.path = new Path(byId("path"));
    this.ownScore = new OwnScore(byId("own-score"), {
      changed: (song) => {
        scoresChanged();
        if (song.id === this.#song?.id) this.#name(song);
      },
      deleted: () => {
        scoresChanged();
        location.hash = "#/";
      },
    });
    this.live = new Live(this.session, this.score, this.instruments.piano);
    this.options = new Options(byId("options"), (settings, changed) => this.#adjust(settings, changed));
    byId("start").addEventListener("click", () => this.start());
    byId("stop").addEventListener("click", () => this.session.finish());
    byId("retry").addEventListener("click", () => this.show(this.slug, this.query));
    addEventListener("keydown", (event) => this.#shortcut(event));
    new ResizeObserver(() => this.#resized()).observe(byId("score"));
  }

  get isInTrouble() {
    return byId("practice").dataset.state === "trouble";
  }

  /** Open a piece; `query` may name the step of a lesson. */
  async show(slug, query = null) {
    const visit = ++this.#visit;
    Object.assign(this, { slug, query });
    this.#song = this.#timeline = null;
    this.#layOut("loading");
    try {
      const song = await fetchSong(slug);
      const tempo = Math.round(song.tempo); // as the slider has it, and every session
      const [notes, bars, drawing, taken] = await Promise.all([
        fetchNotes(song.id, { tempo }),
        fetchBars(song.id, { tempo }),
        fetchScore(song.id, this.#pickWidth()),
        this.assignment.take(query, song),
      ]);
      if (visit === this.#visit) await this.#open(song, notes, bars, drawing, taken);
    } catch (error) {
      if (visit === this.#visit) this.#showTrouble(error);
    }
  }

  /** Leave the piece: whatever runs is ended and kept. */
  hide() {
    this.#visit += 1;
    this.session.finish();
    this.machine.stop();
    this.instruments.keys.isActive = false;
    this.#song = null;
  }

  async start(at = undefined) {
    if (!this.#timeline || byId("start").disabled || this.session.state !== "idle") return;
    audio();
    this.#running = this.#song;
    this.#played = this.options.settings;
    this.#layOut("playing");
    this.live.reset(this.#timeline, this.options.settings);
    await this.session.start(this.#song, this.options.settings, this.#timeline, at);
  }

  async #open(song, notes, bars, drawing, taken) {
    this.#song = song;
    this.#name(song);
    this.path.show(song);
    this.ownScore.show(song);
    const measures = bars.map(({ measure }) => measure);
    const hasRepeats = new Set(notes.map(({ note_id }) => note_id)).size < notes.length;
    this.options.fit({
      tempo: Math.round(song.tempo),
      firstBar: Math.min(...measures),
      lastBar: Math.max(...measures),
      hasTwoHands: new Set(notes.map(({ staff }) => staff)).size > 1,
      hasRepeats,
    });
    this.assignment.show(taken?.step.song === song.slug ? taken : null);
    if (this.assignment.step) this.options.assign(this.assignment.step);
    this.#layOut("ready");
    byId("start").disabled = !this.client.isOpen; // another piece may have been left while it was cut
    this.score.show(drawing, `Score of ${song.title}`);
    this.#setTimeline(new Timeline(notes, bars));
    this.instruments.fit(this.#timeline.pitches);
    this.instruments.keys.isActive = true;
    this.#applySwitches();
    const { settings } = this.options;
    if (this.assignment.step || (hasRepeats && !settings.repeats)) await this.#adjust(settings, "repeats");
  }

  #name({ title, composer, key }) {
    byId("title").textContent = title;
    byId("byline").textContent = [composer, key].filter(Boolean).join(" · ");
    document.title = `${title} · Etude`;
  }

  #setTimeline(timeline) {
    this.#timeline = timeline;
    const ids = new Set(timeline.moments.flatMap(({ notes }) => notes.map((note) => note.note_id)));
    this.score.setSection(ids);
    this.live.preview(timeline, this.options.settings);
  }

  async #adjust({ tempo, fromBar, toBar, hands, repeats }, changed) {
    this.#applySwitches();
    if (!["tempo", "fromBar", "toBar", "hands", "repeats"].includes(changed)) {
      if (this.#timeline) this.live.preview(this.#timeline, this.options.settings);
      return;
    }
    const visit = ++this.#visit;
    const section = { tempo, from_bar: fromBar, to_bar: toBar, hands, repeats };
    byId("start").disabled = true;
    try {
      const { id } = this.#song;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS)); // a slider tells every step
      if (visit !== this.#visit) return;
      const [notes, bars] = await Promise.all([fetchNotes(id, section), fetchBars(id, section)]);
      if (visit !== this.#visit) return;
      byId("options-error").textContent = "";
      this.#setTimeline(new Timeline(notes, bars));
    } catch (error) {
      if (visit !== this.#visit) return;
      byId("options-error").textContent = error.message;
    }
    byId("start").disabled = !this.client.isOpen;
  }

  /** Beside a microphone the keys are silent, else they would be heard twice. */
  #applySwitches() {
    const isListening = this.listening.isOn;
    this.instruments.synth.isOn = this.options.settings.sound && !isListening;
    this.metronome.beside = isListening ? "microphone" : "alone";
    byId("practice").dataset.input = isListening ? "microphone" : "keys";
  }

  #started() {
    const { mode, zero } = this.session;
    this.#player = this.client.userId;
    this.listening.beginSession(mode === "tempo" ? performance.now() : zero - BEFORE_ONSET_MS);
    if (this.session.mode !== "tempo") return;
    const beats = [
      ...this.session.countIn.map((beat) => ({ ...beat, isCountIn: true })),
      ...this.#timeline.clicks(),
    ];
    const isHeard = ({ isCountIn }) => isCountIn || this.options.settings.click;
    const onClick = (ms) => this.listening.isOn && this.client.machineSound(ms);
    this.metronome.start(zero, beats, isHeard, (beat) => this.live.beat(beat), onClick);
    this.live.followClock();
  }

  /** Where the player leads, the first key starts the session. */
  #noteOn(pitch, velocity, at) {
    const isReady = byId("practice").dataset.state === "ready" && this.client.isOpen;
    if (isReady && this.options.settings.mode !== "tempo") this.start(at);
    this.session.noteOn(pitch, velocity, at);
  }

  /** Where the player leads, hearing the first note starts the session; speech and noise do not. */
  #heard(pitch, at) {
    this.instruments.piano.sound(pitch, true);
    const isReady = byId("practice").dataset.state === "ready" && this.client.isOpen;
    const isFirst = this.#timeline?.moments[0]?.notes.some((note) => note.pitch === pitch);
    if (isReady && isFirst && this.options.settings.mode !== "tempo") this.start(at);
    this.session.heardNote();
  }

  /** The hand that is left to the machine. */
  #cue({ pitch, velocity, at, durationMs, noteId }) {
    this.machine.play(pitch, velocity, at, durationMs);
    this.score.sound(noteId, at, durationMs);
  }

  #ended(marks, isComplete) {
    this.#rest();
    if (this.#song !== this.#running) return; // the player has gone elsewhere
    this.assignment.ended(marks, this.#played, isComplete);
    this.#layOut("summary");
    showSummary(byId("summary"), marks, this.session.tally, this.#kept(marks), {
      again: () => this.start(),
      practise: (bars) => this.#practise(bars),
      close: () => this.#ready(),
    });
  }

  /** What becomes of a run; nothing, where nothing was played. */
  #kept({ sessionId }) {
    return this.session.notesPlayed ? whatBecomes(sessionId, this.#player) : null;
  }

  async #practise([from, to]) {
    this.options.setBars([from, to]);
    this.#ready();
    await this.#adjust(this.options.settings, "fromBar");
  }

  #ready() {
    this.score.clear();
    this.#layOut("ready");
    this.live.preview(this.#timeline, this.options.settings);
    byId("start").focus({ preventScroll: true });
  }

  /** A run is over: nothing sounds or moves any more, and the microphone is a tuner again. */
  #rest() {
    this.metronome.stop();
    this.machine.stop();
    this.live.stop();
    this.listening.endSession();
  }

  #failed(error) {
    this.#rest();
    if (this.#song !== this.#running) return;
    this.#layOut("ready");
    const isKept = !this.session.tally.isEmpty;
    byId("options-error").textContent =
      error.message + (isKept ? " What you had played is marked below, and kept on the server." : "");
  }

  #showTrouble(error) {
    this.#layOut("trouble");
    const isUnknown = error.code === "SONG_NOT_FOUND";
    byId("trouble-text").textContent = isUnknown ? "There is no such piece." : error.message;
  }

  /** One of: loading, trouble, ready, playing, summary. The style sheet shows what belongs to each. */
  #layOut(state) {
    byId("practice").dataset.state = state;
    byId("options-error").textContent = "";
    byId("options").hidden = state !== "ready";
    byId("nowbar").hidden = state !== "playing";
    byId("summary").hidden = state !== "summary";
    byId("trouble").hidden = state !== "trouble";
    byId("sheet").hidden = state === "loading" || state === "trouble";
    byId("loading").hidden = state !== "loading";
  }

  #pickWidth() {
    const room = byId("score").clientWidth || byId("practice").clientWidth;
    return (this.#scoreWidth = WIDTHS_PX.findLast((width) => width <= room) ?? WIDTHS_PX[0]);
  }

  /** Engrave again for another width, but never under a player's eyes. */
  async #resized() {
    const before = this.#scoreWidth;
    if (!this.#song || byId("practice").dataset.state !== "ready" || this.#pickWidth() === before) return;
    const visit = this.#visit;
    const keepOld = () => null; // a drawing too wide or narrow still serves
    const drawing = await fetchScore(this.#song.id, this.#scoreWidth).catch(keepOld);
    if (!drawing || visit !== this.#visit || this.session.state !== "idle") return;
    this.score.show(drawing, `Score of ${this.#song.title}`);
    this.#setTimeline(this.#timeline);
  }

  #shortcut(event) {
    if (byId("practice").hidden || isTyping(event.target)) return;
    if (event.key === "Escape" && this.session.isRunning) this.session.finish();
    const isTaken = event.target instanceof Element && event.target.closest("button, a, input, select");
    if (event.key === " " && !isTaken && !event.repeat) {
      event.preventDefault();
      if (this.session.isRunning) this.session.finish();
      else this.start();
    }
  }
}
