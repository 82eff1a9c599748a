"""What the score expects to be struck around now, for a microphone to listen for."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.windows import REACH_MAX_SEC

MOMENTS_BEHIND = 1  # a chord's last notes may be heard when the next moment is reached already
MOMENTS_AHEAD = 3  # the notes of the last moments struck may still be on their way


class ExpectedPitches:
    """The pitches of the moments around a place or a time.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``.
    moments : Moments
        Their moments.
    due_sec : (m,) float64
        When each moment is due by the clock, ascending.
    """

    def __init__(
        self, notes: NDArray[np.void], moments: Moments, due_sec: NDArray[np.float64]
    ) -> None:
        pitch: list[int] = notes["pitch"].tolist()
        self._pitches = [frozenset(pitch[key] for key in keys) for keys in moments.keys]
        self._beat = moments.onset_beat
        self._due_sec: list[float] = due_sec.tolist()

    def waiting(self, place: int, awaited: frozenset[int]) -> frozenset[int]:
        """Those still awaited at the place, and the next moment's, which may come before all of
        the place's are told; none that the place has had already."""
        return awaited | self._of(place + 1, place + 2) - (self._of(place, place + 1) - awaited)

    def by_clock(self, time_sec: float) -> frozenset[int]:
        """Those due as near as the judge reaches."""
        first = bisect_left(self._due_sec, time_sec - REACH_MAX_SEC)
        return self._of(first, bisect_right(self._due_sec, time_sec + REACH_MAX_SEC))

    def of_player(
        self, place: int, time_sec: float, due_sec: Callable[[float], float]
    ) -> frozenset[int]:
        """Those around the player's place, and on to where the player must be by now."""
        last = max(place, 0) + MOMENTS_AHEAD
        while last < len(self._beat) and due_sec(self._beat[last]) <= time_sec:
            last += 1
        return self._of(place - MOMENTS_BEHIND, last + 1)

    def _of(self, first: int, end: int) -> frozenset[int]:
        return frozenset().union(*self._pitches[max(first, 0) : max(end, 0)])
