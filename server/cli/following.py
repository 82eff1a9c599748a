"""A score and a recorded performance of it, judged note by note and printed."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

from engine.events import Event, Kind
from engine.judging import Position, Verdict
from engine.performance import Performance
from engine.score import Score
from server.cli.slow import slow_task
from server.inputs.files import read_midi_events


@dataclass
class Line:
    """One played note and what is said of it; a note of an ornament is none of its own."""

    played_index: int
    pitch: int
    onset_sec: float
    verdict: Verdict
    position: Position
    revised_to: list[Verdict] = field(default_factory=list)

    def to_json(self, score: Score) -> dict[str, Any]:
        """The fields of the JSON line; ``index`` is -1 where the note matches nothing."""
        is_ornament = self.verdict.is_ornament
        is_match = self.verdict.result in ("correct", "early", "late") and not is_ornament
        expected = self.verdict.score_index
        return {
            "played_index": self.played_index,
            "pitch": self.pitch,
            "onset_sec": round(self.onset_sec, 6),
            "index": expected if is_match else -1,
            "note_id": _note_id(score, expected) if is_match else None,
            "expected_note_id": _note_id(score, expected),
            "ornament_of": _note_id(score, expected) if is_ornament else None,
            "result": self.verdict.result,
            "timing_ms": _ms(self.verdict.timing_sec),
            "position_beat": round(self.position.beat, 6),
            "tempo_bpm": round(self.position.tempo_bpm, 3)
            if isfinite(self.position.tempo_bpm)
            else None,
        }


def follow_file(score: Path, performance: Path, *, as_json: bool) -> None:
    """Judge a recorded performance of a score and print what is said of each note."""
    with slow_task("reading the music"):
        piece = Score.read(score)
        events = read_midi_events(performance)
    judge = Performance(piece, "follow")
    with slow_task("judging") as on_progress:
        lines, missed = _judge(judge, events, on_progress)
    print_all = _print_json if as_json else _print_table
    print_all(piece, judge, lines, missed)


def _judge(
    judge: Performance, events: list[Event], on_progress: Callable[[int, int], None]
) -> tuple[list[Line], list[Verdict]]:
    """Everything that is said of a performance, played note by played note."""
    lines: list[Line] = []
    missed: list[Verdict] = []
    last_sec = events[-1].time_sec if events else 0.0
    for done, event in enumerate([*events, Event(last_sec, Kind.END)]):
        on_progress(done, len(events))
        for verdict in judge.process(event):
            if not isinstance(verdict, Verdict):
                continue
            if verdict.is_revision:
                lines[verdict.played_index].revised_to.append(verdict)
            elif verdict.played_index < 0:
                missed.append(verdict)
            else:
                lines.append(
                    Line(
                        verdict.played_index,
                        verdict.pitch,
                        event.time_sec,
                        verdict,
                        judge.position,
                    )
                )
    return lines, missed


def _print_json(score: Score, judge: Performance, lines: list[Line], missed: list[Verdict]) -> None:
    for line in lines:
        print(json.dumps(line.to_json(score)))
    summary = judge.summary()._asdict()
    summary["missed_note_ids"] = [_note_id(score, verdict.score_index) for verdict in missed]
    summary["revisions"] = [
        {
            "played_index": line.played_index,
            "result": verdict.result,
            "note_id": _note_id(score, verdict.score_index),
        }
        for line in lines
        for verdict in line.revised_to
    ]
    print(json.dumps({"summary": summary}))


def _print_table(
    score: Score, judge: Performance, lines: list[Line], missed: list[Verdict]
) -> None:
    for line in lines:
        verdict = line.revised_to[-1] if line.revised_to else line.verdict
        timing = f"{verdict.timing_sec * 1000:+5.0f} ms" if isfinite(verdict.timing_sec) else ""
        measure = score.notes["measure"][line.position.score_index]
        print(
            f"{line.onset_sec:8.3f} s  bar {measure:>3}  "
            f"{line.pitch:>3}  {verdict.result:<10} {timing}"
        )
    summary = judge.summary()
    counts = ", ".join(f"{count} {result}" for result, count in summary.counts.items() if count)
    print(f"score {summary.overall_score:g}, grade {summary.grade}: {counts}")
    print(summary.message)
    if missed:
        bars = sorted({int(score.notes["measure"][v.score_index]) for v in missed})
        print(f"missed notes in bars {', '.join(map(str, bars))}")


def _note_id(score: Score, index: int) -> str | None:
    return str(score.notes["id"][index]) if index >= 0 else None


def _ms(seconds: float) -> float | None:
    return round(seconds * 1000.0, 3) if isfinite(seconds) else None
