"""A take that was judged again, printed."""

from math import isfinite
from typing import Any

import msgspec

from engine.judging import Remark, Verdict, Why
from engine.pitch_names import PITCH_NAMES
from server.cli.playing.report import Report, beat_name
from server.takes.format import StoredTake
from server.takes.replay import Replay

VERDICT_CHARS = 64  # the longest line of a verdict hardly ever is; what is told of it comes after


def print_text(stored: StoredTake, result: Replay, *, with_why: bool) -> None:
    """Print everything that is said, and whether it is what was said then."""
    report = Report(result.performance)
    for event, told in result.entries:
        for said in told:
            print(f"{event.time_sec:9.3f} s  {_line(said, report, result, with_why)}".rstrip())
    summary = result.summary
    print(f"score {summary.overall_score:g} %, grade {summary.grade}: {summary.message}")
    if result.is_same:
        print("same result")
        return
    print(f"not the same result as with version {stored.header.judged_by}:")
    for difference in result.differences:
        print(f"  at {difference.event.time_sec:.3f} s")
        for sign, verdicts in (("-", difference.stored), ("+", difference.replayed)):
            for verdict in verdicts:
                print(f"    {sign} {report.line(verdict)}")
    if not result.is_same_summary and stored.summary is not None:
        print(f"  - score {stored.summary.overall_score:g} %, grade {stored.summary.grade}")
        print(f"  + score {summary.overall_score:g} %, grade {summary.grade}")


def print_json(stored: StoredTake, result: Replay) -> None:
    """Print one line for everything that is said, and one for the outcome."""
    for event, told in result.entries:
        for said in told:
            plain = _plain_remark(said) if isinstance(said, Remark) else _plain(said, result)
            _print_line({"time_sec": event.time_sec, **plain})
    differences = [
        {
            "time_sec": event.time_sec,
            "stored": [_plain(verdict, result) for verdict in then],
            "replayed": [_plain(verdict, result) for verdict in now],
        }
        for event, then, now in result.differences
    ]
    outcome = {
        "take": stored.header.id,
        "same_result": result.is_same,
        "differences": differences,
        "stored_summary": stored.summary and stored.summary._asdict(),
        "summary": result.summary._asdict(),
    }
    _print_line(outcome)


def _line(said: Verdict | Remark, report: Report, result: Replay, with_why: bool) -> str:
    if isinstance(said, Remark):
        return f"# {said.message}"
    line = report.line(said)
    why = said.why if with_why else None
    return line if why is None else f"{line:<{VERDICT_CHARS}} {_why_text(why, result)}"


def _why_text(why: Why, result: Replay) -> str:
    """When the note was due, how far off it may be, by which tempo, and what else it may be."""
    due = " " * 24
    if isfinite(why.expected_sec):
        due = f"due {why.expected_sec:9.3f} s ±{why.window_sec * 1000.0:4.0f} ms"
    tempo = f"♩ = {why.tempo_bpm:5.1f}" if isfinite(why.tempo_bpm) else " " * 9
    others = ", ".join(
        f"{_note_name(index, result)} {chance:.0%}" for index, chance in why.alternatives
    )
    sure = f"{why.confidence:4.0%} sure"
    return f"{due}  {tempo}  {sure}{f', else {others}' if others else ''}"


def _note_name(index: int, result: Replay) -> str:
    if index < 0:
        return "no note"
    note = result.performance.score.notes[index]
    return f"{PITCH_NAMES[note['pitch']]} bar {note['measure']} beat {beat_name(note['beat'])}"


def _plain(verdict: Verdict, result: Replay) -> dict[str, Any]:
    why = verdict.why
    return {
        "result": verdict.result,
        "played_index": verdict.played_index,
        "score_index": verdict.score_index,
        "note_id": _note_id(verdict.score_index, result),
        "pitch": verdict.pitch,
        "timing_ms": _finite(verdict.timing_sec * 1000.0, 3),
        "points": verdict.points,
        "is_revision": verdict.is_revision,
        "why": why and _plain_why(why, result),
    }


def _plain_why(why: Why, result: Replay) -> dict[str, Any]:
    return {
        "expected_sec": _finite(why.expected_sec, 6),
        "window_ms": _finite(why.window_sec * 1000.0, 3),
        "tempo_bpm": _finite(why.tempo_bpm, 3),
        "confidence": round(why.confidence, 6),
        "alternatives": [
            {
                "score_index": index,
                "note_id": _note_id(index, result),
                "confidence": round(chance, 6),
            }
            for index, chance in why.alternatives
        ],
    }


def _plain_remark(remark: Remark) -> dict[str, Any]:
    plain = remark._asdict()
    del plain["time_sec"]  # the line has that of the event it was told with
    return {
        "remark": plain.pop("kind"),
        "began_sec": remark.time_sec,
        **plain,
        "tempo_bpm": _finite(remark.tempo_bpm, 3),
        "message": remark.message,
    }


def _note_id(index: int, result: Replay) -> str | None:
    ids = result.performance.score.notes["id"]
    return str(ids[index]) if 0 <= index < len(ids) else None


def _finite(value: float, digits: int) -> float | None:
    return round(value, digits) if isfinite(value) else None


def _print_line(record: dict[str, Any]) -> None:
    print(msgspec.json.encode(record).decode())
