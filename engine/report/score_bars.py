"""The bars of a score as they are played, and whose notes are in them."""

import numpy as np
from numpy.typing import NDArray

from engine.matching import SAME_ONSET_BEAT
from engine.report.values import HANDS
from engine.score import Score


class ScoreBars:
    """Bars that have notes, each pass of a repeat for itself.

    Parameters
    ----------
    score : Score
        What was to be played.

    Attributes
    ----------
    of_note : (n,) int
        The bar of each score note.
    hand : (n,) int
        The hand of each score note, a place in ``HANDS``.
    measure : (m,) int
        The written number of each bar.
    onset_beat : (m,) float
        The first onset in each bar.
    written : (k,) int
        The written numbers, each once, in the order they come.
    """

    def __init__(self, score: Score) -> None:
        notes = score.notes
        begins = np.diff(notes["measure"], prepend=notes["measure"][0]) != 0
        begins |= np.diff(notes["beat"], prepend=notes["beat"][0]) < -SAME_ONSET_BEAT
        self.of_note: NDArray[np.int64] = np.cumsum(begins)
        self.hand: NDArray[np.int64] = (notes["staff"] != 1).astype(np.int64)
        first = np.searchsorted(self.of_note, np.arange(self.of_note[-1] + 1))
        self.measure: NDArray[np.int64] = notes["measure"][first].astype(np.int64)
        self.onset_beat: NDArray[np.float64] = notes["onset_beat"][first]
        _, places = np.unique(self.measure, return_index=True)
        self.written: NDArray[np.int64] = self.measure[np.sort(places)]
        self._pitch: NDArray[np.int64] = notes["pitch"].astype(np.int64)
        self._first = np.append(first, len(notes))

    @property
    def hands(self) -> tuple[str, ...]:
        """The hands that have notes."""
        return tuple(HANDS[hand] for hand in np.unique(self.hand).tolist())

    def nearest_hand(self, bar: int, pitch: int) -> int:
        """The hand whose notes in a bar come nearest to a pitch; the lower note's where two do."""
        inside = slice(self._first[bar], self._first[bar + 1])
        nearest = np.argmin(np.abs(self._pitch[inside] - pitch))
        return int(self.hand[inside][nearest])
