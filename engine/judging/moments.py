"""A score as the moments at which something is to be played."""

import numpy as np
from numpy.typing import NDArray

from engine.matching import moments


class Moments:
    """The distinct onsets of a score and the keys to be struck at each.

    Two notes of one pitch and onset (a unison of two voices) are one key: the first stands for
    both.

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
        self.key_of_note: list[int] = []
        first: dict[tuple[int, int], int] = {}
        for index, (moment, pitch) in enumerate(
            zip(self.of_note, notes["pitch"].tolist(), strict=True)
        ):
            key = first.setdefault((moment, pitch), index)
            self.key_of_note.append(key)
            if key == index:
                self.keys[moment].append(index)
        self.n_keys = len(first)


def _nearer_gaps(onsets: NDArray[np.float64]) -> list[float]:
    if len(onsets) < 2:
        return [1.0] * len(onsets)
    gaps = np.diff(onsets)
    nearer: list[float] = np.minimum(
        np.concatenate([gaps[:1], gaps]), np.concatenate([gaps, gaps[-1:]])
    ).tolist()
    return nearer
