"""The report of a take for the terminal."""

import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.judging.verdicts import RESULT_NAMES
from engine.report import BarStats, Counts, Progress, Report, Totals
from engine.report.values import BOTH
from server.cli.playing.report import SIGNS, STYLES
from server.reports.models import command
from server.reports.svg import clock_text
from server.reports.words import (
    HAND_NAMES,
    MODE_NAMES,
    balance_text,
    changes_text,
    exercise_head,
    intonation_text,
    number,
    time_text,
    timing_text,
    what_text,
)
from server.takes.format import TakeHeader

WIDE_COLUMNS = 200  # a pipe has no edge to cut at
MAX_INCIDENTS = 12
MISTAKES = tuple(kind for kind in RESULT_NAMES if kind != "correct")


def print_report(header: TakeHeader, report: Report) -> None:
    """Print a report: marks, what to practise, the bars with mistakes, what happened, progress."""
    console = Console(width=None if sys.stdout.isatty() else WIDE_COLUMNS, highlight=False)
    for part in _parts(header, report):
        console.print(part)


def _parts(header: TakeHeader, report: Report) -> Iterator[Text | Table]:
    take, totals = report.take, report.totals
    yield Text(header.title or "Untitled", "bold")
    yield Text(" · ".join((time_text(take), what_text(take), MODE_NAMES[take.mode])), "dim")
    yield Text(
        f"\nscore {totals.score_percent:g} %, accuracy {totals.accuracy_percent:g} %, "
        f"grade {totals.grade}"
    )
    yield Text(totals.message)
    if not totals.notes_played:
        return
    yield _counts(totals.counts, RESULT_NAMES)
    yield Text(_figures(totals, "written" if header.tempo_bpm is None else "asked"))
    yield from _practise(header, report)
    yield from _bars(report)
    yield from _incidents(report)
    if len(report.progress.takes) > 1:
        yield from _progress(report.progress)


def _figures(totals: Totals, asked: str) -> str:
    told = [f"tempo {number(totals.tempo_bpm)} ({asked} {totals.asked_bpm:.0f})"]
    if totals.timing is not None:
        median, iqr_ms = timing_text(totals.timing.median_ms), totals.timing.iqr_ms
        told.append(f"timing {median}, the middle half within {iqr_ms:.0f} ms")
    if totals.intonation is not None:
        told.append(intonation_text(totals.intonation))
    if totals.hands_balance is not None:
        told.append(balance_text(totals.hands_balance))
    return "; ".join(told)


def _practise(header: TakeHeader, report: Report) -> Iterator[Text]:
    if report.practise:
        yield Text("\nWhat to practise next", "bold")
    for k, exercise in enumerate(report.practise, 1):
        head = exercise_head(exercise, report.take.hands == BOTH)
        yield Text(f"{k}. {head}: {', '.join(exercise.reasons)}")
        yield Text(f"   {exercise.advice}")
        yield Text(f"   {command(exercise, header.song)}", "cyan")


def _bars(report: Report) -> Iterator[Text | Table]:
    slipped = [bar for bar in report.bars if any(stats.counts.mistakes for stats in bar.hands)]
    if not slipped:
        return
    yield Text("\nBars with mistakes", "bold")
    hands = [stats.hand for stats in report.hands]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Bar", "Passes", "Tempo"):
        table.add_column(heading, justify="right")
    for hand in hands:
        table.add_column(HAND_NAMES[hand].capitalize() if len(hands) > 1 else "Mistakes")
    for bar in slipped:
        table.add_row(
            str(bar.measure),
            str(bar.passes),
            number(bar.tempo_bpm),
            *(_counts(_counts_of(bar, hand), MISTAKES) for hand in hands),
        )
    yield table
    signs = (f"{SIGNS[kind]} {RESULT_NAMES[kind]}" for kind in MISTAKES)
    yield Text("  ".join(signs), "dim")


def _counts_of(bar: BarStats, hand: str) -> Counts:
    return next((stats.counts for stats in bar.hands if stats.hand == hand), Counts())


def _counts(counts: Counts, kinds: Sequence[str] | dict[str, str]) -> Text:
    """Each kind there is with its sign, and with its name where names are given."""
    text = Text()
    for kind in kinds:
        count = getattr(counts, kind)
        if count:
            name = f" {RESULT_NAMES[kind]}" if isinstance(kinds, dict) else ""
            text.append(f"{SIGNS[kind]} {count}{name}", STYLES[kind]).append("  ")
    text.rstrip()
    return text


def _incidents(report: Report) -> Iterator[Text]:
    if not report.incidents:
        return
    yield Text("\nWhat happened", "bold")
    for incident in report.incidents[:MAX_INCIDENTS]:
        yield Text(f"{clock_text(incident.time_sec):>7}  {incident.text}")
    more = len(report.incidents) - MAX_INCIDENTS
    if more > 0:
        yield Text(f"{'':>7}  and {more} more")


def _progress(progress: Progress) -> Iterator[Text | Table]:
    yield Text("\nAgainst earlier takes", "bold")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("Take", "Bars", "Mode"):
        table.add_column(heading)
    for heading in ("Score", "Accuracy", "Tempo", "Mistakes"):
        table.add_column(heading, justify="right")
    for take in progress.takes:
        table.add_row(
            time_text(take),
            what_text(take),
            take.mode,
            f"{take.score_percent:.1f}",
            f"{take.accuracy_percent:.1f}",
            number(take.tempo_bpm),
            str(take.mistakes),
        )
    yield table
    for text in changes_text(progress):
        yield Text(text)
