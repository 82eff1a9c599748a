"""One sitting at the keyboard: what comes in becomes a take, from the first note to the last."""

from collections import deque
from collections.abc import Sequence
from math import inf

from engine.accompaniment import Accompaniment, Cue
from engine.events import Event, Kind
from engine.judging import Verdict
from engine.judging.verdicts import CORRECT
from engine.performance import Result
from server.cli.playing.metronome import Metronome
from server.inputs import ARRIVAL_SEC
from server.takes.take import Take

GRACE_SEC = 2.0  # silence after the last note before the take ends: a late chord note still counts
PENDING_EVENTS = 64  # pedals and the like before the first note

Results = list[Result]


class PlaySession:
    """Puts events on the take's own time and tells when it is over; does no I/O.

    Parameters
    ----------
    take : Take
        What is played.
    start_sec : float
        When the session began, on the clock of the events. In ``tempo`` mode the count-in begins
        there; in the other modes the first note played is the take's 0, unless the machine
        leads in.
    machine : Accompaniment, optional
        Plays what the player leaves to it.
    """

    def __init__(self, take: Take, start_sec: float, machine: Accompaniment | None = None) -> None:
        self.take = take
        self.performance = take.performance
        self.metronome = Metronome(self.performance.score, self.performance.clock)
        self.zero_sec: float | None = None
        self._machine = machine
        self._cues: list[Cue] = []
        if self.performance.mode == "tempo" or (machine is not None and machine.leads_in):
            self.zero_sec = start_sec + self.metronome.count_in_sec
        self._pending: deque[Event] = deque(maxlen=PENDING_EVENTS)
        self._last_note_sec = float("-inf")
        self._set_end()

    def take_sec(self, now_sec: float) -> float | None:
        """A time of the clock as a time of the take; None before the first note."""
        return None if self.zero_sec is None else now_sec - self.zero_sec

    def step(
        self, events: Sequence[Event], now_sec: float, settled_sec: float | None = None
    ) -> Results:
        """Take in what came, and let time pass.

        Parameters
        ----------
        events : sequence of Event
            In order, on the same clock as ``now_sec``.
        now_sec : float
            Now; never before an earlier call's.
        settled_sec : float, optional
            Until when all that was played has come: nothing is missed later than this. By default
            as long ago as a key's event may be on its way.

        Returns
        -------
        list of Verdict, Position or Remark
            What follows, in order.
        """
        results: Results = []
        for event in events:
            results += self._take_in(event)
        if self.zero_sec is not None:
            known_sec = now_sec - ARRIVAL_SEC if settled_sec is None else settled_sec
            tick_sec = known_sec - self.zero_sec
            if tick_sec >= self.performance.deadline_sec:
                results += self.take.process(Event(tick_sec, Kind.TICK))
            if self._machine is not None:
                self._cues += self._machine.advance(now_sec - self.zero_sec)
        return results

    def cues(self) -> list[Cue]:
        """What the machine is to play, since the last call; in time of the take."""
        cues, self._cues = self._cues, []
        return cues

    def is_over(self, now_sec: float) -> bool:
        """Whether the last note has been played or, in ``tempo`` mode, is past."""
        if self.zero_sec is None:
            return False
        take_sec = now_sec - self.zero_sec
        if self._machine is not None and self._machine.deadline_sec < inf:
            return False  # the machine has more to play, and need not wait for it
        if self.performance.mode == "tempo":
            return take_sec > self._end_sec + GRACE_SEC
        return self._has_reached_end() and take_sec > self._last_note_sec + GRACE_SEC

    def finish(self, now_sec: float) -> Results:
        """End the take; nothing was played: it ends at its 0."""
        take_sec = self.take_sec(now_sec)
        return self.take.process(Event(0.0 if take_sec is None else take_sec, Kind.END))

    def _take_in(self, event: Event) -> Results:
        if self.zero_sec is None:
            if event.kind != Kind.NOTE_ON:
                self._pending.append(event)
                return []
            self.zero_sec = event.time_sec
        results: Results = []
        while self._pending:
            results += self._process(self._pending.popleft())
        return results + self._process(event)

    def _process(self, event: Event) -> Results:
        assert self.zero_sec is not None
        time_sec = event.time_sec - self.zero_sec
        if event.kind == Kind.NOTE_ON:
            self._last_note_sec = time_sec
        event = event._replace(time_sec=time_sec)
        results = self.take.process(event)
        if self._machine is not None:
            self._cues += self._machine.process(event, results)
        self._strike_off(results)
        return results

    def _strike_off(self, results: Results) -> None:
        """Mark which keys of the last moment have been struck."""
        onset_beat = self.performance.score.notes["onset_beat"]
        right = (said for said in results if isinstance(said, Verdict) and said.result == CORRECT)
        for verdict in right:
            if onset_beat[verdict.score_index] == self._last_beat:
                self._awaited.discard(verdict.pitch)

    def _set_end(self) -> None:
        notes = self.performance.score.notes
        self._last_beat = float(notes["onset_beat"][-1])
        is_last = notes["onset_beat"] == self._last_beat
        is_main = is_last & ~notes["is_grace"]
        self._awaited = set(notes["pitch"][is_main if is_main.any() else is_last].tolist())
        end_beat = float((notes["onset_beat"] + notes["duration_beat"]).max())
        self._end_sec = float(self.performance.clock.seconds(end_beat))

    def _has_reached_end(self) -> bool:
        if self.performance.mode == "wait":
            return not self._awaited  # a wrong note was judged too, yet the music waits on
        is_there = self.performance.position.beat >= self._last_beat
        return is_there or self.performance.progress >= 100.0
