"""The clocks of the machine that a room's client runs on."""

import asyncio
import time


class Clock:
    """The monotonic clock that reports and scheduled starts are told on, and the wall clock."""

    def now_ms(self) -> float:
        """Milliseconds since a moment of the system's choice; never steps."""
        return time.monotonic_ns() / 1e6

    def wall_ms(self) -> float:
        """Milliseconds since 1970, whole ones; steps whenever somebody sets the clock."""
        return float(time.time_ns() // 1_000_000)

    async def sleep_until(self, at_ms: float) -> None:
        """Wait until an instant of :meth:`now_ms`; not at all if it has passed."""
        while (left_ms := at_ms - self.now_ms()) > 0:
            await asyncio.sleep(left_ms / 1e3)
