"""A path through a piece: which bars to practise with which hands, how, and until when."""

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

import numpy as np

from engine import Score
from engine.errors import RuleError
from engine.score.limits import MIN_TEMPO_BPM
from engine.study.difficulty import Demands, demands_of
from engine.study.phrases import Section, sections_of
from engine.tempo import ScoreClock

BOTH, LEFT, RIGHT = "both", "left", "right"
WAIT, FOLLOW, TEMPO = "wait", "follow", "tempo"
PERCENTS = (60, 80, 100)
EASY_LEVEL = 2.0  # bars up to it need no step in between
HARD_ABOVE = 0.2  # of a level above the middle part: such bars come first, and in small pieces
HARD_BARS = 2  # at a time
ACCURACY = {WAIT: 90, FOLLOW: 90, TEMPO: 85}  # percent; at full tempo that is a good performance
PASSES_AT_LEAST, PASSES_A_LEVEL = 3, 0.5
PACE = {WAIT: 0.4, FOLLOW: 0.6, TEMPO: 1.0}  # of the tempo: how fast it goes while it is learned
PAUSE_SEC = 4.0  # between two passes
_TASKS = {
    WAIT: "Find the keys{hands}: the music waits for each.",
    FOLLOW: "Play evenly{hands} at your own pace: the music follows you.",
    TEMPO: "Play{hands} with the beat at {percent} % of the tempo.",
}
_HANDS = {
    BOTH: " with both hands",
    LEFT: " with the left hand alone",
    RIGHT: " with the right hand alone",
}


class Part(NamedTuple):
    """Some bars that are learned together; ``level`` is how hard they are, from 1 to 5."""

    number: int
    from_bar: int
    to_bar: int
    level: float
    is_hard: bool


class Step(NamedTuple):
    """One thing to practise.

    Attributes
    ----------
    number : int
        Counts from 1.
    part : int or None
        Number of the part; None where several are put together.
    task : str
        What to do, as a sentence.
    from_bar, to_bar : int
        Both included, by written number.
    hands : str
        ``both``, ``left`` or ``right``; of a piece for one hand, ``both`` is all there is.
    mode : str
        ``wait``, ``follow`` or ``tempo``.
    tempo_bpm : float
        Quarter notes a minute at the start of these bars.
    tempo_percent : int
        Of the written tempo.
    minutes : int
        About how long it takes.
    accuracy_percent : int
        The accuracy to reach before the next step.
    """

    number: int
    part: int | None
    task: str
    from_bar: int
    to_bar: int
    hands: str
    mode: str
    tempo_bpm: float
    tempo_percent: int
    minutes: int
    accuracy_percent: int


class Path(NamedTuple):
    """The way from the first look at a piece to playing it."""

    level: float
    parts: list[Part]
    steps: list[Step]

    @property
    def minutes(self) -> int:
        """About how long all of it takes."""
        return sum(step.minutes for step in self.steps)


class _Wanted(NamedTuple):
    """A step before it is laid out."""

    part: Part | None
    bars: Section
    hands: str
    mode: str
    percent: int = 100


def path_through(score: Score, from_bar: int | None = None, to_bar: int | None = None) -> Path:
    """Lay out how to learn a piece.

    Hard parts come first. In each, one hand is learned after the other, then both; the music first
    waits, then follows, then leads, faster and faster. At last the parts are put together.

    Parameters
    ----------
    score : Score
        As it is played; two staves are two hands.
    from_bar, to_bar : int, optional
        First and last bar of what is to be learned, by written number.

    Raises
    ------
    RuleError
        If there are no notes in them.
    """
    guide = _Guide(score, sections_of(score, from_bar, to_bar))
    wanted = [want for part in guide.in_order for want in guide.steps_of(part)]
    wanted += guide.together()
    steps = [guide.laid_out(number, want) for number, want in enumerate(wanted, start=1)]
    return Path(guide.level, guide.parts, steps)


class _Extract(NamedTuple):
    """Some bars by themselves."""

    demands: Demands
    hands: str
    tempo_bpm: float
    length_sec: float


class _Guide:
    """One piece, taken apart."""

    def __init__(self, score: Score, sections: list[Section]) -> None:
        self._score = score
        self._has_two_hands = len(np.unique(score.notes["staff"] == 1)) == 2
        self._extracts: dict[Section, _Extract | None] = {}
        played = [(bars, found) for bars in sections if (found := self._extract(bars))]
        if not played:
            raise RuleError("there must be notes in the bars to learn, got none")
        levels = [round(found.demands.level, 1) for _, found in played]
        middle = sorted(levels)[len(levels) // 2]
        self.parts = [
            Part(number, *bars, level, level >= middle + HARD_ABOVE)
            for number, ((bars, _), level) in enumerate(zip(played, levels, strict=True), start=1)
        ]
        self._whole = Section(self.parts[0].from_bar, self.parts[-1].to_bar)
        self.level = round(self._of(self._whole).demands.level, 1)

    @property
    def in_order(self) -> list[Part]:
        """The hard parts first, the hardest before all; the others as they are played."""
        return sorted(self.parts, key=lambda part: (not part.is_hard, -part.level * part.is_hard))

    def steps_of(self, part: Part) -> Iterator[_Wanted]:
        """How to learn one part."""
        bars = Section(part.from_bar, part.to_bar)
        hands, is_easy = self._of(bars).hands, part.level <= EASY_LEVEL
        for few in _small(bars) if part.is_hard else ():
            if (found := self._extract(few)) is not None:
                yield _Wanted(part, few, found.hands, WAIT)
        for hand in (RIGHT, LEFT) if self._has_two_hands and hands == BOTH else ():
            yield _Wanted(part, bars, hand, WAIT)
            if not is_easy:
                yield _Wanted(part, bars, hand, FOLLOW)
        yield _Wanted(part, bars, hands, WAIT)
        yield _Wanted(part, bars, hands, FOLLOW)
        for percent in PERCENTS[is_easy:]:
            yield _Wanted(part, bars, hands, TEMPO, percent)

    def together(self) -> Iterator[_Wanted]:
        """How to put the parts together: two neighbours, then all."""
        for one, other in zip(self.parts[::2], self.parts[1::2], strict=False):
            bars = Section(one.from_bar, other.to_bar)
            if len(self.parts) > 2:
                yield _Wanted(None, bars, self._of(bars).hands, TEMPO, PERCENTS[1])
        if len(self.parts) > 1:
            hands = self._of(self._whole).hands
            yield _Wanted(None, self._whole, hands, FOLLOW)
            for percent in PERCENTS[1:]:
                yield _Wanted(None, self._whole, hands, TEMPO, percent)

    def laid_out(self, number: int, want: _Wanted) -> Step:
        """Say all there is to say of a step."""
        found = self._of(want.bars)
        return Step(
            number=number,
            part=want.part and want.part.number,
            task=_TASKS[want.mode].format(
                hands=_HANDS[want.hands] if self._has_two_hands else "", percent=want.percent
            ),
            from_bar=want.bars.from_bar,
            to_bar=want.bars.to_bar,
            hands=want.hands,
            mode=want.mode,
            tempo_bpm=max(round(found.tempo_bpm * want.percent / 100), MIN_TEMPO_BPM),
            tempo_percent=want.percent,
            minutes=_minutes(found, want),
            accuracy_percent=ACCURACY[want.mode],
        )

    def _of(self, bars: Section) -> _Extract:
        found = self._extract(bars)
        assert found is not None  # there are notes in every part
        return found

    def _extract(self, bars: Section) -> _Extract | None:
        """Look at some bars, once; None: they are silent."""
        if bars not in self._extracts:
            self._extracts[bars] = _look_at(self._score, bars, self._has_two_hands)
        return self._extracts[bars]


def _look_at(score: Score, bars: Section, has_two_hands: bool) -> _Extract | None:
    try:
        extract = score.section(*bars)
    except RuleError:
        return None
    last = extract.bars[-1]
    clock = ScoreClock(extract.tempi, float(extract.bars["onset_beat"][0]))
    is_right = extract.notes["staff"] == 1
    is_one_hand = has_two_hands and bool(is_right.all() or not is_right.any())
    return _Extract(
        demands_of(extract.notes, clock),
        (RIGHT if is_right.all() else LEFT) if is_one_hand else BOTH,
        clock.tempo_bpm,
        float(clock.seconds(last["onset_beat"] + last["duration_beat"])),
    )


def _small(bars: Section) -> Iterator[Section]:
    """The bars of a section, a few at a time."""
    for first in range(bars.from_bar, bars.to_bar + 1, HARD_BARS):
        yield Section(first, min(first + HARD_BARS - 1, bars.to_bar))


def _minutes(found: _Extract, want: _Wanted) -> int:
    passes = PASSES_AT_LEAST + PASSES_A_LEVEL * found.demands.level
    pass_sec = found.length_sec / (PACE[want.mode] * want.percent / 100) + PAUSE_SEC
    return ceil(passes * pass_sec / 60)
