"""Where a piece can be taken apart: sections of four to eight bars that end where phrases do."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.score.arrays import Structured
from engine.score.score import Score

MAX_BARS = 8
USUAL_BARS = 4  # of a phrase
SHORT_COST = 1.0  # for each bar that a section lacks of a phrase
LONG_COST = 0.15  # for each bar that it has beyond one
ODD_COST = 0.4  # for one that is no whole number of pairs
REPEAT_GAIN = 1.5  # for ending where a repeat begins or ends
METRE_GAIN = 1.0
REST_GAIN = 0.8  # for ending in silence, or on a note of half a bar


class Section(NamedTuple):
    """Some bars of a piece, both included, by written number."""

    from_bar: int
    to_bar: int


class _Bar(NamedTuple):
    """A written bar, and how well a section may end after it."""

    measure: int
    end_gain: float
    is_upbeat: bool


def sections_of(
    score: Score, from_bar: int | None = None, to_bar: int | None = None
) -> list[Section]:
    """Take a piece apart, or some bars of it.

    Each way to do it has its cost: sections of four bars are best, up to eight are well, and a cut
    where the music breathes is worth more than an even count. The cheapest is taken.

    Parameters
    ----------
    score : Score
        As it is played.
    from_bar, to_bar : int, optional
        First and last bar, both included, by written number.

    Returns
    -------
    list of Section
        In order, without gaps: all of these bars are in one.
    """
    first = -np.inf if from_bar is None else from_bar
    last = np.inf if to_bar is None else to_bar
    bars = [bar for bar in _bars(score) if first <= bar.measure <= last]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(bars) + 1):
        begins = range(max(0, end - MAX_BARS - 1), end)
        costs = ((best[begin][0] + _cost(bars[begin:end]), begin) for begin in begins)
        cost, begin = min(costs)
        best.append((cost - bars[end - 1].end_gain, begin))
    sections: list[Section] = []
    end = len(bars)
    while end:
        begin = best[end][1]
        sections.append(Section(bars[begin].measure, bars[end - 1].measure))
        end = begin
    return sections[::-1]


def _cost(bars: list[_Bar]) -> float:
    """What it costs that these bars are a section; an upbeat is none of its bars."""
    n_bars = len(bars) - bars[0].is_upbeat
    if n_bars > MAX_BARS:
        return np.inf
    cost = SHORT_COST * max(USUAL_BARS - n_bars, 0) + LONG_COST * max(n_bars - USUAL_BARS, 0)
    return cost + ODD_COST * (n_bars % 2)


def _bars(score: Score) -> list[_Bar]:
    """The written bars, each once, by their numbers."""
    written = score.section(repeats=False)
    measures = np.unique(written.bars["measure"])
    rows, notes = _by_measure(written.bars, measures), _by_measure(written.notes, measures)
    jumps = _jumps(score.bars)
    bars = []
    for k, measure in enumerate(measures.tolist()):
        gain = REPEAT_GAIN * (measure in jumps) + _breath(notes[k], rows[k])
        is_last = k + 1 == len(measures)
        gain += METRE_GAIN * (not is_last and _metre(rows[k][-1]) != _metre(rows[k + 1][0]))
        bars.append(_Bar(measure, gain, k == 0 and _is_upbeat(rows[k])))
    return bars


def _by_measure(array: Structured, measures: npt.NDArray[np.int32]) -> list[Structured]:
    """Bars or notes, those of each measure together."""
    ordered = array[np.argsort(array["measure"], kind="stable")]
    return np.split(ordered, np.searchsorted(ordered["measure"], measures[1:]))


def _jumps(bars: Structured) -> set[int]:
    """Bars after which a repeat goes elsewhere, or that are before one it goes to."""
    after = np.flatnonzero(np.diff(bars["written"]) != 1)
    ends = set(bars["measure"][after].tolist())
    begins = set(bars["written"][after + 1].tolist())
    return ends | set(bars["measure"][np.isin(bars["written"] + 1, list(begins))].tolist())


def _breath(notes: Structured, bars: Structured) -> float:
    """What it is worth to end after a bar: all of it where the upper voice rests or holds there."""
    upper = notes[notes["staff"] == 1]
    upper = upper if len(upper) else notes
    if not len(upper):
        return REST_GAIN
    end_beat = float(bars["onset_beat"][-1] + bars["duration_beat"][-1])
    half_beat = float(bars["duration_beat"].sum()) / 2
    is_silent = float((upper["onset_beat"] + upper["duration_beat"]).max()) < end_beat - 1e-6
    is_held = float(upper["onset_beat"].max()) <= end_beat - half_beat + 1e-6
    return REST_GAIN * (is_silent or is_held)


def _is_upbeat(bars: Structured) -> bool:
    count, unit = _metre(bars[0])
    return bool(bars["duration_beat"].sum() < 4.0 * count / unit - 1e-6)


def _metre(bar: np.void) -> tuple[int, int]:
    return int(bar["count"]), int(bar["unit"])
