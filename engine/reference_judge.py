"""The tempo judge in plain Python: the oracle of the native one, slow and obvious.

Product code does not import this module.
"""

from bisect import bisect_left
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.judging.counted import CountedJudge
from engine.judging.moments import Moments
from engine.judging.ornaments import sounding_ornaments
from engine.judging.tempo_mode import key_rolls, timed_moments
from engine.judging.verdicts import (
    CORRECT,
    EARLY,
    LATE,
    NAN,
    POINTS,
    REVISABLE_NOTES,
    WRONG_NOTE,
    Verdict,
    extra,
    missed,
)
from engine.judging.windows import CHORD_SPREAD_SEC, REACH_MAX_SEC
from engine.tempo import ScoreClock

NOBODY, MISSING = -1, -2  # who took a score note: nobody yet, or its time went by
LAG_SHARE = 0.3  # of the way the assumed lag moves to the last note's: follows within 3 notes
ORNAMENT_START_SEC = 0.25  # from the first note of a trill or turn to its main note
OVERLAPPING = 8  # a note looks at so many ornaments of its pitch that began last


def reference_judge(notes: NDArray[np.void], moments: Moments, clock: ScoreClock) -> CountedJudge:
    """What :class:`engine.judging.tempo_mode.TempoJudge` computes, computed here."""
    return CountedJudge(TempoJudge(notes, moments, clock), moments)


@dataclass
class Ornament:
    """An ornament, and what was played of it."""

    from_sec: float
    to_sec: float
    key: int  # the score note
    pitches: tuple[int, ...]
    begun_sec: float = NAN  # when it began without its main note
    latest: int = NOBODY  # the latest note it allowed


@dataclass
class Spare:
    """A note of an ornament that may turn out to be a written one come early."""

    played_index: int
    ornament: Ornament
    timing_sec: float


@dataclass
class Taken:
    """The note that took a key, and the ornament that would have allowed it."""

    played_index: int = NOBODY
    gap_sec: float = field(default=float("inf"))
    excuse: Ornament | None = None


@dataclass
class Last:
    """What the last note changed, until the next one comes."""

    key: int
    pitch: int
    lag_sec: float
    place: int
    is_final: bool = False  # an ornament's, or another note's verdict hangs on it


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
        rolls = key_rolls(notes, moments, clock)
        timed = timed_moments(moments, clock, rolls)
        self._roll_sec: list[float] = rolls.tolist()
        self._ornaments = _ornaments(notes, moments, clock)
        self._own: dict[int, Ornament] = {o.key: o for o in self._ornaments}
        self._spares: dict[int, Spare] = {}
        self._notes_played = 0
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
        self._taken = [Taken() for _ in notes]
        self._wrong_by: dict[int, tuple[int, int]] = {}
        self._begun_sec: dict[int, float] = {}
        self._lag_sec = 0.0
        self._last = Last(NOBODY, NOBODY, 0.0, 0, is_final=True)
        self.place = 0

    @property
    def deadline_sec(self) -> float:
        """When the next unplayed note will be missed; infinite after the last."""
        while self._next_deadline < len(self._deadlines):
            deadline_sec, moment = self._deadlines[self._next_deadline]
            if any(self._taken[key].played_index == NOBODY for key in self._moments.keys[moment]):
                return deadline_sec
            self._next_deadline += 1
        return float("inf")

    def note_on(self, played_index: int, pitch: int, onset_sec: float) -> list[Verdict]:
        """Judge one played note."""
        self._notes_played = played_index + 1
        self._last = Last(NOBODY, pitch, self._lag_sec, self.place)
        key, gap_sec = self._nearest_of_pitch(pitch, onset_sec)
        ornament = self._sounding(pitch, onset_sec)
        if key != NOBODY and (ornament is None or self._is_due(key, ornament, onset_sec)):
            taken = Taken(played_index, gap_sec, ornament)
            return self._accept(key, taken, pitch, onset_sec)
        if ornament is not None:
            return [self._adorn(ornament, played_index, pitch, onset_sec, key)]
        return [self._refuse(played_index, pitch, onset_sec)]

    def rename(self, played_index: int, pitch: int, onset_sec: float) -> list[Verdict]:
        """The last note was of another pitch, unless another note's verdict hangs on it."""
        if self._last.is_final or pitch == self._last.pitch:
            return []
        key, self._lag_sec, self.place = self._last.key, self._last.lag_sec, self._last.place
        if key != NOBODY:
            self._wrong_by.pop(key, None)
            self._taken[key] = Taken()
            moment = self._moments.of_note[key]
            if all(self._taken[k].played_index == NOBODY for k in self._moments.keys[moment]):
                self._begun_sec.pop(moment, None)
            self._next_deadline = 0
        return [
            said._replace(is_revision=True) for said in self.note_on(played_index, pitch, onset_sec)
        ]

    def _accept(self, key: int, taken: Taken, pitch: int, onset_sec: float) -> list[Verdict]:
        before, self._taken[key] = self._taken[key], taken
        self._last.key = key
        self._last.is_final = before.played_index != NOBODY or key in self._wrong_by
        onset_sec = self._beginning_sec(key, onset_sec)
        verdicts = [self._time(key, taken.played_index, pitch, onset_sec)]
        if before.played_index != NOBODY and before.excuse is not None:
            verdicts.append(_adorning(before.excuse, before.played_index, pitch, is_revision=True))
        elif before.played_index != NOBODY:  # struck twice: the better of the two is the note
            verdicts.append(extra(before.played_index, pitch, is_revision=True))
        if key in self._wrong_by:  # the slip was put right in time: it cost a note too many
            slip_index, slip_pitch = self._wrong_by.pop(key)
            verdicts.append(extra(slip_index, slip_pitch, is_revision=True))
        return verdicts

    def _adorn(
        self, ornament: Ornament, played_index: int, pitch: int, onset_sec: float, key: int
    ) -> Verdict:
        """A note that an ornament allows; it may turn out to be the key, come early."""
        self._last.is_final = True
        is_free = self._taken[ornament.key].played_index == NOBODY
        if is_free and ornament.begun_sec != ornament.begun_sec:
            ornament.begun_sec = onset_sec
        if key != NOBODY:
            timing_sec = onset_sec - self._due_sec[self._moments.of_note[key]]
            self._spares[key] = Spare(played_index, ornament, timing_sec)
        ornament.latest = played_index
        return _adorning(ornament, played_index, pitch)

    def _sounding(self, pitch: int, onset_sec: float) -> Ornament | None:
        """The ornament that allows a pitch now: the last that began, or else the next."""
        begun = [o for o in self._ornaments if pitch in o.pitches and o.from_sec <= onset_sec]
        sounding = [o for o in begun[::-1][:OVERLAPPING] if onset_sec <= o.to_sec]
        of_note = self._moments.of_note
        due = [o for o in sounding if onset_sec >= self._due_sec[of_note[o.key]]]
        return next(iter(due + sounding), None)

    def _is_due(self, key: int, ornament: Ornament, onset_sec: float) -> bool:
        """Whether a key is waited for: an ornament's notes before that are not it."""
        moment = self._moments.of_note[key]
        is_near = onset_sec - self._due_sec[moment] >= -self._on_time_sec[moment]
        return self._is_grace[key] or ornament.key == key or is_near

    def _beginning_sec(self, key: int, onset_sec: float) -> float:
        """When a key was struck: a trill from above begins before its main note."""
        begun_sec = self._own[key].begun_sec if key in self._own else NAN
        due_sec = self._due_sec[self._moments.of_note[key]]
        is_start = onset_sec - begun_sec <= ORNAMENT_START_SEC
        is_nearer = abs(begun_sec - due_sec) < abs(onset_sec - due_sec)
        return begun_sec if is_start and is_nearer else onset_sec

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
            rolled_sec = self._spread_sec(key, onset_sec) if self._roll_sec[key] else 0.0
            gap_sec = abs(timing_sec - rolled_sec - self._lag_sec)
            if (
                gap_sec < min(best_gap_sec, self._taken[key].gap_sec)
                and abs(timing_sec) <= self._reach_sec[self._moments.of_note[key]]
            ):
                best, best_gap_sec = key, gap_sec
        return best, best_gap_sec

    def _spread_sec(self, key: int, onset_sec: float) -> float:
        """How long after the first of its moment a key may be struck: a chord is spread, or rolled.

        Later notes of a chord are judged by its first, within the spread.
        """
        begun_sec = self._begun_sec.get(self._moments.of_note[key], onset_sec)
        return min(max(onset_sec - begun_sec, 0.0), max(CHORD_SPREAD_SEC, self._roll_sec[key]))

    def _time(self, key: int, played_index: int, pitch: int, onset_sec: float) -> Verdict:
        moment = self._moments.of_note[key]
        timing_sec = onset_sec - self._due_sec[moment]
        roll_sec = self._roll_sec[key]
        if not roll_sec:  # a roll tells nothing of where the player is
            self._lag_sec += LAG_SHARE * (timing_sec - self._lag_sec)
        onset_beat = self._moments.onset_beat
        if onset_beat[moment] // 1 > onset_beat[self.place] // 1:
            self.place = moment
        self._begun_sec.setdefault(moment, onset_sec)
        spread_sec = self._spread_sec(key, onset_sec)
        on_time_sec = self._on_time_sec[moment]
        is_on_time = abs(timing_sec - spread_sec) <= on_time_sec
        if roll_sec:  # it may begin on the beat or end there
            is_on_time |= -(roll_sec + on_time_sec) <= timing_sec <= on_time_sec
        result = EARLY if timing_sec < 0 else LATE
        if self._is_grace[key] or is_on_time:
            result = CORRECT
        return Verdict(result, played_index, key, pitch, timing_sec, POINTS[result])

    def _refuse(self, played_index: int, pitch: int, onset_sec: float) -> Verdict:
        """A note that is not expected: wrong if it stands where another is due, else extra."""
        moment = self._nearest_open_moment(onset_sec)
        if moment == NOBODY:
            return extra(played_index, pitch)
        key = min(self._open_keys(moment), key=lambda k: abs(self._pitch[k] - pitch))
        self._wrong_by[key] = (played_index, pitch)
        self._last.key = key
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
            if self._taken[key].played_index == NOBODY and key not in self._wrong_by
        ]

    def _give_up(self, moment: int) -> list[Verdict]:
        verdicts = []
        for key in self._moments.keys[moment]:
            if self._taken[key].played_index == NOBODY:
                self._taken[key] = Taken(MISSING, 0.0)
                if self._wrong_by.pop(key, None) is None:
                    verdicts.append(self._unplayed(key))
        self._begun_sec.pop(moment, None)
        return verdicts

    def _unplayed(self, key: int) -> Verdict:
        """Missed, unless the last note of an ornament was this one, come early."""
        spare = self._spares.get(key)
        if spare is None or spare.ornament.latest != spare.played_index:
            return missed(key)
        if self._notes_played - spare.played_index >= REVISABLE_NOTES:
            return missed(key)
        return Verdict(
            EARLY, spare.played_index, key, self._pitch[key], spare.timing_sec, POINTS[EARLY], True
        )


def _adorning(
    ornament: Ornament, played_index: int, pitch: int, *, is_revision: bool = False
) -> Verdict:
    """As it should be, and no note of its own."""
    return Verdict(CORRECT, played_index, ornament.key, pitch, NAN, 0, is_revision)


def _ornaments(notes: NDArray[np.void], moments: Moments, clock: ScoreClock) -> list[Ornament]:
    keys = [key for keys in moments.keys for key in keys]
    return [
        Ornament(
            from_sec, to_sec, keys[at], (int(notes["pitch"][keys[at]]), *{upper, lower} - {-1})
        )
        for from_sec, to_sec, at, upper, lower in sounding_ornaments(notes, moments, clock).tolist()
    ]


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
