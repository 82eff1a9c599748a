"""What a page of music says before anybody plays it: bars of notes, with repeat signs and jumps.

Every reader of a notation ends here and :mod:`engine.score.unfolding` starts here. Times are exact:
fractions of a quarter note, counted from the start of their bar.
"""

from dataclasses import dataclass, field
from fractions import Fraction

from engine.score.spelling import Spelling


@dataclass(frozen=True, slots=True)
class OrnamentSign:
    """A sign that lets more sound than is written.

    Attributes
    ----------
    kind : str
        trill, mordent, turn, tremolo or arpeggio.
    has_upper, has_lower : bool
        Whether it goes to the step above, to the one below.
    upper_alter, lower_alter : int, optional
        Semitones of the accidentals that stand with it.
    role : str
        Of a tremolo between two notes: "start" or "stop".
    """

    kind: str
    has_upper: bool = True
    has_lower: bool = True
    upper_alter: int | None = None
    lower_alter: int | None = None
    role: str = ""


@dataclass(slots=True)
class WrittenNote:
    """One note head.

    ``is_tied_from``: it goes on from an earlier note of the same pitch and makes no sound of its
    own; ``is_tied_to``: it goes on in a later one. ``part`` tells instruments apart. A fermata
    stands on the note or on the rest behind it. ``auxiliaries`` are the MIDI pitches above and
    below that its ornament allows, else -1.
    """

    id: str
    pitch: int
    onset: Fraction
    duration: Fraction
    staff: int
    voice: int
    part: int = 0
    is_grace: bool = False
    is_tied_to: bool = False
    is_tied_from: bool = False
    has_fermata: bool = False
    spelling: Spelling | None = None
    sign: OrnamentSign | None = None
    auxiliaries: tuple[int, int] = (-1, -1)


@dataclass(slots=True)
class WrittenBar:
    """One written bar of all parts.

    Attributes
    ----------
    number : int
        As printed; 0 or the first number for a pickup.
    duration : Fraction
        Quarter notes it really lasts, whatever the metre says.
    count, unit : int
        The metre, as in 6/8.
    tempi : list of (Fraction, float)
        Offset in the bar and quarter notes per minute.
    repeat_times : int
        How often the music up to a closing repeat sign sounds in all; 0 without such a sign.
    endings : frozenset of int
        The passes this bar belongs to; empty outside of first and second endings.
    jump : str
        "", "da capo" or "dal segno", at the end of the bar.
    is_fine, is_to_coda : bool
        After a jump the music ends, or leaps to the coda, at the end of this bar.
    is_segno, is_coda : bool
        Jumps land at the start of this bar.
    """

    number: int
    duration: Fraction
    count: int = 4
    unit: int = 4
    notes: list[WrittenNote] = field(default_factory=list)
    tempi: list[tuple[Fraction, float]] = field(default_factory=list)
    starts_repeat: bool = False
    repeat_times: int = 0
    endings: frozenset[int] = frozenset()
    jump: str = ""
    is_segno: bool = False
    is_coda: bool = False
    is_fine: bool = False
    is_to_coda: bool = False

    @property
    def metre_duration(self) -> Fraction:
        """Quarter notes a full bar lasts."""
        return Fraction(4 * self.count, self.unit)

    def fit_metre(self) -> None:
        """Count music without a metre as one bar of just its length."""
        self.count = self.duration.numerator or 4
        self.unit = 4 * self.duration.denominator

    @property
    def is_short(self) -> bool:
        """Shorter than its metre, as a pickup is."""
        return self.duration < self.metre_duration


@dataclass(slots=True)
class WrittenScore:
    """The bars in written order; ``order`` is how they are played, where the author says so."""

    bars: list[WrittenBar]
    title: str = ""
    composer: str = ""
    order: list[int] | None = None
