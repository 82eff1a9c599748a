"""What the scores of chords come to: written notes against decoys, by budget."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.pitch.chord_engines import BUDGETS_SEC, Chord
from bench.pitch.store import Raw

TRIED = 99
"""Thresholds tried for each budget."""

SHIPPED = 0.5


class Verified(NamedTuple):
    """Percent, at one budget and threshold."""

    budget_sec: float
    threshold: float
    f1: float
    precision: float
    recall: float
    semitone: float
    octave: float


class Candidates(NamedTuple):
    """(n,) each: whether a pitch was written, and how far a decoy is from its note, else 0."""

    is_written: NDArray[np.bool_]
    step: NDArray[np.int64]


def candidates(chords: Sequence[Chord]) -> Candidates:
    """All candidates of all chords, in the order in which they are asked."""
    steps = [s for c in chords for s in [0] * len(c.written) + [d.step for d in c.decoys]]
    step = np.array(steps, np.int64)
    return Candidates(step == 0, step)


def f1_at(scores: NDArray[np.float64], is_written: NDArray[np.bool_], threshold: float) -> float:
    """F1 of what passes a threshold, from 0 to 1."""
    passes = scores >= threshold
    hits = int((passes & is_written).sum())
    return 2 * hits / max(1, int(passes.sum()) + int(is_written.sum()))


def best_threshold(scores: NDArray[np.float64], is_written: NDArray[np.bool_]) -> float:
    """The one of the best F1 on these very scores."""
    tried = np.unique(np.quantile(scores, np.linspace(0.01, 0.99, TRIED)))
    found = [f1_at(scores, is_written, float(t)) for t in tried]
    return float(tried[int(np.argmax(found))])


def best_thresholds(raws: Sequence[Raw], asked: Sequence[Candidates]) -> list[float]:
    """The best on these very scores, for each budget."""
    is_written = np.concatenate([c.is_written for c in asked])
    return [best_threshold(of_budget(raws, budget), is_written) for budget in BUDGETS_SEC]


def of_budget(raws: Sequence[Raw], budget_sec: float) -> NDArray[np.float64]:
    """All scores at one budget."""
    return np.concatenate([raw[f"{budget_sec:g}"] for raw in raws])


def verified(
    raws: Sequence[Raw], asked: Sequence[Candidates], thresholds: Sequence[float]
) -> list[Verified]:
    """One row per budget, each with its threshold."""
    is_written = np.concatenate([c.is_written for c in asked])
    step = np.abs(np.concatenate([c.step for c in asked]))
    rows = []
    for budget, threshold in zip(BUDGETS_SEC, thresholds, strict=True):
        scores = of_budget(raws, budget)
        passes = scores >= threshold
        hits = (passes & is_written).sum()
        precision, recall = hits / max(1, passes.sum()), hits / is_written.sum()
        rejected = [100 * float((~passes[step == far]).mean()) for far in (1, 12)]
        f1 = 100 * f1_at(scores, is_written, threshold)
        told = (f1, 100 * float(precision), 100 * float(recall), *rejected)
        rows.append(Verified(budget, threshold, *told))
    return rows


def query_ms(raws: Sequence[Raw]) -> tuple[float, float]:
    """Median and 99th percentile of what one query takes."""
    seconds = np.concatenate([raw["query"] for raw in raws])
    median, p99 = np.quantile(seconds, (0.5, 0.99))
    return 1e3 * float(median), 1e3 * float(p99)


def decoys_rejected(row: Verified) -> dict[str, float]:
    """Percent by kind of decoy."""
    return {"semitone": row.semitone, "octave": row.octave}
