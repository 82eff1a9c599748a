"""The server's one clock for rooms: milliseconds since the epoch that never step."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """What was set and may be taken back."""

    def cancel(self) -> None:
        """Do not ring."""


class Clock:
    """The wall clock, read once; from then on the monotonic one, whatever is set meanwhile."""

    def __init__(self) -> None:
        self._epoch_ms = 1000.0 * (time.time() - time.monotonic())

    def now_ms(self) -> float:
        """What time it is."""
        return self.at(time.monotonic())

    def at(self, monotonic_sec: float) -> float:
        """What time it was at a moment of ``time.monotonic``."""
        return self._epoch_ms + 1000.0 * monotonic_sec

    def call_at(self, due_ms: float, callback: Callable[[], None]) -> Timer:
        """Call back once it is that time."""
        wait_sec = max(due_ms - self.now_ms(), 0.0) / 1000.0
        return asyncio.get_running_loop().call_later(wait_sec, callback)
