"""A few threads for what would hold up the event loop: the analysis of sound."""

import asyncio
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from time import perf_counter
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")

MAX_THREADS = 4  # Python runs on one core at a time: more would only take turns
SLICE_SEC = 0.001  # results keep the event loop no longer than this at a time
CLOSE_SEC = 5.0  # a job takes milliseconds
# How far the threads stand back where the machine has too much to do, in the system's nice values:
# p99 of keys beside 100 microphones was 8 ms instead of 19 (medians of nine runs each on two cores
# with a load of 2 to 6). With 5 a thread that held the interpreter was kept waiting itself.
NICER = 2


class Outcome(NamedTuple, Generic[T]):
    """What a job came to: its result, or the exception it raised."""

    result: T | None
    error: Exception | None


_Job = tuple[Callable[[], Any], Callable[[Outcome[Any]], None]]


class Workers:
    """Runs jobs on threads and tells their outcome on the event loop it was made on.

    The jobs of one submitter that have to keep their order are submitted one after the other: the
    next when the outcome of the last is there.

    Parameters
    ----------
    n_threads : int, optional
        By default one a core, at most ``MAX_THREADS``; they start with the first job.
    """

    def __init__(self, n_threads: int | None = None) -> None:
        self._n_threads = n_threads or min(os.cpu_count() or 1, MAX_THREADS)
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._done: deque[tuple[Callable[[Outcome[Any]], None], Outcome[Any]]] = deque()
        self._threads: list[threading.Thread] = []
        self._is_called = False
        self._is_closed = False

    def submit(self, job: Callable[[], T], on_done: Callable[[Outcome[T]], None]) -> None:
        """Run a job on one of the threads, and call ``on_done`` with its outcome on the loop."""
        if not self._threads:
            self._start()
        self._jobs.put((job, on_done))

    async def close(self) -> None:
        """Wait until what is at work is done; what waits is left."""
        self._is_closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            await self._loop.run_in_executor(None, thread.join, CLOSE_SEC)

    def _start(self) -> None:
        for number in range(self._n_threads):
            thread = threading.Thread(target=self._work, name=f"worker-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        _stand_back()
        while (job := self._jobs.get()) is not None and not self._is_closed:
            work, on_done = job
            try:
                outcome = Outcome(work(), None)
            except Exception as error:  # told to the submitter, on its own thread
                outcome = Outcome(None, error)
            self._done.append((on_done, outcome))
            self._call()

    def _call(self) -> None:
        """Wake the loop, once for all that is done by then: that is a write to a pipe."""
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        # Whoever adds from here on calls again; what was added before is told below.
        self._is_called = False
        until_sec = perf_counter() + SLICE_SEC
        done = self._done
        while done and not self._is_closed:
            on_done, outcome = done.popleft()
            on_done(outcome)
            if done and perf_counter() > until_sec:
                self._is_called = True
                self._loop.call_soon(self._tell)
                return


def _stand_back() -> None:
    """Let the event loop go first; only on Linux has each thread a nice value of its own."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER)
