"""Where events come from: MIDI keyboards, microphones, files, the computer's keys."""

from typing import Protocol

from engine.events import Event

ARRIVAL_SEC = 0.01  # a key's event may be this long on its way; no tick overtakes it


class Input(Protocol):
    """A source of events."""

    def poll(self, now_sec: float) -> list[Event]:
        """Return what happened since the last call, in order, on the clock of ``now_sec``."""

    def settled_sec(self, now_sec: float) -> float:
        """Return until when everything that happened has been polled: none is missed later."""
