"""What is made of the chances of notes at an attack: which are told, and when."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.instruments import Instrument

# How sure an expected note must be, by the seconds heard of it: what is unsure is asked again.
SURE = ((0.0, 0.95), (0.08, 0.85), (0.14, 0.7), (0.28, 0.65))
HELD_SURE = 0.9  # of a note that still sounds, to have been struck again
AGAIN_SEC = 0.15  # nor is one struck again so soon
LAST_SURE = 0.65  # where nothing more will be heard before the next attack
WRONG_AFTER_SEC = 0.14  # a note that nobody expects is told no sooner ...
WRONG_SURE = 0.97  # ... and only where it is as sure as this,
MOST_WRONG = 2  # so many at an attack: more are rather a noise
FREE_SURE = 0.8  # where nothing at all is expected
DOUBLED_SURE = 0.35  # of a guitar string that doubles one an octave or two below, later on
PARTIALS = (12, 19, 24, 28, 31, 36)  # semitones above a note where its partials lie
STRINGS_THAT_DOUBLE = ("guitar", "ukulele", "mandolin")

Explains = Callable[[int, float], bool]


@dataclass
class Struck:
    """An attack and what is known of it.

    Attributes
    ----------
    onset_sec : float
    wanted : frozenset of int
        The pitches the score expects; as notes are told, others.
    instrument : Instrument
    held : dict of int to float
        The pitches told before that still sound, and when they began.
    told : dict of int to float
        The pitches told, and how sure they were.
    ever_wanted : frozenset of int
        All that was expected since the attack: no wrong notes.
    """

    onset_sec: float
    wanted: frozenset[int]
    instrument: Instrument
    held: dict[int, float] = field(default_factory=dict)
    told: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ever_wanted = self.wanted

    def want(self, wanted: frozenset[int]) -> None:
        """Know what the score expects by now."""
        self.wanted = wanted
        self.ever_wanted |= wanted

    def candidates(self, waited_sec: float) -> NDArray[np.int32]:
        """Whom to ask about: the expected at first, all of the instrument's later."""
        low, high = self.instrument.low_pitch, self.instrument.high_pitch
        wanted = {pitch for pitch in self.wanted if 21 <= pitch <= 108}
        if waited_sec < WRONG_AFTER_SEC:
            return np.array(sorted(wanted), np.int32)
        return np.array(sorted({*range(low, high + 1), *wanted}), np.int32)


def judge(
    struck: Struck,
    waited_sec: float,
    chances: NDArray[np.float64],
    is_last: bool,
    explains: Explains,
) -> list[tuple[int, float]]:
    """Which notes to tell now.

    Parameters
    ----------
    struck : Struck
        What is told goes into its ``told``.
    waited_sec : float
        How much was heard of it.
    chances : (n,) float64
        Of ``struck.candidates(waited_sec)``.
    is_last : bool
        Whether nothing more will be asked.
    explains : callable
        Whether the machine's own sound explains a pitch at an instant. Such a pitch is the
        player's where it is expected and something else was heard of the player, or nothing
        else is expected.

    Returns
    -------
    list of (int, float)
        Pitches and how sure they are.
    """
    pitches = struck.candidates(waited_sec).tolist()
    chance = dict(zip(pitches, chances.tolist(), strict=True))
    found = _expected(struck, waited_sec, chance, is_last, explains)
    struck.told |= found
    if waited_sec >= WRONG_AFTER_SEC:
        wrong = _unexpected(struck, chance, explains)
        struck.told |= wrong
        found |= wrong
    return sorted(found.items())


def _expected(
    struck: Struck,
    waited_sec: float,
    chance: dict[int, float],
    is_last: bool,
    explains: Explains,
) -> dict[int, float]:
    least = min(sure for from_sec, sure in SURE if from_sec <= waited_sec)
    if is_last:
        least = min(least, LAST_SURE)
    open_pitches = sorted(p for p in struck.wanted if p in chance and p not in struck.told)
    own = [pitch for pitch in open_pitches if explains(pitch, struck.onset_sec)]
    found: dict[int, float] = {}
    for pitch in sorted(open_pitches, key=lambda p: (p in own, p)):
        told = {*struck.told, *found}
        if chance[pitch] >= _needed(struck, pitch, told, waited_sec, least) and (
            pitch not in own or told or struck.wanted <= {*own}
        ):
            found[pitch] = chance[pitch]
    return found


def _needed(struck: Struck, pitch: int, told: set[int], waited_sec: float, least: float) -> float:
    """How sure an expected note must be; infinite where it cannot have been struck."""
    if pitch in struck.held:
        is_soon = struck.onset_sec - struck.held[pitch] < AGAIN_SEC
        return float("inf") if is_soon else max(least, HELD_SURE)
    is_doubling = waited_sec >= WRONG_AFTER_SEC and _doubles(struck, pitch, told)
    return min(least, DOUBLED_SURE) if is_doubling else least


def _doubles(struck: Struck, pitch: int, told: set[int]) -> bool:
    """Whether a guitar's string only doubles one that was heard lower."""
    if struck.instrument.name not in STRINGS_THAT_DOUBLE:
        return False
    return any(other < pitch and (pitch - other) % 12 == 0 for other in told)


def _unexpected(struck: Struck, chance: dict[int, float], explains: Explains) -> dict[int, float]:
    least = WRONG_SURE if struck.ever_wanted else FREE_SURE
    found: dict[int, float] = {}
    room = MOST_WRONG if struck.ever_wanted else len(chance)
    room -= (
        sum(pitch not in struck.ever_wanted for pitch in struck.told) if struck.ever_wanted else 0
    )
    for pitch in sorted(chance, key=lambda p: -chance[p]):
        if chance[pitch] < least or len(found) >= room:
            break
        is_new = pitch not in struck.ever_wanted | struck.held.keys() and pitch not in struck.told
        is_clear = is_new and not _is_doubtful(pitch, struck, {*struck.told, *found}, chance)
        if is_clear and not explains(pitch, struck.onset_sec):
            found[pitch] = chance[pitch]
    return found


def _is_doubtful(pitch: int, struck: Struck, told: set[int], chance: dict[int, float]) -> bool:
    """Whether a pitch may be a neighbour's shadow or another note's partial."""
    others = told | {p for p in struck.ever_wanted if chance.get(p, 0.0) > 0.2}
    if not struck.ever_wanted:
        return False
    near = any(abs(pitch - other) == 1 for other in others)
    return near or any(abs(pitch - other) in PARTIALS for other in others)
