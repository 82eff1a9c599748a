"""The tempo judge in plain Python: the oracle of the native one, slow and obvious.

Product code does not import this module.
"""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from engine.judging.counted import CountedJudge
from engine.judging.moments import Moments
from engine.judging.tempo_mode import timed_moments
from engine.judging.verdicts import (
    CORRECT,
    EARLY,
    LATE,
    POINTS,
    WRONG_NOTE,
    Verdict,
    extra,
    missed,
)
from engine.judging.windows import CHORD_SPREAD_SEC, REACH_MAX_SEC
from engine.tempo import ScoreClock

NOBODY, MISSING = -1, -2  # who took a score note: nobody yet, or its time went by
LAG_SHARE = 0.3  # of the way the assumed lag moves to the last note's: follows within 3 notes


def reference_judge(notes: NDArray[np.void], moments: Moments, clock: ScoreClock) -> CountedJudge:
    """What :class:`engine.judging.tempo_mode.TempoJudge` computes, computed here."""
    return CountedJudge(TempoJudge(notes, moments, clock), len(notes))


class TempoJudge:
    """Pairs each played note with the expected one of its pitch that is nearest in time.

    Nearest to the player, not to the clock: somebody who is 100 ms late throughout is late by
    100 ms at every repeated note, and not early for the next one.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``, ``onset_beat`` and ``is_grace``.
    moments : Moments
        Their moments.
    clock : ScoreClock
        When each beat is due.
    """

    def __init__(self, notes: NDArray[np.void], moments: Moments, clock: ScoreClock) -> None:
        self._moments = moments
        timed = timed_moments(moments, clock)
        self._due_sec: list[float] = timed["due_sec"].tolist()
        self._reach_sec: list[float] = timed["reach_sec"].tolist()
        self._on_time_sec: list[float] = timed["on_time_sec"].tolist()
        self._pitch: list[int] = notes["pitch"].tolist()
        self._is_grace: list[bool] = notes["is_grace"].tolist()
        self._by_pitch: dict[int, tuple[list[int], list[float]]] = _index_by_pitch(
            moments, self._pitch, self._due_sec
        )
        self._deadlines: list[tuple[float, int]] = sorted(
            (due + reach, moment)
            for moment, (due, reach) in enumerate(zip(self._due_sec, self._reach_sec, strict=True))
        )
        self._next_deadline = 0
        self._taken_by = [NOBODY] * len(notes)
        self._gap_sec = [float("inf")] * len(notes)
        self._wrong_by: dict[int, tuple[int, int]] = {}
        self._begun_sec: dict[int, float] = {}
        self._lag_sec = 0.0
        self.place = 0

    @property
    def deadline_sec(self) -> float:
        """When the next unplayed note will be missed; infinite after the last."""
        while self._next_deadline < len(self._deadlines):
            deadline_sec, moment = self._deadlines[self._next_deadline]
            if any(self._taken_by[key] == NOBODY for key in self._moments.keys[moment]):
                return deadline_sec
            self._next_deadline += 1
        return float("inf")

    def note_on(self, played_index: int, pitch: int, onset_sec: float) -> list[Verdict]:
        """Judge one played note."""
        key, gap_sec = self._nearest_of_pitch(pitch, onset_sec)
        if key == NOBODY:
            return [self._refuse(played_index, pitch, onset_sec)]
        before = self._taken_by[key]
        self._taken_by[key], self._gap_sec[key] = played_index, gap_sec
        verdicts = [self._time(key, played_index, pitch, onset_sec)]
        if before != NOBODY:  # a key struck twice: the better of the two is the note
            verdicts.append(extra(before, pitch, is_revision=True))
        if key in self._wrong_by:  # the slip was put right in time: it cost a note too many
            slip_index, slip_pitch = self._wrong_by.pop(key)
            verdicts.append(extra(slip_index, slip_pitch, is_revision=True))
        return verdicts

    def advance(self, now_sec: float) -> list[Verdict]:
        """Tell what is missed by now."""
        verdicts = []
        while self.deadline_sec < now_sec:
            moment = self._deadlines[self._next_deadline][1]
            verdicts += self._give_up(moment)
        return verdicts

    def finish(self, now_sec: float) -> list[Verdict]:
        """Tell what was due before the take ended and was not played."""
        verdicts = self.advance(now_sec)
        for moment, due_sec in enumerate(self._due_sec):
            if due_sec + self._on_time_sec[moment] < now_sec:
                verdicts += self._give_up(moment)
        return verdicts

    def _nearest_of_pitch(self, pitch: int, onset_sec: float) -> tuple[int, float]:
        keys, due_sec = self._by_pitch.get(pitch, ((), ()))
        best, best_gap_sec = NOBODY, float("inf")
        for row in range(bisect_left(due_sec, onset_sec - REACH_MAX_SEC), len(keys)):
            timing_sec = onset_sec - due_sec[row]
            if timing_sec < -REACH_MAX_SEC:
                break
            key = keys[row]
            gap_sec = abs(timing_sec - self._lag_sec)
            if (
                gap_sec < min(best_gap_sec, self._gap_sec[key])
                and abs(timing_sec) <= self._reach_sec[self._moments.of_note[key]]
            ):
                best, best_gap_sec = key, gap_sec
        return best, best_gap_sec

    def _time(self, key: int, played_index: int, pitch: int, onset_sec: float) -> Verdict:
        moment = self._moments.of_note[key]
        timing_sec = onset_sec - self._due_sec[moment]
        self._lag_sec += LAG_SHARE * (timing_sec - self._lag_sec)
        onset_beat = self._moments.onset_beat
        if onset_beat[moment] // 1 > onset_beat[self.place] // 1:
            self.place = moment
        begun_sec = self._begun_sec.setdefault(moment, onset_sec)
        # A chord is one moment: its later notes are judged by its first, within the spread.
        spread_sec = min(max(onset_sec - begun_sec, 0.0), CHORD_SPREAD_SEC)
        if self._is_grace[key] or abs(timing_sec - spread_sec) <= self._on_time_sec[moment]:
            result = CORRECT
        else:
            result = EARLY if timing_sec < 0 else LATE
        return Verdict(result, played_index, key, pitch, timing_sec, POINTS[result])

    def _refuse(self, played_index: int, pitch: int, onset_sec: float) -> Verdict:
        """A note that is not expected: wrong if it stands where another is due, else extra."""
        moment = self._nearest_open_moment(onset_sec)
        if moment == NOBODY:
            return extra(played_index, pitch)
        key = min(self._open_keys(moment), key=lambda k: abs(self._pitch[k] - pitch))
        self._wrong_by[key] = (played_index, pitch)
        timing_sec = onset_sec - self._due_sec[moment]
        return Verdict(WRONG_NOTE, played_index, key, pitch, timing_sec, POINTS[WRONG_NOTE])

    def _nearest_open_moment(self, onset_sec: float) -> int:
        best, best_gap_sec = NOBODY, float("inf")
        for moment in range(
            bisect_left(self._due_sec, onset_sec - REACH_MAX_SEC), len(self._due_sec)
        ):
            gap_sec = abs(onset_sec - self._due_sec[moment])
            if self._due_sec[moment] > onset_sec + REACH_MAX_SEC:
                break
            if gap_sec <= min(self._reach_sec[moment], best_gap_sec) and self._open_keys(moment):
                best, best_gap_sec = moment, gap_sec
        return best

    def _open_keys(self, moment: int) -> list[int]:
        """Keys of a moment that neither the right nor a wrong note has taken."""
        return [
            key
            for key in self._moments.keys[moment]
            if self._taken_by[key] == NOBODY and key not in self._wrong_by
        ]

    def _give_up(self, moment: int) -> list[Verdict]:
        verdicts = []
        for key in self._moments.keys[moment]:
            if self._taken_by[key] == NOBODY:
                self._taken_by[key], self._gap_sec[key] = MISSING, 0.0
                if self._wrong_by.pop(key, None) is None:
                    verdicts.append(missed(key))
        self._begun_sec.pop(moment, None)
        return verdicts


def _index_by_pitch(
    moments: Moments, pitch: list[int], due_sec: list[float]
) -> dict[int, tuple[list[int], list[float]]]:
    """For each pitch its keys and when they are due, in order of time."""
    index: dict[int, tuple[list[int], list[float]]] = {}
    for moment, keys in enumerate(moments.keys):
        for key in keys:
            of_pitch = index.setdefault(pitch[key], ([], []))
            of_pitch[0].append(key)
            of_pitch[1].append(due_sec[moment])
    return index
