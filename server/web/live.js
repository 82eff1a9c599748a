/** What is seen while playing: the current note, verdicts as they fall, the meter, the figures. */

import { byId } from "./dom.js";
import { Meter, inWords } from "./meter.js";
import { VERDICTS, isOrnament, isTimed, pitchName, signIcon } from "./verdicts.js";

export class Live {
  #session;
  #score;
  #piano;
  #meter = new Meter(byId("meter"));
  #timeline = null;
  #settings = null;
  #frame = null;
  #shown = -1;

  constructor(session, score, piano) {
    this.#session = session;
    this.#score = score;
    this.#piano = piano;
  }

  /** Before a run: show where it begins. */
  preview(timeline, settings) {
    this.#timeline = timeline;
    this.#settings = settings;
    this.#hint(0);
    byId("meter-box").hidden = settings.mode === "wait";
  }

  /** Begin a run with everything at nought. */
  reset(timeline, settings) {
    this.preview(timeline, settings);
    this.#score.clear();
    this.#meter.clear();
    this.#shown = -1;
    this.stats({ currentScore: 0, progress: 0 });
    byId("accuracy").textContent = "–";
    byId("beat").textContent = "";
    byId("remark").textContent = "";
    this.say(settings.mode === "tempo" ? "Listen to the count-in…" : "Play when you are ready.");
    this.#show(0);
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    byId("beat").textContent = "";
    this.#score.rest();
    this.#piano.hint([]);
  }

  /** The server says where the player is; in tempo mode the clock is nearer than the message. */
  moved(index) {
    if (this.#session.mode === "tempo") return;
    this.#show(index);
    this.#hint(this.#session.mode === "wait" ? index : index + 1);
  }

  /** In tempo mode the clock moves the place, frame by frame. */
  followClock() {
    const step = () => {
      const index = this.#timeline.momentAtTime(this.#session.nowMs);
      if (index >= 0 && index !== this.#shown) {
        this.#session.moment = index;
        this.#show(index);
        this.#hint(index + 1);
      }
      if (this.#session.isRunning) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  beat({ number, isDownbeat, isCountIn }) {
    const beat = byId("beat");
    beat.textContent = number;
    beat.classList.toggle("is-downbeat", isDownbeat);
    beat.classList.toggle("is-count-in", Boolean(isCountIn));
    if (!isCountIn && this.#session.tally.isEmpty) this.say("");
  }

  verdict(verdict, { earlier }) {
    const { result, noteId, playedNote, timingDiff } = verdict;
    const { accuracy } = this.#session.tally;
    byId("accuracy").textContent = accuracy == null ? "–" : `${Math.round(accuracy)} %`;
    if (earlier?.noteId) this.#score.marks.take(earlier.noteId, earlier.playedIndex);
    if (noteId && !isOrnament(verdict)) this.#score.marks.put(noteId, result, verdict.playedIndex);
    if (earlier) return; // a second thought changes the score, not what is said now
    if (playedNote != null) this.#piano.flash(playedNote, result);
    if (isTimed(result) && timingDiff != null) this.#meter.add(timingDiff, result);
    this.#tell(verdict);
  }

  /** Of the way of playing: it stays until the next. */
  remark({ message }) {
    byId("remark").textContent = `${message[0].toUpperCase()}${message.slice(1)}.`;
  }

  stats({ currentScore, progress }) {
    byId("points").textContent = currentScore;
    byId("progress").value = progress;
  }

  #show(index) {
    const moment = this.#timeline.moments[index];
    if (!moment || index === this.#shown) return;
    this.#shown = index;
    this.#score.setCurrent(moment.notes.map((note) => note.note_id));
    byId("bar-number").textContent = moment.bar;
  }

  #hint(index) {
    const moment = this.#timeline?.moments[index];
    const isWanted = this.#settings?.hints && moment;
    this.#piano.hint(isWanted ? moment.notes.filter((note) => !note.is_grace).map((note) => note.pitch) : []);
  }

  #tell({ result, playedNote, expectedNote, timingDiff }) {
    const played = playedNote == null ? "" : pitchName(playedNote);
    const expected = expectedNote ? pitchName(expectedNote.midiNote) : "";
    const how = { early: true, late: true }[result] && timingDiff != null ? inWords(timingDiff) : null;
    const words = {
      correct: played,
      early: `${played}, ${how ?? "early"}`,
      late: `${played}, ${how ?? "late"}`,
      wrong_note: expected ? `${played}; the score has ${expected}` : played,
      missed: expected,
      extra: played,
    };
    this.say(`${VERDICTS[result].label}: ${words[result]}`, result);
  }

  /** Tell something where verdicts are told. */
  say(text, result = null) {
    byId("verdict").dataset.result = result ?? "none";
    byId("verdict").replaceChildren(...(result ? [signIcon(result)] : []), text);
  }
}
