"""What a note costs the score follower, beside its reference in plain Python.

``python -m bench follower`` prints what a note costs: median, 99th percentile and worst, playing
scores of 200, 8000 and 200 000 notes to their ends. ``pytest -n 0 bench/bench_follower.py
--benchmark-only`` times whole excerpts.
"""

from argparse import ArgumentParser
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.note_cost import HEAD, SIZES, MakeTake, Rows, Take, line, make_score, measure, play_all
from engine.matching import ScoreFollower, checked_notes, moments, native_notes
from engine.reference import Follower as Reference

PLAYED = 8000  # at least, notes of a measured performance
LENGTHS = SIZES | {"huge": 200_000}
REFERENCE_PLAYED = 100  # the reference takes milliseconds a note, and half a second of "huge"


def make_performance(score: NDArray[Any], least: int) -> Rows:
    """Rough practice: wrong and missing notes, uneven tempo, four bars back now and then.

    The whole piece, again and again until that many notes are played.
    """
    rng = np.random.default_rng(1)
    rows: list[tuple[int, float]] = []
    at, clock = 0, 0.0
    while at or len(rows) < least:
        if rng.random() > 0.05:
            slip = int(rng.choice([-1, 1])) if rng.random() < 0.05 else 0
            rows.append((int(score["pitch"][at]) + slip, clock))
        then = at + 1 if rng.random() > 0.005 else max(1, at - 40)
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
    return Reference(native_notes(score[order], pitch[order], onset_beat).tolist()).process


def table() -> str:
    """All figures as a Markdown table."""
    lines = [HEAD]
    for name, n in LENGTHS.items():
        score = make_score(n)
        rows = make_performance(score, PLAYED)
        cost = measure(native_take, score, rows)
        slow = None
        if name in SIZES:
            slow = measure(reference_take, score, rows[:REFERENCE_PLAYED])
        lines.append(line(name, n, len(rows), cost, slow))
    return "\n".join(lines)


@pytest.mark.parametrize("implementation", [native_take, reference_take])
@pytest.mark.parametrize("size", SIZES)
def test_cost_of_one_hundred_notes(benchmark: Any, size: str, implementation: MakeTake) -> None:
    score = make_score(SIZES[size])
    rows = make_performance(score, REFERENCE_PLAYED)[:REFERENCE_PLAYED]

    def fresh() -> tuple[tuple[Take, Rows], dict[str, Any]]:
        return (implementation(score), rows), {}

    rounds = 20 if implementation is native_take else 2
    benchmark.pedantic(play_all, setup=fresh, rounds=rounds)


def main(arguments: list[str]) -> None:
    """Print the table."""
    ArgumentParser(prog="python -m bench follower", description=__doc__).parse_args(arguments)
    print("Score follower, whole pieces, beside its reference in plain Python\n")
    print(table())
