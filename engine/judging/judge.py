"""What a judge of any mode has to do."""

from collections.abc import Sequence
from typing import Protocol

from engine.judging.remarks import Remark
from engine.judging.verdicts import Verdict

Told = Verdict | Remark


class Judge(Protocol):
    """Says of each note how it was, and counts.

    Onsets may come a little out of order, ``now_sec`` never does. Time before ``deadline_sec``
    brings nothing new.
    """

    @property
    def deadline_sec(self) -> float: ...
    @property
    def place(self) -> int: ...
    @property
    def points(self) -> int: ...
    @property
    def n_reached(self) -> int: ...
    @property
    def notes_correct(self) -> int: ...
    @property
    def counts(self) -> Sequence[int]: ...

    def note_on(self, pitch: int, onset_sec: float, now_sec: float) -> Sequence[Told]: ...

    def rename(self, pitch: int, onset_sec: float) -> Sequence[Told]: ...

    def advance(self, now_sec: float) -> Sequence[Told]: ...

    def finish(self, now_sec: float) -> Sequence[Told]: ...
