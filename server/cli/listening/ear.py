"""What the needle is told: the pitch now, the notes, the level, what is the matter."""

from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.listening.mains import is_mains
from engine.pitch import PitchTracker
from engine.signal_check import Finding, SignalCheck
from engine.tuning import Tuning

LEAST_SURE = 0.5  # a needle that jumps to what is not likely is of no use
HOLD_SEC = 0.25  # the needle stays where it was for so long: a bow that turns is no rest


class Now(NamedTuple):
    """What is heard at one moment.

    Attributes
    ----------
    f0_hz : float
        The pitch; NaN where there is none.
    confidence : float
        The chance that it is right.
    level_db : float
        The loudest of the last moments; 0 is full scale.
    notes : tuple of structured
        Those that ended since the last call, as :meth:`engine.pitch.PitchTracker.take_notes` gives
        them.
    findings : tuple of Finding
        What changed about the sound since the last call.
    """

    f0_hz: float
    confidence: float
    level_db: float
    notes: tuple[np.void, ...]
    findings: tuple[Finding, ...]


class NeedleEar:
    """Listens to one stream of a microphone.

    Parameters
    ----------
    rate_hz : float
        Samples a second.
    instrument, tuning
        As for :class:`engine.pitch.PitchTracker`.
    """

    def __init__(self, rate_hz: float, instrument: str | None, tuning: Tuning) -> None:
        self._tracker = PitchTracker(rate_hz, instrument, tuning)
        self._check = SignalCheck(rate_hz)
        self._now_sec = 0.0
        self._voiced_sec = -HOLD_SEC
        self._f0_hz = self._confidence = nan
        self._notes: list[np.void] = []
        self._findings: list[Finding] = []

    def process(self, samples: NDArray[np.float32]) -> None:
        """Listen to samples."""
        frames = self._tracker.process(samples)
        if len(frames):
            self._now_sec = float(frames["time_sec"][-1])
            self._follow(frames[frames["is_voiced"] & (frames["confidence"] >= LEAST_SURE)])
        self._notes += [n for n in self._tracker.take_notes() if not np.isnan(n["offset_sec"])]
        self._findings += self._check.process(samples)

    def take(self) -> Now:
        """Return what is heard now, and what happened since the last call."""
        is_held = self._now_sec - self._voiced_sec < HOLD_SEC
        is_held &= not (is_mains(self._f0_hz) and self._check.is_mains_likely)
        now = Now(
            self._f0_hz if is_held else nan,
            self._confidence if is_held else nan,
            self._check.level_db,
            tuple(self._notes),
            tuple(self._findings),
        )
        self._notes, self._findings = [], []
        return now

    def _follow(self, voiced: NDArray[np.void]) -> None:
        if len(voiced):
            last = voiced[-1]
            self._voiced_sec = float(last["time_sec"])
            self._f0_hz, self._confidence = float(last["f0_hz"]), float(last["confidence"])
