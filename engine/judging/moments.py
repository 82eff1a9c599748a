"""A score as the moments at which something is to be played."""

from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray

from engine.matching import moments


class Moments:
    """The distinct onsets of a score and the keys to be struck at each.

    Two notes of one pitch and onset (a unison of two voices) are one key: the first stands for
    both. So are a grace note and the note it leads to, where they are of one pitch: the latter
    stands for both.

    Attributes
    ----------
    onset_beat : list of float
        Onset of each moment, ascending.
    value_beat : list of float
        Gap to the nearer neighbouring moment, in beats.
    keys : list of list of int
        Score indices to be struck at each moment, one a key, lowest pitch first.
    of_note : list of int
        The moment of each score note.
    key_of_note : list of int
        The score index that stands for each score note: itself, but for unisons.
    """

    def __init__(self, notes: NDArray[np.void]) -> None:
        order, ordered_onset_beat = moments(notes["pitch"], notes["onset_beat"])
        onset_beat = np.empty(len(notes))
        onset_beat[order] = ordered_onset_beat
        onsets, of_note = np.unique(onset_beat, return_inverse=True)
        self.onset_beat: list[float] = onsets.tolist()
        self.of_note: list[int] = of_note.tolist()
        self.value_beat = _nearer_gaps(onsets)
        self.keys: list[list[int]] = [[] for _ in onsets]
        self.key_of_note: list[int] = [0] * len(notes)
        first: dict[tuple[int, int], int] = {}
        pitches: list[int] = notes["pitch"].tolist()
        for index in np.argsort(notes["is_grace"], kind="stable").tolist():
            key = first.setdefault((self.of_note[index], pitches[index]), index)
            self.key_of_note[index] = key
            if key == index:
                self.keys[self.of_note[index]].append(index)
        for keys in self.keys:
            keys.sort()
        self.n_keys = len(first)

    def keys_between(self, beat: float, to_beat: float) -> list[int]:
        """The keys to be struck after the one beat and before the other."""
        after = bisect_right(self.onset_beat, beat)
        before = bisect_left(self.onset_beat, to_beat)
        return [key for keys in self.keys[after:before] for key in keys]


def _nearer_gaps(onsets: NDArray[np.float64]) -> list[float]:
    if len(onsets) < 2:
        return [1.0] * len(onsets)
    gaps = np.diff(onsets)
    nearer: list[float] = np.minimum(
        np.concatenate([gaps[:1], gaps]), np.concatenate([gaps, gaps[-1:]])
    ).tolist()
    return nearer
