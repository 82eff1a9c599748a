"""The other hand, played by the machine: with the clock, or with the player who leads."""

from bisect import bisect_left
from collections.abc import Sequence
from math import inf, isnan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.events import Event, Kind
from engine.judging import Position, Verdict
from engine.judging.moments import Moments
from engine.judging.verdicts import CORRECT, WRONG_NOTE
from engine.matching import SAME_ONSET_BEAT
from engine.performance import Performance, Result

LOOKAHEAD_SEC = 0.12  # a cue is told so early: the way to a browser and its timers take less
LATE_SEC = 0.08  # later than this a note is left out: played after its time it would be a burst
REPEAT_SEC = 0.25  # the same note does not sound again within this, whatever the player does
SHORTEST_SEC = 0.03  # below this a note is a click
UNDER_PLAYER = 12  # velocities below the player's mean: one dynamic step, as p under mp
PLAYER_VELOCITY = 64  # before the first note: MIDI's own middle
VELOCITY_SHARE = 0.2  # of the way the mean moves to the last note's: follows within 5 notes
SOFTEST, LOUDEST = 20, 100
PACE_BEAT = 1.0  # the player's tempo is what is expected of the next beat: nearer is noise
PACES = (0.2, 5.0)  # times the written length of a beat: beyond, a slip was taken for a tempo


class Cue(NamedTuple):
    """A note the machine plays.

    Attributes
    ----------
    pitch, velocity : int
        MIDI's, 0 to 127.
    onset_sec, duration_sec : float
        When and how long, in time of the take.
    note_id : str
        Which note of the score; it stands once for each time the note is played.
    """

    pitch: int
    velocity: int
    onset_sec: float
    duration_sec: float
    note_id: str


class Accompaniment:
    """Plays what the player leaves to it.

    In ``tempo`` mode every note comes by the clock. In the other modes a note written together
    with one of the player's sounds with it, and those up to the next one follow in the player's
    tempo (in ``wait`` mode the clock's). Then it waits: it never plays what lies beyond a moment
    the player still owes. Where the player goes on early or elsewhere, what lies between is left
    out; where the player begins later than the music, the clock leads until then.

    Notes the player has to strike at the same moment are left to the player, and grace notes are
    left out: they would have to begin before a beat that only the player knows.

    Parameters
    ----------
    notes : (n,) structured
        What the machine plays: notes with ``id``, ``pitch``, ``onset_beat``, ``duration_beat``
        and ``is_grace``, on the beats of the performance's score; may be empty.
    performance : Performance
        What the player plays.

    Notes
    -----
    The same events give the same cues. Nothing that the machine does belongs to the take.
    """

    def __init__(self, notes: NDArray[np.void], performance: Performance) -> None:
        self._performance = performance
        self._mode = performance.mode
        clock = performance.clock
        indices = _played_by_machine(notes, performance.score.notes)
        part = notes[indices]
        self._id: list[str] = part["id"].tolist()
        self._pitch: list[int] = part["pitch"].tolist()
        self._beat: list[float] = part["onset_beat"].tolist()
        clock_sec = clock.seconds(part["onset_beat"])
        end_sec = clock.seconds(part["onset_beat"] + part["duration_beat"])
        self._clock_sec: list[float] = clock_sec.tolist()
        self._length_sec: list[float] = (end_sec - clock_sec).tolist()
        self._sounded_sec = [-inf] * len(indices)
        moments = Moments(performance.score.notes)
        self._moment_of = moments.of_note
        self._moment_beat = moments.onset_beat
        self._moment_sec: list[float] = clock.seconds(moments.onset_beat).tolist()
        next_beat = np.array(moments.onset_beat) + PACE_BEAT
        self._beat_sec: list[float] = (clock.seconds(next_beat) - self._moment_sec).tolist()
        self._next = 0
        self._is_beat = _begins_its_moment(performance.score.notes["is_grace"], moments)
        self._place = self._reached = -1  # the last of the player's moments: begun, and heard of
        self._limit_beat = inf if self._mode == "tempo" else self._owed_beat()
        self._anchor_sec = self._anchor_clock_sec = 0.0
        self._pace = 1.0
        self._velocity = float(PLAYER_VELOCITY)

    @property
    def leads_in(self) -> bool:
        """Whether it has notes before the player's first."""
        return bool(self._beat) and self._beat[0] < self._moment_beat[0] - SAME_ONSET_BEAT

    @property
    def deadline_sec(self) -> float:
        """Time before this brings no cue; infinite while the machine waits for the player."""
        if self._next == len(self._beat) or self._beat[self._next] >= self._limit_beat:
            return inf
        return self._due_sec(self._next) - LOOKAHEAD_SEC

    def process(self, event: Event, results: Sequence[Result]) -> list[Cue]:
        """Take in an event of the performance and what it made of it.

        Parameters
        ----------
        event : Event
            As :meth:`engine.performance.Performance.process` has taken it in.
        results : sequence of Verdict, Position or Remark
            What that has answered.

        Returns
        -------
        list of Cue
            What is to sound, in order; at most ``LOOKAHEAD_SEC`` after the event.
        """
        if event.kind == Kind.END:
            self._next = len(self._beat)
            return []
        if event.kind == Kind.NOTE_ON and event.value:
            self._velocity += VELOCITY_SHARE * (event.value - self._velocity)
        if self._mode != "tempo":
            for said in sorted(results, key=_is_verdict):
                self._hear(said, event.time_sec, is_renamed=event.kind == Kind.RENAMED)
        return self.advance(event.time_sec)

    def advance(self, now_sec: float) -> list[Cue]:
        """Let time pass, and return what is to sound within ``LOOKAHEAD_SEC`` of it."""
        self._leave_out(now_sec - LATE_SEC)
        cues = []
        while self.deadline_sec <= now_sec:
            note, self._next = self._next, self._next + 1
            onset_sec = max(self._due_sec(note), now_sec)
            if onset_sec - self._sounded_sec[note] >= REPEAT_SEC:
                cues.append(self._cue(note, onset_sec))
        return cues

    def _hear(self, said: Result, time_sec: float, *, is_renamed: bool) -> None:
        """Go where the player is; a note told by another pitch may have got there only now."""
        if isinstance(said, Position):
            if self._mode == "follow":
                self._reached = bisect_left(self._moment_beat, said.beat)
        elif isinstance(said, Verdict) and said.score_index >= 0:
            if said.is_revision and not is_renamed:
                return
            place = self._moment_of[said.score_index]
            if self._is_beat[said.score_index] and self._is_new(place, said.result):
                self._arrive(place, time_sec)

    def _is_new(self, place: int, result: str) -> bool:
        """Whether a note that stands at this moment is the player's arrival there."""
        if self._mode == "wait":
            return result == CORRECT and place == self._place + 1
        if result == WRONG_NOTE:
            # One in the place of what is due is as good a beat; more of them may be a leap.
            return place == self._place + 1 == self._reached + 1
        return place == self._reached != self._place

    def _arrive(self, place: int, time_sec: float) -> None:
        """The player has struck a note of that moment."""
        if place < self._place:  # back: everything from there on comes again
            self._next = bisect_left(self._beat, self._moment_beat[place] - SAME_ONSET_BEAT)
        if self._mode == "follow":
            self._pace = self._player_pace(place, time_sec)
        self._place = place
        self._anchor_sec, self._anchor_clock_sec = time_sec, self._moment_sec[place]
        self._limit_beat = self._owed_beat()

    def _player_pace(self, place: int, time_sec: float) -> float:
        """How much longer than the clock's the player's next beat is expected to be."""
        due_sec = self._performance.due_sec(self._moment_beat[place] + PACE_BEAT)
        if isnan(due_sec):  # one note has no tempo
            return self._pace
        pace = (due_sec - time_sec) / self._beat_sec[place]
        return min(max(pace, PACES[0]), PACES[1])

    def _owed_beat(self) -> float:
        """Where the machine has to wait for the player."""
        following = self._place + 1
        if following == len(self._moment_beat):
            return inf
        return self._moment_beat[following] - SAME_ONSET_BEAT

    def _due_sec(self, note: int) -> float:
        return self._anchor_sec + (self._clock_sec[note] - self._anchor_clock_sec) * self._pace

    def _leave_out(self, time_sec: float) -> None:
        """Pass over what should have sounded before a time and did not."""
        clock_sec = self._anchor_clock_sec + (time_sec - self._anchor_sec) / self._pace
        first = bisect_left(self._clock_sec, clock_sec)
        held = bisect_left(self._beat, self._limit_beat)  # what the player owes is not late
        self._next = max(self._next, min(first, held))

    def _cue(self, note: int, onset_sec: float) -> Cue:
        self._sounded_sec[note] = onset_sec
        velocity = round(min(max(self._velocity - UNDER_PLAYER, SOFTEST), LOUDEST))
        duration_sec = max(self._length_sec[note] * self._pace, SHORTEST_SEC)
        return Cue(self._pitch[note], velocity, onset_sec, duration_sec, self._id[note])


def _is_verdict(said: Result) -> bool:
    return isinstance(said, Verdict)


def _begins_its_moment(is_grace: NDArray[np.bool_], moments: Moments) -> list[bool]:
    """Which notes stand on the beat: all but the grace notes before one that does."""
    has_main = [not all(is_grace[key] for key in keys) for keys in moments.keys]
    return [
        not (grace and has_main[moment])
        for grace, moment in zip(is_grace.tolist(), moments.of_note, strict=True)
    ]


def _played_by_machine(notes: NDArray[np.void], player_notes: NDArray[np.void]) -> NDArray[np.intp]:
    """Indices of the notes that are the machine's, by onset; of unisons the longest note."""
    moment_beat = np.unique(np.concatenate([notes["onset_beat"], player_notes["onset_beat"]]))
    is_new = np.diff(moment_beat, prepend=-np.inf) > SAME_ONSET_BEAT
    moment_beat = moment_beat[is_new]

    def keys(rows: NDArray[np.void]) -> list[tuple[int, int]]:
        found = np.searchsorted(moment_beat, rows["onset_beat"], "right") - 1
        return list(zip(found.tolist(), rows["pitch"].tolist(), strict=True))

    taken = set(keys(player_notes))
    machine_keys = keys(notes)
    longest: dict[tuple[int, int], int] = {}
    for index in np.argsort(-notes["duration_beat"], kind="stable").tolist():
        key = machine_keys[index]
        if key not in taken and not notes["is_grace"][index]:
            longest.setdefault(key, index)
    chosen = np.array(sorted(longest.values()), np.intp)
    return chosen[np.argsort(notes["onset_beat"][chosen], kind="stable")]
