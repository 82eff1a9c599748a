"""The keeper of rooms: writes them down while music plays, so that a restart is not heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING

import structlog
from msgspec import MsgspecError

from server.rooms.saved import SavedRoom, decode, encode
from server.store.database import FAILURES
from server.store.rooms import RoomRecord, RoomStore
from server.store.writer import HEARTBEAT_SEC, LOST_SEC

if TYPE_CHECKING:
    from server.rooms.room import Room

GATHER_SEC = 0.1  # what changes within this is written at once
REPORTS_SEC = 1.5  # reports alone are written so often
RETRY_SEC = 8.0  # the longest pause between two tries while the database is away
WRITE_SEC = 10.0  # a database that takes longer than this for one write is away
CLOSE_SEC = 5.0  # how long a last write is tried
SLICE_SEC = 0.0005  # writing down keeps the event loop no longer than this at a time

log = structlog.get_logger()


class RoomKeeper:
    """Keeps rooms: what changed a tenth of a second later, what was only reported less often.

    While the database is away, rooms go on; they are written once it is back.

    Parameters
    ----------
    store : RoomStore
        Where to.
    """

    def __init__(self, store: RoomStore) -> None:
        self._store = store
        self._rooms: dict[str, Room] = {}
        self._due_sec: dict[str, float] = {}  # of those that changed: when to write them
        self._ended: set[str] = set()
        self._wake = asyncio.Event()
        self._sleeps_until_sec = 0.0
        self._is_closing = False
        self._written_sec = self._taken_up_sec = time.monotonic()
        self._n_failures = 0
        self._task: asyncio.Task[None] | None = None

    async def take_up(self) -> list[SavedRoom]:
        """Give the rooms that processes which are gone have left."""
        self._taken_up_sec = time.monotonic()
        found = []
        for record in await self._store.take_up():
            try:
                found.append(decode(record.data))
            except MsgspecError as error:
                log.warning("a kept room cannot be read", room=record.id, error=str(error))
                self._ended.add(record.id)
        return found

    def start(self, restore: Callable[[list[SavedRoom]], None]) -> None:
        """Begin to keep; what other machines lose later is restored, too."""
        self._task = asyncio.create_task(self._run(restore), name="room-keeper")
        self._task.add_done_callback(_report)

    def mark(self, room: Room, is_urgent: bool) -> None:
        """Write a room down before long."""
        self._rooms[room.id] = room
        due_sec = time.monotonic() + (GATHER_SEC if is_urgent else REPORTS_SEC)
        if due_sec < self._due_sec.get(room.id, inf):
            self._due_sec[room.id] = due_sec
            if due_sec < self._sleeps_until_sec:
                self._wake.set()

    def forget(self, room_id: str) -> None:
        """A room is over."""
        self._rooms.pop(room_id, None)
        self._due_sec.pop(room_id, None)
        self._ended.add(room_id)
        self._wake.set()

    async def flush(self) -> None:
        """Write what changed now; what could not be written stays for the next time."""
        await self._write(list(self._due_sec))

    async def close(self) -> None:
        """Write everything, for a process to come."""
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task])
        try:
            async with asyncio.timeout(CLOSE_SEC):
                await self.flush()
        except FAILURES as error:
            log.error("rooms could not be kept", rooms=len(self._rooms), error=_words(error))

    async def _run(self, restore: Callable[[list[SavedRoom]], None]) -> None:
        while not self._is_closing:
            await self._pause()
            try:
                await self._write_due()
                if time.monotonic() - self._taken_up_sec > LOST_SEC:
                    restore(await self.take_up())
            except FAILURES as error:
                self._n_failures = min(self._n_failures + 1, 10)
                log.error("rooms cannot be written; they go on", error=_words(error))
            else:
                self._n_failures = 0

    async def _pause(self) -> None:
        """Wait until something is to be done, or the next try."""
        if self._n_failures:
            await self._sleep(min(GATHER_SEC * 2**self._n_failures, RETRY_SEC))
            return
        due_sec = min(self._due_sec.values(), default=inf)
        due_sec = min(due_sec, self._taken_up_sec + LOST_SEC)
        if self._rooms:
            due_sec = min(due_sec, self._written_sec + HEARTBEAT_SEC)
        self._sleeps_until_sec = due_sec
        await self._sleep(max(due_sec - time.monotonic(), 0.001))
        self._sleeps_until_sec = 0.0

    async def _sleep(self, seconds: float) -> None:
        """Sleep, until something wakes."""
        if self._ended and not self._n_failures:
            return
        self._wake.clear()
        if not self._is_closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()

    async def _write_due(self) -> None:
        now_sec = time.monotonic()
        due = [room_id for room_id, due_sec in self._due_sec.items() if due_sec <= now_sec]
        has_beaten = now_sec - self._written_sec < HEARTBEAT_SEC
        if due or self._ended or (self._rooms and not has_beaten):
            await self._write(due)

    async def _write(self, due: list[str]) -> None:
        ended = set(self._ended)
        records = []
        until_sec = time.perf_counter() + SLICE_SEC
        for room_id in due:
            if (room := self._rooms.get(room_id)) is not None:
                del self._due_sec[room_id]
                records.append(_record(room.saved()))
            if time.perf_counter() > until_sec:
                await asyncio.sleep(0)
                until_sec = time.perf_counter() + SLICE_SEC
        try:
            async with asyncio.timeout(WRITE_SEC):
                await self._store.write(records, ended)
        except FAILURES:
            for record in records:
                if record.id in self._rooms:
                    self._due_sec[record.id] = 0.0
            raise
        self._ended -= ended
        self._written_sec = time.monotonic()


def _record(saved: SavedRoom) -> RoomRecord:
    return RoomRecord(saved.id, datetime.fromtimestamp(saved.expires_ms / 1e3, UTC), encode(saved))


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def _report(task: asyncio.Task[None]) -> None:
    """Say at once that the keeper failed, not when somebody asks for its result."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("the keeper has failed: rooms are not kept", exc_info=error)
