/** A section of a piece laid out in time: its moments, its beats, its count-in. */

const SAME_MOMENT_BEAT = 1e-6;
const ROUNDING = 1e-3; // of a click: times come in thousandths of a millisecond

/** How many clicks a full bar gets: compound metres (6/8, 9/8) are felt in threes. */
const clicksOf = ({ count, unit }) => (unit >= 8 && count > 3 && count % 3 === 0 ? count / 3 : count);

/** The clicks of one bar, counted as in a full one: a pickup's lead up to the next downbeat. */
function clicksIn(bar) {
  const clicks = clicksOf(bar);
  const clickMs = (bar.duration_ms / bar.duration_beat) * ((4 / bar.unit) * (bar.count / clicks));
  const whole = bar.duration_ms / clickMs;
  const sounding = isPickup(bar) ? Math.floor(whole + ROUNDING) : Math.ceil(whole - ROUNDING);
  const skipped = isPickup(bar) ? clicks - sounding : 0;
  return Array.from({ length: sounding }, (_, index) => ({
    at: (isPickup(bar) ? bar.start_ms + bar.duration_ms - sounding * clickMs : bar.start_ms) + index * clickMs,
    isDownbeat: index + skipped === 0,
    number: index + skipped + 1,
  }));
}

const isPickup = (bar) => bar.onset_beat < 0;

export class Timeline {
  /**
   * @param {object[]} notes - as `/songs/{id}/notes` has them, by onset
   * @param {object[]} bars - as `/songs/{id}/bars` has them, of the same section and tempo
   */
  constructor(notes, bars) {
    this.bars = bars;
    this.moments = [];
    for (const note of notes) {
      const last = this.moments.at(-1);
      if (last && Math.abs(last.beat - note.onset_beat) < SAME_MOMENT_BEAT) last.notes.push(note);
      else this.moments.push({ at: note.start_ms, beat: note.onset_beat, bar: note.measure, notes: [note] });
    }
    this.barsEndMs = Math.max(0, ...bars.map((bar) => bar.start_ms + bar.duration_ms));
    this.endMs = Math.max(0, ...notes.map((note) => note.start_ms + note.duration_ms));
    this.pitches = [...new Set(notes.map((note) => note.pitch))].sort((a, b) => a - b);
  }

  /** The moment at that score beat, as `position` events name it; -1 if there is none. */
  momentAtBeat(beat) {
    return this.moments.findIndex((moment) => Math.abs(moment.beat - beat) < SAME_MOMENT_BEAT);
  }

  /** The last moment that is due at that time; -1 before the first. */
  momentAtTime(ms) {
    let [low, high] = [0, this.moments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.moments[middle].at <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The clicks before the start: a bar, or two of few beats, or as much of two as a pickup leaves. */
  countIn() {
    const full = this.bars.find((bar) => !isPickup(bar)) ?? this.bars[0];
    const clicks = clicksIn(full);
    const bars = full === this.bars[0] && clicks.length > 2 ? [1] : [2, 1];
    return bars
      .flatMap((back) => clicks.map((click) => ({ ...click, at: click.at - back * full.duration_ms })))
      .filter(({ at }) => at < this.bars[0].start_ms - 1);
  }

  /** The clicks of the section itself. */
  clicks() {
    return this.bars.flatMap(clicksIn);
  }
}
