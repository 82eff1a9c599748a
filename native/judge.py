"""The tempo judge of the native core: one call a note."""

import sys
from collections.abc import Callable
from struct import Struct
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from native._core import ffi, lib
from native.errors import RangeError

MAX_KEYS: int = lib.CORE_JUDGE_KEYS
MOMENT_DTYPE = np.dtype(
    [("due_sec", "f8"), ("reach_sec", "f8"), ("on_time_sec", "f8"), ("whole_beat", "f8")]
)
KEY_DTYPE = np.dtype(
    [
        ("roll_sec", "f8"),
        ("moment", "i4"),
        ("pitch", "i4"),
        ("score_index", "i4"),
        ("is_grace", "i4"),
    ]
)
ORNAMENT_DTYPE = np.dtype(
    [("from_sec", "f8"), ("to_sec", "f8"), ("key", "i4"), ("upper", "i4"), ("lower", "i4")],
    align=True,
)

# The fields of core_judged up to the first of its counts, and those of core_verdict: reading them
# at once costs a quarter of reading one by one.
_STATE = Struct("d6i")
_VERDICT = Struct("4id2i")
_FIRST_VERDICT: int = ffi.offsetof("core_judged", "verdicts")
_note_on = lib.core_judge_note_on

V = TypeVar("V")


class Judge(Generic[V]):
    """Was that note right, and in time?

    Parameters
    ----------
    moments : (n,) structured, ``MOMENT_DTYPE``
        When keys are to be struck and how far off they may be; ``due_sec`` ascending.
    keys : (k,) structured, ``KEY_DTYPE``
        What is to be struck, by moment.
    ornaments : (o,) structured, ``ORNAMENT_DTYPE``
        What may sound beside which of the ``keys``; ``from_sec`` ascending.
    say : callable
        Makes a verdict of the fields of ``core_verdict``, given as one tuple.

    Attributes
    ----------
    deadline_sec : float
        When the next unplayed key will be missed; infinite after the last.
    points : int
        The points won so far.
    n_reached : int
        How many keys have been judged.
    place : int
        The last moment reached that began a beat.
    notes_correct : int
        How many notes are correct so far.

    Raises
    ------
    RangeError
        If the score is empty, too long, unsorted or has a value outside its range.
    """

    deadline_sec: float
    points: int
    n_reached: int
    place: int
    notes_correct: int

    def __init__(
        self,
        moments: NDArray[np.void],
        keys: NDArray[np.void],
        ornaments: NDArray[np.void],
        say: Callable[[Any], V],
    ) -> None:
        moments = np.ascontiguousarray(moments, MOMENT_DTYPE)
        keys = np.ascontiguousarray(keys, KEY_DTYPE)
        ornaments = np.ascontiguousarray(ornaments, ORNAMENT_DTYPE)
        size = lib.core_judge_size(len(moments), len(keys), len(ornaments))
        self._memory = ffi.new("uint64_t[]", size // 8 + 1)
        self._self = ffi.cast("core_judge *", self._memory)
        status = size and lib.core_judge_init(
            self._self,
            ffi.from_buffer("core_moment[]", moments),
            len(moments),
            ffi.from_buffer("core_key[]", keys),
            len(keys),
            ffi.from_buffer("core_ornament[]", ornaments),
            len(ornaments),
        )
        if size == 0 or status != lib.CORE_OK:
            raise RangeError(
                f"score must be 1..{MAX_KEYS} sorted moments and keys, each in its range, "
                f"got {len(moments)} and {len(keys)}, with {len(ornaments)} ornaments"
            )
        self._say = say
        self._out = ffi.new("core_judged *")
        self._bytes = ffi.buffer(self._out)
        self.advance(-sys.float_info.max)

    def note_on(self, pitch: int, onset_sec: float, now_sec: float) -> list[V]:
        """Take in one note, after what is missed by ``now_sec``."""
        if _note_on(self._self, pitch, onset_sec, now_sec, self._out):
            raise RangeError(
                "pitch must be 0..127, onset_sec and now_sec finite, "
                f"got {pitch}, {onset_sec} and {now_sec}"
            )
        told = self._told()
        if self._has_more:  # so much was missed that the note was not taken in yet
            return told + self.advance(now_sec) + self.note_on(pitch, onset_sec, now_sec)
        return told

    def rename(self, pitch: int, onset_sec: float) -> list[V]:
        """The last note was of another pitch: its verdict anew, where it can still be changed."""
        if lib.core_judge_rename(self._self, pitch, onset_sec, self._out):
            raise RangeError(
                f"pitch must be 0..127 and onset_sec finite, got {pitch} and {onset_sec}"
            )
        return self._told()

    def advance(self, now_sec: float) -> list[V]:
        """Tell what is missed by now."""
        return self._missed(lib.core_judge_advance, now_sec)

    def finish(self, now_sec: float) -> list[V]:
        """Tell what was due before the take ended and was not played."""
        return self._missed(lib.core_judge_finish, now_sec)

    def reset(self) -> None:
        """Back to before the first note."""
        lib.core_judge_reset(self._self)
        self.advance(-sys.float_info.max)

    @property
    def counts(self) -> list[int]:
        """How many verdicts stand, by result."""
        counts: list[int] = ffi.unpack(self._out.counts, lib.CORE_RESULTS)
        return counts

    def _missed(self, verb: Callable[..., int], now_sec: float) -> list[V]:
        missed: list[V] = []
        self._has_more = 1
        while self._has_more:
            if verb(self._self, now_sec, self._out):
                raise RangeError(f"now_sec must be finite, got {now_sec}")
            missed += self._told()
        return missed

    def _told(self) -> list[V]:
        """What the last call told; the state is that after it."""
        (
            self.deadline_sec,
            self.points,
            self.n_reached,
            self.place,
            count,
            self._has_more,
            self.notes_correct,
        ) = _STATE.unpack_from(self._bytes)
        if count == 1:
            return [self._say(_VERDICT.unpack_from(self._bytes, _FIRST_VERDICT))]
        rows = range(_FIRST_VERDICT, _FIRST_VERDICT + count * _VERDICT.size, _VERDICT.size)
        return [self._say(_VERDICT.unpack_from(self._bytes, at)) for at in rows]
