"""Days as a user has them: from midnight to midnight of their own time zone."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, bindparam, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store.tables import Base

SESSIONS: Table = Base.metadata.tables["practice_sessions"]
ROWS_AT_ONCE = 500  # so many dates keep the event loop for about a millisecond


def day_of(moment: datetime, zone: str) -> date:
    """The date of a moment in a time zone, by its IANA name."""
    return moment.astimezone(ZoneInfo(zone)).date()


def today(zone: str) -> date:
    """The date of now in a time zone."""
    return day_of(datetime.now(UTC), zone)


def begin_of(day: date, zone: str) -> datetime:
    """The first moment of a day in a time zone; where midnight is left out, the one after it."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


async def move_days(connection: AsyncConnection, user_id: str, zone: str) -> None:
    """Count the practice of a user by the days of another time zone.

    Parameters
    ----------
    connection : AsyncConnection
        Of the transaction in which the time zone of the user changes; the row of the user is
        written in it before.
    user_id : str
        Whose.
    zone : str
        IANA name of the new one.
    """
    columns = [SESSIONS.c[name] for name in ("id", "began_at", "day")]
    is_theirs = (SESSIONS.c.user_id == user_id, SESSIONS.c.deleted_at.is_(None))
    query = select(*columns).where(*is_theirs).order_by(SESSIONS.c.began_at, SESSIONS.c.id)
    rows = (await connection.execute(query.limit(ROWS_AT_ONCE))).all()
    while rows:
        await _write_days(connection, user_id, _moved(rows, zone))
        after = tuple_(SESSIONS.c.began_at, SESSIONS.c.id) > (rows[-1].began_at, rows[-1].id)
        rows = (await connection.execute(query.where(after).limit(ROWS_AT_ONCE))).all()
        await asyncio.sleep(0)


def _moved(rows: Iterable[Any], zone: str) -> list[dict[str, Any]]:
    days = ((row, day_of(row.began_at, zone)) for row in rows)
    return [{"its_id": row.id, "its_day": day} for row, day in days if day != row.day]


async def _write_days(
    connection: AsyncConnection, user_id: str, moved: list[dict[str, Any]]
) -> None:
    if moved:
        is_it = (SESSIONS.c.user_id == user_id, SESSIONS.c.id == bindparam("its_id"))
        write = update(SESSIONS).where(*is_it).values(day=bindparam("its_day"))
        await connection.execute(write, moved)
