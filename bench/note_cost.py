"""What one note costs: the scores that are played, the timing of each call, and the table of it."""

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Take = Callable[..., object]  # what takes in one note
MakeTake = Callable[[NDArray[Any]], Take]  # fresh, for a score
Rows = Sequence[tuple[Any, ...]]  # the arguments of every call

SIZES = {"short": 200, "long": 8000}
REPEATS = 5
HEAD = (
    "| score | notes | played | median us | p99 us | max us | reference median us | ratio |\n"
    "|---|---:|---:|---:|---:|---:|---:|---:|"
)


class Cost(NamedTuple):
    """Microseconds per note."""

    median: float
    p99: float
    worst: float


def make_score(n: int) -> NDArray[Any]:
    """Chords and runs in two hands, in bars of four beats, sorted as scores are."""
    rng = np.random.default_rng(n)
    onset_beat = np.cumsum(rng.choice([0.0, 0.25, 0.5], n, p=[0.4, 0.4, 0.2]))
    fields = [("pitch", "i4"), ("onset_beat", "f8"), ("measure", "i4"), ("is_grace", "?")]
    notes = np.zeros(n, fields)
    notes["pitch"] = rng.choice([40, 52, 64, 76], n) + rng.choice([0, 2, 4, 5, 7, 9, 11], n)
    notes["onset_beat"] = onset_beat
    notes["measure"] = 1 + onset_beat // 4
    return notes[np.lexsort((notes["pitch"], onset_beat))]


def measure(make_take: MakeTake, score: NDArray[Any], rows: Rows) -> Cost:
    """Time every note by itself, several times over.

    The worst is that of the notes' quickest times: what else the machine does does not count.
    """
    nanoseconds = np.empty((REPEATS, len(rows)))
    for times in nanoseconds:
        take = make_take(score)
        for i, row in enumerate(rows):
            began = perf_counter_ns()
            take(*row)
            times[i] = perf_counter_ns() - began
    micros = nanoseconds / 1e3
    p50, p99 = np.percentile(micros, (50, 99))
    return Cost(float(p50), float(p99), float(micros.min(axis=0).max()))


def line(name: str, notes: int, played: int, cost: Cost, reference: Cost | None) -> str:
    """One line of the table; the ratio is of medians."""
    beside = "- | -"
    if reference is not None:
        beside = f"{reference.median:.1f} | {reference.median / cost.median:.1f}"
    return (
        f"| {name} | {notes} | {played} | {cost.median:.2f} | {cost.p99:.2f} | {cost.worst:.2f} "
        f"| {beside} |"
    )


def play_all(take: Take, rows: Rows) -> None:
    """Play one time through, for pytest-benchmark."""
    for row in rows:
        take(*row)
