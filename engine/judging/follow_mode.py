"""Judging a player who leads: each note against the player's own tempo."""

import numpy as np
from numpy.typing import NDArray

from engine.judging.moments import Moments
from engine.judging.verdicts import (
    CORRECT,
    EARLY,
    LATE,
    NAN,
    POINTS,
    WRONG_NOTE,
    Verdict,
    extra,
    missed,
)
from engine.judging.windows import CHORD_SPREAD_SEC, FOLLOW_LENIENCY, on_time_sec
from engine.matching import Match, ScoreFollower

NOWHERE = -1
SETTLE_SEC = 1.0  # a note passed over that has not come by then will not come
FINAL_SEC = 60.0  # after the end of a take nothing is awaited, at no tempo
STRAY_MOMENTS = 4  # wrong notes stand for at most so many moments; then they are merely extra
RECENT_NOTES = 32  # how many notes back a revision finds what was played


class FollowJudge:
    """Lets the follower say which note was played and judges when it was.

    Parameters
    ----------
    notes : (n,) structured
        Score notes with ``pitch``, ``onset_beat`` and ``is_grace``.
    moments : Moments
        Their moments.
    """

    def __init__(self, notes: NDArray[np.void], moments: Moments) -> None:
        self._follower = ScoreFollower(notes)
        self._moments = moments
        self._pitch: list[int] = notes["pitch"].tolist()
        self._is_grace: list[bool] = notes["is_grace"].tolist()
        self._played: set[int] = set()
        self._wrong_by: dict[int, int] = {}
        self._recent_pitch: dict[int, int] = {}
        self._now_sec = float("-inf")
        self._place_sec = NAN
        self._slip_sec = self._forgiven_sec = 0.0
        self._beat_sec = NAN
        self.place = NOWHERE
        self.deadline_sec = float("inf")

    @property
    def tempo_bpm(self) -> float:
        """The player's tempo in quarter notes a minute; NaN before the first note."""
        return 60.0 / self._beat_sec

    def note_on(self, played_index: int, pitch: int, onset_sec: float) -> list[Verdict]:
        """Judge one played note."""
        self._now_sec = onset_sec = max(onset_sec, self._now_sec)  # a follower never goes back
        match = self._follower.note_on(pitch, onset_sec)
        self._recent_pitch[played_index] = pitch
        self._recent_pitch.pop(played_index - RECENT_NOTES, None)
        self._beat_sec = 60.0 / match.tempo_bpm
        if match.jump:
            self._played.clear()
            self._wrong_by.clear()
        verdicts = [self._revise(played, index) for played, index in match.revisions]
        if match.index >= 0:
            verdicts += self._accept(match, played_index, pitch, onset_sec)
        else:
            verdicts.append(self._refuse(played_index, pitch, onset_sec))
        verdicts += self._give_up(match.missed)
        self.deadline_sec = onset_sec + SETTLE_SEC
        return verdicts

    def advance(self, now_sec: float) -> list[Verdict]:
        """Tell which notes before the player's place will not come any more."""
        if now_sec < self.deadline_sec:
            return []
        self.deadline_sec = float("inf")
        return self._give_up(self._follower.advance(now_sec).missed)

    def finish(self, now_sec: float) -> list[Verdict]:
        """Tell what the player passed over; what was never reached is not missed."""
        return self._give_up(self._follower.advance(now_sec + FINAL_SEC).missed)

    def _accept(
        self, match: Match, played_index: int, pitch: int, onset_sec: float
    ) -> list[Verdict]:
        key = self._moments.key_of_note[match.index]
        moment = self._moments.of_note[key]
        timing_sec = onset_sec - match.expected_sec
        if match.jump or moment > self.place:
            self.place, self._place_sec = moment, onset_sec
            self._forgive(timing_sec)
        timing_sec += self._forgiven_sec
        self._played.add(key)
        result = self._timing_result(key, timing_sec, onset_sec)
        verdicts = [Verdict(result, played_index, key, pitch, timing_sec, POINTS[result])]
        slip_index = self._wrong_by.pop(key, None)
        if slip_index is not None and slip_index in self._recent_pitch:
            # The slip was put right: it cost a note too many.
            verdicts.append(extra(slip_index, self._recent_pitch[slip_index], is_revision=True))
        return verdicts

    def _forgive(self, timing_sec: float) -> None:
        """Take the beat back up where a slip left it.

        What is expected follows from the last onset. Where that one was off, a note nearer to the
        beat as it went before is judged by that beat: one slip is one verdict.
        """
        is_back = abs(timing_sec + self._slip_sec) < abs(timing_sec)
        self._forgiven_sec = self._slip_sec if is_back else 0.0
        slip_sec = timing_sec + self._forgiven_sec
        self._slip_sec = 0.0 if slip_sec != slip_sec else slip_sec  # NaN: there is no beat yet

    def _timing_result(self, key: int, timing_sec: float, onset_sec: float) -> str:
        if timing_sec != timing_sec or self._is_grace[key]:  # NaN: there is no tempo to be off
            return CORRECT
        value_sec = self._moments.value_beat[self.place] * self._beat_sec
        window_sec = FOLLOW_LENIENCY * on_time_sec(self._beat_sec, value_sec)
        spread_sec = min(max(onset_sec - self._place_sec, 0.0), CHORD_SPREAD_SEC)
        if abs(timing_sec - spread_sec) <= window_sec:
            return CORRECT
        return EARLY if timing_sec < 0 else LATE

    def _refuse(self, played_index: int, pitch: int, onset_sec: float) -> Verdict:
        """A note that matches nothing: wrong if it stands where a note is due, else extra."""
        keys = self._due_keys(onset_sec)
        if not keys:
            return extra(played_index, pitch)
        key = min(keys, key=lambda k: abs(self._pitch[k] - pitch))
        self._wrong_by[key] = played_index
        return Verdict(WRONG_NOTE, played_index, key, pitch, NAN, POINTS[WRONG_NOTE])

    def _due_keys(self, onset_sec: float) -> list[int]:
        """The keys a wrong note may have been meant for: the rest of this chord, or the next."""
        following = next(
            (
                moment
                for moment in range(self.place + 1, self.place + 1 + STRAY_MOMENTS)
                if moment < len(self._moments.keys) and self._open_keys(moment)
            ),
            NOWHERE,
        )
        if self.place == NOWHERE:
            return self._open_keys(following)
        gap_beat = self._moments.value_beat[self.place]
        if following != NOWHERE:
            onset_beat = self._moments.onset_beat
            gap_beat = onset_beat[following] - onset_beat[self.place]
        if onset_sec - self._place_sec < 0.5 * gap_beat * self._beat_sec:
            return self._open_keys(self.place)
        return self._open_keys(following) if following != NOWHERE else []

    def _open_keys(self, moment: int) -> list[int]:
        return [
            key
            for key in self._moments.keys[moment]
            if key not in self._played and key not in self._wrong_by
        ]

    def _revise(self, played_index: int, score_index: int) -> Verdict:
        pitch = self._recent_pitch.get(played_index, -1)
        if score_index < 0:
            return extra(played_index, pitch, is_revision=True)
        key = self._moments.key_of_note[score_index]
        self._played.add(key)
        return Verdict(CORRECT, played_index, key, pitch, NAN, POINTS[CORRECT], True)

    def _give_up(self, score_indices: list[int]) -> list[Verdict]:
        verdicts = []
        for index in score_indices:
            key = self._moments.key_of_note[index]
            if key in self._played:
                continue
            self._played.add(key)
            if self._wrong_by.pop(key, None) is None:
                verdicts.append(missed(key))
        return verdicts
