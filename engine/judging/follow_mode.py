"""Judging a player who leads: each note against the player's own tempo."""

from collections import deque

from engine.judging.drift import TempoDrift
from engine.judging.given import TIMED, Given, timing_result
from engine.judging.judge import Told
from engine.judging.leaps import Leaps
from engine.judging.local_beat import Arrival, LocalBeat, Settled
from engine.judging.meant import Meant
from engine.judging.moments import Moments
from engine.judging.places import Places
from engine.judging.remarks import HESITATION, STOP, Remark
from engine.judging.verdicts import (
    CERTAIN,
    CORRECT,
    EXTRA,
    NAN,
    REVISABLE_NOTES,
    WRONG_NOTE,
    Verdict,
    Why,
    extra,
    missed,
)
from engine.judging.windows import CHORD_SPREAD_SEC, is_stop, reach_sec
from engine.matching import Match, ScoreFollower
from engine.score import Score
from engine.tempo import ScoreClock
from native.follower import MAX_SECONDS

NOWHERE = -1
SETTLE_SEC = 1.0  # a note that has not come so long after its moment will not come
TEMPO_MOMENTS = 3  # before them there is no tempo that a pause could be longer than
LANDING_NOTES = 2  # a leap shows with the second note at the latest
FINAL_SEC = 60.0  # after the end of a take nothing is awaited, at no tempo


class FollowJudge:
    """Lets the follower say which note was played and judges when it was.

    A note is judged at once by the beat before it, and again when the beat after it is known.

    Parameters
    ----------
    score : Score
        What is to be played.
    moments : Moments
        Its moments.
    clock : ScoreClock
        How fast it is to be played: a change of tempo that is written is no drift.
    """

    def __init__(self, score: Score, moments: Moments, clock: ScoreClock) -> None:
        self._follower = ScoreFollower(score.notes)
        self._moments = moments
        self._is_grace: list[bool] = score.notes["is_grace"].tolist()
        self._places = Places(score, moments)
        self._beat = LocalBeat()
        self._leaps = Leaps(self._places)
        self._drift = TempoDrift(self._places, clock.beat_sec(moments.onset_beat).tolist())
        self._meant = Meant(score.notes, moments)
        self._given: dict[int, Given] = {}
        self._now_sec = float("-inf")
        # Before each of the last notes, and when that came; none from before the place.
        self._pauses: deque[tuple[float, float]] = deque(maxlen=LANDING_NOTES)
        self._place_sec = NAN
        self._n_reached = 0
        self._beat_sec = NAN
        self.place = NOWHERE
        self.deadline_sec = float("inf")

    @property
    def tempo_bpm(self) -> float:
        """The player's tempo in quarter notes a minute; NaN before the first note.

        Until :attr:`has_tempo` it is that of players as a rule.
        """
        return 60.0 / self._beat_sec

    @property
    def has_tempo(self) -> bool:
        """Whether the player has shown a tempo: it takes two moments."""
        return self._n_reached > 1

    def due_sec(self, beat: float) -> float:
        """When a beat of the score is due as the player goes on; NaN before there is a tempo."""
        return self._follower.predict(beat).time_sec

    def note_on(self, played_index: int, pitch: int, onset_sec: float) -> list[Told]:
        """Judge one played note."""
        onset_sec = max(onset_sec, self._now_sec)  # a follower never goes back
        self._pauses.append((onset_sec - self._now_sec if self._given else 0.0, onset_sec))
        self._now_sec = onset_sec
        return self._follow(played_index, pitch, onset_sec)

    def rename(self, played_index: int, pitch: int, onset_sec: float) -> list[Told]:
        """The last note was of another pitch."""
        given = self._given.get(played_index)
        if given is None:
            return []
        if given.key != NOWHERE:
            self._beat.forget(played_index)
            self._meant.take_back(played_index, given.key)
        self._follower.take_back()
        told = self._follow(played_index, pitch, given.onset_sec)
        return [
            said._replace(is_revision=True)
            if isinstance(said, Verdict) and said.played_index == played_index
            else said
            for said in told
        ]

    def _follow(self, played_index: int, pitch: int, onset_sec: float) -> list[Told]:
        """Take a note for what the follower makes of it."""
        match = self._follower.note_on(pitch, onset_sec)
        told: list[Told] = []
        if match.jump:
            told += self._leap(match, played_index, onset_sec)
        for revised_index, score_index in match.revisions:
            told += self._revise(revised_index, score_index, match.confidence)
        told += self._reach(match, played_index, onset_sec)
        self._beat_sec = 60.0 / match.tempo_bpm
        if match.index >= 0:
            told += self._accept(match, played_index, pitch, onset_sec)
        elif match.ornament_of >= 0:
            told.append(self._adorn(match, played_index, pitch, onset_sec))
        else:
            told.append(self._refuse(match, played_index, pitch, onset_sec))
        self._given.pop(played_index - REVISABLE_NOTES, None)
        moment = self._moment(match.index)
        told += self._leaps.go_on(played_index, moment, onset_sec, self.tempo_bpm)
        told += self._give_up(match.missed)
        self.deadline_sec = onset_sec + SETTLE_SEC + self._next_gap_sec()
        return told

    def advance(self, now_sec: float) -> list[Told]:
        """Tell which notes before the player's place will not come any more."""
        if now_sec < self.deadline_sec:
            return []
        self.deadline_sec = float("inf")
        return self._give_up(self._follower.advance(now_sec).missed)

    def finish(self, now_sec: float) -> list[Told]:
        """Tell what the player passed over; what was never reached is not missed."""
        told = self._break_off()
        end_sec = min(now_sec + FINAL_SEC, MAX_SECONDS)
        told += self._give_up(self._follower.advance(end_sec).missed)
        if self.place != NOWHERE and self._places.may_end(self.place):
            told.append(self._places.end_unrepeated(self.place, self._now_sec, self.tempo_bpm))
        return told

    # ---- where the player is ----

    def _moment(self, score_index: int) -> int:
        return self._moments.of_note[score_index] if score_index >= 0 else NOWHERE

    def _next_gap_sec(self) -> float:
        """How long the present moment lasts; 0 for the last."""
        beat, place = self._moments.onset_beat, self.place
        is_last = place == NOWHERE or place + 1 == len(beat)
        return 0.0 if is_last else (beat[place + 1] - beat[place]) * self._beat_sec

    def _leap(self, match: Match, played_index: int, onset_sec: float) -> list[Told]:
        """All is to be played again."""
        to_moment = self._moment(match.index)
        told = self._stop(self.place + 1, max(to_moment, 0))
        self._pauses.clear()
        told += self._break_off()
        if self.place != NOWHERE and to_moment != NOWHERE:
            self._leaps.leap(played_index, self._left(match), to_moment, onset_sec)
        self._drift.reset()
        self._meant.clear()
        self._place_sec = NAN
        self.place = NOWHERE if to_moment == NOWHERE else to_moment - 1
        return told

    def _left(self, match: Match) -> int:
        """The moment a leap began from: not the one that its first notes were taken for."""
        revised = {played_index for played_index, _ in match.revisions}
        stays = (
            given.key
            for played_index, given in reversed(self._given.items())
            if played_index not in revised and given.result in TIMED
        )
        key = next(stays, NOWHERE) if revised else NOWHERE
        return self.place if key == NOWHERE else self._moment(key)

    def _reach(self, match: Match, played_index: int, onset_sec: float) -> list[Told]:
        """Take the note in as the first of its moment, or as one more."""
        moment = self._moment(match.index)
        if moment == NOWHERE or self._is_grace[match.index]:
            return []
        if moment <= self.place:
            self._join(moment, played_index, onset_sec)
            return []
        told: list[Told] = []
        beat = self._moments.onset_beat[moment]
        if self.place != NOWHERE:
            told += self._wait(moment)
        arrival = Arrival(moment, beat, self._moments.value_beat[moment])
        arrival.add(played_index, onset_sec)
        settled = self._beat.reach(arrival)
        self.place, self._place_sec = moment, onset_sec
        self._n_reached += 1
        self._pauses.clear()
        return told + (self._settle(settled) if settled else [])

    def _join(self, moment: int, played_index: int, onset_sec: float) -> None:
        arrival = self._beat.find(moment)
        if arrival is not None:
            arrival.add(played_index, onset_sec)

    def _wait(self, moment: int) -> list[Told]:
        """After a fermata or a stop a new beat begins."""
        if self._places.is_held[self.place]:
            return self._break_off()
        told = self._stop(moment, moment)
        if told:
            told += self._break_off()
            self._drift.reset()
        return told

    def _stop(self, due_moment: int, to_moment: int) -> list[Told]:
        """The remark on a pause before a moment, where another one or the same was due."""
        place, places = self.place, self._places
        is_known = place != NOWHERE and self._n_reached >= TEMPO_MOMENTS and self._pauses
        if not is_known or due_moment >= len(places.beat):
            return []
        gap_beat = places.beat[due_moment] - places.beat[place]
        pause_sec, time_sec = max(self._pauses)
        over_sec = pause_sec - gap_beat * self._beat_sec
        if not is_stop(over_sec, self._beat_sec):
            return []
        here = (places.beat[place], places.measure[place])
        there = (places.beat[to_moment], places.measure[to_moment])
        return [Remark(STOP, time_sec, *here, *there, over_sec, self.tempo_bpm)]

    def _break_off(self) -> list[Told]:
        return [said for settled in self._beat.leave() for said in self._settle(settled)]

    # ---- what is said at once ----

    def _accept(self, match: Match, played_index: int, pitch: int, onset_sec: float) -> list[Told]:
        key = self._moments.key_of_note[match.index]
        timing_sec = onset_sec - match.expected_sec
        why = self._why(match, match.expected_sec, match.expected_sigma_sec)
        if timing_sec > reach_sec(self._beat_sec) or self._is_after_hold(key):
            timing_sec = NAN  # the player has waited: that is said of the gap, not of the note
        result = self._first_result(key, timing_sec, onset_sec, why.window_sec)
        given = Given(played_index, pitch, onset_sec, result, key, why)
        self._given[played_index] = given
        told: list[Told] = [given.verdict(timing_sec)]
        slip = self._given.get(self._meant.play(key))
        if slip is not None:  # it was put right: it cost a note too many
            slip.result, slip.key = EXTRA, NOWHERE
            told.append(extra(slip.played_index, slip.pitch, is_revision=True, reasons=slip.why))
        return told

    def _is_after_hold(self, key: int) -> bool:
        """Whether the moment before has a fermata: it may be held as long as the player likes."""
        moment = self._moments.of_note[key]
        return moment > 0 and self._places.is_held[moment - 1]

    def _first_result(
        self, key: int, timing_sec: float, onset_sec: float, window_sec: float
    ) -> str:
        """What is said at once: off the beat, and off it too if the player is slowing down."""
        if timing_sec != timing_sec or self._is_grace[key]:  # NaN: there is no tempo to be off
            return CORRECT
        moment = self._moments.of_note[key]
        is_rolling = self._places.is_rolled[moment] and onset_sec > self._place_sec
        if is_rolling or abs(self._beat.off_last_gap_sec(moment, onset_sec)) <= window_sec:
            return CORRECT
        spread_sec = min(max(onset_sec - self._place_sec, 0.0), CHORD_SPREAD_SEC)
        return timing_result(timing_sec - spread_sec, window_sec)

    def _refuse(self, match: Match, played_index: int, pitch: int, onset_sec: float) -> Verdict:
        """A note that matches nothing: wrong if it stands where a note is due, else extra."""
        passed_beat = (onset_sec - self._place_sec) / self._beat_sec
        key = self._meant.slip(played_index, pitch, self.place, passed_beat)
        expected_sec = NAN
        if key >= 0 and self.place != NOWHERE:
            beat = self._moments.onset_beat
            gap_beat = beat[self._moments.of_note[key]] - beat[self.place]
            expected_sec = self._place_sec + gap_beat * self._beat_sec
        result = EXTRA if key == NOWHERE else WRONG_NOTE
        why = self._why(match, expected_sec)
        given = Given(played_index, pitch, onset_sec, result, key, why)
        self._given[played_index] = given
        return given.verdict(NAN)

    def _adorn(self, match: Match, played_index: int, pitch: int, onset_sec: float) -> Verdict:
        """A note of an ornament: as it should be, and no note of its own."""
        key = self._moments.key_of_note[match.ornament_of]
        given = Given(played_index, pitch, onset_sec, CORRECT, key, self._why(match, NAN))
        self._given[played_index] = given
        return given.verdict(NAN)._replace(points=0)

    def _why(self, match: Match, expected_sec: float, sigma_sec: float = 0.0) -> Why:
        beat_sec = self._beat_sec
        window_sec = NAN
        if expected_sec == expected_sec:
            value_sec = self._moments.value_beat[self.place] * beat_sec
            window_sec = self._beat.first_window_sec(beat_sec, value_sec, sigma_sec)
        others = self._as_keys(match.alternatives) if match.alternatives else ()
        return Why(expected_sec, window_sec, 60.0 / beat_sec, match.confidence, others)

    def _as_keys(self, alternatives: list[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
        key_of = self._moments.key_of_note
        return tuple([(key_of[i] if i >= 0 else i, share) for i, share in alternatives])

    # ---- what is seen better ----

    def _settle(self, settled: Settled) -> list[Told]:
        """Judge the notes of a moment once more, now that the beat after it is known."""
        told: list[Told] = []
        for played_index in settled.arrival.notes:
            given = self._given.get(played_index)
            if given is not None and given.result in TIMED and not self._is_grace[given.key]:
                is_rolled = self._places.is_rolled[settled.arrival.moment]
                told += given.look_again(settled, is_rolled=is_rolled)
        moment = settled.arrival.moment
        if settled.hesitated_sec:
            told.append(self._hesitation(settled))
        told += self._drift.reach(moment, settled.beat_sec, settled.onset_sec)
        return told

    def _hesitation(self, settled: Settled) -> Remark:
        places, moment = self._places, settled.arrival.moment
        before = max(moment - 1, 0)
        return Remark(
            HESITATION,
            settled.onset_sec,
            places.beat[before],
            places.measure[before],
            places.beat[moment],
            places.measure[moment],
            settled.hesitated_sec,
            60.0 / settled.beat_sec,
        )

    def _revise(self, played_index: int, score_index: int, confidence: float) -> list[Told]:
        """The follower takes an earlier note for another than it said."""
        given = self._given.get(played_index)
        if given is None:
            return []
        moment = self._moment(score_index)
        self._leaps.revise(played_index, moment, given.onset_sec)
        self._beat.forget(played_index)
        before = given.key if given.result in TIMED else NOWHERE
        given.why = Why(NAN, NAN, self.tempo_bpm, confidence, ((before, 1.0 - confidence),))
        given.result, given.key = EXTRA, NOWHERE
        if score_index >= 0:
            given.result, given.key = CORRECT, self._moments.key_of_note[score_index]
            self._meant.play(given.key)
            if not self._is_grace[given.key]:
                self._join(moment, played_index, given.onset_sec)
        return [given.verdict(NAN, is_revision=True)]

    def _give_up(self, score_indices: list[int]) -> list[Told]:
        keys = (self._moments.key_of_note[index] for index in score_indices)
        return [missed(key, CERTAIN) for key in keys if self._meant.give_up(key)]
