"""Measures of the native core that tell whether a microphone's sound is fit to be heard."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from native._core import ffi, lib
from native.errors import RangeError

NIL_DB = float(lib.CORE_SIGNAL_NIL)
BLOCKS = 25  # of 10 ms in a span


class SoundSpan(NamedTuple):
    """A quarter of a second of sound; levels in dBFS by AES17 (0 is a sine of full scale).

    Attributes
    ----------
    time_sec : float
        Its end; the first sample of the stream is at 0.
    level_db, loudest_db, quietest_db : float
        All of it, its loudest and its quietest 10 ms; without DC.
    peak, dc : float
        Largest absolute value and running mean; 1 is full scale.
    band_db, noise_db : float
        What lies from 80 to 8000 Hz early in the span, and the steady noise there, by the least of
        6 s.
    hum_db : float
        Mains hum with its harmonics, by the least of 3 s.
    cut_4k_db, cut_8k_db : float
        By how many dB the spectrum falls across 4 and 8 kHz; 0 beyond the sound's range.
    hum_hz : int
        50 or 60, whichever hums more.
    clipped_blocks, constant_blocks : int
        Of 25 blocks of 10 ms: those with cut-off tops, those that stand still.
    gaps, gates : int
        Holes of up to 100 ms in loud sound; cuts to digital silence.
    """

    time_sec: float
    level_db: float
    loudest_db: float
    quietest_db: float
    peak: float
    dc: float
    band_db: float
    noise_db: float
    hum_db: float
    cut_4k_db: float
    cut_8k_db: float
    hum_hz: int
    clipped_blocks: int
    constant_blocks: int
    gaps: int
    gates: int


class SoundCheck:
    """Sound in, measures of each quarter of a second out.

    Parameters
    ----------
    sample_rate_hz : float
        16000 to 96000.

    Raises
    ------
    RangeError
        If ``sample_rate_hz`` is outside its range.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        size = lib.core_signal_size(sample_rate_hz)
        if size == 0:
            raise RangeError(f"sample_rate_hz must be 16000..96000, got {sample_rate_hz}")
        memory = ffi.new("char[]", size + 16)
        start = int(ffi.cast("uintptr_t", memory))
        self._memory = memory
        self._self = ffi.cast("core_signal *", memory + (-start % 16))
        self._used = ffi.new("size_t *")
        self._span = ffi.new("core_signal_span *")
        lib.core_signal_init(self._self, sample_rate_hz)

    def process(self, samples: NDArray[np.float32]) -> list[SoundSpan]:
        """Take in samples.

        Parameters
        ----------
        samples : (n,) float32
            Mono, contiguous, full scale +-1; what is not finite counts as 0.

        Returns
        -------
        list of SoundSpan
            Those that ended.
        """
        pointer = ffi.from_buffer("float[]", samples)
        n = len(samples)
        spans: list[SoundSpan] = []
        while lib.core_signal_process(self._self, pointer, n, self._used, self._span):
            spans.append(self._told())
            pointer += self._used[0]
            n -= self._used[0]
        return spans

    def reset(self) -> None:
        """Back to before the first sample."""
        lib.core_signal_reset(self._self)

    def _told(self) -> SoundSpan:
        return SoundSpan(*(getattr(self._span, name) for name in SoundSpan._fields))
