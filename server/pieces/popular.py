"""What is practised most."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, func, select

from server.pieces.library import SONGS
from server.pieces.song_models import MAX_POPULAR
from server.store.tables import Base
from server.store.tables.songs import EVERYBODY
from server.store.transactions import Database

DAYS = 90
KNOWN_SEC = 60.0
_SESSIONS: Table = Base.metadata.tables["practice_sessions"]


class Popular:
    """Counts who practised what, at most once a minute.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: list[int] = []
        self._until_sec = 0.0
        self._counting = asyncio.Lock()

    async def ids(self) -> list[int]:
        """Give the pieces that everybody may see, the most practised first, then by id."""
        async with self._counting:
            if time.monotonic() >= self._until_sec:
                self._ids = await self._count()
                self._until_sec = time.monotonic() + KNOWN_SEC
        return self._ids

    async def _count(self) -> list[int]:
        rows = await self._database.rows(most_practised(datetime.now(UTC) - timedelta(days=DAYS)))
        practised = [row.id for row in rows]
        others = select(SONGS.c.id).where(SONGS.c.audience == EVERYBODY).order_by(SONGS.c.id)
        rest = [row.id for row in await self._database.rows(others.limit(MAX_POPULAR))]
        return list(dict.fromkeys(practised + rest))[:MAX_POPULAR]


def most_practised(since: datetime) -> Select[Any]:
    """Ask for the pieces practised since a time, those most often first."""
    is_counted = (_SESSIONS.c.began_at >= since) & _SESSIONS.c.deleted_at.is_(None)
    return (
        select(SONGS.c.id)
        .join(_SESSIONS, _SESSIONS.c.song_id == SONGS.c.id)
        .where(SONGS.c.audience == EVERYBODY, is_counted)
        .group_by(SONGS.c.id)
        .order_by(func.count().desc(), SONGS.c.id)
        .limit(MAX_POPULAR)
    )
