"""What rooms came to, kind by kind."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from bench.rooms.laboratory import NAIVE, Outcome, Statuses, Task, merged
from bench.rooms.targets import KINDS, Kind

PERCENTILES = (50, 95, 99)


class Told(NamedTuple):
    """How truly drifts were told; NaN where no confidence was."""

    error_ms: tuple[float, float]
    confidence_ms: float
    within_percent: float


class Figures(NamedTuple):
    """Of one rule in some rooms; ``lab`` holds all that the laboratory says."""

    error_ms: tuple[float, float, float]
    online_ms: tuple[float, float, float]
    lab: dict[str, float]
    told: Told


class Row(NamedTuple):
    """One kind of rooms, or one room, under every rule."""

    kind: Kind
    by_rule: dict[str, Figures]


Outcomes = Mapping[Task, Outcome]


def percentiles(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, ...]:
    """50th, 95th and 99th; NaN of nothing."""
    if not len(values):
        return (np.nan,) * len(PERCENTILES)
    return tuple(float(p) for p in np.percentile(values, PERCENTILES))


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """All of them together."""
    lab = merged(list(outcomes))
    online = np.concatenate([errors for o in outcomes for errors in o.online_ms])
    p50, p95, p99 = percentiles(online)
    told = tell([o.statuses for o in outcomes])
    return Figures((lab["p50"], lab["p95"], lab["p99"]), (p50, p95, p99), lab, told)


def tell(statuses: Sequence[Statuses]) -> Told:
    """How truly drifts were told."""
    told, confidence, true = (np.concatenate(parts) for parts in zip(*statuses, strict=True))
    off_ms = np.abs(told - true)
    p50, p95, _ = percentiles(off_ms)
    is_known = np.isfinite(confidence)
    if not is_known.any():
        return Told((p50, p95), np.nan, np.nan)
    within = 100 * float(np.mean(off_ms[is_known] <= confidence[is_known]))
    return Told((p50, p95), float(np.median(confidence[is_known])), within)


def rows_of(outcomes: Outcomes, rooms: Iterable[str]) -> list[Row]:
    """The kinds of which some rooms were played."""
    wanted = set(rooms)
    rows = []
    for kind in KINDS:
        there = tuple(room for room in kind.rooms if room in wanted)
        if there:
            rows.append(Row(kind._replace(rooms=there), by_rule(outcomes, there)))
    return rows


def by_rule(outcomes: Outcomes, rooms: Sequence[str]) -> dict[str, Figures]:
    """Figures of every rule in these rooms."""
    rules = dict.fromkeys(task.rule for task in outcomes)
    return {
        rule: figures([o for t, o in outcomes.items() if t.rule == rule and t.scenario in rooms])
        for rule in sorted(rules, key=lambda rule: rule == NAIVE)
    }
