"""The store of takes: every statement that is sent to the database while it runs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog
from msgspec import MsgspecError
from msgspec.structs import asdict
from sqlalchemy import (
    Executable,
    Row,
    Table,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import NoTakeError, TakeError
from server.store.database import FAILURES
from server.store.records import (
    INFO_FIELDS,
    Batch,
    TakeChunk,
    TakeEnd,
    TakeInfo,
    end_values,
    take_header,
    take_info,
    take_summary,
)
from server.store.recovery import recovered
from server.store.rooms import RoomStore, beat
from server.store.tables import Base, UtcDateTime
from server.store.transactions import Database
from server.store.writer import Writer
from server.takes.format import StoredTake, TakeHeader
from server.takes.take import RECOVERED, RUNNING

LAST = "last"
ANSWER_SEC = 2.0
MAX_LIST = 1000
ROWS_AT_ONCE = 50  # laying out so many rows keeps the event loop for less than a millisecond

_TAKES: Table = Base.metadata.tables["takes"]
_CHUNKS: Table = Base.metadata.tables["take_chunks"]
_WRITERS: Table = Base.metadata.tables["take_writers"]
_MARKS = ("overall_score", "accuracy", "grade", "message", "counts")
_WRITER_FIELDS = ("machine", "pid", "seen_at")
_INFO_COLUMNS = [_TAKES.c[name] for name in (*INFO_FIELDS, *_MARKS)]
_END = update(_TAKES).where(_TAKES.c.id == bindparam("take_id"))

_log = structlog.get_logger(__name__)

TakeList = list[TakeInfo]  # inside the class, `list` is its method
Ids = list[str]
LostTakes = list[tuple[str, str]]
OnEnd = Callable[[AsyncConnection, Sequence[TakeEnd]], Awaitable[None]]
R = TypeVar("R")


class TakeStore:
    """Keeps takes in a database; made by :meth:`open`.

    Every method raises one of :data:`server.store.database.FAILURES` when the database fails.

    Attributes
    ----------
    database : Database
        Where they are.
    on_end : callable
        Called in the transaction in which takes end, with its connection and their ends.
    """

    on_end: OnEnd

    def __init__(self, database: Database) -> None:
        self.database = database
        self.on_end = _nothing_more
        self._writer = Writer.here()

    @classmethod
    async def open(cls, url: str) -> "TakeStore":
        """Open a database as :meth:`server.store.transactions.Database.open` does."""
        return cls(await Database.open(url))

    async def close(self) -> None:
        """Let go of the database; takes of this process that still run are anybody's."""
        try:
            async with asyncio.timeout(ANSWER_SEC):
                await self._remove_writers([self._writer.id])
        except FAILURES as error:
            _log.warning("the database was away at the end", error=type(error).__name__)
        finally:
            await self.database.close()

    def rooms(self) -> RoomStore:
        """Give the rooms that the same database keeps."""
        return RoomStore(self.database, self._writer)

    async def problem(self) -> str | None:
        """Say what keeps the database from answering; None when it does."""
        try:
            async with asyncio.timeout(ANSWER_SEC):
                await self.database.rows(select(literal(1)))
        except FAILURES as error:
            return type(error).__name__  # the rest may name hosts, and anybody may ask
        return None

    async def write(self, batch: Batch) -> None:
        """Write takes that began, parts of logs and ends of takes: all or nothing.

        What is there already stays: a batch may be written again when nobody knows whether the
        first time succeeded.
        """
        begin = self.database.insert(_TAKES).on_conflict_do_nothing()
        append = self.database.insert(_CHUNKS).on_conflict_do_nothing()
        async with self.database.writing() as connection:
            await beat(connection, self._writer, self.database.insert)
            await _execute(connection, begin, batch.headers, self._take_row)
            await _execute(connection, append, batch.chunks, TakeChunk._asdict)
            await _execute(connection, _END, batch.ends, _end_row)
            await self.on_end(connection, batch.ends)

    async def list(
        self, user_id: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> TakeList:
        """List takes, the newest first.

        Parameters
        ----------
        user_id : str, optional
            Only the takes of this user.
        limit : int
            How many, 1 to ``MAX_LIST``.
        cursor : str, optional
            The id of the last take of the page before.
        """
        query = select(*_INFO_COLUMNS).order_by(_TAKES.c.id.desc())
        query = query.limit(max(1, min(limit, MAX_LIST)))
        if user_id is not None:
            query = query.where(_TAKES.c.user_id == user_id)
        if cursor is not None:
            query = query.where(_TAKES.c.id < cursor)
        return [take_info(row) for row in await self.database.rows(query)]

    async def find(self, name: str) -> str:
        """Return the id of a take from ``last`` or the beginning of an id.

        Raises
        ------
        NoTakeError
            If there is none, or more than one.
        """
        query = select(_TAKES.c.id).order_by(_TAKES.c.id.desc()).limit(2)
        if name == LAST:
            rows = (await self.database.rows(query))[:1]
        else:
            rows = await self.database.rows(
                query.where(_TAKES.c.id.startswith(name, autoescape=True))
            )
        if not rows:
            raise NoTakeError("there is no take yet" if name == LAST else f"no take is {name!r}")
        if len(rows) > 1:
            raise NoTakeError(f"more than one take begins with {name!r}: give more of its id")
        found: str = rows[0].id
        return found

    async def load(self, take_id: str) -> StoredTake:
        """Read everything about a take.

        Raises
        ------
        NoTakeError
            If there is none of this id.
        TakeError
            If what it is of cannot be read; its chunks are not looked into.
        """
        try:
            rows = await self.database.rows(select(_TAKES).where(_TAKES.c.id == take_id))
            found = [(take_header(row), row.status, take_summary(row)) for row in rows]
        except (MsgspecError, ValueError, TypeError) as error:  # of the columns' own types, too
            raise TakeError(f"take {take_id} is damaged: {error}") from None
        if not found:
            raise NoTakeError(f"no take is {take_id!r}")
        chunks = await self.database.rows(
            select(_CHUNKS.c.data).where(_CHUNKS.c.take_id == take_id).order_by(_CHUNKS.c.number)
        )
        return StoredTake(*found[0], [chunk.data for chunk in chunks])

    async def recover(self) -> Ids:
        """Sum up and end the running takes of processes that are gone.

        Returns
        -------
        list of str
            The ids of the takes recovered.
        """
        lost = await self._lost_takes()
        for take_id, _ in lost:
            end = await self._end_of_lost(take_id)
            async with self.database.writing() as connection:
                values = end_values(end)
                is_running = _TAKES.c.status == RUNNING
                query = update(_TAKES).where(_TAKES.c.id == take_id, is_running)
                await connection.execute(query.values(**values))
                await self.on_end(connection, [end])
        await self._remove_writers([writer_id for _, writer_id in lost])
        return [take_id for take_id, _ in lost]

    async def _end_of_lost(self, take_id: str) -> TakeEnd:
        try:
            return await recovered(await self.load(take_id))
        except TakeError as error:
            _log.warning("a lost take cannot be read", take=take_id, error=str(error))
            return TakeEnd(take_id, RECOVERED, None, None)

    async def _remove_writers(self, ids: Ids) -> None:
        async with self.database.writing() as connection:
            await connection.execute(delete(_WRITERS).where(_WRITERS.c.id.in_(ids)))

    async def _lost_takes(self) -> LostTakes:
        """Find the running takes of lost processes, with the ids of these."""
        writer = [_WRITERS.c.id.label("writer"), *(_WRITERS.c[name] for name in _WRITER_FIELDS)]
        query = (
            select(
                _TAKES.c.id, _TAKES.c.writer_id, *writer, func.now(type_=UtcDateTime).label("now")
            )
            .outerjoin(_WRITERS, _WRITERS.c.id == _TAKES.c.writer_id)
            .where(_TAKES.c.status == RUNNING, _TAKES.c.writer_id != self._writer.id)
        )
        return [(row.id, row.writer_id) for row in await self.database.rows(query) if _is_lost(row)]

    def _take_row(self, header: TakeHeader) -> dict[str, Any]:
        return {**asdict(header), "writer_id": self._writer.id, "status": RUNNING}


async def _nothing_more(connection: AsyncConnection, ends: Sequence[TakeEnd]) -> None:
    """What comes of takes that end where nobody makes anything of them."""


async def _execute(
    connection: AsyncConnection,
    statement: Executable,
    records: Sequence[R],
    row: Callable[[R], dict[str, Any]],
) -> None:
    """Execute a statement for every record, few enough at a time to let the event loop breathe."""
    for first in range(0, len(records), ROWS_AT_ONCE):
        rows = [row(record) for record in records[first : first + ROWS_AT_ONCE]]
        await connection.execute(statement, rows)


def _end_row(end: TakeEnd) -> dict[str, Any]:
    return {"take_id": end.take_id, **end_values(end)}


def _is_lost(row: Row[Any]) -> bool:
    if row.writer is None:
        return True
    return Writer(row.writer, row.machine, row.pid).is_lost(row.seen_at, row.now)
