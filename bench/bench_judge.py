"""What a note costs the tempo judge, beside its reference in plain Python.

``python -m bench judge`` prints every note's cost: median, 99th percentile and worst, on a
short score and on one of 8000 notes. ``pytest -n 0 bench/bench_judge.py --benchmark-only`` times
whole excerpts.
"""

from argparse import ArgumentParser
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.note_cost import HEAD, SIZES, MakeTake, Rows, Take, line, make_score, measure, play_all
from engine.judging.moments import Moments
from engine.judging.tempo_mode import TempoJudge
from engine.reference_judge import reference_judge
from engine.score.arrays import TEMPO_DTYPE
from engine.tempo import ScoreClock

CLOCK = ScoreClock(np.array([(0.0, 120.0)], TEMPO_DTYPE))


def make_performance(score: NDArray[Any]) -> Rows:
    """One time through: one note in twenty is left out, one is wrong, and times are uneven."""
    rng = np.random.default_rng(1)
    kept = score[rng.random(len(score)) > 0.05]
    slips = rng.choice([-1, 0, 1], len(kept), p=[0.025, 0.95, 0.025])
    onset_sec = np.sort(CLOCK.seconds(kept["onset_beat"]) + rng.normal(0, 0.03, len(kept)))
    times = onset_sec.tolist()
    return list(zip((kept["pitch"] + slips).tolist(), times, times, strict=True))


def native_take(score: NDArray[Any]) -> Take:
    """The product's judge, as a performance calls it."""
    return TempoJudge(score, Moments(score), CLOCK).note_on


def reference_take(score: NDArray[Any]) -> Take:
    """The same in plain Python."""
    return reference_judge(score, Moments(score), CLOCK).note_on


def table() -> str:
    """All figures as a Markdown table."""
    lines = [HEAD]
    for name, n in SIZES.items():
        score = make_score(n)
        rows = make_performance(score)
        cost, slow = (measure(make, score, rows) for make in (native_take, reference_take))
        lines.append(line(name, n, len(rows), cost, slow))
    return "\n".join(lines)


@pytest.mark.parametrize("implementation", [native_take, reference_take])
@pytest.mark.parametrize("size", SIZES)
def test_cost_of_one_time_through(benchmark: Any, size: str, implementation: MakeTake) -> None:
    score = make_score(SIZES[size])
    rows = make_performance(score)

    def fresh() -> tuple[tuple[Take, Rows], dict[str, Any]]:
        return (implementation(score), rows), {}

    benchmark.pedantic(play_all, setup=fresh, rounds=10)


def main(arguments: list[str]) -> None:
    """Print the table."""
    ArgumentParser(prog="python -m bench judge", description=__doc__).parse_args(arguments)
    print("Judge of tempo mode, beside its reference in plain Python\n")
    print(table())
