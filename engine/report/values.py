"""What a report says: plain values, ready to be shown or written down.

Times are seconds of the take, timings and spreads milliseconds (late positive), tempi quarter notes
a minute. None stands where there is nothing to say.
"""

from dataclasses import dataclass
from datetime import datetime

RIGHT, LEFT, BOTH = "right", "left", "both"
HANDS = (RIGHT, LEFT)  # the first staff, and all others
SHARP, FLAT, NEITHER = "sharp", "flat", "neither"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many verdicts of each kind stand."""

    correct: int = 0
    early: int = 0
    late: int = 0
    wrong_note: int = 0
    missed: int = 0
    extra: int = 0

    @property
    def mistakes(self) -> int:
        """All that is not correct."""
        return self.early + self.late + self.wrong_note + self.missed + self.extra

    @property
    def total(self) -> int:
        """All verdicts."""
        return self.correct + self.mistakes


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the onsets fell: the median, and how far the middle half of them spreads."""

    median_ms: float
    iqr_ms: float


@dataclass(frozen=True, slots=True)
class Intonation:
    """How in tune the right notes were, as a microphone heard them; sharp is positive.

    Attributes
    ----------
    notes : int
        How many notes it is of.
    mean_cents, off_cents : float
        The mean of their cents, and the mean of how far off they were either way.
    iqr_cents : float
        How far the middle half of them spreads.
    notes_off : int
        How many were off by more than 30 cents.
    tendency : str
        sharp or flat, where the mean is 5 cents or more; else neither.
    """

    notes: int
    mean_cents: float
    off_cents: float
    iqr_cents: float
    notes_off: int
    tendency: str


@dataclass(frozen=True, slots=True)
class Velocity:
    """How loud the right notes were, in MIDI velocities."""

    mean: float
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class HandStats:
    """What one hand did, in one bar or in the whole take.

    Attributes
    ----------
    hand : str
        right (the first staff) or left (all others).
    counts : Counts
        Its verdicts.
    timing : Timing or None
        Of the notes whose time was judged.
    velocity : Velocity or None
        Of the right notes.
    length_ratio : float or None
        Median of how long keys were held against what is written at the tempo played: 1 is legato,
        0.5 staccato.
    """

    hand: str
    counts: Counts
    timing: Timing | None
    velocity: Velocity | None
    length_ratio: float | None


@dataclass(frozen=True, slots=True)
class BarStats:
    """One written bar, all its passes together.

    Attributes
    ----------
    measure : int
        Its written number.
    passes : int
        How many times it was played, in full or in part.
    hands : tuple of HandStats
        Those that have notes in it.
    tempo_bpm, asked_bpm : float or None, float
        The median of its passes, and what was asked for.
    cost : float
        Points lost in one pass on average, and what stopping, hesitating and going back cost.
    """

    measure: int
    passes: int
    hands: tuple[HandStats, ...]
    tempo_bpm: float | None
    asked_bpm: float
    cost: float


@dataclass(frozen=True, slots=True)
class TempoPoint:
    """The player's tempo around one instant; a new ``stretch`` begins after each break."""

    time_sec: float
    measure: int
    tempo_bpm: float
    asked_bpm: float
    stretch: int


@dataclass(frozen=True, slots=True)
class LoudnessPoint:
    """The mean velocity of one hand in one pass of a bar, at the middle of its notes."""

    time_sec: float
    measure: int
    hand: str
    velocity: float
    stretch: int


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that is no note: a stop, a jump, a repeat, a change of tempo.

    Attributes
    ----------
    kind : str
        What happened.
    time_sec : float
        When.
    measure, to_measure : int
        The written bar it began in, and the one it led to; the same where it led nowhere.
    text : str
        The whole in words.
    """

    kind: str
    time_sec: float
    measure: int
    to_measure: int
    text: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """Some bars worth practising, why, and how.

    Attributes
    ----------
    from_measure, to_measure : int
        First and last written bar.
    hands : str
        right, left or both: what to play.
    mode : str
        The mode to practise in.
    tempo_bpm : float or None
        Quarter notes a minute to practise at; None where the music waits.
    cost : float
        What the bars cost a pass, together.
    reasons : tuple of str
        What went wrong there.
    advice : str
        What to do about it, as a sentence.
    """

    from_measure: int
    to_measure: int
    hands: str
    mode: str
    tempo_bpm: float | None
    cost: float
    reasons: tuple[str, ...]
    advice: str


@dataclass(frozen=True, slots=True)
class TakePoint:
    """One take in the history of a piece.

    Attributes
    ----------
    started_at : datetime
        With zone.
    mode : str
        tempo, follow or wait.
    from_measure, to_measure : int
        The bars that were to be played.
    hands : str
        right, left or both.
    score_percent, accuracy_percent : float
        Its marks.
    tempo_bpm : float or None
        The player's, over the whole take.
    notes_played, mistakes : int
        How many notes there were, and how many verdicts that are not correct.
    """

    started_at: datetime
    mode: str
    from_measure: int
    to_measure: int
    hands: str
    score_percent: float
    accuracy_percent: float
    tempo_bpm: float | None
    notes_played: int
    mistakes: int


@dataclass(frozen=True, slots=True)
class BarChange:
    """One hand in one bar: mistakes a pass in the latest earlier take that has it, and now."""

    measure: int
    hand: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Progress:
    """The change against earlier takes.

    Attributes
    ----------
    takes : tuple of TakePoint
        The earlier ones, oldest first, and this one last.
    better, worse : tuple of BarChange
        The bars that changed, those that changed most first.
    """

    takes: tuple[TakePoint, ...]
    better: tuple[BarChange, ...]
    worse: tuple[BarChange, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole take.

    Attributes
    ----------
    score_percent, accuracy_percent, grade, message
        As :class:`engine.judging.Summary` has them.
    notes_played, notes_written : int
        Keys struck, and keys to be struck.
    reached_percent : float
        How much of the score was judged.
    counts : Counts
        Verdicts that stand.
    duration_sec : float
        From the first to the last note played.
    timing : Timing or None
        Of the notes whose time was judged.
    tempo_bpm, asked_bpm : float or None, float
        The median over the bars played; what was asked for at the start.
    tempo_spread_percent : float or None
        The interquartile range of the bars' tempi against what was asked for.
    hands_balance : float or None
        Mean velocity of the right hand less that of the left.
    pedalled_percent : float or None
        The share of released notes that the pedal held on.
    intonation : Intonation or None
        None unless a microphone was played to that heard a melody.
    """

    score_percent: float
    accuracy_percent: float
    grade: str
    message: str
    notes_played: int
    notes_written: int
    reached_percent: float
    counts: Counts
    duration_sec: float
    timing: Timing | None
    tempo_bpm: float | None
    asked_bpm: float
    tempo_spread_percent: float | None
    hands_balance: float | None
    pedalled_percent: float | None
    intonation: Intonation | None = None
