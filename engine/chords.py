"""Which notes of a chord began to sound: asked of sound as it arrives."""

from functools import cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.errors import RuleError
from native.chords import Attack, Chords

F64 = NDArray[np.float64]
SOONEST_SEC = 0.02  # after an onset; nothing is told before
KEPT_SEC = 4.8  # how far back an onset may lie
MIN_RATE_HZ, MAX_RATE_HZ = 16000.0, 96000.0


@cache
def _weights() -> NDArray[np.float32]:
    """What was learned, read once and shared by all verifiers."""
    data = (files("engine") / "weights" / "chords.npy").read_bytes()
    weights: NDArray[np.float32] = np.load(BytesIO(data), allow_pickle=False)
    weights.setflags(write=False)
    return weights


class ChordVerifier:
    """Says of any pitch how likely it is that it began to sound at an onset.

    The answer about a pitch depends on the sound alone, not on what else is asked. Asked later
    about the same onset it is surer: there is more to hear, up to half a second of it.

    Parameters
    ----------
    sample_rate_hz : float
        Of the samples to come, 16000 to 96000.

    Raises
    ------
    RuleError
        If the rate is out of range.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        if not MIN_RATE_HZ <= sample_rate_hz <= MAX_RATE_HZ:
            raise RuleError(
                f"sample_rate_hz must be {MIN_RATE_HZ:g} to {MAX_RATE_HZ:g}, got {sample_rate_hz:g}"
            )
        self.sample_rate_hz = float(sample_rate_hz)
        self._chords = Chords(self.sample_rate_hz, _weights())

    @property
    def heard_sec(self) -> float:
        """How far the sound that came in reaches, in seconds since its first sample."""
        return self._chords.heard_sec

    def process(self, samples: ArrayLike) -> None:
        """Take in sound as it arrives; the last five seconds are kept.

        Parameters
        ----------
        samples : (n,) float32
            Mono, full scale +-1, any number of them: how a stream is cut into blocks changes
            nothing. What is not finite counts as silence.

        Raises
        ------
        RuleError
            If ``samples`` is not one-dimensional.
        """
        sound = np.asarray(samples, np.float32)
        if sound.ndim != 1:
            raise RuleError(f"samples must be one-dimensional, got shape {sound.shape}")
        self._chords.process(sound)

    def probabilities(self, pitches: ArrayLike, onset_sec: float) -> F64:
        """The chance that each pitch began to sound at an onset, from the sound so far.

        Parameters
        ----------
        pitches : (n,) int
            MIDI pitches, in any order.
        onset_sec : float
            When the first of them began, in seconds since the first sample: at most 4.8 s ago.

        Returns
        -------
        (n,) float64
            0 to 1; NaN where nothing can be told: for a pitch that no piano has, and for all
            within 20 ms of the onset.

        Raises
        ------
        RuleError
            If ``onset_sec`` is not finite, negative or too long ago, ``pitches`` is not
            one-dimensional, or one is no MIDI pitch.
        """
        asked = np.asarray(pitches)
        if asked.ndim != 1:
            raise RuleError(f"pitches must be one-dimensional, got shape {asked.shape}")
        if asked.size and not (asked.min() >= 0 and asked.max() <= 127):
            raise RuleError(f"pitches must be 0 to 127, got {asked.min()} to {asked.max()}")
        self._check_onset(onset_sec)
        if onset_sec > self.heard_sec - SOONEST_SEC - 1e-4:
            return np.full(asked.size, np.nan)
        return self._chords.probabilities(asked, onset_sec)

    def attacks(self) -> list[Attack]:
        """What was struck since the last call, the earliest first, 24 to 40 ms after it."""
        return self._chords.attacks()

    def reset(self) -> None:
        """Back to before the first sample."""
        self._chords.reset()

    def _check_onset(self, onset_sec: float) -> None:
        if not 0 <= onset_sec < float("inf"):
            raise RuleError(f"onset_sec must be finite and not negative, got {onset_sec}")
        if onset_sec < self.heard_sec - KEPT_SEC:
            raise RuleError(
                f"onset_sec must be at most {KEPT_SEC:g} s before {self.heard_sec:.3f}, "
                f"got {onset_sec}"
            )
