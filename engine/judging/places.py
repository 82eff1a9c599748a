"""The page under the moments of a score: its bars, and what follows what by leave of a repeat."""

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.score import Score
from engine.score.sections import bar_index


class Places:
    """Where each moment of a score stands on the page.

    Parameters
    ----------
    score : Score
        What is to be played.
    moments : Moments
        Its moments.

    Attributes
    ----------
    beat : list of float
        Onset of each moment.
    measure : list of int
        Written number of the bar that each moment is in.
    bar : list of int
        The same bar as played: its index in ``score.bars``.
    is_held, is_rolled : list of bool
        Whether it has a fermata; whether its chord is an arpeggio.
    """

    def __init__(self, score: Score, moments: Moments) -> None:
        notes = score.notes
        firsts = notes[[keys[0] for keys in moments.keys]]
        self.beat = moments.onset_beat
        self.measure: list[int] = firsts["measure"].tolist()
        self.bar: list[int] = bar_index(firsts, score.bars).tolist()
        of_note = np.array(moments.of_note)
        self.is_held = _with(of_note[notes["has_fermata"]], len(moments.keys))
        self.is_rolled = _with(of_note[notes["ornament"] == "arpeggio"], len(moments.keys))
        self._played_order: list[int] = score.bars["measure"].tolist()

    def is_repeat(self, moment: int, to_moment: int) -> bool:
        """Whether a leap is one that the repeats of the piece allow, though not as unfolded.

        Either it leads to what follows the same written bar in another pass, or it leaves out
        nothing but bars that were there before, from where a repeat goes back.
        """
        order, bar, to_bar = self._played_order, self.bar[moment], self.bar[to_moment]
        if to_bar > 0 and to_bar - 1 != bar and order[to_bar - 1] == order[bar]:
            return True
        goes_back = bar + 1 < to_bar and order[bar + 1] <= order[bar]
        return goes_back and set(order[bar + 1 : to_bar]) <= set(order[: bar + 1])


def _with(moments: NDArray[np.intp], n_moments: int) -> list[bool]:
    """Which of all moments are among these."""
    is_among = np.zeros(n_moments, np.bool_)
    is_among[moments] = True
    found: list[bool] = is_among.tolist()
    return found
