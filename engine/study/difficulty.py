"""How hard some bars are to play, on the five levels of the catalogue."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.score.arrays import Structured
from engine.tempo import ScoreClock

LEAP_SEMITONES = 7  # more, and the hand moves
TOGETHER_BEAT = 1e-6
MIN_LEVEL, MAX_LEVEL = 1.0, 5.0
# Levels for each of the demands, beside one for playing at all. The first, second and last are
# near the least squares fit to the levels of the shipped pieces; those have few chords.
PER_ONSET_A_SEC, PER_LEAP, PER_CHORD, APART, TWO_HANDS = 0.5, 1.8, 0.3, 0.3, 0.5


class Demands(NamedTuple):
    """What some bars ask for.

    Attributes
    ----------
    onsets_per_sec : float
        Of the busier hand, chords counted once.
    leaps : float
        Share of the steps from one onset to the next, in one hand, that are leaps.
    chords : float
        Notes struck at once in one hand beyond the first, on average.
    apart : float
        Share of the onsets at which one hand plays alone while both have something to play.
    is_two_handed : bool
        Whether both hands play.
    """

    onsets_per_sec: float
    leaps: float
    chords: float
    apart: float
    is_two_handed: bool

    @property
    def level(self) -> float:
        """How hard that is, from 1 (one finger at a time) to 5."""
        level = (
            MIN_LEVEL
            + PER_ONSET_A_SEC * self.onsets_per_sec
            + PER_LEAP * self.leaps
            + PER_CHORD * self.chords
            + APART * self.apart
            + TWO_HANDS * self.is_two_handed
        )
        return min(level, MAX_LEVEL)


def demands_of(notes: Structured, clock: ScoreClock) -> Demands:
    """Measure notes; without any there is nothing to do.

    Parameters
    ----------
    notes : (n,) array of NOTE_DTYPE
        Of some bars, in order.
    clock : ScoreClock
        When they are played.
    """
    hands = [notes[is_hand] for is_hand in (notes["staff"] == 1, notes["staff"] != 1)]
    hands = [hand for hand in hands if len(hand)]
    if not hands:
        return Demands(0.0, 0.0, 0.0, 0.0, False)
    steps = np.concatenate([_steps(hand) for hand in hands])
    onsets = [np.unique(hand["onset_beat"]) for hand in hands]
    return Demands(
        onsets_per_sec=max(_rate(some, clock) for some in onsets),
        leaps=float(np.mean(steps > LEAP_SEMITONES)) if len(steps) else 0.0,
        chords=len(notes) / sum(map(len, onsets)) - 1.0,
        apart=_apart(*onsets) if len(onsets) == 2 else 0.0,
        is_two_handed=len(hands) == 2,
    )


def _steps(hand: Structured) -> npt.NDArray[np.int32]:
    """How far a hand moves from each onset to the next, by the mean of what it holds."""
    _, first = np.unique(hand["onset_beat"], return_index=True)
    sums = np.add.reduceat(hand["pitch"], first)
    counts = np.diff(np.append(first, len(hand)))
    return np.asarray(np.abs(np.diff(sums / counts)))


def _rate(onset_beat: npt.NDArray[np.float64], clock: ScoreClock) -> float:
    """Onsets a second from the first to the last; of a single one, none."""
    took_sec = float(np.ptp(clock.seconds(onset_beat)))
    return (len(onset_beat) - 1) / took_sec if took_sec > 0.0 else 0.0


def _apart(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    alone = np.setxor1d(one, other, assume_unique=True)
    return len(alone) / len(np.union1d(one, other))
