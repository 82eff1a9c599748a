"""What any source tells the engine: one kind of event, whatever it came from."""

from enum import IntEnum
from math import isnan
from typing import NamedTuple


class Kind(IntEnum):
    """What happened."""

    NOTE_ON = 0
    NOTE_OFF = 1
    CONTROL = 2
    TICK = 3
    END = 4
    RENAMED = 5  # what a microphone hears better once the note has sounded for a while
    CENTS = 6  # how far off the note was that ends now


class Event(NamedTuple):
    """One thing that happened at one instant of a take.

    Attributes
    ----------
    time_sec : float
        Seconds since the take began; negative during a count-in. Of ``RENAMED`` when the
        note began.
    kind : Kind
        What happened.
    number : int
        MIDI pitch of a note, controller number of a control change, else 0. Of ``RENAMED`` the
        pitch that the note has.
    value : int
        Velocity of a note, value of a control change, else 0. Of ``RENAMED`` the pitch that was
        told before, of ``CENTS`` 64 more than they are.
    """

    time_sec: float
    kind: Kind
    number: int = 0
    value: int = 0


IN_TUNE = 64  # the value of CENTS of a note that is not off at all
MOST_CENTS = 50


def note_ended(offset_sec: float, pitch: int, cents: float) -> list[Event]:
    """Make the events of the end of a note that was heard; cents of NaN are not known."""
    off = Event(offset_sec, Kind.NOTE_OFF, pitch)
    if isnan(cents):
        return [off]
    whole = round(min(max(cents, -MOST_CENTS), MOST_CENTS))
    return [Event(offset_sec, Kind.CENTS, pitch, IN_TUNE + whole), off]
