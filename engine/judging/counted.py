"""A judge that leaves the counting to others, and the count of what it says."""

from collections.abc import Sequence
from typing import Protocol

from engine.judging.judge import Told
from engine.judging.moments import Moments
from engine.judging.remarks import REPEAT_SKIPPED
from engine.judging.verdicts import Tally, Verdict


class UncountedJudge(Protocol):
    """What says of each note how it was; onsets may come a little out of order."""

    place: int

    @property
    def deadline_sec(self) -> float: ...

    def note_on(self, played_index: int, pitch: int, onset_sec: float) -> Sequence[Told]: ...

    def rename(self, played_index: int, pitch: int, onset_sec: float) -> Sequence[Told]: ...

    def advance(self, now_sec: float) -> Sequence[Told]: ...

    def finish(self, now_sec: float) -> Sequence[Told]: ...


class CountedJudge(Tally):
    """Passes on what a judge says and counts it: the interface of the native judge.

    Parameters
    ----------
    judge : Judge
        Who judges.
    moments : Moments
        Of the score.
    is_waiting : bool
        As for :class:`Tally`.
    """

    def __init__(self, judge: UncountedJudge, moments: Moments, is_waiting: bool = False) -> None:
        super().__init__(len(moments.of_note), is_waiting)
        self._judge = judge
        self._moments = moments
        self._notes_played = 0

    @property
    def deadline_sec(self) -> float:
        """Time before this brings nothing new; infinite when nothing is pending."""
        return self._judge.deadline_sec

    @property
    def place(self) -> int:
        """The moment the player has reached."""
        return self._judge.place

    def note_on(self, pitch: int, onset_sec: float, now_sec: float) -> list[Told]:
        """Take in one note, after what is missed by ``now_sec``."""
        told = [*self._judge.advance(now_sec)]
        told += self._judge.note_on(self._notes_played, pitch, onset_sec)
        self._notes_played += 1
        return self._counted(told)

    def rename(self, pitch: int, onset_sec: float) -> list[Told]:
        """The last note was of another pitch."""
        return self._counted(self._judge.rename(self._notes_played - 1, pitch, onset_sec))

    def advance(self, now_sec: float) -> list[Told]:
        """Tell what is missed by now."""
        return self._counted(self._judge.advance(now_sec))

    def finish(self, now_sec: float) -> list[Told]:
        """Tell what the player passed over before the take ended."""
        return self._counted(self._judge.finish(now_sec))

    def _counted(self, told: Sequence[Told]) -> list[Told]:
        return [said for said in told if self._count(said)]

    def _count(self, said: Told) -> bool:
        if isinstance(said, Verdict):
            return self.add(said)
        if said.kind == REPEAT_SKIPPED:
            self.excuse(self._moments.keys_between(said.beat, said.to_beat))
        return True
