"""Why a judge against the clock said what it said: looked up when somebody asks."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.verdicts import CERTAIN, MISSED, NAN, WRONG_NOTE, Verdict, Why
from engine.judging.windows import REACH_MAX_SEC

MAX_ALTERNATIVES = 3


class TempoReasons:
    """The tables that verdicts against the clock rest on.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``.
    moments : Moments
        Their moments.
    timed : (m,) structured, ``MOMENT_DTYPE``
        When each moment is due and how far off its keys may be.
    beat_sec : list of float
        How long a quarter note lasts at each moment.
    """

    def __init__(
        self,
        notes: NDArray[np.void],
        moments: Moments,
        timed: NDArray[np.void],
        beat_sec: list[float],
    ) -> None:
        self._moments = moments
        self._pitch: list[int] = notes["pitch"].tolist()
        self._due_sec: list[float] = timed["due_sec"].tolist()
        self._reach_sec: list[float] = timed["reach_sec"].tolist()
        self._on_time_sec: list[float] = timed["on_time_sec"].tolist()
        self._beat_sec = beat_sec

    def explain(self, verdict: Verdict) -> Why:
        """Say by which times and beside which other keys a verdict was given."""
        key = verdict.score_index
        if key < 0:
            return CERTAIN
        moment = self._moments.of_note[key]
        if verdict.is_ornament:
            return Why(NAN, NAN, 60.0 / self._beat_sec[moment], 1.0)
        weights = self._weights(verdict, moment)
        share = 1.0 / sum(weight for _, weight in weights)
        others = sorted((-weight * share, other) for other, weight in weights if other != key)
        return Why(
            self._due_sec[moment],
            self._on_time_sec[moment],
            60.0 / self._beat_sec[moment],
            1.0 if not others else next(w for other, w in weights if other == key) * share,
            tuple((other, -chance) for chance, other in others[:MAX_ALTERNATIVES]),
        )

    def _weights(self, verdict: Verdict, moment: int) -> list[tuple[int, float]]:
        """The keys that may have been meant, the named one too, and how near each is."""
        key = verdict.score_index
        if verdict.result == MISSED:
            return [(key, 1.0)]
        if verdict.result == WRONG_NOTE:
            return [
                (other, 1.0 / (1.0 + abs(self._pitch[other] - verdict.pitch)))
                for other in self._moments.keys[moment]
            ]
        onset_sec = self._due_sec[moment] + verdict.timing_sec
        near = self._keys_in_reach(verdict.pitch, onset_sec)
        return near if any(other == key for other, _ in near) else [(key, 1.0)]

    def _keys_in_reach(self, pitch: int, onset_sec: float) -> list[tuple[int, float]]:
        weights = []
        for moment in range(
            bisect_left(self._due_sec, onset_sec - REACH_MAX_SEC), len(self._due_sec)
        ):
            gap_sec = abs(onset_sec - self._due_sec[moment])
            if self._due_sec[moment] > onset_sec + REACH_MAX_SEC:
                break
            if gap_sec <= self._reach_sec[moment]:
                windows = gap_sec / self._on_time_sec[moment]
                weight = 1.0 / (1.0 + windows * windows)
                keys = self._moments.keys[moment]
                weights += [(key, weight) for key in keys if self._pitch[key] == pitch]
        return weights
