"""The score follower of the native core: one call a note."""

from struct import Struct

import numpy as np
from numpy.typing import NDArray

from native._core import ffi, lib
from native.errors import RangeError
from native.tempo import Prediction

MAX_NOTES: int = lib.CORE_FOLLOWER_NOTES
MAX_BEATS: int = lib.CORE_FOLLOWER_BEATS
MAX_SECONDS: int = lib.CORE_SECONDS

STARTS_BAR: int = lib.CORE_STARTS_BAR
GRACE: int = lib.CORE_GRACE
ORNAMENT: int = lib.CORE_ORNAMENT
ROLLED: int = lib.CORE_ROLLED
FERMATA: int = lib.CORE_FERMATA

NOTE_DTYPE = np.dtype(
    [
        ("onset_beat", "f8"),
        ("end_beat", "f8"),
        ("pitch", "i4"),
        ("bar", "i4"),
        ("upper", "i4"),
        ("lower", "i4"),
        ("marks", "i4"),
    ],
    align=True,
)
"""A written note, as ``core_score_note`` of the header has it."""
assert ffi.sizeof("core_score_note") == NOTE_DTYPE.itemsize

HEAD = Struct("=6i10d3i")
"""What begins ``core_match``: integers up to missed_count, floats up to the alternatives' shares,
then the alternatives."""
_unpack = HEAD.unpack
_process = lib.core_follower_process  # once a note: every look-up shows

JUMPS = ("", "back", "on", "start", "repeat")
"""CORE_ONWARDS to CORE_REPEAT in words."""

Result = tuple[
    int,
    float,
    float,
    list[tuple[int, int]],
    float,
    str,
    list[int],
    int,
    float,
    list[tuple[int, float]],
    float,
    float,
    float,
]


class Follower:
    """Which written note was that, and where is the player now?

    Parameters
    ----------
    notes : (n,) structured, ``NOTE_DTYPE``
        Ascending by onset, then by pitch.

    Raises
    ------
    RangeError
        If the score is empty, too long, unsorted or has a value outside its range.
    """

    def __init__(self, notes: NDArray[np.void]) -> None:
        native = np.ascontiguousarray(notes, NOTE_DTYPE)
        pointer = ffi.from_buffer("core_score_note[]", native)
        size = lib.core_follower_size(pointer, len(native))
        if size == 0:
            raise RangeError(
                f"score must be 1..{MAX_NOTES} sorted notes within their ranges, "
                f"got {len(native)} notes"
            )
        self._memory = ffi.new("uint64_t[]", size // 8 + 1)
        self._self = ffi.cast("core_follower *", self._memory)
        self._out = ffi.new("core_match *")
        self._prediction = ffi.new("core_prediction *")
        self._head = ffi.buffer(self._out, HEAD.size)  # read at once: this runs once a note
        lib.core_follower_init(self._self, pointer, len(native))

    def process(self, pitch: int, onset_sec: float) -> Result:
        """Take in one note.

        Returns
        -------
        index, position_beat, tempo_bpm, revisions, expected_sec, jump, missed, ornament_of,
        confidence, alternatives, expected_sigma_sec, next_sec, next_sigma_sec
            As ``core_match`` of the header has them; revisions and alternatives are pairs, the
            jump is one of ``JUMPS``.
        """
        out = self._out
        if _process(self._self, pitch, onset_sec, out):
            raise RangeError(
                f"pitch must be 0..127 and onset_sec finite, got {pitch} and {onset_sec}"
            )
        (
            index, ornament_of, jump, others, revised, missed,
            confidence, beat, bpm, due, due_sigma, next_sec, next_sigma,
            share_1, share_2, share_3, other_1, other_2, other_3,
        ) = _unpack(self._head)  # fmt: skip
        alternatives = [(other_1, share_1), (other_2, share_2), (other_3, share_3)]
        return (
            index,
            beat,
            bpm,
            list(zip(out.revised_note, out.revised_index, strict=True))[:revised]
            if revised
            else [],
            due,
            JUMPS[jump],
            ffi.unpack(out.missed, missed) if missed else [],
            ornament_of,
            confidence,
            alternatives[:others],
            due_sigma,
            next_sec,
            next_sigma,
        )

    def take_back(self) -> None:
        """Take the last note back, as if it had not been played; once a note.

        Raises
        ------
        RangeError
            If there is none, or it was taken back already.
        """
        if lib.core_follower_take_back(self._self):
            raise RangeError("there is no note to take back")

    def advance(self, now_sec: float) -> tuple[float, float, list[int]]:
        """Let time pass: position, tempo, missed."""
        if lib.core_follower_advance(self._self, now_sec, self._out) != lib.CORE_OK:
            raise RangeError(f"now_sec must be finite, got {now_sec}")
        out = self._out
        return out.position_beat, out.tempo_bpm, ffi.unpack(out.missed, out.missed_count)

    def predict(self, beat: float) -> Prediction:
        """When a beat comes, by the player's tempo and habits; NaN where nothing is known."""
        if lib.core_follower_predict(self._self, beat, self._prediction) != lib.CORE_OK:
            raise RangeError(f"beat must be finite, got {beat}")
        return Prediction(self._prediction.time_sec, self._prediction.sigma_sec)

    def reset(self) -> None:
        """Back to before the first note."""
        lib.core_follower_reset(self._self)
