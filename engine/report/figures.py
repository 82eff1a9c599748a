"""Notes counted and measured, by bar and hand."""

from collections.abc import Iterable, Mapping
from statistics import fmean, median, quantiles

import numpy as np
from numpy.typing import NDArray

from engine.judging import RESULTS
from engine.judging.remarks import HESITATION, JUMP_BACK, RESTART, STOP
from engine.judging.verdicts import CORRECT, POINTS
from engine.report.played import Judged, matched
from engine.report.score_bars import ScoreBars
from engine.report.values import (
    HANDS,
    BarStats,
    Counts,
    HandStats,
    Incident,
    LoudnessPoint,
    Timing,
    Velocity,
)
from engine.score import Score
from engine.tempo import ScoreClock

Tempi = Mapping[tuple[int, int], float]
LOST = np.array([POINTS[CORRECT] - POINTS[result] for result in RESULTS], dtype=float)
INCIDENT_COST = {STOP: 10.0, HESITATION: 5.0, JUMP_BACK: 5.0, RESTART: 5.0}  # a note is worth 10


def count(results: NDArray[np.int8]) -> Counts:
    """Count results, given as places in ``RESULTS``."""
    return Counts(*np.bincount(results, minlength=len(RESULTS)).tolist())


def timing(timing_sec: NDArray[np.float64]) -> Timing | None:
    """Median and interquartile range; NaN counts as not judged."""
    values = (1000.0 * timing_sec[np.isfinite(timing_sec)]).tolist()
    if not values:
        return None
    low, middle, high = _quartiles(values)
    return Timing(round(middle, 2), round(high - low, 2))


def length_ratios(
    judged: Judged, score: Score, bars: ScoreBars, tempi: Tempi, clock: ScoreClock
) -> NDArray[np.float64]:
    """How long each key was held against its written length at the tempo played.

    Returns
    -------
    (n,) float
        NaN where one of the two is not known, and for grace notes.
    """
    asked = clock.beat_sec(bars.onset_beat).tolist()
    places = zip(judged["stretch"].tolist(), judged["bar"].tolist(), strict=True)
    beat_sec = np.array(
        [60.0 / tempi[place] if place in tempi else asked[place[1]] for place in places]
    )
    index = judged["score_index"]
    written_sec = score.notes["duration_beat"][index] * beat_sec
    is_known = matched(judged) & (written_sec > 0) & ~score.notes["is_grace"][index]
    ratios = np.full(len(judged), np.nan)
    np.divide(judged["held_sec"], written_sec, out=ratios, where=is_known)
    return ratios


def hand_stats(hand: str, judged: Judged, ratios: NDArray[np.float64]) -> HandStats:
    """Sum up some notes of one hand."""
    velocities = judged["velocity"][matched(judged)].tolist()
    velocity = None
    if velocities:
        velocity = Velocity(round(fmean(velocities), 1), min(velocities), max(velocities))
    known = ratios[np.isfinite(ratios)].tolist()
    length_ratio = round(median(known), 3) if known else None
    return HandStats(
        hand, count(judged["result"]), timing(judged["timing_sec"]), velocity, length_ratio
    )


def bar_stats(
    judged: Judged,
    ratios: NDArray[np.float64],
    bars: ScoreBars,
    tempi: Tempi,
    clock: ScoreClock,
    incidents: Iterable[Incident],
) -> list[BarStats]:
    """Sum up every written bar, in the order of the score; those not played too."""
    place_of = {measure: place for place, measure in enumerate(bars.written.tolist())}
    written = np.array([place_of[measure] for measure in bars.measure.tolist()])
    groups = _split(2 * written[judged["bar"]] + judged["hand"])
    present = set((2 * written[bars.of_note] + bars.hand).tolist()) | set(groups)
    passes = _passes(judged, written, len(place_of))
    asked = 60.0 / clock.beat_sec(bars.onset_beat)
    first = np.unique(written, return_index=True)[1].tolist()
    asked_bpm = [round(float(asked[bar]), 2) for bar in first]
    played_bpm = _by_bar((int(written[bar]), bpm) for (_, bar), bpm in tempi.items())
    trouble = _by_bar((place_of[i.measure], INCIDENT_COST.get(i.kind, 0.0)) for i in incidents)
    empty = np.zeros(0, np.intp)
    stats = []
    for place, measure in enumerate(bars.written.tolist()):
        rows = [(hand, groups.get(2 * place + hand, empty)) for hand in range(len(HANDS))]
        lost = sum(float(LOST[judged["result"][group]].sum()) for _, group in rows)
        hands = tuple(
            hand_stats(HANDS[hand], judged[group], ratios[group])
            for hand, group in rows
            if 2 * place + hand in present
        )
        bpm = round(median(played_bpm[place]), 2) if place in played_bpm else None
        cost = (lost + sum(trouble.get(place, ()))) / max(passes[place], 1)
        stats.append(BarStats(measure, passes[place], hands, bpm, asked_bpm[place], round(cost, 2)))
    return stats


def loudness(judged: Judged, bars: ScoreBars) -> list[LoudnessPoint]:
    """The mean velocity of each hand in each pass of a bar, by time."""
    notes = judged[judged["stretch"] >= 0]
    if not len(notes):
        return []
    order = np.lexsort((notes["hand"], notes["bar"], notes["stretch"]))
    notes = notes[order]
    keys = np.stack([notes["stretch"], notes["bar"], notes["hand"]])
    first = np.flatnonzero(np.any(np.diff(keys, axis=1, prepend=-1) != 0, axis=0))
    size = np.diff(np.append(first, len(notes)))
    time_sec = np.add.reduceat(notes["time_sec"], first) / size
    velocity = np.add.reduceat(notes["velocity"].astype(float), first) / size
    points = [
        LoudnessPoint(
            round(float(time_sec[k]), 3),
            int(bars.measure[notes["bar"][row]]),
            HANDS[notes["hand"][row]],
            round(float(velocity[k]), 1),
            int(notes["stretch"][row]),
        )
        for k, row in enumerate(first.tolist())
    ]
    return sorted(points, key=lambda point: point.time_sec)


def spread(values: list[float]) -> float:
    """The interquartile range of some values."""
    low, _, high = _quartiles(values)
    return high - low


def _quartiles(values: list[float]) -> tuple[float, float, float]:
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return low, middle, high


def _split(group: NDArray[np.int64]) -> dict[int, NDArray[np.intp]]:
    """The rows of each group."""
    order = np.argsort(group, kind="stable")
    numbers, first = np.unique(group[order], return_index=True)
    return (
        dict(zip(numbers.tolist(), np.split(order, first[1:]), strict=True)) if len(group) else {}
    )


def _passes(judged: Judged, written: NDArray[np.int64], n_bars: int) -> list[int]:
    """How often each written bar was played; one where only wrong notes were."""
    is_played = judged["played_index"] >= 0
    is_wrong = is_played & (judged["score_index"] >= 0)
    tried = np.minimum(np.bincount(written[judged["bar"][is_wrong]], minlength=n_bars), 1)
    in_run = judged[judged["run"] >= 0]
    visits = np.unique(np.stack([in_run["run"], in_run["bar"]]), axis=1)
    passes: list[int] = np.maximum(
        tried, np.bincount(written[visits[1]], minlength=n_bars)
    ).tolist()
    return passes


def _by_bar(pairs: Iterable[tuple[int, float]]) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {}
    for place, value in pairs:
        found.setdefault(place, []).append(value)
    return found
