"""What any source tells the engine: one kind of event, whatever it came from."""

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What happened."""

    NOTE_ON = 0
    NOTE_OFF = 1
    CONTROL = 2
    TICK = 3
    END = 4


class Event(NamedTuple):
    """One thing that happened at one instant of a take.

    Attributes
    ----------
    time_sec : float
        Seconds since the take began; negative during a count-in.
    kind : Kind
        What happened.
    number : int
        MIDI pitch of a note, controller number of a control change, else 0.
    value : int
        Velocity of a note, value of a control change, else 0.
    """

    time_sec: float
    kind: Kind
    number: int = 0
    value: int = 0
