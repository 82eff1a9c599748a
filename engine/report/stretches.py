"""Where a player went on, went back and leapt: the take in pieces played in one go."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.report.played import NOWHERE, Judged, matched

BACK_BEAT = 1.0  # hands are not together, but not by a whole beat
HOLE_BEAT = 2.0  # with HOLE_MOMENTS: what was left out says nothing about the tempo across it
HOLE_MOMENTS = 4
LEAST_RUN_NOTES = 3  # fewer, and on from elsewhere: that was a match by chance


def mark_stretches(judged: Judged, moments: Moments, *, is_led: bool) -> None:
    """Fill in ``run`` and ``stretch`` of the notes that stand for a written one.

    A run ends where the player goes back by two notes or more: one alone is a key struck again. A
    stretch also ends where much was left out. A single note far from those before and after it,
    and two between two jumps, are matches by chance and belong to neither.

    Parameters
    ----------
    judged : array of JUDGED_DTYPE
        Modified.
    moments : Moments
        Of the score.
    is_led : bool
        Whether the player leads; no clock and no waiting music goes back.
    """
    rows = np.flatnonzero(matched(judged))
    keys = judged["score_index"][rows]
    beat = np.array([moments.onset_beat[moments.of_note[key]] for key in keys.tolist()])
    if is_led:
        rows = rows[~_strays(beat)]
        runs, _ = _number(judged, rows, moments, is_led)
        rows = rows[_is_long_enough(runs)]
    judged["run"][rows], judged["stretch"][rows] = _number(judged, rows, moments, is_led)


def _strays(beat: NDArray[np.float64]) -> NDArray[np.bool_]:
    strays = np.zeros(len(beat), np.bool_)
    before, here, after = beat[:-2], beat[1:-1], beat[2:]
    off = np.minimum(np.abs(here - before), np.abs(here - after))
    strays[1:-1] = (off > HOLE_BEAT) & (np.abs(after - before) <= HOLE_BEAT)
    return strays


def _is_long_enough(runs: list[int]) -> NDArray[np.bool_]:
    """Which notes are in a run that is meant: right after a jump the first match may be wrong."""
    sizes = np.bincount(runs)
    is_last = np.array(runs) == len(sizes) - 1
    return np.asarray((sizes[runs] >= LEAST_RUN_NOTES) | is_last)


def _number(
    judged: Judged, rows: NDArray[np.intp], moments: Moments, is_led: bool
) -> tuple[list[int], list[int]]:
    runs: list[int] = []
    stretches: list[int] = []
    run = stretch = furthest = 0
    played: set[int] = set()
    onset_beat = moments.onset_beat
    keys: list[int] = judged["score_index"][rows].tolist()

    def is_behind(key: int) -> bool:
        moment = moments.of_note[key]
        is_far = onset_beat[moment] < onset_beat[furthest] - BACK_BEAT
        return moment < furthest and (is_far or key in played)

    for key, following in pairwise([*keys, NOWHERE]):
        moment = moments.of_note[key]
        ahead_beat = onset_beat[moment] - onset_beat[furthest]
        if is_led and is_behind(key) and following != NOWHERE and is_behind(following):
            run, stretch, furthest = run + 1, stretch + 1, moment
            played.clear()
        elif played and ahead_beat > HOLE_BEAT and moment - furthest > HOLE_MOMENTS:
            stretch += 1
        furthest = max(furthest, moment) if played else moment
        played.add(key)
        runs.append(run)
        stretches.append(stretch)
    return runs, stretches
