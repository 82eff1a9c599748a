"""How far people are in the lessons."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, Table, case, select

from server.store.tables import Base
from server.store.transactions import Database

DONE = 100
_PROGRESS: Table = Base.metadata.tables["lesson_progress"]


class Progress(Struct, frozen=True):
    """How far somebody is in a lesson, in percent; ``completed_at`` once it is all of it."""

    lesson_id: int
    progress: int = 0
    completed_at: datetime | None = None
    updated_at: datetime | None = None


class ProgressStore:
    """Reads and keeps progress.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, user_id: str) -> Mapping[int, Progress]:
        """Give a user's progress by lesson; lessons not begun are left out."""
        query = select(_PROGRESS).where(_PROGRESS.c.user_id == user_id)
        return {row.lesson_id: _read(row) for row in await self._database.rows(query)}

    async def one(self, user_id: str, lesson_id: int) -> Progress:
        """Give a user's progress in one lesson."""
        is_it = (_PROGRESS.c.user_id == user_id) & (_PROGRESS.c.lesson_id == lesson_id)
        row = await self._database.row(select(_PROGRESS).where(is_it))
        return Progress(lesson_id) if row is None else _read(row)

    async def put(self, user_id: str, lesson_id: int, progress: int) -> Progress:
        """Set a user's progress in one lesson; the time of completion is that of the first 100."""
        now = datetime.now(UTC)
        row: dict[str, Any] = {"progress": progress, "updated_at": now}
        row["completed_at"] = now if progress == DONE else None
        was_done = _PROGRESS.c.progress == DONE
        kept = row | {"completed_at": case((was_done, _PROGRESS.c.completed_at), else_=now)}
        key = {"user_id": user_id, "lesson_id": lesson_id}
        put = self._database.insert(_PROGRESS).values(**key, **row)
        put = put.on_conflict_do_update(
            index_elements=list(key), set_=kept if progress == DONE else row
        )
        async with self._database.writing() as connection:
            return _read((await connection.execute(put.returning(*_PROGRESS.c))).one())


def _read(row: Row[Any]) -> Progress:
    return Progress(row.lesson_id, row.progress, row.completed_at, row.updated_at)
