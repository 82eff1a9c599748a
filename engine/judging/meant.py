"""Which note a wrong one was meant for, and which notes of the score have been played."""

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments

NOWHERE = -1
STRAY_MOMENTS = 4  # wrong notes stand for at most so many moments; then they are merely extra


class Meant:
    """Keeps which keys have been struck since the last leap, rightly or not.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``.
    moments : Moments
        Their moments.
    """

    def __init__(self, notes: NDArray[np.void], moments: Moments) -> None:
        self._moments = moments
        self._pitch: list[int] = notes["pitch"].tolist()
        self._played: set[int] = set()
        self._wrong_by: dict[int, int] = {}

    def clear(self) -> None:
        """All is to be played again."""
        self._played.clear()
        self._wrong_by.clear()

    def play(self, key: int) -> int:
        """A key was struck; returns the played index of a slip that it puts right, or -1."""
        self._played.add(key)
        return self._wrong_by.pop(key, NOWHERE)

    def take_back(self, played_index: int, key: int) -> None:
        """A note was not what it was taken for."""
        if self._wrong_by.get(key) == played_index:
            del self._wrong_by[key]
        else:
            self._played.discard(key)

    def give_up(self, key: int) -> bool:
        """A key will not be struck any more; returns whether that is to be told."""
        if key in self._played:
            return False
        self._played.add(key)
        return self._wrong_by.pop(key, None) is None

    def slip(self, played_index: int, pitch: int, place: int, passed_beat: float) -> int:
        """A wrong note was struck so many beats after the moment at ``place``.

        Returns what it stands for: the nearest in pitch of what was due; -1: nothing was.
        """
        keys = self._due(place, passed_beat)
        if not keys:
            return NOWHERE
        key = min(keys, key=lambda k: abs(self._pitch[k] - pitch))
        self._wrong_by[key] = played_index
        return key

    def _due(self, place: int, passed_beat: float) -> list[int]:
        """The keys a wrong note may have been meant for: the rest of this chord, or the next."""
        onset_beat = self._moments.onset_beat
        end = min(place + 1 + STRAY_MOMENTS, len(onset_beat))
        following = next((m for m in range(place + 1, end) if self._open(m)), NOWHERE)
        if place != NOWHERE:
            gap_beat = self._moments.value_beat[place]
            if following != NOWHERE:
                gap_beat = onset_beat[following] - onset_beat[place]
            if passed_beat < 0.5 * gap_beat:
                return self._open(place)
        return self._open(following) if following != NOWHERE else []

    def _open(self, moment: int) -> list[int]:
        return [
            key
            for key in self._moments.keys[moment]
            if key not in self._played and key not in self._wrong_by
        ]
