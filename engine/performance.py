"""One performance of one score: events in, verdicts out."""

from math import isfinite

from engine.errors import RuleError
from engine.events import Event, Kind
from engine.judging import Position, Remark, Summary, Verdict, summarize
from engine.judging.counted import CountedJudge
from engine.judging.expected import ExpectedPitches
from engine.judging.follow_mode import FollowJudge
from engine.judging.judge import Judge
from engine.judging.moments import Moments
from engine.judging.one_hand import (
    OneHandJudge,
    reach_by_clock,
    reach_of_player,
    reach_where_waiting,
)
from engine.judging.tempo_mode import TempoJudge
from engine.judging.wait_mode import WaitJudge
from engine.score import Score
from engine.tempo import ScoreClock
from native.follower import MAX_SECONDS

Result = Verdict | Position | Remark

MODES = ("tempo", "follow", "wait")
NOTE_ON, TICK, END = int(Kind.NOTE_ON), int(Kind.TICK), int(Kind.END)  # asked once a note
RENAMED, CENTS = int(Kind.RENAMED), int(Kind.CENTS)
SAME_NOTE_SEC = 0.05  # two notes are farther apart, two readings of a sound card's clock nearer


class Performance:
    """Judges a player, note by note.

    The same events give the same results on every machine. A ``TICK`` before ``deadline_sec``
    changes nothing, so that it need not be kept.

    Parameters
    ----------
    score : Score
        What is to be played; a section of a piece where only that is practised.
    mode : str
        ``tempo``: the clock leads. ``follow``: the player leads. ``wait``: the music waits.
    tempo_bpm : float, optional
        Quarter notes a minute at the start; the written tempo where absent.

    Attributes
    ----------
    deadline_sec : float
        A ``TICK`` before this changes nothing; infinite when nothing is pending.
    total_notes, notes_played : int
        The keys to be struck, and the notes played so far.
    has_ended : bool
        Whether the take has ended: nothing may follow.

    Raises
    ------
    RuleError
        If the mode is unknown or the tempo out of range.
    """

    def __init__(self, score: Score, mode: str = "tempo", tempo_bpm: float | None = None) -> None:
        if mode not in MODES:
            raise RuleError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")
        self.score = score
        self.mode = mode
        self.clock = ScoreClock(score.tempi, float(score.bars["onset_beat"][0]), tempo_bpm)
        self._moments = Moments(score.notes)
        self._measure: list[int] = score.notes["measure"].tolist()
        self._player: FollowJudge | None = None
        self._waiting: WaitJudge | None = None
        self._counted: CountedJudge | None = None
        self._judge = self._make_judge()
        due_sec = self.clock.seconds(self._moments.onset_beat)
        self._expected = ExpectedPitches(score.notes, self._moments, due_sec)
        self._place = self._judge.place
        self._now_sec = float("-inf")
        self._last_note = (self._now_sec, -1)  # when it began, and its pitch
        self.deadline_sec = self._judge.deadline_sec
        self.total_notes = self._moments.n_keys
        self.notes_played = 0
        self.has_ended = False

    @property
    def now_sec(self) -> float:
        """The time of the latest event; minus infinity before the first."""
        return self._now_sec

    @property
    def notes_correct(self) -> int:
        """How many notes are ``correct`` so far."""
        return self._judge.notes_correct

    @property
    def points(self) -> int:
        """The points won so far."""
        return self._judge.points

    @property
    def progress(self) -> float:
        """How much of the score has been judged, in percent.

        A revision that finds that a note was another one may take a little back.
        """
        return 100.0 * self._judge.n_reached / (self.total_notes - self._n_excused)

    @property
    def position(self) -> Position:
        """Where the player is; in ``wait`` mode, the note that is waited for."""
        place = min(max(self._place, 0), len(self._moments.keys) - 1)
        key = self._moments.keys[place][0]
        return Position(self._moments.onset_beat[place], self._measure[key], self._tempo_bpm(), key)

    def due_sec(self, beat: float) -> float:
        """When a beat of the score is due, in time of the take; NaN before there is a tempo.

        By the clock; where the player leads, by what is expected of the player.
        """
        if self._player is not None:
            return self._player.due_sec(beat)
        return float(self.clock.seconds(beat))

    def expected_pitches(self, time_sec: float) -> frozenset[int]:
        """What the score expects to be struck around a time, for a microphone to listen for.

        Parameters
        ----------
        time_sec : float
            Time of the take.

        Returns
        -------
        frozenset of int
            MIDI pitches. By the clock: what is due within reach. Where the player leads: what
            stands around the player's place. Where the music waits: what is waited for, and what
            comes next.
        """
        if self._player is not None:
            return self._expected.of_player(self._place, time_sec, self._player.due_sec)
        if self._waiting is not None:
            return self._expected.waiting(self._place, self._waiting.awaited_pitches)
        return self._expected.by_clock(time_sec)

    def process(self, event: Event) -> list[Result]:
        """Take in one event and say what follows from it.

        Parameters
        ----------
        event : Event
            In order of arrival. What was said to be missed by a later time stays missed. A note
            that is renamed is judged again while it is the last one.

        Returns
        -------
        list of Verdict, Position or Remark
            What follows, in order; remarks in ``follow`` mode only.

        Raises
        ------
        RuleError
            If the take has ended, the time is not finite or beyond 1e12 either way, or a pitch or
            velocity is outside 0 to 127. Nothing is changed then.
        """
        time_sec, kind, number, value = event
        is_time = -MAX_SECONDS <= time_sec <= MAX_SECONDS
        if self.has_ended or not is_time or not (0 <= number <= 127 >= value >= 0):
            raise RuleError(_refusal(event, self.has_ended))
        if kind == TICK and time_sec < self.deadline_sec:
            return []
        if time_sec > self._now_sec:
            self._now_sec = time_sec
        judge = self._judge
        results: list[Result]
        if kind == NOTE_ON and value:  # velocity 0 is a note-off, as in MIDI
            results = [*judge.note_on(number, time_sec, self._now_sec)]
            self.notes_played += 1
            self._last_note = time_sec, number
        elif kind == RENAMED:
            onset_sec, pitch = self._last_note
            if pitch != value or abs(time_sec - onset_sec) > SAME_NOTE_SEC:
                return []
            self._last_note = onset_sec, number
            results = [*judge.rename(number, onset_sec)]
        elif kind == CENTS:
            return []
        elif kind == END:
            results = [*judge.finish(self._now_sec)]
            self.has_ended, self.deadline_sec = True, float("inf")
            return results
        elif self._now_sec < self.deadline_sec:
            return []
        else:
            results = [*judge.advance(self._now_sec)]
        self.deadline_sec = judge.deadline_sec
        if judge.place != self._place:
            self._place = judge.place
            if self._place < len(self._moments.keys):
                results.append(self.position)
        return results

    def summary(self) -> Summary:
        """The marks for what was played so far."""
        judge = self._judge
        n_notes = self.total_notes - self._n_excused
        return summarize(judge.counts, judge.points, judge.n_reached, n_notes)

    @property
    def _n_excused(self) -> int:
        """The notes of repeats that the player passed over: they were not there to be played."""
        return self._counted.n_excused if self._counted else 0

    def _make_judge(self) -> Judge:
        notes, moments = self.score.notes, self._moments
        if self.mode == "tempo":
            judge: Judge = TempoJudge(notes, moments, self.clock)
            reach = reach_by_clock(self.clock)
        elif self.mode == "follow":
            self._player = FollowJudge(self.score, moments, self.clock)
            judge = self._counted = CountedJudge(self._player, moments)
            reach = reach_of_player(self._player, moments)
        else:
            self._waiting = WaitJudge(notes, moments)
            judge = CountedJudge(self._waiting, moments, is_waiting=True)
            reach = reach_where_waiting(judge, moments)
        if not len(self.score.ignored):
            return judge
        return OneHandJudge(judge, notes, self.score.ignored, reach)

    def _tempo_bpm(self) -> float:
        if self._player and self._player.has_tempo:
            return self._player.tempo_bpm
        return self.clock.tempo_bpm


def _refusal(event: Event, has_ended: bool) -> str:
    if has_ended:
        return "the take has ended: start a new one"
    if not isfinite(event.time_sec):
        return f"time_sec must be finite, got {event.time_sec}"
    if abs(event.time_sec) > MAX_SECONDS:
        return f"time_sec must be at most {MAX_SECONDS:g} either way, got {event.time_sec}"
    if not 0 <= event.number <= 127:
        return f"number must be 0 to 127, got {event.number}"
    return f"value must be 0 to 127, got {event.value}"
