"""What is said of a note, of the player's place, and of a whole take."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

CORRECT = "correct"
WRONG_NOTE = "wrong_note"
EARLY = "early"
LATE = "late"
MISSED = "missed"
EXTRA = "extra"
ADORNED = "adorned"  # what counts for a note that an ornament allows: nothing
IGNORED = "ignored"  # a note of the hand that is not judged: told, never counted
NAN = float("nan")
RESULTS = (CORRECT, EARLY, LATE, WRONG_NOTE, MISSED, EXTRA)
RESULT_NAMES = {result: result for result in RESULTS} | {WRONG_NOTE: "wrong"}  # for people

POINTS: Mapping[str, int] = {
    CORRECT: 10,
    EARLY: 5,  # the right note at the wrong time is half of what music asks
    LATE: 5,
    WRONG_NOTE: 0,
    MISSED: 0,
    EXTRA: 0,
    IGNORED: 0,
}

TOLD_FIELDS = 7  # of a verdict, those that say something of a note

GRADES = ((97.0, "A+"), (90.0, "A"), (80.0, "B"), (70.0, "C"), (60.0, "D"), (0.0, "F"))


class Why(NamedTuple):
    """What a verdict rests on.

    Attributes
    ----------
    expected_sec : float
        When the note was due; NaN where nothing made it due: before there is a tempo, after a
        stop or a jump, for an extra note, and where the music waits.
    window_sec : float
        How far from then it may be and is ``correct``; NaN as before.
    tempo_bpm : float
        The tempo it was due by, in quarter notes a minute; NaN where there is none.
    confidence : float
        The chance that this, and not an alternative, is the note that was meant; 0 to 1.
    alternatives : tuple of (int, float)
        Other score notes that were considered, or -1 for none of the score, each with its
        chance, the likeliest first.
    """

    expected_sec: float
    window_sec: float
    tempo_bpm: float
    confidence: float
    alternatives: tuple[tuple[int, float], ...] = ()

    def explain(self, verdict: "Verdict") -> "Why":
        """Say what the verdict rests on: this is it already."""
        return self


CERTAIN = Why(NAN, NAN, NAN, 1.0)  # nothing was due, and nothing else was considered


class Reasons(Protocol):
    """What can say why a verdict was given, once it is asked."""

    def explain(self, verdict: "Verdict") -> Why:
        """Say what the verdict rests on."""


class Verdict(NamedTuple):
    """What is said of one note.

    Attributes
    ----------
    result : str
        One of ``RESULTS``, or ``ignored``.
    played_index : int
        The n-th note-on of the take, from 0; -1 for a missed note.
    score_index : int
        The note that was expected; -1 for an extra one.
    pitch : int
        The MIDI pitch that was played; -1 for a missed note.
    timing_sec : float
        Performed minus expected onset, late positive; NaN where time is not judged.
    points : int
        What the note adds to the score.
    is_revision : bool
        Whether this replaces the verdict given earlier to ``played_index``.
    reasons : Reasons or None
        What :attr:`why` is made of: only a listener who asks pays for it. No part of what is
        said: verdicts are equal without it.
    """

    result: str
    played_index: int
    score_index: int
    pitch: int
    timing_sec: float
    points: int
    is_revision: bool = False
    reasons: Reasons | None = None

    @property
    def is_ornament(self) -> bool:
        """Whether it is of a note that an ornament allows: right, and no note of its own."""
        return self.result == CORRECT and not self.points

    @property
    def why(self) -> Why | None:
        """What the verdict rests on; None for one that was read from a log."""
        return None if self.reasons is None else self.reasons.explain(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Verdict) and self[:TOLD_FIELDS] == other[:TOLD_FIELDS]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:TOLD_FIELDS])

    def __repr__(self) -> str:
        told = zip(self._fields, self[:TOLD_FIELDS], strict=False)
        return f"Verdict({', '.join(f'{name}={value!r}' for name, value in told)})"


def extra(
    played_index: int,
    pitch: int,
    *,
    is_revision: bool = False,
    reasons: Reasons | None = None,
) -> Verdict:
    """The verdict on a note that stands for no note of the score."""
    return Verdict(EXTRA, played_index, -1, pitch, NAN, POINTS[EXTRA], is_revision, reasons)


def missed(score_index: int, reasons: Reasons | None = None) -> Verdict:
    """The verdict on a score note that was not played."""
    return Verdict(MISSED, -1, score_index, -1, NAN, POINTS[MISSED], False, reasons)


class Position(NamedTuple):
    """Where the player is: score beat, written bar, beats a minute, and the note's index."""

    beat: float
    measure: int
    tempo_bpm: float
    score_index: int


class Summary(NamedTuple):
    """A whole take: scores in percent, a letter, a sentence, and how many of each result."""

    overall_score: float
    accuracy: float
    grade: str
    message: str
    counts: dict[str, int]


REVISABLE_NOTES = 256  # an older verdict stands for good, and is forgotten


class Tally:
    """Counts verdicts: what stands, the points won, the notes judged.

    Parameters
    ----------
    n_score_notes : int
        How many notes the score has.
    is_waiting : bool
        Whether a wrong note leaves its score note still to be played.
    """

    def __init__(self, n_score_notes: int, is_waiting: bool = False) -> None:
        self._is_waiting = is_waiting
        self.points = 0
        self.n_reached = 0
        self.n_excused = 0  # notes that need not be played
        self._counts: Counter[str] = Counter()
        self._n_standing = [0] * n_score_notes  # verdicts on each note
        self._is_excused = bytearray(n_score_notes)
        self._given: dict[int, tuple[str, int, int, int]] = {}

    def add(self, verdict: Verdict) -> bool:
        """Take in one verdict; a revision replaces what was given to that note before.

        Returns whether it was taken in: a revision of a note too long ago, or one that says
        nothing new, is not.
        """
        result, played_index, score_index, pitch = verdict[:4]
        result = ADORNED if verdict.is_ornament else result
        if verdict.is_revision:
            old = self._given.get(played_index)
            if old is None or (old[0], *old[2:]) == (result, score_index, pitch):
                return False
            self._stand(*old[:3], -1)
        if played_index >= 0:
            self._given[played_index] = (result, verdict.points, score_index, pitch)
            self._given.pop(played_index - REVISABLE_NOTES, None)
        self._stand(result, verdict.points, score_index, 1)
        return True

    def _stand(self, result: str, points: int, score_index: int, step: int) -> None:
        """Count a verdict, or no longer."""
        self._counts[result] += step
        self.points += step * points
        is_pending = self._is_waiting and result == WRONG_NOTE
        if score_index < 0 or result == ADORNED or is_pending:
            return
        was_reached = self._n_standing[score_index] > 0
        self._n_standing[score_index] += step
        if was_reached != (self._n_standing[score_index] > 0):
            self.n_reached += step
            self.n_excused -= step * self._is_excused[score_index]

    def excuse(self, score_indices: Iterable[int]) -> None:
        """Count notes that were not reached as not there to be played, unless they are played."""
        for index in score_indices:
            if not self._is_excused[index]:
                self._is_excused[index] = True
                self.n_excused += not self._n_standing[index]

    @property
    def notes_correct(self) -> int:
        """How many notes are ``correct`` so far."""
        return self._counts[CORRECT]

    @property
    def counts(self) -> list[int]:
        """How many verdicts stand, in the order of ``RESULTS``."""
        return [self._counts[result] for result in RESULTS]


def summarize(counts: Sequence[int], points: int, n_reached: int, total_notes: int) -> Summary:
    """Mark a take.

    The accuracy is the share of verdicts that are ``correct``; the overall score is the share of
    the points that could be had, where every note that was never reached could have been had too.
    An unfinished take thus keeps its accuracy and loses its score.

    Parameters
    ----------
    counts : sequence of int
        How many verdicts stand, in the order of ``RESULTS``.
    points, n_reached, total_notes : int
        The points won, how many notes were judged, and how many there are.
    """
    n_judged = sum(counts)
    n_possible = n_judged + total_notes - n_reached
    score = 100.0 * points / (POINTS[CORRECT] * n_possible) if n_possible else 0.0
    accuracy = 100.0 * counts[0] / n_judged if n_judged else 0.0
    grade = next(letter for least, letter in GRADES if score >= least)
    named = dict(zip(RESULTS, counts, strict=True))
    message = _sentence(named, total_notes, n_reached)
    return Summary(round(score, 1), round(accuracy, 1), grade, message, named)


_ADVICE = {
    EARLY: "most slips came too early: let each beat arrive",
    LATE: "most slips came too late: look one beat ahead",
    WRONG_NOTE: "most slips were wrong notes: slow down where they fall",
    MISSED: "most slips were missed notes: take those bars by themselves",
    EXTRA: "most slips were extra notes: find each key before you press it",
}


def _sentence(counts: Mapping[str, int], total_notes: int, n_reached: int) -> str:
    n_played = sum(counts.values()) - counts[MISSED]
    if not n_played:
        return "Nothing was played."
    slip = max(_ADVICE, key=lambda result: counts[result])
    head = f"{counts[CORRECT]} of {sum(counts.values())} notes right"
    if n_reached < total_notes:
        head += f", {100 * n_reached // total_notes} % of the piece reached"
    if sum(counts.values()) - counts[CORRECT] == 1:
        return f"{head}; one was {RESULT_NAMES[slip]}."
    if counts[slip]:
        return f"{head}; {_ADVICE[slip]}."
    return f"{head}." if n_reached < total_notes else f"{head}: flawless."
