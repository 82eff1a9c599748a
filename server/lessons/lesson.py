"""What a course is made of: modules, lessons, engraved examples, steps to play."""

from dataclasses import dataclass

EXAMPLE_WIDTH_PX = 720  # as wide as the text beside it


def svg_url(lesson_id: int, number: int) -> str:
    """Where the API serves the picture of an example."""
    return f"/api/v1/lessons/{lesson_id}/examples/{number}.svg"


@dataclass(frozen=True, slots=True)
class Example:
    """A few bars within the text of a lesson.

    Attributes
    ----------
    number : int
        Counts from 1 within the lesson.
    caption : str
        What there is to see, for those who cannot see it, too.
    abc : str
        The music in ABC notation.
    """

    number: int
    caption: str
    abc: str

    def svg(self, width_px: int = EXAMPLE_WIDTH_PX) -> str:
        """Engrave it: one ``<svg>`` element in ``currentColor``. Takes a moment the first time."""
        from engine.score import engrave  # a listing needs no engraver

        return engrave(self.abc.encode(), "example.abc", width_px=width_px)


@dataclass(frozen=True, slots=True)
class Step:
    """Something to play: a piece or a part of it, and when it is good enough.

    Attributes
    ----------
    number : int
        Counts from 1 within the lesson.
    task : str
        What to do and to mind, in a sentence or two.
    song : str
        Slug of the piece.
    from_bar, to_bar : int or None
        First and last bar, both included, by written number; both None: the whole piece.
    hands : str
        ``both``, ``left`` or ``right``.
    other_hand : str
        What becomes of the other hand: ``silent``, ``ignored`` or ``machine``.
    mode : str
        ``tempo``, ``follow`` or ``wait``.
    tempo_bpm : float or None
        In quarter notes a minute; None: as the piece has it.
    repeats : bool
        Whether written repeats are played.
    accuracy_percent : int or None
        The accuracy that passes the step; None: it is enough to have played it.
    instrument : str or None
        What to use the microphone for (``voice``, …); None: keys serve as well.
    tuning : str
        ``equal``, ``just`` or ``sargam``.
    tonic : str or None
        The key note of that tuning, such as C: Sa of sargam.
    """

    number: int
    task: str
    song: str
    from_bar: int | None
    to_bar: int | None
    hands: str
    other_hand: str
    mode: str
    tempo_bpm: float | None
    repeats: bool
    accuracy_percent: int | None
    instrument: str | None
    tuning: str
    tonic: str | None


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson.

    Attributes
    ----------
    id, slug : int, str
        Its two names; neither ever changes.
    title, goal : str
        As they are shown; the goal says what the pupil can do afterwards.
    module_id : int
        The module it belongs to.
    minutes : int
        About how long it takes.
    requires : tuple of int
        Ids of the lessons to do first.
    text : str
        Markdown; an example is a fenced block of ABC in it.
    html : str
        The text as HTML; examples are figures whose images the API serves.
    examples : tuple of Example
        In the order of the text.
    steps : tuple of Step
        In the order in which to play them.
    """

    id: int
    slug: str
    title: str
    goal: str
    module_id: int
    minutes: int
    requires: tuple[int, ...]
    text: str
    html: str
    examples: tuple[Example, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """Lessons that belong together, in the order in which to take them."""

    id: int
    slug: str
    title: str
    summary: str
    lessons: tuple[Lesson, ...]
