"""Hears a melody: one voice or instrument, note by note."""

from collections import deque
from collections.abc import Callable, Iterable
from math import inf, isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.listening.listener import F32, HeardNote
from engine.listening.mains import is_mains, may_be_mains
from engine.listening.octaves import Octaves
from engine.listening.own_sound import OwnSound
from engine.notes import NoteTaker
from engine.pitch import PITCH_FRAMES, PitchTracker
from engine.tuning import Tuning

Expected = Callable[[float], Iterable[int]]
DOUBT_SEC = 0.2  # after its onset a note is told whose octave was doubted, unless that changes
ONSET = 4  # in a row
KEPT_BLOCKS = 4096  # whose frames nobody asks for; over a minute of 20 ms

Row = tuple[int, int, float, float, float, float, int, float]
"""The fields of ``engine.notes.HEARD_NOTES``."""


class _Told(NamedTuple):
    """The pitch a note was heard with, and that it was told with; None: not the player's."""

    heard: int
    written: int | None


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
        sings or plays in another octave is told in the octave that is written, and a note that
        is heard an octave or a twelfth off what is expected is told only once that is sure.

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
        self._octaves = Octaves()
        self._told: dict[int, _Told] = {}  # of notes that sound
        self._doubted: dict[int, Row] = {}  # not told yet
        self._n_samples = 0
        self._sample_rate_hz = sample_rate_hz

    @property
    def settled_sec(self) -> float:
        """Every note that began before this has been told, in seconds since the first sample."""
        doubted = (row[ONSET] for row in self._doubted.values())
        return min(self._tracker.settled_sec, *doubted, inf)

    def process(self, samples: F32) -> list[HeardNote]:
        """Take in mono samples, full scale +-1, any number; say which notes began or ended."""
        self._frames.append(self._tracker.process(samples))
        self._n_samples += len(samples)
        told: list[HeardNote] = []
        for row in self._tracker.take_notes().tolist():
            told += self._take_in(row)
        if self._doubted:
            now_sec = self._n_samples / self._sample_rate_hz
            sure = [row for row in self._doubted.values() if now_sec - row[ONSET] > DOUBT_SEC]
            told += [note for row in sure for note in self._tell(row)]
        return told

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

    def _take_in(self, row: Row) -> list[HeardNote]:
        """A note began, ended, or is heard better; all that is to be told of it now."""
        note_id, pitch, _, f0_hz, onset_sec, offset_sec, *_ = row
        if note_id in self._told or not isnan(offset_sec):
            return self._tell(row)
        wanted = self._wanted(onset_sec)
        is_doubtful = pitch not in wanted and may_be_mains(f0_hz)
        if is_doubtful or self._octaves.is_doubtful(pitch, wanted):
            self._doubted[note_id] = row
            return []
        return self._tell(row)

    def _tell(self, row: Row) -> list[HeardNote]:
        note_id, pitch, cents, f0_hz, onset_sec, offset_sec, velocity, confidence = row
        self._doubted.pop(note_id, None)
        told = self._told.get(note_id)
        notes: list[HeardNote] = []
        if told is None or told.heard != pitch:
            written = self._as_written(pitch, f0_hz, onset_sec, confidence)
            if written is None and told is not None:
                written = told.written  # what was the player's stays so
            if written is not None and (told is None or told.written != written):
                begun = HeardNote(note_id, onset_sec, written, velocity, cents, confidence, None)
                notes.append(begun)
            told = self._told[note_id] = _Told(pitch, written)
        if not isnan(offset_sec):
            del self._told[note_id]
            if told.written is not None:
                ended = onset_sec, told.written, velocity, cents, confidence, offset_sec
                notes.append(HeardNote(note_id, *ended))
        return notes

    def _wanted(self, onset_sec: float) -> frozenset[int]:
        return frozenset(self._expected(onset_sec)) if self._expected else frozenset()

    def _as_written(
        self, pitch: int, f0_hz: float, onset_sec: float, confidence: float
    ) -> int | None:
        """The pitch in the octave of the score; None of the machine's own sound and of hum."""
        wanted = self._wanted(onset_sec)
        is_other = is_mains(f0_hz) or self._own_sound.explains(pitch, onset_sec)
        if pitch not in wanted and is_other:
            return None  # nor does it say in which octave the player is
        return self._octaves.place(pitch, wanted, confidence)
