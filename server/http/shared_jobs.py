"""Slow work off the event loop: one job for all who ask the same, and few at a time."""

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedJobs(Generic[T]):
    """Runs functions in threads; those who ask for a running job wait for the same result.

    Parameters
    ----------
    limit : int
        Jobs that may run at a time; the others wait their turn.
    """

    def __init__(self, limit: int) -> None:
        self._slots = asyncio.Semaphore(limit)
        self._running: dict[Hashable, asyncio.Task[T]] = {}

    async def run(self, key: Hashable, work: Callable[[], T]) -> T:
        """Give the result of the job of this key, starting it where none runs."""
        job = self._running.get(key)
        if job is None:
            job = self._running[key] = asyncio.create_task(self._work(key, work))
        return await asyncio.shield(job)  # one who leaves does not stop it for the others

    async def _work(self, key: Hashable, work: Callable[[], T]) -> T:
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            del self._running[key]
