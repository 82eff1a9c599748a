"""A ring of timed MIDI messages: from a device's callback to a worker, without waiting."""

from collections.abc import Sequence
from typing import NamedTuple

from native._core import ffi, lib
from native.errors import RangeError

CAPACITY = 4096  # messages: over a second of MIDI 1.0 at its full rate
_BATCH = 256  # messages taken out in one call


class Message(NamedTuple):
    """One MIDI message and when it came.

    Attributes
    ----------
    time_sec : float
        Arrival in seconds, on the clock of :func:`clock_sec`.
    data : bytes
        Status byte and data bytes, 1 to 3 in all.
    """

    time_sec: float
    data: bytes


def clock_sec() -> float:
    """Read the monotonic clock that stamps messages.

    Returns
    -------
    float
        Seconds since a moment of the system's choice.
    """
    now_sec: float = lib.core_clock_sec()
    return now_sec


class Ring:
    """Timed messages from one producer thread to one consumer thread.

    Parameters
    ----------
    capacity : int
        Messages it can hold; a power of two, 2 to 2**20.

    Raises
    ------
    RangeError
        If ``capacity`` breaks its rule.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        size = lib.core_ring_size(capacity) if 0 < capacity < 2**63 else 0
        if size == 0:
            raise RangeError(f"capacity must be a power of two, 2..2**20, got {capacity}")
        self._memory = ffi.new("uint8_t[]", size)
        self._ring = lib.core_ring_init(self._memory, capacity)
        self._out = ffi.new("core_message[]", _BATCH)

    def push(self, message: Sequence[int]) -> bool:
        """Stamp a message with the time of this call and store it; never waits.

        Parameters
        ----------
        message : sequence of int
            Status byte and data bytes. A longer one than 3 is not for this ring.

        Returns
        -------
        bool
            Whether the message was stored.
        """
        return bool(lib.core_ring_push(self._ring, message, len(message)) == lib.CORE_OK)

    def pop(self) -> list[Message]:
        """Take out all messages that are there.

        Returns
        -------
        list of Message
            In the order in which they were pushed.
        """
        messages: list[Message] = []
        while True:
            count = lib.core_ring_pop(self._ring, self._out, _BATCH)
            messages += [_message(self._out[k]) for k in range(count)]
            if count < _BATCH:
                return messages

    @property
    def dropped(self) -> int:
        """How many messages found the ring full since it was made."""
        return int(lib.core_ring_dropped(self._ring))

    def reset(self) -> None:
        """Throw away what was not yet taken out."""
        lib.core_ring_reset(self._ring)


def _message(slot: "ffi.CData") -> Message:
    return Message(slot.time_sec, bytes(slot.bytes[0 : slot.size]))
