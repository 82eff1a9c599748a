"""Makes the golden takes: rough practice, and everything that was said of it, to the last bit.

``python tests/golden/make_takes.py`` writes ``<mode>.etude`` and ``<mode>.txt`` anew for each mode.
They change only when the judging changes.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from engine import Score
from engine.events import Event, Kind
from engine.judging import Remark, Verdict
from engine.performance import MODES, Performance
from server.takes.file import write_take
from server.takes.format import StoredTake
from server.takes.take import Take

FOLDER = Path(__file__).parent
BARS = [1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
PLAYED = [*range(5), *range(8, 12), *range(10, 12), *range(8, 14), *range(3, 16)]  # bars


def score() -> Score:
    """Two hands in 4/4: chords below a tune in eighths; the first four bars stand twice."""
    rng = np.random.default_rng(1)
    rows = []
    written = {
        bar: [*((int(rng.integers(60, 84)), k / 2) for k in range(8)), (36 + bar, 0.0), (48, 0.0)]
        for bar in sorted(set(BARS))
    }
    for place, bar in enumerate(BARS):
        rows += [(pitch, 4.0 * place + beat, 0.5, bar) for pitch, beat in written[bar]]
    fields = [("pitch", "i4"), ("onset_beat", "f8"), ("duration_beat", "f8"), ("measure", "i4")]
    return Score.from_notes(np.array(rows, fields), title="Golden", tempo_bpm=100.0)


def events(notes: np.ndarray) -> list[Event]:
    """A player who slips, leaves out, stops, goes back, passes over a repeat, and slows down."""
    rng = np.random.default_rng(2)
    played, now_sec = [], 0.0
    for n, place in enumerate(PLAYED):
        beat_sec = 0.6 * (1.0 + 0.012 * n)
        now_sec += 2.5 if n and PLAYED[n - 1] + 1 != place else 0.0
        for note in notes[notes["onset_beat"] // 4 == place]:
            onset_sec = (
                now_sec + float(note["onset_beat"] % 4) * beat_sec + rng.uniform(-0.02, 0.02)
            )
            onset_sec += 0.14 * (rng.random() < 0.03)
            slip = int(rng.choice([-1, 0, 1], p=[0.03, 0.94, 0.03]))
            if rng.random() > 0.03:
                played.append(Event(onset_sec, Kind.NOTE_ON, int(note["pitch"]) + slip, 70))
        now_sec += 4 * beat_sec
    ordered = sorted(played)
    ticks = [Event(event.time_sec + 0.2, Kind.TICK) for event in ordered[::3]]
    return [*sorted([*ordered, *ticks]), Event(now_sec + 3.0, Kind.END)]


def spell(value: Any) -> str:
    """Write a value so that every bit of it shows."""
    if isinstance(value, tuple):
        return "(" + " ".join(map(spell, value)) + ")"
    return value.hex() if isinstance(value, float) else str(value)


def told_lines(performance: Performance, log: Iterable[Event]) -> list[str]:
    """Everything that is said of a take, reasons included: one line a verdict or remark."""
    return [f"{spell(event.time_sec)} {spell(said)}" for event, said in told(performance, log)]


def told(performance: Performance, log: Iterable[Event]) -> Iterable[tuple[Event, Any]]:
    """Verdicts, with why, and remarks, each with the event that brought it."""
    for event in log:
        for said in performance.process(event):
            if isinstance(said, Verdict):
                why = said.why
                yield event, (*said[:7], None if why is None else tuple(why))
            elif isinstance(said, Remark):
                yield event, tuple(said)


def main() -> None:
    """Write the golden takes."""
    for mode in MODES:
        take = Take(score(), mode=mode, started_at=datetime(2025, 1, 1, tzinfo=UTC))
        take.id = "01900000-0000-7000-8000-000000000000"
        log = events(take.performance.score.notes)
        for event in log:
            take.process(event)
        chunk = take.drain()
        assert chunk is not None
        path = FOLDER / f"{mode}.etude"
        path.unlink(missing_ok=True)
        summary = take.performance.summary()
        write_take(path, StoredTake(take.header(), take.status, summary, [chunk]))
        lines = told_lines(Performance(score(), mode), log)
        (FOLDER / f"{mode}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
