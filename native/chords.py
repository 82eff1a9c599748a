"""The chord verifier of the native core: one call a block, one a question."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from native._core import ffi, lib
from native.errors import RangeError
from native.tables import tables

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
N_WEIGHTS: int = lib.CORE_CHORDS_WEIGHTS
N_PITCHES: int = lib.CORE_CHORDS_PITCHES
N_FEATURES: int = lib.CORE_CHORDS_FEATURES
LOWEST_PITCH = 21
MAX_ATTACKS = 32  # that wait to be taken out


class Attack(NamedTuple):
    """Something was struck.

    Attributes
    ----------
    onset_sec : float
        Seconds since the first sample.
    strength : float
        How much of the spectrum grew, 0 to 1.
    level_db : float
        Of the 32 ms around it, below full scale.
    """

    onset_sec: float
    strength: float
    level_db: float


class Chords:
    """Which pitches began to sound at an onset?

    Parameters
    ----------
    rate_hz : float
        Samples a second, 16000 to 96000.
    weights : (N_WEIGHTS,) float32
        Of the nets; kept, not copied where they are contiguous.

    Raises
    ------
    RangeError
        If an argument breaks its rule.
    """

    def __init__(self, rate_hz: float, weights: F32) -> None:
        self._weights = np.ascontiguousarray(weights, np.float32)
        self._tables = tables(rate_hz)
        if self._weights.shape != (N_WEIGHTS,):
            raise RangeError(f"weights must be of shape ({N_WEIGHTS},), got {self._weights.shape}")
        self._memory = ffi.new("uint8_t[]", lib.core_chords_size())
        self._kept = ffi.from_buffer("float[]", self._weights)
        self._attacks = ffi.new("core_attack[]", MAX_ATTACKS)
        self._self = lib.core_chords_init(self._memory, self._tables._self, self._kept, N_WEIGHTS)

    def process(self, samples: F32) -> None:
        """Take in sound.

        Parameters
        ----------
        samples : (n,) float32
            Mono, full scale +-1; what is not finite counts as 0.
        """
        sound = np.ascontiguousarray(samples, np.float32)
        lib.core_chords_process(self._self, ffi.from_buffer("float[]", sound), sound.size)

    @property
    def heard_sec(self) -> float:
        """How far the sound that came in reaches, in seconds since its first sample."""
        return float(lib.core_chords_heard_sec(self._self))

    def probabilities(self, pitches: ArrayLike, onset_sec: float) -> F64:
        """The chance that each pitch began to sound at an onset.

        Parameters
        ----------
        pitches : (n,) int
            MIDI pitches.
        onset_sec : float
            Seconds since the first sample, at least 20 ms and at most 4.8 s ago.

        Returns
        -------
        (n,) float64
            0 to 1; NaN for a pitch that no piano has.

        Raises
        ------
        RangeError
            If ``onset_sec`` breaks its rule.
        """
        asked = np.ascontiguousarray(pitches, np.int32)
        chances = np.empty(asked.size)
        status = lib.core_chords_probabilities(
            self._self,
            ffi.from_buffer("int32_t[]", asked),
            asked.size,
            onset_sec,
            ffi.from_buffer("double[]", chances),
        )
        self._check(status, onset_sec)
        return chances

    def attacks(self) -> list[Attack]:
        """What was struck since the last call, the earliest first."""
        count = lib.core_chords_attacks(self._self, self._attacks, MAX_ATTACKS)
        return [
            Attack(found.onset_sec, found.strength, found.level_db)
            for found in self._attacks[0:count]
        ]

    def features(self, onset_sec: float) -> F32:
        """What the nets are told of an onset, (N_PITCHES, N_FEATURES); errors as above."""
        out = np.empty((N_PITCHES, N_FEATURES), np.float32)
        status = lib.core_chords_features(self._self, onset_sec, ffi.from_buffer("float[]", out))
        self._check(status, onset_sec)
        return out

    def reset(self) -> None:
        """Back to before the first sample."""
        lib.core_chords_reset(self._self)

    def _check(self, status: int, onset_sec: float) -> None:
        if status != lib.CORE_OK:
            raise RangeError(
                "onset_sec must lie 0.02..4.8 s before the last sample heard, "
                f"{self.heard_sec:.3f}, and not before the first, got {onset_sec}"
            )
