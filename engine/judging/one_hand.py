"""Judging one hand where the other may play along: its written notes are no mistakes."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from math import inf, isnan
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.judging.judge import Judge, Told
from engine.judging.moments import Moments
from engine.judging.verdicts import (
    CORRECT,
    EARLY,
    IGNORED,
    LATE,
    NAN,
    POINTS,
    REVISABLE_NOTES,
    Verdict,
)
from engine.judging.windows import reach_sec
from engine.matching import SAME_ONSET_BEAT
from engine.tempo import ScoreClock

AHEAD_MOMENTS = 2  # how far the other hand may be ahead where the player leads


class Reach(NamedTuple):
    """Where the music is, and how far from there a note may stand that is played now."""

    now_beat: float
    low_beat: float
    high_beat: float


class OneHandJudge:
    """Keeps from a judge of the one hand what the other has to play.

    A played note is the other hand's where the score gives it one of that pitch nearer to where
    the music is than any the judged hand still has. Each written note excuses one played note.

    The judge hears nothing of the other hand: it judges as well whether that plays or not.

    Parameters
    ----------
    judge : Judge
        Judges ``notes``.
    notes, ignored : (n,) and (k,) structured
        What the judged hand and what the other has to play, on the same beats.
    reach : callable
        Tells where the music is, by the onset of a note and that of the one that last moved
        :attr:`place`, in seconds.
    """

    def __init__(
        self,
        judge: Judge,
        notes: NDArray[np.void],
        ignored: NDArray[np.void],
        reach: Callable[[float, float], Reach],
    ) -> None:
        self._judge = judge
        self._reach = reach
        self._own = _OpenNotes(notes)
        self._others = _OpenNotes(ignored)
        self._place_sec = NAN
        self._notes_played = self._notes_judged = 0
        self._played_index: dict[int, int] = {}  # by the judge's own count

    @property
    def deadline_sec(self) -> float:
        """Time before this brings nothing new; infinite when nothing is pending."""
        return self._judge.deadline_sec

    @property
    def place(self) -> int:
        """The moment the player has reached."""
        return self._judge.place

    @property
    def points(self) -> int:
        """The points won so far."""
        return self._judge.points

    @property
    def n_reached(self) -> int:
        """How many keys have been judged."""
        return self._judge.n_reached

    @property
    def notes_correct(self) -> int:
        """How many notes are correct so far."""
        return self._judge.notes_correct

    @property
    def counts(self) -> Sequence[int]:
        """How many verdicts stand, by result."""
        return self._judge.counts

    def note_on(self, pitch: int, onset_sec: float, now_sec: float) -> list[Told]:
        """Take in one note, after what is missed by ``now_sec``."""
        played_index, self._notes_played = self._notes_played, self._notes_played + 1
        reach = self._reach(onset_sec, self._place_sec)
        _, own_gap = self._own.nearest(pitch, reach)
        other, other_gap = self._others.nearest(pitch, reach)
        if other_gap < own_gap:
            self._others.take(other)
            verdict = Verdict(IGNORED, played_index, -1, pitch, NAN, POINTS[IGNORED])
            return [*self.advance(now_sec), verdict]
        self._played_index[self._notes_judged] = played_index
        self._played_index.pop(self._notes_judged - REVISABLE_NOTES, None)
        self._notes_judged += 1
        place = self._judge.place
        verdicts = self._told(self._judge.note_on(pitch, onset_sec, now_sec))
        return self._taken_in(verdicts, place, onset_sec)

    def rename(self, pitch: int, onset_sec: float) -> list[Told]:
        """The last note was of another pitch; the other hand's stays that hand's."""
        if self._played_index.get(self._notes_judged - 1) != self._notes_played - 1:
            return []
        place = self._judge.place
        return self._taken_in(self._told(self._judge.rename(pitch, onset_sec)), place, onset_sec)

    def _taken_in(self, verdicts: list[Told], place: int, onset_sec: float) -> list[Told]:
        """Know which notes were taken, and whether the player went on from ``place``."""
        self._move(place, onset_sec)
        for said in verdicts:
            if not isinstance(said, Verdict) or said.is_ornament:
                continue
            if said.result in (CORRECT, EARLY, LATE):
                self._own.take(said.score_index)
        return verdicts

    def advance(self, now_sec: float) -> list[Told]:
        """Tell what is missed by now."""
        return self._told(self._judge.advance(now_sec))

    def finish(self, now_sec: float) -> list[Told]:
        """Tell what the player passed over before the take ended."""
        return self._told(self._judge.finish(now_sec))

    def _move(self, place: int, onset_sec: float) -> None:
        """Notice that the player has gone on, or back."""
        if self._judge.place != place:
            self._place_sec = onset_sec
        if self._judge.place < place:  # all is to be played again
            self._own.reopen()
            self._others.reopen()

    def _told(self, told: Sequence[Told]) -> list[Told]:
        """Count played notes as the player does."""
        return [
            said._replace(played_index=self._played_index.get(said.played_index, -1))
            if isinstance(said, Verdict)
            else said
            for said in told
        ]


class _OpenNotes:
    """Notes by pitch that have not been played."""

    def __init__(self, notes: NDArray[np.void]) -> None:
        self._by_pitch: dict[int, tuple[list[float], list[int]]] = {}
        order = np.argsort(notes["onset_beat"], kind="stable").tolist()
        beats: list[float] = notes["onset_beat"].tolist()
        pitches: list[int] = notes["pitch"].tolist()
        for index in order:
            rows = self._by_pitch.setdefault(pitches[index], ([], []))
            rows[0].append(beats[index])
            rows[1].append(index)
        self._taken: set[int] = set()

    def nearest(self, pitch: int, reach: Reach) -> tuple[int, float]:
        """The note of that pitch nearest to now, and its distance in beats; -1 where none is."""
        beats, indices = self._by_pitch.get(pitch, ((), ()))
        best, best_gap = -1, inf
        for row in range(bisect_left(beats, reach.low_beat - SAME_ONSET_BEAT), len(beats)):
            if beats[row] > reach.high_beat + SAME_ONSET_BEAT:
                break
            gap = abs(beats[row] - reach.now_beat)
            if gap < best_gap and indices[row] not in self._taken:
                best, best_gap = indices[row], gap
        return best, best_gap

    def take(self, index: int) -> None:
        """The note has been played."""
        self._taken.add(index)

    def reopen(self) -> None:
        """All notes may be played again."""
        self._taken.clear()


def reach_by_clock(clock: ScoreClock) -> Callable[[float, float], Reach]:
    """Where the music is if the clock leads: as far as a note may be off."""

    def reach(onset_sec: float, place_sec: float) -> Reach:
        now_beat = float(clock.beats(onset_sec))
        far_sec = reach_sec(float(clock.beat_sec(now_beat)))
        low, high = clock.beats([onset_sec - far_sec, onset_sec + far_sec]).tolist()
        return Reach(now_beat, low, high)

    return reach


def reach_where_waiting(judge: Judge, moments: Moments) -> Callable[[float, float], Reach]:
    """Where the music is if it waits: at what it waits for; the moment before may linger."""
    edges = [-inf, *moments.onset_beat, inf]

    def reach(onset_sec: float, place_sec: float) -> Reach:
        low, high = edges[judge.place : judge.place + 2]
        return Reach(high if high < inf else low, low, high)

    return reach


class Player(Protocol):
    """Who leads."""

    place: int

    @property
    def tempo_bpm(self) -> float: ...


def reach_of_player(player: Player, moments: Moments) -> Callable[[float, float], Reach]:
    """Where the music is if the player leads: on from the last moment in the player's tempo."""
    beats = [*moments.onset_beat, *[inf] * AHEAD_MOMENTS]

    def reach(onset_sec: float, place_sec: float) -> Reach:
        place = player.place
        if place < 0:
            return Reach(beats[0], -inf, beats[AHEAD_MOMENTS])
        passed_beat = (onset_sec - place_sec) * player.tempo_bpm / 60.0
        now_beat = beats[place] + (0.0 if isnan(passed_beat) else passed_beat)
        low = beats[place - 1] if place else -inf
        return Reach(min(now_beat, beats[place + 1]), low, beats[place + AHEAD_MOMENTS])

    return reach
