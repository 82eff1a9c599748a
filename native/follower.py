"""The score follower of the native core: one call a note."""

import numpy as np
from numpy.typing import NDArray

from native._core import ffi, lib
from native.errors import RangeError

MAX_NOTES: int = lib.CORE_FOLLOWER_NOTES
MAX_BEATS: int = lib.CORE_FOLLOWER_BEATS
MAX_SECONDS: int = lib.CORE_SECONDS

Result = tuple[int, bool, float, float, float, list[tuple[int, int]], list[int]]


class Follower:
    """Which written note was that, and where is the player now?

    Parameters
    ----------
    pitch : (n,) int32
        MIDI pitch, ascending among notes of one onset.
    onset_beat : (n,) float64
        Beats, ascending.
    starts_bar : (n,) bool
        True where the note is in the first moment of its bar.
    is_grace : (n,) bool
        True for grace notes.

    Raises
    ------
    RangeError
        If the score is empty, too long, unsorted or has a pitch outside 0..127.
    """

    def __init__(
        self,
        pitch: NDArray[np.int32],
        onset_beat: NDArray[np.float64],
        starts_bar: NDArray[np.bool_],
        is_grace: NDArray[np.bool_],
    ) -> None:
        pitches = ffi.from_buffer("int32_t[]", np.ascontiguousarray(pitch, np.int32))
        onsets = ffi.from_buffer("double[]", np.ascontiguousarray(onset_beat, np.float64))
        bars = ffi.from_buffer("uint8_t[]", np.ascontiguousarray(starts_bar, np.uint8))
        graces = ffi.from_buffer("uint8_t[]", np.ascontiguousarray(is_grace, np.uint8))
        size = lib.core_follower_size(pitches, onsets, len(pitch))
        if size == 0:
            raise RangeError(f"score must be 1..{MAX_NOTES} sorted notes, got {len(pitch)} notes")
        self._memory = ffi.new("uint64_t[]", size // 8 + 1)
        self._self = ffi.cast("core_follower *", self._memory)
        self._out = ffi.new("core_match *")
        lib.core_follower_init(self._self, pitches, onsets, bars, graces, len(pitch))

    def process(self, pitch: int, onset_sec: float) -> Result:
        """Take in one note: index, is_jump, position, tempo, expected, revisions, missed."""
        if lib.core_follower_process(self._self, pitch, onset_sec, self._out) != lib.CORE_OK:
            raise RangeError(
                f"pitch must be 0..127 and onset_sec finite, got {pitch} and {onset_sec}"
            )
        out = self._out
        revisions = out.revision_count and [
            (out.revised_note[i], out.revised_index[i]) for i in range(out.revision_count)
        ]
        missed = out.missed_count and ffi.unpack(out.missed, out.missed_count)
        return (
            out.index,
            out.is_jump != 0,
            out.position_beat,
            out.tempo_bpm,
            out.expected_sec,
            revisions or [],
            missed or [],
        )

    def advance(self, now_sec: float) -> tuple[float, float, list[int]]:
        """Let time pass: position, tempo, missed."""
        if lib.core_follower_advance(self._self, now_sec, self._out) != lib.CORE_OK:
            raise RangeError(f"now_sec must be finite, got {now_sec}")
        out = self._out
        return out.position_beat, out.tempo_bpm, ffi.unpack(out.missed, out.missed_count)

    def reset(self) -> None:
        """Back to before the first note."""
        lib.core_follower_reset(self._self)
