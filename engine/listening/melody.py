"""Hears a melody: one voice or instrument, note by note."""

from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from engine.listening.listener import F32, HeardNote
from engine.listening.own_sound import OwnSound
from engine.notes import NoteTaker
from engine.pitch import PITCH_FRAMES, PitchTracker
from engine.tuning import Tuning

Expected = Callable[[float], Iterable[int]]
OCTAVE = 12
KEPT_BLOCKS = 4096  # whose frames nobody asks for; over a minute of 20 ms


class MelodyListener:
    """Hears in sound which notes one player begins and ends.

    Parameters
    ----------
    sample_rate_hz : float
        16000 to 96000.
    instrument : str, optional
        A name of :mod:`engine.instruments`.
    tuning : Tuning, optional
        What pitches and cents are told in; equal temperament from 440 Hz where absent.
    expected : callable, optional
        The pitches that the score expects around an instant of the stream. With it, one who
        sings or plays in another octave is told in the octave that is written.

    Attributes
    ----------
    latency_sec : float
        How long after its onset a note is usually told.

    Raises
    ------
    RuleError
        If the rate is out of range or the instrument unknown.
    """

    latency_sec = NoteTaker.latency_sec

    def __init__(
        self,
        sample_rate_hz: float,
        instrument: str | None = None,
        tuning: Tuning | None = None,
        expected: Expected | None = None,
    ) -> None:
        self._tracker = PitchTracker(sample_rate_hz, instrument, tuning)
        self._expected = expected
        self._own_sound = OwnSound()
        self._frames: deque[NDArray[np.void]] = deque(maxlen=KEPT_BLOCKS)
        self._octaves = 0  # from what is heard to what is written
        self._told: dict[int, int | None] = {}  # of notes that sound; None: the machine's own

    @property
    def settled_sec(self) -> float:
        """Every note that began before this has been told, in seconds since the first sample."""
        return self._tracker.settled_sec

    def process(self, samples: F32) -> list[HeardNote]:
        """Take in mono samples, full scale +-1, any number; say which notes began or ended."""
        self._frames.append(self._tracker.process(samples))
        told = (self._tell(row) for row in self._tracker.take_notes().tolist())
        return [note for note in told if note is not None]

    def frames(self) -> NDArray[np.void]:
        """The frames of pitch since the last call, (k,) structured ``PITCH_FRAMES``.

        Those of the last 4096 blocks, where nobody has asked for longer.
        """
        frames = list(self._frames)
        self._frames.clear()
        if len(frames) == 1:
            return frames[0]
        return np.concatenate([np.zeros(0, PITCH_FRAMES), *frames])

    def machine_plays(
        self, pitch: int | None, onset_sec: float, offset_sec: float | None = None
    ) -> None:
        """Know what the machine itself sounds; a pitch of None is a click of the metronome."""
        self._own_sound.plays(pitch, onset_sec, offset_sec)

    def _tell(
        self, row: tuple[int, int, float, float, float, float, int, float]
    ) -> HeardNote | None:
        note_id, pitch, cents, _, onset_sec, offset_sec, velocity, confidence = row
        has_ended = not np.isnan(offset_sec)
        if note_id not in self._told:
            self._told[note_id] = self._as_written(pitch, onset_sec)
        written = self._told.pop(note_id) if has_ended else self._told[note_id]
        if written is None:
            return None
        end_sec = offset_sec if has_ended else None
        return HeardNote(note_id, onset_sec, written, velocity, cents, confidence, end_sec)

    def _as_written(self, pitch: int, onset_sec: float) -> int | None:
        """The pitch in the octave of the score; None where the machine itself sounds it."""
        wanted = set(self._expected(onset_sec)) if self._expected else set()
        if pitch not in wanted and self._own_sound.explains(pitch, onset_sec):
            return None  # nor does it say in which octave the player is
        self._follow_octave(pitch, wanted)
        return min(max(pitch + OCTAVE * self._octaves, 0), 127)

    def _follow_octave(self, pitch: int, wanted: set[int]) -> None:
        """Where this pitch stands written in one octave only, that is the player's octave."""
        if pitch + OCTAVE * self._octaves in wanted:
            return
        octaves = {(other - pitch) // OCTAVE for other in wanted if (other - pitch) % OCTAVE == 0}
        if octaves:
            self._octaves = min(octaves, key=abs)
