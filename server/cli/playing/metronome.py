"""The beat to play to: the count-in, and where in the bar a moment is."""

from typing import NamedTuple

import numpy as np

from engine.score import Score
from engine.tempo import ScoreClock


class Beat(NamedTuple):
    """A beat of a bar.

    Attributes
    ----------
    measure : int
        Written number of the bar; one less than the first during the count-in.
    number : int
        Which beat, from 1.
    n_beats : int
        How many beats the bar has.
    phase : float
        How much of the beat is over, 0 to 1.
    """

    measure: int
    number: int
    n_beats: int
    phase: float


class Metronome:
    """Counts the beats of a score before and while it is played.

    Parameters
    ----------
    score : Score
        What is to be played.
    clock : ScoreClock
        Its tempo.
    """

    def __init__(self, score: Score, clock: ScoreClock) -> None:
        self._bars = score.bars
        self._clock = clock
        first = score.bars[0]
        self._unit_beat = 4.0 / float(first["unit"])
        self._bar_beat = float(first["count"]) * self._unit_beat
        is_pickup = float(first["duration_beat"]) < self._bar_beat
        self._downbeat = float(first["onset_beat"]) + is_pickup * float(first["duration_beat"])
        start_beat = self._downbeat - self._bar_beat * (2 if is_pickup else 1)
        self.count_in_sec = -float(clock.seconds(start_beat))

    def at(self, time_sec: float) -> Beat:
        """Return the beat at a time of the take; negative times are the count-in."""
        beat = float(self._clock.beats(time_sec))
        if beat < self._downbeat:
            return self._before(beat)
        row = int(np.searchsorted(self._bars["onset_beat"], beat, "right")) - 1
        bar = self._bars[max(row, 0)]
        unit_beat = 4.0 / float(bar["unit"])
        number, phase = divmod((beat - float(bar["onset_beat"])) / unit_beat, 1.0)
        return Beat(int(bar["measure"]), int(number) + 1, int(bar["count"]), phase)

    def _before(self, beat: float) -> Beat:
        """Before the first downbeat: full bars, counted back from there."""
        first = self._bars[0]
        past = (beat - self._downbeat) % self._bar_beat
        number, phase = divmod(past / self._unit_beat, 1.0)
        is_played = beat >= float(first["onset_beat"])
        measure = int(first["measure"]) - (0 if is_played else 1)
        return Beat(measure, int(number) + 1, int(first["count"]), phase)
