"""Where events come from: MIDI keyboards, files, the computer's keys."""

from typing import Protocol

from engine.events import Event


class Input(Protocol):
    """A source of events."""

    def poll(self, now_sec: float) -> list[Event]:
        """Return what happened since the last call, in order, on the clock of ``now_sec``."""
