"""The engine behind the protocols of the pitch laboratory, as anybody would write them.

In the laboratory's folder, with this file's folder and the project on ``PYTHONPATH``::

    python run_mono.py --data DATA --out RAW --only lab_adapter:Tracker
    python run_onset.py --data DATA --only lab_adapter:onsets
    python run_poly.py --data DATA --out RAWPOLY --only lab_adapter:Verifier
"""

from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.chords import ChordVerifier
from engine.pitch import PitchTracker

F32 = NDArray[np.float32]
BLOCK = 256
BEFORE_SEC = 6.0
"""How much sound before a chord the verifier has heard when it is asked."""


class Tracker:
    """``run_mono.py``: frames as they come."""

    def start(self, sr: float) -> None:
        """Begin a recording."""
        self._tracker = PitchTracker(sr)

    def process(self, block: F32) -> list[tuple[float, float, float, bool]]:
        """Time, f0, confidence and voicing of each frame that is ready."""
        frames = self._tracker.process(block)
        names = ("time_sec", "f0_hz", "confidence", "is_voiced")
        return list(zip(*(frames[name].tolist() for name in names), strict=True))


def onsets(x: F32, sr: float) -> tuple[NDArray[Any], NDArray[Any], float]:
    """``run_onset.py``: when notes began, when each was told, and the CPU seconds it took."""
    tracker = PitchTracker(sr)
    told: dict[int, tuple[float, float]] = {}
    began = process_time()
    for first in range(0, len(x), BLOCK):
        tracker.process(x[first : first + BLOCK])
        for note in tracker.take_notes():
            told.setdefault(int(note["id"]), (float(note["onset_sec"]), (first + BLOCK) / sr))
    table = np.array(list(told.values())).reshape(-1, 2)
    return table[:, 0], table[:, 1], process_time() - began


class Verifier:
    """``run_poly.py``: the chance of each candidate, from the sound up to the budget."""

    name = "etude"

    def prepare(self, x: F32, sr: float) -> None:
        """Take a recording."""
        self._samples, self._rate_hz = x, sr

    def score(self, t: float, tl: float, cands: list[int], budget: float) -> list[float]:
        """Ask a fresh verifier that has heard what came before, as if time stood still there."""
        end = int((tl + budget) * self._rate_hz)
        first = max(0, int((t - BEFORE_SEC) * self._rate_hz))
        verifier = ChordVerifier(self._rate_hz)
        verifier.process(self._samples[first:end])
        since = t - first / self._rate_hz
        found: list[float] = verifier.probabilities(np.array(cands), since).tolist()
        return found
