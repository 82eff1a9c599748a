"""What was said of a played note, and how it is seen better."""

from dataclasses import dataclass

from engine.judging.local_beat import Settled
from engine.judging.verdicts import CORRECT, EARLY, LATE, POINTS, Verdict, Why

TIMED = (CORRECT, EARLY, LATE)


@dataclass(slots=True)
class Given:
    """What was last said of a played note; ``key`` is -1 where it stands for none.

    Attributes are those of :class:`engine.judging.verdicts.Verdict`, and when the note came.
    """

    played_index: int
    pitch: int
    onset_sec: float
    result: str
    key: int
    why: Why

    def verdict(self, timing_sec: float, *, is_revision: bool = False) -> Verdict:
        """Say it."""
        return Verdict(
            self.result,
            self.played_index,
            self.key,
            self.pitch,
            timing_sec,
            POINTS[self.result],
            is_revision,
            self.why,
        )

    def look_again(self, settled: Settled, *, is_rolled: bool) -> list[Verdict]:
        """Judge when the note came by the beat on both sides of it; tells what is new."""
        timing_sec, window_sec = settled.standing(self.onset_sec)
        if is_rolled:
            timing_sec, window_sec = settled.roll_off_beat_sec(), settled.window_sec
        result = timing_result(timing_sec, window_sec)
        if result == self.result:
            return []
        self.result = result
        self.why = self.why._replace(
            expected_sec=self.onset_sec - timing_sec,
            window_sec=window_sec,
            tempo_bpm=60.0 / settled.beat_sec,
        )
        return [self.verdict(timing_sec, is_revision=True)]


def timing_result(timing_sec: float, window_sec: float) -> str:
    """What is said of a right note that came so much after its time."""
    if abs(timing_sec) <= window_sec:
        return CORRECT
    return EARLY if timing_sec < 0 else LATE
