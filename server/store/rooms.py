"""The rooms that are kept: statements, and whose rooms may be taken up."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.tables import Base, UtcDateTime
from server.store.transactions import Database
from server.store.writer import Writer, machine

_ROOMS: Table = Base.metadata.tables["rooms"]
_WRITERS: Table = Base.metadata.tables["take_writers"]
ROWS_AT_ONCE = 50


class RoomRecord(NamedTuple):
    """One room as it is written: its id, when it ends by itself, and all of it."""

    id: str
    expires_at: datetime
    data: bytes


class RoomStore:
    """Keeps rooms in the database of the takes; made by :meth:`server.store.TakeStore.rooms`.

    Every method raises one of :data:`server.store.database.FAILURES` when the database fails.

    Parameters
    ----------
    database : Database
        Stays open.
    writer : Writer
        This process.
    """

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    async def write(self, rooms: Sequence[RoomRecord], ended: Collection[str]) -> None:
        """Write rooms as they are now and forget those that ended: all or nothing."""
        put = self._database.insert(_ROOMS)
        changed = {name: put.excluded[name] for name in ("writer_id", "expires_at", "data")}
        put = put.on_conflict_do_update(index_elements=["id"], set_=changed)
        async with self._database.writing() as connection:
            await beat(connection, self._writer, self._database.insert)
            for first in range(0, len(rooms), ROWS_AT_ONCE):
                part = rooms[first : first + ROWS_AT_ONCE]
                rows = [{**room._asdict(), "writer_id": self._writer.id} for room in part]
                await connection.execute(put, rows)
            if ended:
                await connection.execute(delete(_ROOMS).where(_ROOMS.c.id.in_(ended)))

    async def take_up(self) -> list[RoomRecord]:
        """Make the rooms of processes that are gone this one's own; each goes to one only."""
        async with self._database.writing() as connection:
            lost = await self._lost_writers(connection)
            if not lost:
                return []
            await beat(connection, self._writer, self._database.insert)
            mine = (
                update(_ROOMS)
                .where(_ROOMS.c.writer_id.in_(lost))
                .values(writer_id=self._writer.id)
                .returning(_ROOMS.c.id, _ROOMS.c.expires_at, _ROOMS.c.data)
            )
            return [RoomRecord(*row) for row in await connection.execute(mine)]

    async def _lost_writers(self, connection: AsyncConnection) -> list[str]:
        """Find the processes that have rooms and are gone."""
        query = (
            select(
                _ROOMS.c.writer_id.label("id"),
                _WRITERS.c.machine,
                _WRITERS.c.pid,
                _WRITERS.c.seen_at,
                func.now(type_=UtcDateTime).label("now"),
            )
            .distinct()
            .outerjoin(_WRITERS, _WRITERS.c.id == _ROOMS.c.writer_id)
            .where(_ROOMS.c.writer_id != self._writer.id)
        )
        return [row.id for row in await connection.execute(query) if self._is_lost(row)]

    def _is_lost(self, row: Row[Any]) -> bool:
        """Whether nobody has the room; a SQLite file is used on one machine only."""
        if row.machine is None or (self._database.is_sqlite and row.machine != machine()):
            return True
        return Writer(row.id, row.machine, row.pid).is_lost(row.seen_at, row.now)


async def beat(connection: AsyncConnection, writer: Writer, insert: Any) -> None:
    """Say that this process lives, by the database's own clock."""
    row = {**writer._asdict(), "seen_at": func.now()}
    query = insert(_WRITERS).values(row)
    query = query.on_conflict_do_update(index_elements=["id"], set_={"seen_at": func.now()})
    await connection.execute(query)
