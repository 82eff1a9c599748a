"""The report as JSON: what is in it, and under which names.

``python -m server.reports.models`` prints the JSON Schema, which is kept in
``docs/report.schema.json``.
"""

import shlex
from dataclasses import asdict
from datetime import datetime

import msgspec

from engine.report import (
    BarStats,
    Exercise,
    HandStats,
    Incident,
    LoudnessPoint,
    Progress,
    Report,
    TempoPoint,
    Totals,
)
from engine.report.values import BOTH
from server.errors import UnknownSongError
from server.pieces import catalogue
from server.pieces.upload import upload_id
from server.takes.format import TakeHeader

VERSION = 1
UNKNOWN_SCORE = "SCORE.musicxml"  # the reader knows which file it was


class ReportedTake(msgspec.Struct, frozen=True, kw_only=True):
    """Which take the report is of."""

    id: str
    user_id: str
    started_at: datetime
    song: str
    title: str
    source: str
    mode: str
    tempo_bpm: float | None
    from_measure: int
    to_measure: int
    hands: str


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Some bars worth practising, why, how, and the command that begins it."""

    from_measure: int
    to_measure: int
    hands: str
    mode: str
    tempo_bpm: float | None
    cost: float
    reasons: tuple[str, ...]
    advice: str
    command: str


class ReportFile(msgspec.Struct, frozen=True, kw_only=True):
    """A whole report; a later version may add fields and takes none away."""

    version: int = VERSION
    take: ReportedTake
    totals: Totals
    hands: tuple[HandStats, ...]
    bars: tuple[BarStats, ...]
    tempo_curve: tuple[TempoPoint, ...]
    loudness: tuple[LoudnessPoint, ...]
    incidents: tuple[Incident, ...]
    practise: tuple[Suggestion, ...]
    progress: Progress


def report_file(header: TakeHeader, report: Report) -> ReportFile:
    """Lay a report out as it is written down."""
    point = report.take
    take = ReportedTake(
        id=header.id,
        user_id=header.user_id,
        started_at=header.started_at,
        song=header.song,
        title=header.title,
        source=header.source,
        mode=header.mode,
        tempo_bpm=header.tempo_bpm,
        from_measure=point.from_measure,
        to_measure=point.to_measure,
        hands=point.hands,
    )
    return ReportFile(
        take=take,
        totals=report.totals,
        hands=report.hands,
        bars=report.bars,
        tempo_curve=report.tempo_curve,
        loudness=report.loudness,
        incidents=report.incidents,
        practise=tuple(
            Suggestion(**asdict(exercise), command=command(exercise, header.song))
            for exercise in report.practise
        ),
        progress=report.progress,
    )


def report_json(header: TakeHeader, report: Report) -> str:
    """Write a report as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(report_file(header, report))).decode()


def command(exercise: Exercise, song: str) -> str:
    """The command line that practises some bars.

    Parameters
    ----------
    exercise : Exercise
        The bars, and how to play them.
    song : str
        The slug of a piece of the catalogue; empty where the score was a file.
    """
    has_file = not song or upload_id(song) is not None  # the command plays no uploads: their file
    words = ["etude", "play", UNKNOWN_SCORE if has_file else shlex.quote(song)]
    words += ["--from-bar", str(exercise.from_measure), "--to-bar", str(exercise.to_measure)]
    if exercise.hands != BOTH and _has_both_hands(song):
        words += ["--hands", exercise.hands]
    words += ["--mode", exercise.mode]
    if exercise.tempo_bpm is not None:
        words += ["--tempo", f"{exercise.tempo_bpm:g}"]
    return " ".join(words)


def schema() -> str:
    """The JSON Schema of a report."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(ReportFile))).decode()


def _has_both_hands(song: str) -> bool:
    """Whether there is a choice of hands; where nobody knows, naming one does no harm."""
    try:
        return not song or catalogue.find(song).hands == BOTH
    except UnknownSongError:
        return True


if __name__ == "__main__":
    print(schema())
