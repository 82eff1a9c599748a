"""The computer's keys as an instrument: the home row is white, the row above it black."""

from collections.abc import Iterator

from engine.events import Event, Kind
from server.inputs import ARRIVAL_SEC

WHITE_KEYS = "asdfghjkl;'"
BLACK_KEYS = "we tyu op "  # a space where the piano has no black key
WHITE_STEPS = (0, 2, 4, 5, 7, 9, 11)  # semitones above C
LOWEST_PITCH = 60  # middle C lies under "a"
OCTAVE_DOWN, OCTAVE_UP = "z", "x"
OCTAVES = range(-3, 4)  # keeps all pitches well within MIDI's range
VELOCITY = 80  # mezzo forte: keys do not tell how hard they are struck
REPEAT_SEC = 0.1  # a held key comes again sooner than this; a finger does not


def _steps() -> dict[str, int]:
    white = {key: 12 * (k // 7) + WHITE_STEPS[k % 7] for k, key in enumerate(WHITE_KEYS)}
    black = {key: white[WHITE_KEYS[k]] + 1 for k, key in enumerate(BLACK_KEYS) if key != " "}
    return white | black


STEPS = _steps()  # key -> semitones above the lowest C


class ComputerKeys:
    """Makes notes of typed characters.

    A terminal tells neither when a key goes up nor whether it is only held. So a key that comes
    twice in a row waits for ``REPEAT_SEC``: if it comes again within that time it is being held,
    and none of it counts. Its time is its own arrival, however long it waited.
    """

    def __init__(self) -> None:
        self._octave = 0
        self._events: list[Event] = []
        self._last_key = ""
        self._last_sec = float("-inf")
        self._waiting: Event | None = None

    @property
    def lowest_pitch(self) -> int:
        """The MIDI pitch under the first white key."""
        return LOWEST_PITCH + 12 * self._octave

    def type(self, text: str, now_sec: float) -> None:
        """Take in what was typed at one time.

        Parameters
        ----------
        text : str
            Characters, one a key.
        now_sec : float
            When, on any one clock.
        """
        for key in text:
            if key in (OCTAVE_DOWN, OCTAVE_UP):
                self._shift(1 if key == OCTAVE_UP else -1)
            elif key in STEPS:
                self._strike(key, now_sec)

    def poll(self, now_sec: float) -> list[Event]:
        """Return the notes that are certain by now, in order, at the times they were struck."""
        if self._waiting is not None and now_sec - self._last_sec > REPEAT_SEC:
            self._settle()
        events, self._events = self._events, []
        return events

    def settled_sec(self, now_sec: float) -> float:
        """Return until when all keys that were struck have been polled, held ones aside."""
        return now_sec - ARRIVAL_SEC

    def _shift(self, step: int) -> None:
        if self._octave + step in OCTAVES:
            self._octave += step

    def _strike(self, key: str, now_sec: float) -> None:
        note = Event(now_sec, Kind.NOTE_ON, self.lowest_pitch + STEPS[key], VELOCITY)
        is_again = key == self._last_key
        is_quick = is_again and now_sec - self._last_sec <= REPEAT_SEC
        self._last_key, self._last_sec = key, now_sec
        if is_quick:
            self._waiting = None
            return
        self._settle()
        if is_again:
            self._waiting = note
        else:
            self._events.append(note)

    def _settle(self) -> None:
        if self._waiting is not None:
            self._events.append(self._waiting)
            self._waiting = None


def legend() -> Iterator[str]:
    """Draw the two rows of keys as a piano's, a line each."""
    yield "  " + " ".join(BLACK_KEYS)
    yield " " + " ".join(WHITE_KEYS)
