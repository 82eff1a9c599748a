"""The pitch tracker of the native core: one call a block of samples."""

import numpy as np
from numpy.typing import NDArray

from native._core import ffi, lib
from native.errors import RangeError
from native.tables import tables

FRAMES_DTYPE = np.dtype(
    {
        "names": ["time_sec", "f0_hz", "confidence", "level_db", "clarity", "is_voiced"],
        "formats": ["f8", "f8", "f8", "f8", "f8", "i4"],
        "itemsize": 48,
    }
)
BINS, PAD = int(lib.CORE_PITCH_BINS), int(lib.CORE_PITCH_PAD)
ROWS, ROW = int(lib.CORE_PITCH_ROWS), int(lib.CORE_PITCH_ROW)
SCALARS, CONTEXT = int(lib.CORE_PITCH_SCALARS), int(lib.CORE_PITCH_CONTEXT)
FEATURES = int(lib.CORE_PITCH_FEATURES)
WEIGHTS = int(lib.core_pitch_weights())
_ROOM = 64  # frames taken out in one call


class Pitch:
    """Frames of the pitch that sounds, out of mono samples in blocks of any length.

    Parameters
    ----------
    rate_hz : float
        Of the samples, 16000 to 96000.
    low_hz, high_hz : float
        The range of pitches to look in.
    weights : (WEIGHTS,) float32, optional
        Of the net; shared, never written.

    Raises
    ------
    RangeError
        If an argument breaks its rule.
    """

    def __init__(
        self, rate_hz: float, low_hz: float, high_hz: float, weights: NDArray[np.float32] | None
    ) -> None:
        self._tables = tables(rate_hz)
        if weights is not None and (weights.dtype != np.float32 or weights.shape != (WEIGHTS,)):
            raise RangeError(
                f"weights must be ({WEIGHTS},) float32, got {weights.shape} {weights.dtype}"
            )
        self._weights = None if weights is None else np.ascontiguousarray(weights)
        kept = ffi.NULL if self._weights is None else ffi.from_buffer("float[]", self._weights)
        self._kept = kept
        self._memory = ffi.new("uint64_t[]", lib.core_pitch_size() // 8 + 3)
        start = int(ffi.cast("uintptr_t", self._memory))
        self._self = ffi.cast("core_pitch *", (start + 15) // 16 * 16)
        shared = self._tables._self
        if lib.core_pitch_init(self._self, shared, low_hz, high_hz, kept) != lib.CORE_OK:
            raise RangeError(f"low_hz must be > 0 and below high_hz, got {low_hz} and {high_hz}")
        self._used = ffi.new("size_t *")
        self._frames = np.zeros(_ROOM, FRAMES_DTYPE)
        self._out = ffi.from_buffer("core_pitch_frame[]", self._frames)

    def process(self, samples: NDArray[np.float32]) -> NDArray[np.void]:
        """Take in samples; what is not finite counts as 0.

        Parameters
        ----------
        samples : (n,) float32, contiguous
            Full scale +-1.

        Returns
        -------
        (k,) structured, ``FRAMES_DTYPE``
            The frames that they complete.
        """
        return self._run(samples, None)[0]

    def features(
        self, samples: NDArray[np.float32]
    ) -> tuple[NDArray[np.void], NDArray[np.float32]]:
        """As :meth:`process`, with the (k, FEATURES) float32 that each frame was found from."""
        frames, features = self._run(samples, np.zeros((_ROOM, FEATURES), np.float32))
        return frames, np.concatenate([np.zeros((0, FEATURES), np.float32), *features])

    def reset(self) -> None:
        """Back to before the first sample."""
        lib.core_pitch_reset(self._self)

    def _run(
        self, samples: NDArray[np.float32], features: NDArray[np.float32] | None
    ) -> tuple[NDArray[np.void], list[NDArray[np.float32]]]:
        source = ffi.from_buffer("float[]", samples)
        rows = ffi.NULL if features is None else ffi.from_buffer("float[]", features)
        frames, kept, at = [], [], 0
        while True:
            count = lib.core_pitch_process(
                self._self, source + at, len(samples) - at, self._used, self._out, _ROOM, rows
            )
            frames.append(self._frames[:count].copy())
            if features is not None:
                kept.append(features[:count].copy())
            at += self._used[0]
            if count < _ROOM:
                return (frames[0] if len(frames) == 1 else np.concatenate(frames)), kept
