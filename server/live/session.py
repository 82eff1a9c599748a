"""One running session of a client: a take, its clock, and its verdicts as messages."""

from math import inf, isfinite

from engine.accompaniment import Accompaniment
from engine.accompaniment import Cue as MachineNote
from engine.events import Event, Kind
from engine.judging import Position, Remark, Verdict
from engine.judging.remarks import HESITATION, STOP
from engine.judging.verdicts import IGNORED
from engine.listening.listener import HeardNote
from engine.performance import Result
from engine.pitch_names import PITCH_NAMES
from server.live.ear import Ear
from server.live.hearing import Heard
from server.live.microphone import Microphone
from server.live.models import (
    Considered,
    Cue,
    Feedback,
    FeedbackRevised,
    PositionUpdate,
    RemarkMade,
    ScoreNote,
    SessionEnded,
    SessionStarted,
    StatsUpdate,
    Why,
)
from server.live.wire import Reply
from server.takes.take import Take

# How much later than the quickest message so far another one may come: what the clock says is
# missed must not be on its way.
NETWORK_GRACE_SEC = 0.15
# How far two clocks may drift apart: a bad quartz loses 100 us a second, a busy browser more.
CLOCK_DRIFT = 5e-4

RIGHT = "Right"


class Session:
    """A take as one client sees it. Does no I/O: server time comes in as an argument.

    Parameters
    ----------
    take : Take
        The take, not begun.
    is_extended : bool
        Whether the client is told of missed and extra notes and of second thoughts.
    zero_sec : float
        Time of the take at the client's 0 ms.
    machine : Accompaniment, optional
        Plays what the client leaves to it.
    has_reasons : bool
        Whether the client is told why.

    Notes
    -----
    The client's timestamps lead. Arrival minus timestamp is the offset between the two clocks and
    the network's delay; its minimum is kept, and creeps up as far as clocks may drift. Once it is
    known, server time says when a note that did not come is missed.
    """

    def __init__(
        self,
        take: Take,
        is_extended: bool = False,
        zero_sec: float = 0.0,
        machine: Accompaniment | None = None,
        has_reasons: bool = False,
    ) -> None:
        self.take = take
        self._performance = take.performance
        self._is_extended = is_extended
        self._zero_sec = zero_sec
        self._machine = machine
        self._has_reasons = has_reasons
        self._expected, self._ids = _score_notes(take, zero_sec)
        self._offset_sec = inf
        self._heard_sec = 0.0
        self._last_sec = -inf
        self._ear: Ear | None = None

    def started(self) -> SessionStarted:
        """Say that the session runs."""
        return SessionStarted(self.take.id, self.take.performance.total_notes)

    def play(
        self, timestamp_ms: float, kind: Kind, number: int, value: int, arrival_sec: float
    ) -> list[Reply]:
        """Take in what the client did, ``arrival_sec`` in server time."""
        time_sec = timestamp_ms / 1000.0 + self._zero_sec
        self._set_clock(time_sec, arrival_sec)
        return self._take_in(Event(time_sec, kind, number, value))

    def listen(self, microphone: Microphone | None) -> None:
        """Hear what is played through this microphone from now on; None: through none."""
        self._ear = None if microphone is None else Ear(microphone, self._zero_sec)
        if microphone is not None:
            self.take.instrument = microphone.instrument

    def hear(self, heard: Heard, now_sec: float) -> list[Reply]:
        """Take in what the microphone heard, and let time pass as far as that tells.

        Notes are told to extended clients before their verdicts.
        """
        ear = self._ear
        if ear is None:
            return []
        self._set_clock(ear.end_sec, ear.microphone.fed_at_sec)
        replies: list[Reply] = []
        for note in heard.notes:
            replies += self._play_heard(ear, note)
        ear.settle(heard)
        return replies if ear.is_deaf else replies + self._pass(ear.settled_sec, now_sec)

    def expect(self) -> None:
        """Let the microphone know what the score expects about now."""
        if self._ear is not None:
            self._ear.expect(self._performance)

    def _play_heard(self, ear: Ear, note: HeardNote) -> list[Reply]:
        """Play a note that the microphone heard begin or end."""
        events = ear.events(note)
        replies: list[Reply] = []
        if events and self._is_extended:
            is_new = events[0].kind == Kind.NOTE_ON
            index = self._performance.notes_played if is_new else None
            replies.append(ear.microphone.note(note, index))
        for event in events:
            replies += self._take_in(event)
        return replies

    def _set_clock(self, time_sec: float, arrival_sec: float) -> None:
        """Learn how server time and the take's run: something of ``time_sec`` came just now."""
        # This is what every note costs: min and max would cost more than what they compare.
        offset_sec = arrival_sec - time_sec
        crept_sec = self._offset_sec + (arrival_sec - self._heard_sec) * CLOCK_DRIFT
        self._offset_sec = offset_sec if offset_sec < crept_sec else crept_sec
        self._heard_sec = arrival_sec
        if time_sec > self._last_sec:
            self._last_sec = time_sec

    def _take_in(self, event: Event) -> list[Reply]:
        results = self.take.process(event)
        if self._machine is None:
            return self._told(results)
        return self._told(results) + self._cues(self._machine.process(event, results))

    @property
    def due_sec(self) -> float:
        """Server time at which :meth:`tick` may have something to say; infinite when nothing."""
        due_sec = self._offset_sec + self._performance.deadline_sec + NETWORK_GRACE_SEC
        if self._ear is not None:
            due_sec = self._ear.due_sec(due_sec)
        if self._machine is not None:
            due_sec = min(due_sec, self._offset_sec + self._machine.deadline_sec)
        return due_sec

    def tick(self, now_sec: float) -> list[Reply]:
        """Let time pass without a note; only after the first message with a timestamp."""
        time_sec = now_sec - self._offset_sec - NETWORK_GRACE_SEC
        if self._ear is not None and now_sec < self._ear.due_sec(-inf):
            time_sec = min(time_sec, self._ear.settled_sec)
        return self._pass(time_sec, now_sec)

    def _pass(self, time_sec: float, now_sec: float) -> list[Reply]:
        """Let time pass: the take's as far as is known, the machine's as the clock goes."""
        replies: list[Reply] = []
        if time_sec >= self._performance.deadline_sec:
            replies = self._told(self.take.process(Event(time_sec, Kind.TICK)))
        if self._machine is not None:
            replies += self._cues(self._machine.advance(now_sec - self._offset_sec))
        return replies

    def end(self, now_sec: float) -> list[Reply]:
        """End the take: what was missed, the last figures and the summary."""
        passed_sec = now_sec - self._offset_sec if self._offset_sec < inf else 0.0
        end = Event(max(passed_sec, self._last_sec), Kind.END)
        replies = self._told(self.take.process(end))
        summary = self._performance.summary()
        replies.append(
            SessionEnded(
                summary.overall_score,
                summary.accuracy,
                summary.grade,
                summary.message,
                self.take.id,
            )
        )
        return replies

    def _told(self, results: list[Result]) -> list[Reply]:
        """Put results into the client's words; verdicts, figures, place."""
        if not results:
            return []
        replies: list[Reply] = []
        places: list[Reply] = []
        remarks: list[Reply] = []
        for result in results:
            if isinstance(result, Position):
                places.append(self._place(result))
            elif isinstance(result, Remark):
                remarks.append(self._remark(result))
            elif self._is_extended or _is_basic(result):
                replies.append(self._feedback(result))
        if len(places) + len(remarks) < len(results):
            replies.append(self._stats())
        replies += places
        return replies + remarks if self._is_extended else replies

    def _cues(self, notes: list[MachineNote]) -> list[Reply]:
        if self._ear is not None:
            for note in notes:
                onset_ms = self._ms(note.onset_sec)
                self._ear.microphone.sounds(note.pitch, onset_ms, note.duration_sec * 1000.0)
        return [
            Cue(
                note.pitch,
                note.velocity,
                self._ms(note.onset_sec),
                round(note.duration_sec * 1000.0, 2),
                note.note_id,
            )
            for note in notes
        ]

    def _place(self, position: Position) -> PositionUpdate:
        beat, measure, tempo_bpm, score_index = position
        note_id = self._ids[score_index] if score_index >= 0 else None
        return PositionUpdate(beat, measure, round(tempo_bpm, 2), note_id)

    def _ms(self, time_sec: float) -> float:
        """A time of the take on the client's clock."""
        return round((time_sec - self._zero_sec) * 1000.0, 2)

    def _remark(self, remark: Remark) -> RemarkMade:
        kind, time_sec, beat, measure, to_beat, to_measure, amount, _ = remark
        if kind in (HESITATION, STOP):
            amount *= 1000.0
        return RemarkMade(
            kind,
            self._ms(time_sec),
            beat,
            measure,
            to_beat,
            to_measure,
            round(amount, 2),
            remark.message,
        )

    def _stats(self) -> StatsUpdate:
        performance = self._performance
        return StatsUpdate(
            performance.notes_played,
            performance.notes_correct,
            performance.points,
            round(performance.progress, 2),
        )

    def _feedback(self, verdict: Verdict) -> Feedback:
        result, played_index, score_index, pitch, timing_sec, points, is_revision, _ = verdict
        expected = self._expected[score_index] if score_index >= 0 else None
        timing_ms = None if timing_sec != timing_sec else round(timing_sec * 1000.0, 2)  # NaN
        kind = FeedbackRevised if is_revision else Feedback
        if result == "extra" and not self._is_extended:
            result = "wrong_note"
        return kind(
            result,
            expected,
            pitch if pitch >= 0 else None,
            timing_ms,
            points,
            RIGHT if result == "correct" else self._sentence(result, pitch, expected, timing_ms),
            self._ids[score_index] if score_index >= 0 else None,
            played_index if played_index >= 0 else None,
            self._why(verdict) if self._has_reasons else None,
        )

    def _sentence(
        self, result: str, pitch: int, expected: ScoreNote | None, timing_ms: float | None
    ) -> str:
        if result == "missed" and expected is not None and self._ear is not None:
            return f"{PITCH_NAMES[expected.midi_note]} was not heard"
        return sentence(result, pitch, expected, timing_ms)

    def _why(self, verdict: Verdict) -> Why | None:
        why = verdict.why
        if why is None:
            return None
        has_time, has_tempo = isfinite(why.expected_sec), isfinite(why.tempo_bpm)
        others = [
            Considered(self._ids[index] if index >= 0 else None, round(chance, 4))
            for index, chance in why.alternatives
        ]
        return Why(
            self._ms(why.expected_sec) if has_time else None,
            round(why.window_sec * 1000.0, 2) if has_time else None,
            round(why.tempo_bpm, 2) if has_tempo else None,
            round(why.confidence, 4),
            others,
        )


def _is_basic(verdict: Verdict) -> bool:
    """Whether a client that did not ask for more is told of it."""
    return verdict.played_index >= 0 and not verdict.is_revision and verdict.result != IGNORED


def sentence(result: str, pitch: int, expected: ScoreNote | None, timing_ms: float | None) -> str:
    """Say in a few words what was not right."""
    if result == "missed" and expected is not None:
        return f"{PITCH_NAMES[expected.midi_note]} was missed"
    played = PITCH_NAMES[pitch]
    if result == IGNORED:
        return f"{played} is the other hand's"
    if result in ("early", "late"):
        return f"{played} was {result}" + (f" by {abs(timing_ms):.0f} ms" if timing_ms else "")
    if expected is not None:
        return f"{played} instead of {PITCH_NAMES[expected.midi_note]}"
    return f"{played} is not written here"


def _score_notes(take: Take, zero_sec: float) -> tuple[list[ScoreNote], list[str]]:
    """All notes as the client is told of them, made once: a verdict then only looks one up."""
    notes = take.performance.score.notes
    clock = take.performance.clock
    onset_ms = (clock.seconds(notes["onset_beat"]) - zero_sec) * 1000.0
    offset_ms = (clock.seconds(notes["onset_beat"] + notes["duration_beat"]) - zero_sec) * 1000.0
    rows = zip(
        notes["pitch"].tolist(),
        onset_ms.round(3).tolist(),
        (offset_ms - onset_ms).round(3).tolist(),
        strict=True,
    )
    return [ScoreNote(*row) for row in rows], notes["id"].tolist()
