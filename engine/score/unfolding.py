"""The order in which written bars are played: repeats, endings, da capo, dal segno, coda."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.errors import ScoreError
from engine.score.limits import MAX_BARS
from engine.score.written import WrittenBar


def play_order(bars: Sequence[WrittenBar]) -> list[int]:
    """List the indices of written bars in the order they are played.

    Repeats without an opening sign go back to the end of the last repeated section. After a da
    capo or dal segno, repeats are not taken again and the last ending is played, until the coda.

    Parameters
    ----------
    bars : sequence of WrittenBar
        In written order.

    Returns
    -------
    list of int
        Indices into ``bars``.

    Raises
    ------
    ScoreError
        If more than ``MAX_BARS`` bars would be played.
    """
    return _Walk(bars).order()


def straight_through(bars: Sequence[WrittenBar], order: Sequence[int]) -> set[int]:
    """Find where bars stand in the order of playing for one who takes no repeats and no jumps.

    Each written bar counts once, of the endings the last. Of several passes it is the one that
    goes on into the next bar, so that ties and tempi are those of the way taken.

    Parameters
    ----------
    bars : sequence of WrittenBar
        In written order.
    order : sequence of int
        Indices into ``bars`` as they are played.

    Returns
    -------
    set of int
        Places in ``order``.
    """
    last_passes = _ending_passes(bars)
    places: dict[int, list[int]] = {}
    for place, index in enumerate(order):
        if not bars[index].endings or last_passes[index] in bars[index].endings:
            places.setdefault(index, []).append(place)
    kept: set[int] = set()
    following = len(order)
    for index in sorted(places, reverse=True):
        before = bisect_left(places[index], following)
        # The last bar has none behind it: its first pass will do.
        following = places[index][before - 1 if kept and before else 0]
        kept.add(following)
    return kept


@dataclass
class _Walk:
    """The place of a reader's finger on the page."""

    bars: Sequence[WrittenBar]
    index: int = 0
    repeat_from: int = 0
    pass_number: int = 1
    is_after_jump: bool = False  # no repeats now; fine and to-coda count
    jumps_taken: set[int] = field(default_factory=set)

    def order(self) -> list[int]:
        passes = _ending_passes(self.bars)
        order: list[int] = []
        while self.index < len(self.bars):
            bar = self.bars[self.index]
            if bar.starts_repeat and self.index != self.repeat_from:
                self.repeat_from, self.pass_number = self.index, 1
            if bar.endings and not self._is_this_ending(bar, passes[self.index]):
                self._go_on(bar)
                continue
            order.append(self.index)
            if len(order) > MAX_BARS:
                raise ScoreError(f"at most {MAX_BARS} bars can be played, repeats included")
            if bar.is_fine and self.is_after_jump:
                break
            self._advance(bar, passes[self.index])
        return order

    def _is_this_ending(self, bar: WrittenBar, last_pass: int) -> bool:
        now = last_pass if self.is_after_jump else self.pass_number
        return now in bar.endings

    def _advance(self, bar: WrittenBar, last_pass: int) -> None:
        if bar.is_to_coda and self.is_after_jump and (coda := self._coda()) >= 0:
            self._land(coda, is_after_jump=False)
        elif bar.repeat_times and not self.is_after_jump and self._is_repeat_due(bar, last_pass):
            self.pass_number += 1
            self.index = self.repeat_from
        elif bar.jump and self.index not in self.jumps_taken:
            self.jumps_taken.add(self.index)
            self._land(self._segno() if bar.jump == "dal segno" else 0, is_after_jump=True)
        else:
            self._go_on(bar)

    def _is_repeat_due(self, bar: WrittenBar, last_pass: int) -> bool:
        if not bar.endings:
            return self.pass_number < bar.repeat_times
        return self.pass_number < max(last_pass, max(bar.endings) + (last_pass == 1))

    def _go_on(self, bar: WrittenBar) -> None:
        """Take the next bar; behind a closing sign or the last ending a new section begins."""
        self.index += 1
        is_more_endings = self.index < len(self.bars) and bool(self.bars[self.index].endings)
        if (bar.repeat_times or bar.endings) and not is_more_endings:
            self.repeat_from, self.pass_number = self.index, 1

    def _land(self, index: int, *, is_after_jump: bool) -> None:
        self.index = self.repeat_from = index
        self.pass_number = 1
        self.is_after_jump = is_after_jump

    def _segno(self) -> int:
        """The last sign before the jump, else the beginning."""
        signs = [i for i in range(self.index + 1) if self.bars[i].is_segno]
        return signs[-1] if signs else 0

    def _coda(self) -> int:
        signs = [i for i in range(self.index + 1, len(self.bars)) if self.bars[i].is_coda]
        return signs[0] if signs else -1


def _ending_passes(bars: Sequence[WrittenBar]) -> list[int]:
    """For each bar, the highest pass of the row of endings it stands in; 0 outside of endings."""
    passes = [0] * len(bars)
    first = 0
    for i, bar in enumerate(bars):
        if not bar.endings or bar.starts_repeat:
            first = i if bar.endings else i + 1
        if bar.endings:
            highest = max(max(b.endings) for b in bars[first : i + 1])
            passes[first : i + 1] = [highest] * (i + 1 - first)
    return passes
