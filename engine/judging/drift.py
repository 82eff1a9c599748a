"""Drift: the player's tempo has become another, and stays it."""

from collections import deque
from statistics import median

from engine.judging.places import Places
from engine.judging.remarks import TEMPO_DRIFT, Remark

OTHER_TEMPO = 1.12  # ratio from which on a listener calls it another tempo
SAME_TEMPO = 1.03  # nobody keeps to a tempo more closely
STEADY_TEMPO = 1.04  # two bars no farther apart are in one tempo
STEADY_BARS = 2
LONGEST_BARS = 8  # a drift that goes on so long is told before it has come to rest
NOWHERE = -1
LEAST_MOMENTS = 2  # of a bar that has a tempo


class TempoDrift:
    """Compares the tempo of each bar with the one that was settled.

    Parameters
    ----------
    places : Places
        Of the score.
    written_beat_sec : list of float
        How long a beat should last at each moment: a change that is written is no drift.
    """

    def __init__(self, places: Places, written_beat_sec: list[float]) -> None:
        self._places = places
        self._written_beat_sec = written_beat_sec
        self.reset()

    def reset(self) -> None:
        """After a stop or a leap any tempo is as good as another."""
        self._settled = 0.0  # ratio to the written tempo, above 1 slower; 0: none yet
        self._recent: deque[float] = deque(maxlen=STEADY_BARS)
        self._n_bars = 0  # seen before it was settled; since then, those that are too far off
        self._departed = NOWHERE  # first moment of the bars that are not in the settled tempo
        self._first = self._last = NOWHERE  # moments of the present bar
        self._ratios: list[float] = []

    def reach(self, moment: int, beat_sec: float, time_sec: float) -> list[Remark]:
        """Take in how long a beat lasts at the next moment; the remark when it is sure."""
        remarks: list[Remark] = []
        if self._first == NOWHERE:
            self._begin_bar(moment)
        elif self._places.bar[moment] != self._places.bar[self._first]:
            if len(self._ratios) >= LEAST_MOMENTS:
                remarks = self._end_bar(median(self._ratios), time_sec)
            self._begin_bar(moment)
        self._last = moment
        self._ratios.append(beat_sec / self._written_beat_sec[moment])
        return remarks

    def _begin_bar(self, moment: int) -> None:
        self._first = moment
        self._ratios = []

    def _end_bar(self, ratio: float, time_sec: float) -> list[Remark]:
        self._recent.append(ratio)
        self._n_bars += 1
        is_full = len(self._recent) == STEADY_BARS
        is_rest = is_full and max(self._recent) < STEADY_TEMPO * min(self._recent)
        is_rest = is_rest or self._n_bars >= LONGEST_BARS
        if not self._settled:
            if is_rest:
                self._settle()
            return []
        away = max(ratio / self._settled, self._settled / ratio)
        if away < SAME_TEMPO:
            self._departed = NOWHERE
        elif self._departed == NOWHERE:
            self._departed = self._first
        if away < OTHER_TEMPO:
            self._n_bars = 0
            return []
        return [self._remark(time_sec)] if is_rest else []

    def _settle(self) -> None:
        self._settled = median(self._recent)
        self._n_bars, self._departed = 0, NOWHERE

    def _remark(self, time_sec: float) -> Remark:
        places, first, last = self._places, self._departed, self._last
        written_bpm = 60.0 / self._written_beat_sec[last]
        before_bpm = written_bpm / self._settled
        self._settle()
        tempo_bpm = written_bpm / self._settled
        return Remark(
            TEMPO_DRIFT,
            time_sec,
            places.beat[first],
            places.measure[first],
            places.beat[last],
            places.measure[last],
            tempo_bpm - before_bpm,
            tempo_bpm,
        )
