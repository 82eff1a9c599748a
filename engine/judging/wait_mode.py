"""Judging music that waits: nothing goes on until the right keys are struck."""

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.verdicts import CORRECT, NAN, POINTS, WRONG_NOTE, Verdict, extra


class WaitJudge:
    """Waits at each moment for all of its keys, in any order and for as long as it takes.

    Grace notes are welcome and not waited for. Time is not judged.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``, ``onset_beat`` and ``is_grace``.
    moments : Moments
        Their moments.
    """

    deadline_sec = float("inf")

    def __init__(self, notes: NDArray[np.void], moments: Moments) -> None:
        self._keys = moments.keys
        self._pitch: list[int] = notes["pitch"].tolist()
        self._is_grace: list[bool] = notes["is_grace"].tolist()
        self.place = -1
        self._go_on()

    def note_on(self, played_index: int, pitch: int, onset_sec: float) -> list[Verdict]:
        """Judge one played note."""
        key = next((key for key in self._awaited if self._pitch[key] == pitch), None)
        if key is not None:
            self._awaited.remove(key)
            if all(self._is_optional(key) for key in self._awaited):
                self._go_on()
            return [Verdict(CORRECT, played_index, key, pitch, NAN, POINTS[CORRECT])]
        if not self._awaited:
            return [extra(played_index, pitch)]
        meant = min(self._awaited, key=lambda k: abs(self._pitch[k] - pitch))
        return [Verdict(WRONG_NOTE, played_index, meant, pitch, NAN, POINTS[WRONG_NOTE])]

    def advance(self, now_sec: float) -> list[Verdict]:
        """Nothing is ever missed: the music waits."""
        return []

    finish = advance

    def _go_on(self) -> None:
        self.place += 1
        self._awaited = list(self._keys[self.place]) if self.place < len(self._keys) else []
        self._has_main_notes = any(not self._is_grace[key] for key in self._awaited)

    def _is_optional(self, key: int) -> bool:
        return self._is_grace[key] and self._has_main_notes
