"""One performance of one score: events in, verdicts out."""

from math import isfinite
from typing import Protocol

from engine.errors import RuleError
from engine.events import Event, Kind
from engine.judging import Position, Summary, Tally, Verdict
from engine.judging.follow_mode import FollowJudge
from engine.judging.moments import Moments
from engine.judging.tempo_mode import TempoJudge
from engine.judging.wait_mode import WaitJudge
from engine.score import Score
from engine.tempo import ScoreClock

MODES = ("tempo", "follow", "wait")


class Judge(Protocol):
    """What a mode has to do; onsets may come a little out of order, ``now_sec`` never does."""

    place: int

    @property
    def deadline_sec(self) -> float: ...

    def note_on(
        self, played_index: int, pitch: int, onset_sec: float, velocity: int
    ) -> list[Verdict]: ...

    def advance(self, now_sec: float) -> list[Verdict]: ...

    def finish(self, now_sec: float) -> list[Verdict]: ...


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
        self._judge = self._make_judge()
        self._tally = Tally(len(score.notes), self._moments.n_keys)
        self._now_sec = float("-inf")
        self.total_notes = self._moments.n_keys
        self.notes_played = 0
        self.has_ended = False

    @property
    def notes_correct(self) -> int:
        """How many notes are ``correct`` so far."""
        return self._tally.notes_correct

    @property
    def points(self) -> int:
        """The points won so far."""
        return self._tally.points

    @property
    def progress(self) -> float:
        """How much of the score has been judged, in percent."""
        return 100.0 * self._tally.n_reached / self.total_notes

    @property
    def deadline_sec(self) -> float:
        """A ``TICK`` before this changes nothing; infinite when nothing is pending."""
        return float("inf") if self.has_ended else self._judge.deadline_sec

    @property
    def position(self) -> Position:
        """Where the player is; in ``wait`` mode, the note that is waited for."""
        place = min(max(self._judge.place, 0), len(self._moments.keys) - 1)
        key = self._moments.keys[place][0]
        return Position(self._moments.onset_beat[place], self._measure[key], self._tempo_bpm(), key)

    def process(self, event: Event) -> list[Verdict | Position]:
        """Take in one event and say what follows from it.

        Parameters
        ----------
        event : Event
            In order of arrival. What was said to be missed by a later time stays missed.

        Raises
        ------
        RuleError
            If the take has ended, the time is not finite, or a pitch or velocity is outside
            0 to 127. Nothing is changed then.
        """
        time_sec, kind, number, value = event
        if self.has_ended or not isfinite(time_sec) or not (0 <= number <= 127 >= value >= 0):
            raise RuleError(_refusal(event, self.has_ended))
        if kind == Kind.TICK and time_sec < self._judge.deadline_sec:
            return []
        self._now_sec = now_sec = max(time_sec, self._now_sec)
        place = self._judge.place
        verdicts = self._judge.advance(now_sec) if kind != Kind.END else []
        if kind == Kind.NOTE_ON and value > 0:  # velocity 0 is a note-off, as in MIDI
            verdicts += self._judge.note_on(self.notes_played, number, time_sec, value)
            self.notes_played += 1
        elif kind == Kind.END:
            verdicts = self._judge.finish(now_sec)
            self.has_ended = True
        results: list[Verdict | Position] = [v for v in verdicts if self._tally.add(v)]
        if place != self._judge.place < len(self._moments.keys) and not self.has_ended:
            results.append(self.position)
        return results

    def summary(self) -> Summary:
        """The marks for what was played so far."""
        return self._tally.summary()

    def _make_judge(self) -> Judge:
        notes = self.score.notes
        if self.mode == "tempo":
            return TempoJudge(notes, self.clock)
        return FollowJudge(notes) if self.mode == "follow" else WaitJudge(notes)

    def _tempo_bpm(self) -> float:
        if isinstance(self._judge, FollowJudge) and self.notes_played:
            return self._judge.tempo_bpm
        return self.clock.tempo_bpm


def _refusal(event: Event, has_ended: bool) -> str:
    if has_ended:
        return "the take has ended: start a new one"
    if not isfinite(event.time_sec):
        return f"time_sec must be finite, got {event.time_sec}"
    if not 0 <= event.number <= 127:
        return f"number must be 0 to 127, got {event.number}"
    return f"value must be 0 to 127, got {event.value}"
