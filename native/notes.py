"""Notes of one voice from its sound: one call a block."""

import numpy as np
from numpy.typing import NDArray

from native._core import ffi, lib
from native.errors import RangeError
from native.tables import tables

FRAME_DTYPE = np.dtype(
    [("time_sec", "f8"), ("f0_hz", "f8"), ("confidence", "f8"), ("is_voiced", "i4")], align=True
)
"""A frame of pitch, as ``core_heard_frame`` of the header has it."""
NOTE_DTYPE = np.dtype(
    [
        ("f0_hz", "f8"),
        ("onset_sec", "f8"),
        ("offset_sec", "f8"),
        ("confidence", "f8"),
        ("id", "i4"),
        ("velocity", "i4"),
    ],
    align=True,
)
"""A note that began or ended, as ``core_heard_note`` of the header has it."""
assert ffi.sizeof("core_heard_frame") == FRAME_DTYPE.itemsize
assert ffi.sizeof("core_heard_note") == NOTE_DTYPE.itemsize

N_WEIGHTS: int = lib.core_notes_weights()
N_FEATURES: int = lib.CORE_NOTES_FEATURES
HOP_SAMPLES: int = lib.CORE_NOTES_HOP
ONSET_DELAY_HOPS: int = lib.CORE_NOTES_DELAY
ONSET_DELAYS: int = lib.CORE_NOTES_DELAYS
INNER_RATE_HZ = 16000.0

MAX_SAMPLES: int = lib.CORE_NOTES_SAMPLES
MAX_FRAMES: int = lib.CORE_NOTES_FRAMES
_ROOM = 64  # notes taken in one call
_ROWS = 128  # hops that a call may bring, with those that waited
_MIN_RATE_HZ, _MAX_RATE_HZ = 16000.0, 96000.0


class Notes:
    """Onsets and segmentation of one stream.

    Parameters
    ----------
    sample_rate_hz : float
        16000 to 96000.
    weights : (N_WEIGHTS,) float32
        Of the onset detector, as its training writes them; kept, not copied, where contiguous.

    Raises
    ------
    RangeError
        If the rate is outside its range, or the weights are not as many or not finite.
    """

    def __init__(self, sample_rate_hz: float, weights: NDArray[np.float32]) -> None:
        if not _MIN_RATE_HZ <= sample_rate_hz <= _MAX_RATE_HZ:
            raise RangeError(f"sample_rate_hz must be 16000 to 96000, got {sample_rate_hz}")
        self._weights = np.ascontiguousarray(weights, np.float32)
        if self._weights.shape != (N_WEIGHTS,) or not np.isfinite(self._weights).all():
            raise RangeError(
                f"weights must be {N_WEIGHTS} finite numbers, got shape {self._weights.shape}"
            )
        self._tables = tables(sample_rate_hz)
        self._memory = ffi.new("char[]", lib.core_notes_size() + 16)
        start = int(ffi.cast("uintptr_t", self._memory))
        self._self = ffi.cast("core_notes *", start + -start % 16)
        pointer = ffi.from_buffer("float[]", self._weights)
        lib.core_notes_init(self._self, self._tables._self, pointer)
        self._out = np.zeros(_ROOM, NOTE_DTYPE)
        self._out_pointer = ffi.from_buffer("core_heard_note[]", self._out)

    def process(self, samples: NDArray[np.float32], frames: NDArray[np.void]) -> None:
        """Take in a block of sound and the frames of pitch that it brought.

        Parameters
        ----------
        samples : (n,) float32
            Full scale +-1; what is not finite counts as silence. At most 4096.
        frames : (m,) structured, ``FRAME_DTYPE``
            All that was told of the stream up to these samples since the last call. At most 256.

        Raises
        ------
        RangeError
            If there are too many samples or frames; nothing was taken in then.
        """
        block, told = _native(samples, frames)
        if lib.core_notes_process(self._self, *_pointers(block, told)) != lib.CORE_OK:
            raise RangeError(_too_long(block, told))

    def features(
        self, samples: NDArray[np.float32], frames: NDArray[np.void]
    ) -> NDArray[np.float32]:
        """What the onset detector would look at, hop by hop, for training it.

        Parameters
        ----------
        samples, frames
            As for :meth:`process`.

        Returns
        -------
        (hops, N_FEATURES) float32
            Row k ends at sample ``(k + 1) * HOP_SAMPLES`` of 16 kHz.

        Raises
        ------
        RangeError
            As for :meth:`process`.
        """
        block, told = _native(samples, frames)
        out = np.zeros((_ROWS, N_FEATURES), np.float32)
        rows = ffi.new("size_t *")
        room = (ffi.from_buffer("float[]", out), _ROWS, rows)
        status = lib.core_notes_features(self._self, *_pointers(block, told), *room)
        if status != lib.CORE_OK:
            raise RangeError(_too_long(block, told))
        return out[: rows[0]].copy()

    def take(self) -> NDArray[np.void]:
        """The notes that began or ended since the last call, in the order in which they were told.

        Returns
        -------
        (k,) structured, ``NOTE_DTYPE``
            ``offset_sec`` is NaN of a note that sounds; one that began and ended stands once.
        """
        count = lib.core_notes_take(self._self, self._out_pointer, _ROOM)
        return self._out[:count].copy()

    @property
    def settled_sec(self) -> float:
        """Every note that began before this has been told, in seconds since the first sample."""
        return float(lib.core_notes_settled_sec(self._self))

    def reset(self) -> None:
        """Back to before the first sample."""
        lib.core_notes_reset(self._self)


def _native(
    samples: NDArray[np.float32], frames: NDArray[np.void]
) -> tuple[NDArray[np.float32], NDArray[np.void]]:
    block = np.ascontiguousarray(samples, np.float32)
    if frames.dtype == FRAME_DTYPE and frames.flags.c_contiguous:
        return block, frames
    told = np.zeros(len(frames), FRAME_DTYPE)
    for name in FRAME_DTYPE.names or ():
        told[name] = frames[name]
    return block, told


def _pointers(block: NDArray[np.float32], told: NDArray[np.void]) -> tuple[object, ...]:
    samples = ffi.from_buffer("float[]", block)
    return samples, len(block), ffi.from_buffer("core_heard_frame[]", told), len(told)


def _too_long(block: NDArray[np.float32], told: NDArray[np.void]) -> str:
    return (
        f"a call takes at most {MAX_SAMPLES} samples and {MAX_FRAMES} frames, "
        f"got {len(block)} and {len(told)}"
    )
