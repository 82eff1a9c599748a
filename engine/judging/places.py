"""The page under the moments of a score: its bars, and what follows what by leave of a repeat."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.remarks import REPEAT_SKIPPED, Remark
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
        unrepeated = score.bars["measure"][score.bars["is_unrepeated"]].tolist()
        self._is_first_ending = [number not in unrepeated for number in self._played_order]
        last = score.bars[-1]
        self._end_beat = float(last["onset_beat"] + last["duration_beat"])

    def is_repeat(self, moment: int, to_moment: int) -> bool:
        """Whether a leap is one that the repeats of the piece allow, though not as unfolded.

        Either it leads to what follows the same written bar in another pass and not in this one,
        or it leaves out nothing but what a repeat plays again.
        """
        order, bar, to_bar = self._played_order, self.bar[moment], self.bar[to_moment]
        if to_bar > 0 and to_bar - 1 != bar and order[to_bar - 1] == order[bar]:
            return order[bar + 1 : bar + 2] != [order[to_bar]]
        return self._is_again(bar, to_bar)

    def may_end(self, moment: int) -> bool:
        """Whether who stops here has only left out the last repeat: the piece ends alike."""
        order, bar = self._played_order, self.bar[moment]
        ends_alike = self._is_first_ending[bar] or order[bar] == order[-1]
        return ends_alike and self._is_again(bar, len(order))

    def _is_again(self, bar: int, end: int) -> bool:
        """Whether the bars between are a repeat's: played before, but for its other ending.

        A first ending of as many bars stands for that: until they differ nobody can tell which of
        the two was meant.
        """
        order = self._played_order
        rest, before = order[bar + 1 : end], order[: bar + 1]
        goes_back = bool(rest) and rest[0] <= order[bar]
        other = [number for number in rest if number not in before]
        endings = self._is_first_ending[max(bar + 1 - len(other), 0) : bar + 1]
        stands_for_it = len(endings) == len(other) and all(endings)
        return goes_back and stands_for_it and rest[len(rest) - len(other) :] == other

    def end_unrepeated(self, moment: int, time_sec: float, tempo_bpm: float) -> Remark:
        """The remark on who ended there: it led to the end of the score."""
        beat, measure = self.beat[moment], self.measure[moment]
        left_beat = self._end_beat - beat
        place = (beat, measure, self._end_beat, measure)
        return Remark(REPEAT_SKIPPED, time_sec, *place, left_beat, tempo_bpm)

    def steps_on_page(self, moment: int, to_moment: int) -> int | None:
        """How many moments a leap goes on by if passes of a repeat are taken for one.

        None where it leads to no other pass of the same place.
        """
        order, bar, to_bar = self._played_order, self.bar[moment], self.bar[to_moment]
        for twin in range(max(to_bar - 1, 0), min(to_bar + 2, len(order))):
            if twin != bar and order[twin] == order[bar]:
                into = moment - bisect_left(self.bar, bar)
                return to_moment - bisect_left(self.bar, twin) - into
        return None


def _with(moments: NDArray[np.intp], n_moments: int) -> list[bool]:
    """Which of all moments are among these."""
    is_among = np.zeros(n_moments, np.bool_)
    is_among[moments] = True
    found: list[bool] = is_among.tolist()
    return found
