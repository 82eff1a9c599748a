"""Work that nobody waits for: a bounded number of tasks, given a little time at the end."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger()

GRACE_SEC = 3.0


class Background:
    """Runs tasks beside requests.

    Parameters
    ----------
    limit : int
        How many may be under way.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> bool:
        """Start work; False, with a word in the log, if there is too much already."""
        if len(self._tasks) >= self._limit:
            work.close()
            log.warning("too much work in the background: some was left out", limit=self._limit)
            return False
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return True

    async def close(self) -> int:
        """Wait a little for what is under way, and end the rest; tells how much that was."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_SEC)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return len(left)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work in the background failed", exc_info=error)
