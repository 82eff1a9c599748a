/** One run through a section: from the count-in to the marks. */

import { Tally } from "./tally.js";
import { isOrnament } from "./verdicts.js";

const LEAD_MS = 500; // between pressing Start and the first click: audio has to wake up
const AFTER_LAST_ONSET_MS = 1400; // the latest a last note can still be judged, and a little
const AFTER_LAST_NOTE_MS = 1500; // of silence, when the player leads

export class Session {
  #client;
  #hears;
  #queue = [];
  #finishTimer = null;
  #judged = new Set();
  #progress = 0;

  notesPlayed = 0;
  state = "idle"; // idle | starting | running | ending
  moment = 0;
  zero = 0;

  /**
   * @param {EtudeClient} client
   * @param {object} hears - who is told: opening(), started(), verdict(verdict, {moment, earlier}),
   *   moved(index), stats(stats), remarked(remark),
   *   cue({pitch, velocity, at, durationMs, noteId}), ended(marks, isComplete), refused(message), failed(error)
   */
  constructor(client, hears) {
    this.#client = client;
    this.#hears = hears;
    client.on("feedback", (verdict) => this.#judge(verdict));
    client.on("feedback_revised", (verdict) => this.#judge(verdict));
    client.on("position", ({ beat }) => this.#move(this.timeline?.momentAtBeat(beat) ?? -1));
    client.on("stats_update", (stats) => this.#count(stats));
    client.on("remark", (remark) => this.state !== "idle" && this.#hears.remarked(remark));
    client.on("cue", (cue) => this.#cue(cue));
    client.on("error", (error) => this.#refused(error));
    client.on("connection", ({ state }) => state === "lost" && this.#fail(new Error("The connection was lost.")));
  }

  get isRunning() {
    return this.state === "starting" || this.state === "running";
  }

  /** Time of the session, in ms; negative during the count-in. */
  get nowMs() {
    return performance.now() - this.zero;
  }

  /**
   * Begin. In tempo mode time 0 comes after the count-in, else now, or at `at`: the first note's.
   *
   * @param {object} song
   * @param {object} settings - as Options has them
   * @param {Timeline} timeline - of the section at the tempo of the settings
   */
  async start(song, settings, timeline, at = performance.now()) {
    const { mode, tempo, fromBar, toBar, hands, otherHand, repeats } = settings;
    const countIn = mode === "tempo" && settings.countIn ? timeline.countIn() : [];
    Object.assign(this, { state: "starting", mode, otherHand, timeline, countIn, tally: new Tally(), moment: 0 });
    this.#queue = [];
    this.#judged.clear();
    this.#progress = this.notesPlayed = 0;
    this.zero = mode === "tempo" ? performance.now() + LEAD_MS - Math.min(0, countIn[0]?.at ?? 0) : at;
    this.#hears.opening();
    try {
      await this.#client.startSession({
        songId: song.id, mode, tempo, fromBar, toBar, hands, otherHand, repeats, extendedResults: true,
        zero: this.zero,
      });
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#begin();
  }

  noteOn(pitch, velocity, at) {
    this.#send(() => this.#client.noteOn(pitch, velocity, at));
    if (this.isRunning && this.mode !== "tempo") this.#finishSoon();
  }

  /** The microphone heard a note: the server knows it already. */
  heardNote() {
    if (this.isRunning && this.mode !== "tempo") this.#finishSoon();
  }

  noteOff(pitch, at) {
    this.#send(() => this.#client.noteOff(pitch, at));
  }

  control(controller, value, at) {
    this.#send(() => this.#client.control(controller, value, at));
  }

  /** End now and ask for the marks; `isComplete` where it is the end of the music. */
  async finish(isComplete = false) {
    if (!this.isRunning) return;
    clearTimeout(this.#finishTimer);
    this.state = "ending";
    try {
      const marks = await this.#client.endSession();
      this.state = "idle";
      this.#hears.ended(marks, isComplete);
    } catch (error) {
      this.#fail(error);
    }
  }

  #begin() {
    this.state = "running";
    for (const send of this.#queue.splice(0)) send();
    this.#client.tellTime();
    if (this.mode === "tempo") {
      const last = this.timeline.moments.at(-1).at;
      const machineMs = this.otherHand === "machine" ? this.timeline.barsEndMs : 0;
      const endMs = Math.max(this.timeline.endMs, machineMs, last + AFTER_LAST_ONSET_MS);
      this.#finishTimer = setTimeout(() => this.finish(true), endMs - this.nowMs);
    }
    this.#hears.started();
  }

  /** What is played before the server is ready waits for it, with its own time. */
  #send(message) {
    if (this.state === "starting") this.#queue.push(message);
    else if (this.state === "running") message();
  }

  #judge(verdict) {
    if (this.state === "idle" || verdict.result === "ignored") return; // the other hand may play
    const due = verdict.expectedNote?.startTime;
    const index = due == null ? this.moment : Math.max(0, this.timeline.momentAtTime(due + 1));
    const moment = this.timeline.moments[index];
    const earlier = this.tally.add(verdict, moment.bar);
    if (index === this.timeline.moments.length - 1 && this.#settles(verdict)) {
      this.#judged.add(verdict.expectedNote.midiNote);
    }
    this.#hears.verdict(verdict, { moment, earlier });
    if (this.mode !== "tempo") this.#finishSoon();
  }

  /** Whether the note that was meant is done with: music that waits still waits after a wrong one. */
  #settles(verdict) {
    const isMeant = verdict.expectedNote && !isOrnament(verdict);
    return isMeant && (this.mode !== "wait" || verdict.result === "correct");
  }

  #count(stats) {
    this.#progress = stats.progress;
    this.notesPlayed = stats.notesPlayed;
    this.#hears.stats(stats);
    if (this.isRunning && this.mode !== "tempo") this.#finishSoon();
  }

  /** The machine plays; its time is the session's, the page's is performance.now(). */
  #cue({ midiNote, velocity, time, duration, noteId }) {
    if (!this.isRunning) return;
    this.#hears.cue({ pitch: midiNote, velocity, at: this.zero + time, durationMs: duration, noteId });
    if (this.mode !== "tempo") this.#finishSoon();
  }

  #move(index) {
    if (index < 0 || !this.isRunning) return;
    this.moment = index;
    this.#hears.moved(index);
  }

  /** Something that was played was not taken; what was asked for is told by its own promise. */
  #refused({ event, message }) {
    if (this.isRunning && event !== "start_session" && event !== "end_session") this.#hears.refused(message);
  }

  /** Where the player leads, the end is a little silence after the last notes. */
  #finishSoon() {
    clearTimeout(this.#finishTimer);
    const { notes } = this.timeline.moments.at(-1);
    const main = notes.filter((note) => !note.is_grace);
    const needed = main.length ? main : notes;
    const isAllJudged = this.mode !== "wait" && this.#progress >= 100;
    const isDone = isAllJudged || needed.every(({ pitch }) => this.#judged.has(pitch));
    if (isDone) this.#finishTimer = setTimeout(() => this.finish(true), AFTER_LAST_NOTE_MS);
  }

  #fail(error) {
    if (this.state === "idle") return;
    clearTimeout(this.#finishTimer);
    this.state = "idle";
    this.#hears.failed(error);
  }
}
