"""The figures as a page of Markdown."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from bench.matching.tables import titled
from bench.rooms.laboratory import ETUDE, NAIVE, RULES
from bench.rooms.summary import Figures, Row

ROOM = (
    ("error p50", "p50", 1),
    ("p95", "p95", 0),
    ("p99", "p99", 0),
    ("<100 ms %", "in100", 1),
    ("t-sync p50 s", "sync50", 2),
    ("p95 s", "sync95", 1),
    ("never %", "never", 0),
    ("seeks/h", "seeks_h", 1),
    ("rate s/h", "rate_s_h", 0),
    ("silent %", "silent", 2),
    ("false quality %", "falseq", 1),
    ("drift est. err p50", "est50", 1),
    ("p95", "est95", 0),
    ("us/call", "us", 1),
)
"""Columns of the laboratory's own table: title, key and decimals."""


class About(NamedTuple):
    """Where figures come from."""

    date: str
    command: str
    machine: str
    seeds: str
    picture: str


def page(rows: Sequence[Row], rooms: Sequence[Row], about: About) -> str:
    """The whole page.

    Parameters
    ----------
    rows : sequence of Row
        Kinds of rooms.
    rooms : sequence of Row
        Every room by itself.
    about : About
        Where it comes from.
    """
    parts = [heading(about), error_table(rows), listening_table(rows), truth_table(rows)]
    return "\n\n".join([*parts, cost_table(rows), room_table(rooms)]) + "\n"


def heading(about: About) -> str:
    """What this is, and how to have it again."""
    return (
        "# Listening rooms, beside the naive rule\n\n"
        "A host and its listeners in the drift laboratory: players, clocks and networks are models "
        "whose truth is known. The error is what a client plays less what the host plays at the "
        "same instant, every 100 ms; on another track it counts as 5000 ms. The naive rule trusts "
        "wall clocks and seeks where the drift passes a second, which it looks at every two "
        f"minutes. Seeds {about.seeds}.\n\n"
        f"`{about.command}`, {about.date}, on {about.machine}.\n\n"
        f"![Error in each kind of room]({about.picture})"
    )


def error_table(rows: Sequence[Row]) -> str:
    """Errors beside targets and other rules; what misses its target is bold."""
    cells = []
    for row in rows:
        ours = row.by_rule[ETUDE]
        found = counted(row, ours)
        told = " / ".join(map(aimed, found, row.kind.error_ms))
        cells.append(
            [
                row.kind.title,
                " / ".join(f"{aim:g}" for aim in row.kind.error_ms),
                told,
                three(row.by_rule[NAIVE].error_ms),
                three(row.kind.jellyfin_ms),
            ]
        )
    return titled(
        "Error in ms: p50 / p95 / p99",
        "All figures of a line are of its rooms together. Bold: not as aimed at. Jellyfin's rule "
        "was measured once; where two lines say the same of it, it is of the rooms of both.",
        ["rooms", "target", "Etude", "naive rule", "Jellyfin's rule"],
        cells,
    )


def counted(row: Row, found: Figures) -> tuple[float, float, float]:
    """The error that the target is of: p99 may leave out the time offline."""
    p50, p95, p99 = found.error_ms
    return p50, p95, found.online_ms[2] if "offline" in row.kind.remark else p99


def listening_table(rows: Sequence[Row]) -> str:
    """What a listener notices beside."""
    cells = []
    for row in rows:
        ours, naive, kind = row.by_rule[ETUDE].lab, row.by_rule[NAIVE].lab, row.kind
        line = [kind.title]
        for key, target in (
            ("sync50", kind.sync_sec),
            ("seeks_h", kind.seeks_h),
            ("falseq", kind.false_percent),
        ):
            line += [f"{target:g}", aimed(ours[key], target), number(naive[key])]
        line += [number(x["silent"]) for x in (ours, naive)]
        cells.append([*line, number(ours["rate_s_h"])])
    columns = ("to sync, s", "seeks/h", "false quality, %")
    head = [h for title in columns for h in (f"{title}: target", "Etude", "naive rule")]
    return titled(
        "What listeners notice",
        "Time to sync: the median until the error stays below 100 ms for two seconds, after a "
        "join, a reconnect, a new track, a pause or a jump. Seeks: those that correct a playing "
        "client. False quality: share of the time in which the quality told last is not the true "
        "one. Silent: share of the time in which the host plays and the client does not. Rate: "
        "seconds an hour in which it is more than 0.6 % off.",
        ["rooms", *head, "silent, %: Etude", "naive rule", "rate, s/h: Etude"],
        cells,
    )


def truth_table(rows: Sequence[Row]) -> str:
    """Whether what listeners are told is true."""
    cells = []
    for row in rows:
        ours, naive = (row.by_rule[rule].told for rule in (ETUDE, NAIVE))
        cells.append(
            [
                row.kind.title,
                " / ".join(map(number, ours.error_ms)),
                " / ".join(map(number, naive.error_ms)),
                number(ours.confidence_ms),
                number(ours.within_percent),
            ]
        )
    return titled(
        "How truly drifts are told",
        "The drift told less the true one, while both play the same track, and how often that is "
        "within `confidenceMs`. What is the same on both ways of a ping, as a slower way out than "
        "back, no clock filter sees.",
        ["rooms", "error of it, p50 / p95 ms", "naive rule", "confidence ms, median", "within %"],
        cells,
    )


def cost_table(rows: Sequence[Row]) -> str:
    """What a message or tick costs the server."""
    cells = [
        [row.kind.title, *(f"{row.by_rule[rule].lab['us']:.1f}" for rule in (ETUDE, NAIVE))]
        for row in rows
    ]
    return titled(
        "Microseconds per message or tick",
        "Of the whole room, in Python; rooms ran side by side. `python -m bench drift` measures "
        "the core by itself.",
        ["rooms", "Etude", "naive rule"],
        cells,
    )


def room_table(rooms: Sequence[Row]) -> str:
    """The laboratory's own table."""
    cells = [
        [row.kind.title, RULES[rule], *(number(found.lab[key], n) for _, key, n in ROOM)]
        for row in rooms
        for rule, found in row.by_rule.items()
    ]
    return titled("Room by room", "", ["room", "", *(title for title, _, _ in ROOM)], cells)


def three(values: Sequence[float]) -> str:
    """Percentiles side by side."""
    return " / ".join(map(number, values))


def aimed(value: float, most: float) -> str:
    """A figure; bold where it is above what is aimed at, as both are told."""
    told = number(value)
    return f"**{told}**" if value == value and float(told) > most else told


def number(value: float, decimals: int | None = None) -> str:
    """Two digits that tell, or a dash where there is nothing."""
    if math.isnan(value):
        return "-"
    if decimals is None:
        decimals = 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2
    return f"{value:.{decimals}f}"
