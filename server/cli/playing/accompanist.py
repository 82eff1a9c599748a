"""The machine at an instrument of its own: cues become keys that go down and up in time."""

from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from math import inf
from typing import Protocol

from engine.accompaniment import Cue
from engine.events import Event, Kind

KEPT_SEC = 1.0  # how long an echo is waited for: nobody polls that rarely
ECHO_SEC = 0.1  # there and back through drivers and loopbacks, on a busy machine


class Keys(Protocol):
    """What the machine plays on."""

    def note_on(self, pitch: int, velocity: int) -> None: ...

    def note_off(self, pitch: int) -> None: ...

    def silence(self) -> None: ...


class Accompanist:
    """Plays cues on an instrument.

    Parameters
    ----------
    keys : Keys
        The instrument.
    tell : callable, optional
        Told of each note as it is struck: pitch, when, until when; for who listens to the room.
    """

    def __init__(self, keys: Keys, tell: Callable[[int, float, float], None] | None = None) -> None:
        self._keys = keys
        self._tell = tell
        self._coming: list[tuple[float, int, Cue]] = []
        self._n_taken = 0  # keeps cues of one time in order
        self._off_sec: dict[int, float] = {}
        self._sent: deque[Event] = deque()

    @property
    def deadline_sec(self) -> float:
        """When the next key goes down or up; infinite when none does."""
        onset_sec = self._coming[0][0] if self._coming else inf
        return min(onset_sec, *self._off_sec.values(), inf)

    def take(self, cues: Iterable[Cue], zero_sec: float) -> None:
        """Take in what is to be played; ``zero_sec`` is the cues' 0 on the clock of the rest."""
        for cue in cues:
            heappush(self._coming, (cue.onset_sec + zero_sec, self._n_taken, cue))
            self._n_taken += 1

    def play(self, now_sec: float) -> None:
        """Strike and lift what is due."""
        while self._sent and self._sent[0].time_sec < now_sec - KEPT_SEC:
            self._sent.popleft()
        for pitch in [pitch for pitch, sec in self._off_sec.items() if sec <= now_sec]:
            del self._off_sec[pitch]
            self._keys.note_off(pitch)
            self._sent.append(Event(now_sec, Kind.NOTE_OFF, pitch))
        while self._coming and self._coming[0][0] <= now_sec:
            onset_sec, _, cue = heappop(self._coming)
            self._keys.note_on(cue.pitch, cue.velocity)
            self._sent.append(Event(now_sec, Kind.NOTE_ON, cue.pitch, cue.velocity))
            self._off_sec[cue.pitch] = max(onset_sec, now_sec) + cue.duration_sec
            if self._tell is not None:
                self._tell(cue.pitch, now_sec, self._off_sec[cue.pitch])

    def is_echo(self, event: Event) -> bool:
        """Whether an event is one of the machine's own that has come back; each comes once.

        An instrument whose MIDI is looped through, or the system's loopback port, sends back at
        once, and just as loud, what no player struck.
        """
        for sent in self._sent:
            if 0.0 <= event.time_sec - sent.time_sec <= ECHO_SEC and _is_same(sent, event):
                self._sent.remove(sent)
                return True
        return False

    def silence(self) -> None:
        """Lift all keys; what was to come does not."""
        self._coming.clear()
        self._off_sec.clear()
        self._keys.silence()


def _is_same(sent: Event, event: Event) -> bool:
    """Keys may go up in other words: note-off, or note-on with velocity 0."""
    is_same_key = (sent.kind, sent.number) == (event.kind, event.number)
    return is_same_key and (event.kind == Kind.NOTE_OFF or sent.value == event.value)
