"""Judging music that waits: nothing goes on until the right keys are struck."""

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.verdicts import CERTAIN, CORRECT, NAN, POINTS, WRONG_NOTE, Verdict, extra
from engine.judging.waiting_ornaments import Ornament, WaitingOrnaments

NOBODY = -1
INF = float("inf")


class WaitJudge:
    """Waits at each moment for all of its keys, in any order and for as long as it takes.

    Grace notes are welcome and not waited for. Time is not judged. A note that belongs to an
    ornament of the moment waited for, or to one that still sounds, is ``correct`` for the
    ornamented note, without points. In the midst of an ornament its notes are not taken for
    written ones; if it stops there, the last of them was the written one.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``, ``onset_beat`` and ``is_grace``; where they have ornaments,
        with ``duration_beat`` too.
    moments : Moments
        Their moments.
    """

    def __init__(self, notes: NDArray[np.void], moments: Moments) -> None:
        self._keys = moments.keys
        self._pitch: list[int] = notes["pitch"].tolist()
        self._is_grace: list[bool] = notes["is_grace"].tolist()
        self._ornaments = WaitingOrnaments(notes, moments)
        self._held_back = (NOBODY, NOBODY)  # a note of an ornament that may be an awaited key
        self._is_refused = False  # the last note
        self.deadline_sec = INF
        self.place = -1
        self._go_on()

    @property
    def awaited_pitches(self) -> frozenset[int]:
        """The pitches still to be struck at the place."""
        return frozenset(self._pitch[key] for key in self._awaited)

    def note_on(self, played_index: int, pitch: int, onset_sec: float) -> list[Verdict]:
        """Judge one played note."""
        self._is_refused = False
        key = self._awaited_key(pitch)
        ornament = self._ornaments.allowing(pitch)
        if ornament and key not in (NOBODY, ornament.key) and ornament.is_amid(pitch, onset_sec):
            return [self._hold_back(ornament, played_index, key, onset_sec)]
        verdicts = self._release(pitch, ornament)
        key = self._awaited_key(pitch)
        if key != NOBODY:
            self._ornaments.strike(key, pitch, onset_sec)
            return [*verdicts, self._take(key, played_index)]
        if ornament:
            ornament.strike(pitch, onset_sec)
            verdict = _verdict(CORRECT, played_index, ornament.key, pitch)
            return [*verdicts, verdict._replace(points=0)]
        return [*verdicts, self._refuse(played_index, pitch)]

    def rename(self, played_index: int, pitch: int, onset_sec: float) -> list[Verdict]:
        """The last note was of another pitch; what the music went on from stays right."""
        if not self._is_refused:
            return []
        return [
            said._replace(is_revision=True) for said in self.note_on(played_index, pitch, onset_sec)
        ]

    def advance(self, now_sec: float) -> list[Verdict]:
        """Tell of a note held back that it was the one waited for; nothing is ever missed."""
        return self._take_held_back() if now_sec > self.deadline_sec else []

    def finish(self, now_sec: float) -> list[Verdict]:
        """Tell of a note held back that it was the one waited for."""
        return self._take_held_back() if self.deadline_sec < INF else []

    def _awaited_key(self, pitch: int) -> int:
        return next((key for key in self._awaited if self._pitch[key] == pitch), NOBODY)

    def _hold_back(
        self, ornament: Ornament, played_index: int, key: int, onset_sec: float
    ) -> Verdict:
        """It is one more note of the ornament, unless nothing more comes of that.

        Ornaments end on their main note: to come to rest there says nothing.
        """
        pitch = self._pitch[key]
        self._held_back = (played_index, key)
        self.deadline_sec = INF if pitch == ornament.pitch else ornament.over_sec(onset_sec)
        ornament.strike(pitch, onset_sec)
        return _verdict(CORRECT, played_index, ornament.key, pitch)._replace(points=0)

    def _release(self, pitch: int, ornament: Ornament | None) -> list[Verdict]:
        """Decide on a note held back by the next note: the ornament's, or one from behind it."""
        if ornament:
            self._held_back, self.deadline_sec = (NOBODY, NOBODY), INF
        return self._take_held_back() if self._is_next(pitch) else []

    def _is_next(self, pitch: int) -> bool:
        """Whether the music would wait for this pitch if it had not held a note back."""
        key = self._held_back[1]
        if key == NOBODY or self._awaited_key(pitch) != NOBODY:
            return False
        is_alone = all(other == key or self._is_optional(other) for other in self._awaited)
        following = self._keys[self.place + 1 : self.place + 2]
        return is_alone and any(self._pitch[k] == pitch for keys in following for k in keys)

    def _take_held_back(self) -> list[Verdict]:
        played_index, key = self._held_back
        self._held_back, self.deadline_sec = (NOBODY, NOBODY), INF
        return [self._take(key, played_index)._replace(is_revision=True)]

    def _take(self, key: int, played_index: int) -> Verdict:
        self._awaited.remove(key)
        if all(self._is_optional(key) for key in self._awaited):
            self._go_on()
        return _verdict(CORRECT, played_index, key, self._pitch[key])

    def _refuse(self, played_index: int, pitch: int) -> Verdict:
        self._is_refused = True
        if not self._awaited:
            return extra(played_index, pitch, reasons=CERTAIN)
        meant = min(self._awaited, key=lambda k: abs(self._pitch[k] - pitch))
        return _verdict(WRONG_NOTE, played_index, meant, pitch)

    def _go_on(self) -> None:
        self.place += 1
        self._awaited = list(self._keys[self.place]) if self.place < len(self._keys) else []
        self._has_main_notes = any(not self._is_grace[key] for key in self._awaited)
        self._ornaments.move_to(self.place)

    def _is_optional(self, key: int) -> bool:
        return self._is_grace[key] and self._has_main_notes


def _verdict(result: str, played_index: int, key: int, pitch: int) -> Verdict:
    return Verdict(result, played_index, key, pitch, NAN, POINTS[result], reasons=CERTAIN)
