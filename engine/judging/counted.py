"""A judge that leaves the counting to others, and the count of what it says."""

from typing import Protocol

from engine.judging.verdicts import Tally, Verdict


class Judge(Protocol):
    """What says of each note how it was; onsets may come a little out of order."""

    place: int

    @property
    def deadline_sec(self) -> float: ...

    def note_on(self, played_index: int, pitch: int, onset_sec: float) -> list[Verdict]: ...

    def advance(self, now_sec: float) -> list[Verdict]: ...

    def finish(self, now_sec: float) -> list[Verdict]: ...


class CountedJudge(Tally):
    """Passes on what a judge says and counts it: the interface of the native judge.

    Parameters
    ----------
    judge : Judge
        Who judges.
    n_score_notes, is_waiting
        As for :class:`Tally`.
    """

    def __init__(self, judge: Judge, n_score_notes: int, is_waiting: bool = False) -> None:
        super().__init__(n_score_notes, is_waiting)
        self._judge = judge
        self._notes_played = 0

    @property
    def deadline_sec(self) -> float:
        """Time before this brings nothing new; infinite when nothing is pending."""
        return self._judge.deadline_sec

    @property
    def place(self) -> int:
        """The moment the player has reached."""
        return self._judge.place

    def note_on(self, pitch: int, onset_sec: float, now_sec: float) -> list[Verdict]:
        """Take in one note, after what is missed by ``now_sec``."""
        verdicts = self._judge.advance(now_sec)
        verdicts += self._judge.note_on(self._notes_played, pitch, onset_sec)
        self._notes_played += 1
        return self._counted(verdicts)

    def advance(self, now_sec: float) -> list[Verdict]:
        """Tell what is missed by now."""
        return self._counted(self._judge.advance(now_sec))

    def finish(self, now_sec: float) -> list[Verdict]:
        """Tell what the player passed over before the take ended."""
        return self._counted(self._judge.finish(now_sec))

    def _counted(self, verdicts: list[Verdict]) -> list[Verdict]:
        return [verdict for verdict in verdicts if self.add(verdict)]
