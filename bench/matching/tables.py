"""The results as a page of Markdown."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bench.matching.summary import Measured
from bench.matching.tasks import (
    JUMPS,
    MEDIAN_US,
    P99_US,
    POSITION_PERCENT,
    RECOVERED_PERCENT,
    RECOVERY_NOTES,
    TARGETS,
)


class About(NamedTuple):
    """Where figures come from."""

    date: str
    command: str
    machine: str
    max_notes: int
    seeds: str
    picture: str


def page(measured: Sequence[Measured], conditions: Sequence[str], about: About) -> str:
    """The whole page."""
    jumps = [condition for condition in JUMPS if condition in conditions]
    there = [m for m in measured if m.rows]
    parts = [heading(about), f1_table(there, conditions)]
    if jumps:
        parts.append(recovery_table(there, jumps))
    parts += [position_table(there, conditions), time_table(there), who_table(measured)]
    return "\n\n".join(parts) + "\n"


def heading(about: About) -> str:
    """What this is, and how to have it again."""
    notes = f"the first {about.max_notes} notes" if about.max_notes else "all notes"
    return (
        "# Etude and its public peers following real players\n\n"
        "Real performances, and the same with mistakes, other tempi, stops and jumps, matched "
        "note by note while they are played. "
        f"{notes[0].upper()}{notes[1:]} of each piece, seeds {about.seeds}; "
        "every note is answered before the next one is shown.\n\n"
        f"`{about.command}`, {about.date}, on {about.machine}.\n\n"
        f"![F1 by condition and time per note]({about.picture})"
    )


def f1_table(measured: Sequence[Measured], conditions: Sequence[str]) -> str:
    """F1 of first answers beside the targets, and after revisions for who revises."""
    columns: list[tuple[str, Callable[[str], float | None]]] = []
    for m in measured:
        columns.append((m.title, m.f1))
        if m.revises:
            columns.append((f"{m.title}, revised", m.f1_revised))
    rows = []
    for condition in conditions:
        target = TARGETS[condition]
        told = f"{target.f1:.1f}"
        if target.revised is not None:
            told += f", revised {target.revised:.1f}"
        rows.append([condition, told, *(number(value(condition)) for _, value in columns)])
    return titled(
        "Note-match F1 in %",
        "Mean over performances. A piece on which a matcher fails counts as 0.",
        ["condition", "target for Etude", *(title for title, _ in columns)],
        rows,
    )


def recovery_table(measured: Sequence[Measured], jumps: Sequence[str]) -> str:
    """How soon the player is found again."""
    target = f"<= {RECOVERY_NOTES} ({RECOVERED_PERCENT:.0f} %)"
    targets = {"back4": target, "skip2": target}

    def cell(found: tuple[float, float] | None) -> str:
        if found is None:
            return "-"
        return f"{'lost' if math.isinf(found[0]) else f'{found[0]:.0f}'} ({found[1]:.0f} %)"

    rows = [[c, targets.get(c, ""), *(cell(m.recovery(c)) for m in measured)] for c in jumps]
    return titled(
        "Recovery after a jump",
        "Median of notes played until 4 of the next 5 are right, and how many jumps were "
        "recovered from before the next one.",
        ["condition", "target for Etude", *(m.title for m in measured)],
        rows,
    )


def position_table(measured: Sequence[Measured], conditions: Sequence[str]) -> str:
    """Whether it knows where the player is."""
    targets = {"clean": f"{POSITION_PERCENT:.1f}"}
    rows = [[c, targets.get(c, ""), *(number(m.position(c)) for m in measured)] for c in conditions]
    return titled(
        "Score position within 100 ms, in % of notes",
        "",
        ["condition", "target for Etude", *(m.title for m in measured)],
        rows,
    )


def time_table(measured: Sequence[Measured]) -> str:
    """What a note costs."""
    rows = [["target for Etude", f"{MEDIAN_US:g}", f"{P99_US:g}", ""]]
    rows += [[m.title, *(f"{us:.1f}" for us in times)] for m in measured if (times := m.times())]
    return titled(
        "Microseconds per note, clean playing",
        "Medians over pieces, and the worst note of all, which tells of the machine, too. "
        "`python -m bench follower` and `python -m bench instructions` measure long scores.",
        ["", "median", "99th percentile", "worst"],
        rows,
    )


def who_table(measured: Sequence[Measured]) -> str:
    """Versions, licences, and what went wrong."""
    rows = []
    for m in measured:
        remarks = [f"{reason}: {count}" for reason, count in m.failures().items()]
        told = m.standing.missing or "; ".join(remarks) or "none"
        rows.append(
            [m.title, m.standing.version or "-", m.standing.licence or "-", str(len(m.rows)), told]
        )
    return titled(
        "Who was measured",
        "Every peer runs with its own defaults; what its interface leaves open is decided in its "
        "favour, as `bench/matching/matchers.py` tells.",
        ["", "version", "licence", "performances", "failures"],
        [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows],
    )


def number(value: float | None) -> str:
    """Two decimals, or a dash."""
    return "-" if value is None else f"{value:.2f}"


def titled(title: str, text: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table under its heading."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    rule = f"|---{'|---:' * (len(head) - 1)}|"
    parts = [f"## {title}", *([text] if text else [])]
    return "\n\n".join([*parts, "\n".join([f"| {' | '.join(head)} |", rule, *lines])])
