"""One voice: its pitch and its notes in one call of the native core."""

import sys

import numpy as np
from numpy.typing import NDArray

from native._core import ffi, lib
from native.errors import RangeError
from native.notes import MAX_SAMPLES, NOTE_DTYPE, Notes
from native.pitch import FRAMES_DTYPE, Pitch

_VOICED_BYTE = 40 + (3 if sys.byteorder == "big" else 0)
VOICE_FRAMES = np.dtype(
    {
        "names": ["time_sec", "f0_hz", "is_voiced", "confidence"],
        "formats": ["f8", "f8", "?", "f8"],
        "offsets": [0, 8, _VOICED_BYTE, 16],
        "itemsize": FRAMES_DTYPE.itemsize,
    }
)
"""What players see of a frame of the core: the lowest byte of its ``is_voiced`` says all."""
_FRAME_BYTES = VOICE_FRAMES.itemsize


class Voice:
    """Feeds a tracker and the notes made of it.

    Parameters
    ----------
    pitch : Pitch
        At the same rate as the notes; fed by nobody else.
    notes : Notes
        Likewise.

    Attributes
    ----------
    settled_sec : float
        Every note that began before this has been told, in seconds since the first sample.
    """

    def __init__(self, pitch: Pitch, notes: Notes) -> None:
        self._parts = pitch, notes
        self._pitch, self._notes = pitch._self, notes._self
        # Copied as bytes: that takes half as long as field by field.
        self._frames = np.zeros(lib.CORE_VOICE_FRAMES * _FRAME_BYTES, np.uint8)
        self._found = np.zeros(lib.CORE_VOICE_NOTES, NOTE_DTYPE)
        self._told = ffi.new("core_voice_told *")
        self._out = (
            ffi.from_buffer("core_pitch_frame[]", self._frames),
            ffi.from_buffer("core_heard_note[]", self._found),
            self._told,
        )
        self.settled_sec = float("-inf")

    def process(
        self, samples: NDArray[np.float32]
    ) -> tuple[NDArray[np.void], NDArray[np.void] | None]:
        """Take in a block of sound.

        Parameters
        ----------
        samples : (n,) float32, contiguous
            Full scale +-1; what is not finite counts as 0. At most ``MAX_SAMPLES``.

        Returns
        -------
        frames : (k,) structured, ``VOICE_FRAMES``
            The frames of pitch that they complete.
        notes : (m,) structured, ``NOTE_DTYPE``, or None
            Those that began or ended, if any.

        Raises
        ------
        RangeError
            If there are too many samples; nothing was taken in then.
        """
        n = len(samples)
        source = ffi.from_buffer("float[]", samples)
        if lib.core_voice_process(self._pitch, self._notes, source, n, *self._out) != lib.CORE_OK:
            raise RangeError(f"a call takes at most {MAX_SAMPLES} samples, got {n}")
        told = self._told
        self.settled_sec = told.settled_sec
        notes = self._found[: told.n_notes].copy() if told.n_notes else None
        return self._frames[: told.n_frames * _FRAME_BYTES].copy().view(VOICE_FRAMES), notes

    def reset(self) -> None:
        """Back to before the first sample."""
        for part in self._parts:
            part.reset()
        self.settled_sec = float("-inf")
