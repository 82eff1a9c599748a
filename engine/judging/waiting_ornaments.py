"""Ornaments where the music waits: what they allow, from the moment before them to their end."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.ornaments import adorned_keys

STROKE_SEC = 0.3  # a beginner's trill has at least three notes a second
NEVER_SEC = float("-inf")


@dataclass
class Ornament:
    """One ornament, and what was last played of it.

    Attributes
    ----------
    key : int
        The score note that has it.
    pitch : int
        Of that note.
    pitches : frozenset of int
        What it allows, its own pitch too.
    end_beat : float
        Where the note ends.
    """

    key: int
    pitch: int
    pitches: frozenset[int]
    end_beat: float
    last_pitch: int = -1
    last_sec: float = NEVER_SEC

    def strike(self, pitch: int, onset_sec: float) -> None:
        """One of its notes is played."""
        self.last_pitch, self.last_sec = pitch, onset_sec

    def is_amid(self, pitch: int, onset_sec: float) -> bool:
        """Whether a note goes on with it: soon after its last one, and another."""
        return pitch != self.last_pitch and onset_sec <= self.over_sec(self.last_sec)

    def over_sec(self, last_sec: float) -> float:
        """When it is over, if its last note was then."""
        return last_sec + STROKE_SEC


class WaitingOrnaments:
    """The ornaments that sound while the music waits.

    Parameters
    ----------
    notes : (n,) structured
        Score notes; without the fields of ornaments, none has one.
    moments : Moments
        Their moments.
    """

    def __init__(self, notes: NDArray[np.void], moments: Moments) -> None:
        self._onset_beat = moments.onset_beat
        self._by_key: dict[int, Ornament] = {}
        self._of_moment: dict[int, list[Ornament]] = {}
        self._sounding: list[Ornament] = []
        for one in adorned_keys(notes, moments):
            pitch = int(notes["pitch"][one.key])
            pitches = frozenset({pitch, one.upper, one.lower})
            ornament = self._by_key[one.key] = Ornament(one.key, pitch, pitches, one.end_beat)
            self._of_moment.setdefault(moments.of_note[one.key], []).append(ornament)

    def move_to(self, place: int) -> None:
        """Wait for another moment; what ends at the one before may still linger."""
        if place > 0:
            now_beat = self._onset_beat[place - 1]
            self._sounding = [o for o in self._sounding if o.end_beat >= now_beat]
        self._sounding += self._of_moment.get(place, [])

    def allowing(self, pitch: int) -> Ornament | None:
        """The ornament that a pitch belongs to: the one last played of, or the latest written."""
        allowing = [o for o in self._sounding if pitch in o.pitches]
        return max(reversed(allowing), key=lambda o: o.last_sec, default=None)

    def strike(self, key: int, pitch: int, onset_sec: float) -> None:
        """A written note is played; if it has an ornament, that begins."""
        if ornament := self._by_key.get(key):
            ornament.strike(pitch, onset_sec)
