"""What measurements come to: means over performances, medians over jumps."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from bench.matching.matchers import MATCHERS
from bench.matching.runner import Standing
from bench.matching.store import Row


class Times(NamedTuple):
    """Microseconds per note: medians over performances, and the worst note of all."""

    median: float
    p99: float
    worst: float


class Measured(NamedTuple):
    """One matcher and its rows."""

    standing: Standing
    rows: list[Row]

    @property
    def title(self) -> str:
        """How the tables call it."""
        return MATCHERS[self.standing.name].title

    def of(self, condition: str) -> list[Row]:
        """Its rows of one condition."""
        return [row for row in self.rows if row["condition"] == condition]

    def mean(self, condition: str, value: Callable[[Row], float | None]) -> float | None:
        """Mean over the performances that have the value, in percent; None if none has."""
        values = [v for row in self.of(condition) if (v := value(row)) is not None]
        return 100 * float(np.mean(values)) if values else None

    def f1(self, condition: str) -> float | None:
        """Mean F1 of the first answers, in percent; failures count as 0."""
        return self.mean(condition, lambda row: row["f1"])

    def f1_revised(self, condition: str) -> float | None:
        """The same after revisions of up to three notes."""
        return self.mean(condition, lambda row: row["f1_revised"])

    @property
    def revises(self) -> bool:
        """Whether it ever changed an answer."""
        return any(row["f1"] != row["f1_revised"] for row in self.rows)

    def position(self, condition: str) -> float | None:
        """Percent of notes at which the position told was within 100 ms of the true one."""
        return self.mean(condition, lambda row: row.get("pos_100ms", 0 if row["failed"] else None))

    def recovery(self, condition: str) -> tuple[float, float] | None:
        """Median notes to recover after a jump (infinite: lost), and percent recovered."""
        jumps = [n for row in self.of(condition) for n in row.get("recovery", ())]
        if not jumps:
            return None
        notes = np.sort([np.inf if n is None else n for n in jumps])
        return float(notes[(len(notes) - 1) // 2]), 100 * float(np.isfinite(notes).mean())

    def times(self, condition: str = "clean") -> Times | None:
        """What a note costs."""
        rows = [row["us"] for row in self.of(condition) if "us" in row]
        if not rows:
            return None
        median, p99, worst = np.array(rows).T
        return Times(float(np.median(median)), float(np.median(p99)), float(worst.max()))

    def failures(self) -> dict[str, int]:
        """Reasons for failed performances, and how many."""
        reasons = [row["failed"] for row in self.rows if row["failed"]]
        return {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}


def conditions_of(all_measured: Sequence[Measured], wanted: Sequence[str]) -> list[str]:
    """The wanted conditions of which something is measured."""
    return [c for c in wanted if any(measured.of(c) for measured in all_measured)]
