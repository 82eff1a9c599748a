"""Following a player through a score: which written note was that, where are they now?"""

import operator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import RuleError
from native.errors import RangeError
from native.follower import (
    FERMATA,
    GRACE,
    MAX_BEATS,
    MAX_NOTES,
    MAX_SECONDS,
    NOTE_DTYPE,
    ORNAMENT,
    ROLLED,
    STARTS_BAR,
    Follower,
)
from native.tempo import Prediction

_new = tuple.__new__  # half the cost of calling Match: this runs once a note

SAME_ONSET_BEAT = 1e-3
"""Notes nearer than this are one moment: rounding of triplets in files stays well below it."""


class Match(NamedTuple):
    """What one played note told.

    Attributes
    ----------
    index : int
        The score note played; -1: nothing in the score.
    position_beat : float
        Where the note played stands, a late one of the other hand too; where nothing matched,
        how far the player has come.
    tempo_bpm : float
        Beats per minute, in the score's own unit.
    revisions : list of (int, int)
        Earlier verdicts now seen better: (performed index, new score index or -1), at most
        three notes old.
    expected_sec : float
        When the player's own tempo made the matched note due; NaN for the first note, after a
        jump or a stop, and where unmatched.
    jump : str
        How the player came there. "": onwards. "back", "on", "start" (over): a jump, or back to
        where the player was if the last jump told was none. "repeat": a repeat or an ending taken
        or not taken, other than the score has it unfolded.
    missed : list of int
        Score notes now passed over, each told once per pass; not those a jump leaps over, nor
        any of a place at which the player was only thought to be.
    ornament_of : int
        The score note whose trill, mordent, turn or tremolo this note is part of, where it is
        none of the score's by itself; else -1.
    confidence : float
        The probability of ``index``, 0..1.
    alternatives : list of (int, float)
        The next likeliest indices, -1 included, with their probabilities of at least 0.01; at
        most three.
    expected_sigma_sec : float
        How sure ``expected_sec`` is: its standard deviation.
    next_sec : float
        When the score's next moment is due, by the player's tempo and habits; NaN before the
        tempo is known and at the end of the score. It may lie in the past.
    next_sigma_sec : float
        How sure ``next_sec`` is: its standard deviation.
    """

    index: int  # type: ignore[assignment]  # the name is the contract's, tuple.index is not missed
    position_beat: float
    tempo_bpm: float
    revisions: list[tuple[int, int]]
    expected_sec: float
    jump: str
    missed: list[int]
    ornament_of: int
    confidence: float
    alternatives: list[tuple[int, float]]
    expected_sigma_sec: float
    next_sec: float
    next_sigma_sec: float


class Progress(NamedTuple):
    """What passing time told; the fields are those of :class:`Match`."""

    position_beat: float
    tempo_bpm: float
    missed: list[int]


class ScoreFollower:
    """Matches played notes to written ones, one at a time, through mistakes and jumps.

    Parameters
    ----------
    notes : (n,) structured array
        ``Score.notes``, or any structured array with ``pitch`` and ``onset_beat``. What else it
        has is used: ``measure`` tells where bars begin and which are the same bar repeated.
        Indices in the results count its rows.

    Raises
    ------
    RuleError
        If ``notes`` is no such array, is empty, or has a pitch outside 0..127 or an onset that
        is not finite.

    Notes
    -----
    The same notes at the same times give the same answers, whatever calls of :meth:`advance`
    come between. The method is told, with its sources, in :mod:`engine.reference`.
    """

    def __init__(self, notes: NDArray[Any]) -> None:
        pitch, onset_beat = checked_notes(notes)
        order, onset_beat = moments(pitch, onset_beat)
        # Of each note in the core's order; its last row stands for -1, which is none.
        self._rows: list[int] | None = None if _is_identity(order) else [*order.tolist(), -1]
        self._native = Follower(native_notes(notes[order], pitch[order], onset_beat))

    def note_on(self, pitch: int, onset_sec: float, velocity: int = 64) -> Match:
        """Take in one played note.

        Parameters
        ----------
        pitch : int
            0..127.
        onset_sec : float
            Seconds on any clock. One before the last note's is taken as the last note's, so
            that messages which overtook each other do no harm.
        velocity : int
            0..127; how loud a note is does not tell which one it is.

        Raises
        ------
        RuleError
            If an argument is outside its range.
        """
        try:
            pitch = operator.index(pitch)
        except TypeError:
            raise RuleError(f"pitch must be an integer, got {pitch!r}") from None
        if not 0 <= pitch <= 127:
            raise RuleError(f"pitch must be 0..127, got {pitch}")
        if not abs(onset_sec) <= MAX_SECONDS:
            raise RuleError(f"onset_sec must be finite and at most 1e12, got {onset_sec}")
        if not 0 <= velocity <= 127:
            raise RuleError(f"velocity must be 0..127, got {velocity}")
        told = self._native.process(pitch, onset_sec)
        return _new(Match, told if self._rows is None else self._in_rows(*told))

    def take_back(self) -> None:
        """Take the last note back: the next call of :meth:`note_on` tells it again.

        Raises
        ------
        RuleError
            If there is none, or it was taken back already.
        """
        try:
            self._native.take_back()
        except RangeError as error:
            raise RuleError(str(error)) from None

    def advance(self, now_sec: float) -> Progress:
        """Let time pass without a note; a time before the latest changes nothing.

        Raises
        ------
        RuleError
            If ``now_sec`` is not finite.
        """
        if not abs(now_sec) <= MAX_SECONDS:
            raise RuleError(f"now_sec must be finite and at most 1e12, got {now_sec}")
        beat, bpm, missed = self._native.advance(now_sec)
        if self._rows is not None:
            missed = [self._rows[i] for i in missed]
        return Progress(beat, bpm, missed)

    def predict(self, beat: float) -> Prediction:
        """Tell when a beat of the score comes, by the player's tempo and habits.

        Parameters
        ----------
        beat : float
            Any beat; the farther from the player's place, the less sure.

        Returns
        -------
        Prediction
            ``time_sec`` and ``sigma_sec``; both NaN before the tempo is known, which is from the
            second moment on. The time may lie in the past when the player keeps the music waiting.

        Raises
        ------
        RuleError
            If ``beat`` is not finite.
        """
        if not abs(beat) <= MAX_BEATS:
            raise RuleError(f"beat must be finite and at most 1e9, got {beat}")
        return self._native.predict(beat)

    def reset(self) -> None:
        """Back to before the first note, as if newly made."""
        self._native.reset()

    def _in_rows(
        self,
        index: int,
        beat: float,
        bpm: float,
        revisions: list[tuple[int, int]],
        due_sec: float,
        jump: str,
        missed: list[int],
        ornament_of: int,
        confidence: float,
        alternatives: list[tuple[int, float]],
        *rest: float,
    ) -> tuple[Any, ...]:
        """The fields of :class:`Match`, indices of the core turned into rows of ``notes``."""
        rows = self._rows
        assert rows is not None
        return (
            rows[index],
            beat,
            bpm,
            [(n, rows[i]) for n, i in revisions] if revisions else revisions,
            due_sec,
            jump,
            [rows[i] for i in missed] if missed else missed,
            rows[ornament_of],
            confidence,
            [(rows[i], share) for i, share in alternatives] if alternatives else alternatives,
            *rest,
        )


def checked_notes(notes: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Pitches and onsets of a structured array of notes, or a RuleError."""
    names = getattr(getattr(notes, "dtype", None), "names", None) or ()
    if not {"pitch", "onset_beat"} <= set(names) or notes.ndim != 1:
        raise RuleError(
            "notes must be a one-dimensional structured array with pitch and onset_beat, "
            f"got {getattr(notes, 'dtype', type(notes).__name__)}"
        )
    if not 1 <= len(notes) <= MAX_NOTES:
        raise RuleError(f"notes must hold 1..{MAX_NOTES} notes, got {len(notes)}")
    try:
        pitch = notes["pitch"].astype(np.int64, casting="same_kind")
        onset_beat = notes["onset_beat"].astype(np.float64, casting="same_kind")
    except TypeError:
        raise RuleError(
            f"pitch must be of an integer and onset_beat of a float type, got {notes.dtype}"
        ) from None
    outside = (pitch < 0) | (pitch > 127)
    if outside.any():
        raise RuleError(f"pitch must be 0..127, got {pitch[outside.argmax()]}")
    outside = ~(np.abs(onset_beat) <= MAX_BEATS)
    if outside.any():
        raise RuleError(
            f"onset_beat must be finite and at most 1e9, got {onset_beat[outside.argmax()]}"
        )
    return pitch.astype(np.int32), onset_beat


def moments(
    pitch: NDArray[np.int32], onset_beat: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Order by moment, then pitch, and the onset of each ordered note's moment."""
    by_onset = np.argsort(onset_beat, kind="stable")
    is_new = np.diff(onset_beat[by_onset], prepend=-np.inf) > SAME_ONSET_BEAT
    moment = np.cumsum(is_new) - 1
    within = np.lexsort((pitch[by_onset], moment))
    return by_onset[within], onset_beat[by_onset][is_new][moment]


def native_notes(
    notes: NDArray[Any], pitch: NDArray[np.int32], onset_beat: NDArray[np.float64]
) -> NDArray[np.void]:
    """Ordered notes as the core takes them.

    Parameters
    ----------
    notes : (n,) structured
        By moment, then pitch.
    pitch, onset_beat : (n,)
        Their pitches, and the onsets of their moments.
    """
    native = np.zeros(len(notes), NOTE_DTYPE)
    native["pitch"], native["onset_beat"] = pitch, onset_beat
    native["end_beat"] = np.nan_to_num(onset_beat + _column(notes, "duration_beat", 0.0))
    native["bar"] = np.unique(_column(notes, "measure", 0), return_inverse=True)[1]
    ornament = _column(notes, "ornament", "")
    for field in ("upper", "lower"):
        auxiliary = _column(notes, f"ornament_{field}", -1)
        native[field] = np.where((auxiliary >= 0) & (auxiliary <= 127), auxiliary, -1)
    marks = {
        STARTS_BAR: _bar_starts(notes, onset_beat),
        GRACE: _column(notes, "is_grace", False),
        ORNAMENT: (ornament != "") & (ornament != "arpeggio"),
        ROLLED: ornament == "arpeggio",
        FERMATA: _column(notes, "has_fermata", False),
    }
    native["marks"] = sum(bit * has_it for bit, has_it in marks.items())
    return native


def _column(notes: NDArray[Any], name: str, default: Any) -> NDArray[Any]:
    """A column of the notes, or the default where the array does not say."""
    if name in (notes.dtype.names or ()):
        return np.asarray(notes[name])
    return np.full(len(notes), default)


def _bar_starts(notes: NDArray[Any], onset_beat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the ordered notes are in the first moment of their bar."""
    if "measure" not in (notes.dtype.names or ()):
        return np.zeros(len(notes), np.bool_)
    starts: NDArray[np.bool_] = np.diff(notes["measure"], prepend=notes["measure"][0] - 1) != 0
    starts |= np.diff(_column(notes, "beat", 0.0), prepend=0.0) < -SAME_ONSET_BEAT
    moment = np.cumsum(np.diff(onset_beat, prepend=-np.inf) > 0) - 1
    return np.isin(moment, moment[starts])


def _is_identity(order: NDArray[np.intp]) -> bool:
    return bool((order == np.arange(len(order))).all())
