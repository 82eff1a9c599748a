"""The keeper: writes what is being played to the store while it is being played."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from server.errors import StoreError
from server.store.database import FAILURES
from server.store.records import Batch, TakeChunk, TakeEnd
from server.store.store import TakeStore
from server.store.writer import HEARTBEAT_SEC, LOST_SEC
from server.takes.format import TakeHeader
from server.takes.take import Take

FLUSH_SEC = 0.5  # a killed process loses this and the time of one write: less than a second
RETRY_SEC = 8.0  # the longest pause between two tries while the database is away
WRITE_SEC = 10.0  # a database that takes longer than this for one write is away
CLOSE_SEC = 5.0  # how long a last write is tried
SLICE_SEC = 0.0005  # encoding keeps the event loop no longer than this at a time
MAX_WAITING_BYTES = 128 << 20  # not taken by the database yet: five minutes of 1000 players

_log = structlog.get_logger(__name__)


class TakeKeeper:
    """Keeps takes that are played: twice a second, what is new of all of them, in one transaction.

    While the database is away everything waits in memory and is tried again, less and less often;
    past ``MAX_WAITING_BYTES`` no take may begin.

    Parameters
    ----------
    store : TakeStore
        Stays open when the keeper closes.
    flush_sec : float
        Time between two writes.
    """

    def __init__(self, store: TakeStore, *, flush_sec: float = FLUSH_SEC) -> None:
        self._store = store
        self._flush_sec = flush_sec
        self._idle: list[Take] = []  # nothing was played yet, so nothing is kept
        self._takes: dict[str, Take] = {}
        self._new: list[Take] = []
        self._headers: list[TakeHeader] = []
        self._chunks: list[TakeChunk] = []
        self._waiting_bytes = 0
        self._written_at_sec = -HEARTBEAT_SEC
        self._recovered_at_sec = -LOST_SEC
        self._n_failures = 0
        self._lock = asyncio.Lock()
        self._is_closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep, and to recover what processes that are gone have left."""
        self._task = asyncio.create_task(self._run(), name="take-keeper")
        self._task.add_done_callback(_report)

    def add(self, take: Take) -> None:
        """Keep a take from its first note on, until it has ended.

        Nothing is left of one that ends before that.

        Raises
        ------
        StoreError
            If the keeper is closing, or too much waits for a database that is away.
        """
        if self._is_closing.is_set():
            raise StoreError("the server is closing: no take may begin")
        if self._task is not None and self._task.done():
            raise StoreError("takes cannot be kept any more: the log says why")
        if self._waiting_bytes > MAX_WAITING_BYTES:
            raise StoreError("takes cannot be kept at the moment: the database does not answer")
        self._idle.append(take)

    async def flush(self) -> None:
        """Write now whatever is new; what could not be written stays for the next time."""
        async with self._lock:
            batch = await self._batch()
            if batch is None:
                return
            async with asyncio.timeout(WRITE_SEC):
                await self._store.write(batch)
            self._forget(batch)

    @asynccontextmanager
    async def forgetting(self, user_id: str) -> AsyncIterator[None]:
        """Drop the takes of a user that are not written yet; in the body nothing is written."""
        async with self._lock:
            gone = {take.id for take in self._takes.values() if take.user_id == user_id}
            self._idle = [take for take in self._idle if take.user_id != user_id]
            self._new = [take for take in self._new if take.id not in gone]
            self._headers = [header for header in self._headers if header.id not in gone]
            self._chunks = [chunk for chunk in self._chunks if chunk.take_id not in gone]
            self._takes = {k: take for k, take in self._takes.items() if k not in gone}
            self._count_waiting()
            yield

    async def close(self) -> None:
        """Interrupt the takes that still run, and write everything.

        Raises
        ------
        StoreError
            If the database did not take it in ``CLOSE_SEC``: says how many takes are not whole.
        """
        self._is_closing.set()
        if self._task is not None:
            await asyncio.wait([self._task])
        for take in [*self._idle, *self._takes.values()]:
            take.interrupt()
        try:
            async with asyncio.timeout(CLOSE_SEC):
                while not await self._try_flush():
                    await asyncio.sleep(self._flush_sec)
        except TimeoutError:
            message = f"{len(self._takes)} takes could not be kept: the database does not answer"
            raise StoreError(message) from None

    async def _run(self) -> None:
        while not self._is_closing.is_set():
            if await self._try_flush():
                await self._recover()
            await self._pause()

    async def _pause(self) -> None:
        pause_sec = min(self._flush_sec * 2**self._n_failures, RETRY_SEC)
        try:
            async with asyncio.timeout(pause_sec):
                await self._is_closing.wait()
        except TimeoutError:
            return

    async def _try_flush(self) -> bool:
        try:
            await self.flush()
        except FAILURES as error:
            self._n_failures = min(self._n_failures + 1, 10)
            _log.error(
                "takes cannot be written; they wait in memory",
                takes=len(self._takes),
                waiting_bytes=self._waiting_bytes,
                error=f"{type(error).__name__}: {error}".partition("\n")[0],
            )
            return False
        if self._n_failures:
            _log.info("takes are written again", takes=len(self._takes))
        self._n_failures = 0
        return True

    async def _recover(self) -> None:
        """At the start, and from time to time as other machines may be lost later."""
        if time.monotonic() - self._recovered_at_sec < LOST_SEC:
            return
        try:
            lost = await self._store.recover()
        except FAILURES as error:
            _log.error("lost takes cannot be recovered now", error=str(error))
            return
        self._recovered_at_sec = time.monotonic()
        if lost:
            _log.info("recovered the takes of a process that is gone", takes=len(lost))

    async def _batch(self) -> Batch | None:
        self._begin()
        ends = await self._drain()
        headers = await self._new_headers()
        is_due = self._takes and time.monotonic() - self._written_at_sec > HEARTBEAT_SEC
        if not (headers or self._chunks or ends or is_due):
            return None
        return Batch(headers, list(self._chunks), ends)

    def _begin(self) -> None:
        """Begin to keep the takes in which something was played; forget those that ended idle."""
        begun = [take for take in self._idle if take.has_begun]
        self._idle = [take for take in self._idle if not (take.has_begun or take.ended)]
        self._takes.update((take.id, take) for take in begun)
        self._new += begun

    async def _drain(self) -> list[TakeEnd]:
        """Encode what is new of every take; return the ends of those that have ended."""
        ends: list[TakeEnd] = []
        until_sec = time.perf_counter() + SLICE_SEC
        for take in list(self._takes.values()):
            number = take.chunk_count
            if take.ended:
                ends.append(TakeEnd.of(take.id, take.status, take.performance))
            if (data := take.drain()) is not None:
                self._chunks.append(TakeChunk(take.id, number, data))
                self._waiting_bytes += len(data)
            if time.perf_counter() > until_sec:
                await asyncio.sleep(0)
                until_sec = time.perf_counter() + SLICE_SEC
        return ends

    async def _new_headers(self) -> list[TakeHeader]:
        """Write down the takes that began, on another thread: packing a long score takes long."""
        new = list(self._new)
        if not new:
            return list(self._headers)
        headers = await asyncio.to_thread(lambda: [take.header() for take in new])
        del self._new[: len(new)]
        self._headers += headers
        self._waiting_bytes += sum(len(header.score) for header in headers)
        return list(self._headers)

    def _forget(self, batch: Batch) -> None:
        """Let go of what has been written; more may have come since."""
        del self._headers[: len(batch.headers)]
        del self._chunks[: len(batch.chunks)]
        for end in batch.ends:
            del self._takes[end.take_id]
        self._count_waiting()
        self._written_at_sec = time.monotonic()

    def _count_waiting(self) -> None:
        self._waiting_bytes = sum(len(header.score) for header in self._headers)
        self._waiting_bytes += sum(len(chunk.data) for chunk in self._chunks)


def _report(task: "asyncio.Task[None]") -> None:
    """Say at once that the keeper failed, not when somebody asks for its result."""
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("the keeper has failed: no take may begin", exc_info=error)
