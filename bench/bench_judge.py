"""What a note costs the tempo judge, beside its reference in plain Python.

``python -m bench.bench_judge`` prints every note's cost: median, 99th percentile and worst, on a
short score and on one of 8000 notes. ``pytest bench/bench_judge.py`` times whole excerpts.
"""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.tempo_mode import TempoJudge
from engine.reference_judge import reference_judge
from engine.tempo import TEMPO_DTYPE, ScoreClock

Notes = list[tuple[int, float]]
Take = Callable[[int, float, float], object]

SIZES = {"short": 200, "long": 8000}
CLOCK = ScoreClock(np.array([(0.0, 120.0)], TEMPO_DTYPE))
REPEATS = 5


class Cost(NamedTuple):
    """Microseconds per note."""

    median: float
    p99: float
    worst: float


def make_score(n: int) -> NDArray[Any]:
    """Chords and runs in two hands."""
    rng = np.random.default_rng(n)
    notes = np.zeros(n, [("pitch", "i4"), ("onset_beat", "f8"), ("is_grace", "?")])
    notes["pitch"] = rng.choice([40, 52, 64, 76], n) + rng.choice([0, 2, 4, 5, 7, 9, 11], n)
    notes["onset_beat"] = np.cumsum(rng.choice([0.0, 0.25, 0.5], n, p=[0.4, 0.4, 0.2]))
    return notes


def make_performance(score: NDArray[Any]) -> Notes:
    """One time through: one note in twenty is left out, one is wrong, and times are uneven."""
    rng = np.random.default_rng(1)
    kept = score[rng.random(len(score)) > 0.05]
    slips = rng.choice([-1, 0, 1], len(kept), p=[0.025, 0.95, 0.025])
    onset_sec = np.sort(CLOCK.seconds(kept["onset_beat"]) + rng.normal(0, 0.03, len(kept)))
    return list(zip((kept["pitch"] + slips).tolist(), onset_sec.tolist(), strict=True))


def native_take(score: NDArray[Any]) -> Take:
    """The product's judge, as a performance calls it."""
    return TempoJudge(score, Moments(score), CLOCK).note_on


def reference_take(score: NDArray[Any]) -> Take:
    """The same in plain Python."""
    return reference_judge(score, Moments(score), CLOCK).note_on


def measure(make_take: Callable[[NDArray[Any]], Take], score: NDArray[Any], rows: Notes) -> Cost:
    """Time every note by itself, several times over.

    The worst is that of the notes' quickest times: what else the machine does does not count.
    """
    nanoseconds = np.empty((REPEATS, len(rows)))
    for times in nanoseconds:
        take = make_take(score)
        for i, (pitch, onset_sec) in enumerate(rows):
            began = perf_counter_ns()
            take(pitch, onset_sec, onset_sec)
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
        rows = make_performance(score)
        cost, slow = (measure(make, score, rows) for make in (native_take, reference_take))
        lines.append(
            f"| {name} | {n} | {cost.median:.2f} | {cost.p99:.2f} | {cost.worst:.2f} "
            f"| {slow.median:.2f} | {slow.median / cost.median:.1f} |"
        )
    return "\n".join(lines)


def _play(take: Take, rows: Notes) -> None:
    for pitch, onset_sec in rows:
        take(pitch, onset_sec, onset_sec)


@pytest.mark.parametrize("implementation", [native_take, reference_take])
@pytest.mark.parametrize("size", SIZES)
def test_cost_of_one_time_through(
    benchmark: Any, size: str, implementation: Callable[[NDArray[Any]], Take]
) -> None:
    score = make_score(SIZES[size])
    rows = make_performance(score)

    def fresh() -> tuple[tuple[Take, Notes], dict[str, Any]]:
        return (implementation(score), rows), {}

    benchmark.pedantic(_play, setup=fresh, rounds=10)


if __name__ == "__main__":
    print(table())
