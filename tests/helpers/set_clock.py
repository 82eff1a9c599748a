"""A clock that stands until it is set."""

import asyncio

from server.roomclient import Clock

NOW = 1_000.0


class SetClock(Clock):
    """Stands until it is set; whoever waits for an instant waits for that."""

    def __init__(self):
        self._now_ms = NOW
        self._waiting = []

    def now_ms(self):
        return self._now_ms

    @property
    def n_waiting(self):
        """How many wait for an instant."""
        return sum(not future.done() for future in self._waiting)

    async def sleep_until(self, at_ms):
        while self._now_ms < at_ms:
            self._waiting.append(asyncio.get_running_loop().create_future())
            await self._waiting[-1]

    async def set(self, now_ms):
        await settle()
        self._now_ms = now_ms
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        await settle()


async def settle():
    """Let every task come to where it waits."""
    for _ in range(5):
        await asyncio.sleep(0)
