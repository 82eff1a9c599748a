"""What a note costs the score follower, beside its reference in plain Python.

``python -m bench.bench_follower`` prints every note's cost: median, 99th percentile and worst, on
a short score and on one of 8000 notes. ``pytest bench/bench_follower.py`` times whole excerpts.
"""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.matching import ScoreFollower, bar_starts, checked_notes, grace_notes, moments
from engine.reference import Follower as Reference

Notes = list[tuple[int, float]]
Take = Callable[[int, float], object]

SIZES = {"short": 200, "long": 8000}
PLAYED = 4000  # notes of a measured performance
REFERENCE_PLAYED = 100  # the reference takes milliseconds a note
REPEATS = 5


class Cost(NamedTuple):
    """Microseconds per note."""

    median: float
    p99: float
    worst: float


def make_score(n: int) -> NDArray[Any]:
    """Chords and runs in two hands, in bars of four beats."""
    rng = np.random.default_rng(n)
    onset_beat = np.cumsum(rng.choice([0.0, 0.25, 0.5], n, p=[0.4, 0.4, 0.2]))
    notes = np.zeros(n, [("pitch", "i4"), ("onset_beat", "f8"), ("measure", "i4")])
    notes["pitch"] = rng.choice([40, 52, 64, 76], n) + rng.choice([0, 2, 4, 5, 7, 9, 11], n)
    notes["onset_beat"] = onset_beat
    notes["measure"] = 1 + onset_beat // 4
    return notes


def make_performance(score: NDArray[Any], n: int) -> Notes:
    """Rough practice: wrong and missing notes, uneven tempo, four bars back now and then."""
    rng = np.random.default_rng(1)
    rows: Notes = []
    at, clock = 0, 0.0
    while len(rows) < n:
        if rng.random() > 0.05:
            slip = int(rng.choice([-1, 1])) if rng.random() < 0.05 else 0
            rows.append((int(score["pitch"][at]) + slip, clock))
        then = at + 1 if rng.random() > 0.005 else max(0, at - 40)
        then %= len(score)
        beats = float(score["onset_beat"][then] - score["onset_beat"][at])
        clock += 0.8 if then < at else 0.5 * beats * float(rng.normal(1, 0.1)) + 0.005
        at = then
    return rows


def native_take(score: NDArray[Any]) -> Take:
    """The product's follower, as others call it."""
    return ScoreFollower(score).note_on


def reference_take(score: NDArray[Any]) -> Take:
    """The same in plain Python."""
    pitch, onset_beat = checked_notes(score)
    order, onset_beat = moments(pitch, onset_beat)
    notes = score[order]
    starts, graces = bar_starts(notes, onset_beat).tolist(), grace_notes(notes).tolist()
    return Reference(pitch[order].tolist(), onset_beat.tolist(), starts, graces).process


def measure(make_take: Callable[[NDArray[Any]], Take], score: NDArray[Any], rows: Notes) -> Cost:
    """Time every note by itself, several times over.

    The worst is that of the notes' quickest times: what else the machine does does not count.
    """
    nanoseconds = np.empty((REPEATS, len(rows)))
    for times in nanoseconds:
        take = make_take(score)
        for i, (pitch, onset_sec) in enumerate(rows):
            began = perf_counter_ns()
            take(pitch, onset_sec)
            times[i] = perf_counter_ns() - began
    micros = nanoseconds / 1e3
    p50, p99 = np.percentile(micros, (50, 99))
    return Cost(float(p50), float(p99), float(micros.min(axis=0).max()))


def table() -> str:
    """All figures as a Markdown table; the ratio is of medians."""
    lines = [
        "| score | notes | median us | p99 us | max us | reference median us | ratio |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, n in SIZES.items():
        score = make_score(n)
        rows = make_performance(score, PLAYED)
        cost = measure(native_take, score, rows)
        slow = measure(reference_take, score, rows[:REFERENCE_PLAYED])
        lines.append(
            f"| {name} | {n} | {cost.median:.1f} | {cost.p99:.1f} | {cost.worst:.0f} "
            f"| {slow.median:.0f} | {slow.median / cost.median:.0f} |"
        )
    return "\n".join(lines)


def _play(take: Take, rows: Notes) -> None:
    for pitch, onset_sec in rows:
        take(pitch, onset_sec)


@pytest.mark.parametrize("implementation", [native_take, reference_take])
@pytest.mark.parametrize("size", SIZES)
def test_cost_of_one_hundred_notes(
    benchmark: Any, size: str, implementation: Callable[[NDArray[Any]], Take]
) -> None:
    score = make_score(SIZES[size])
    rows = make_performance(score, REFERENCE_PLAYED)

    def fresh() -> tuple[tuple[Take, Notes], dict[str, Any]]:
        return (implementation(score), rows), {}

    rounds = 20 if implementation is native_take else 2
    benchmark.pedantic(_play, setup=fresh, rounds=rounds)


if __name__ == "__main__":
    print(table())
