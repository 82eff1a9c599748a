"""Practice summed up by the database: in all, by day, by week, by piece."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.practice.days import SESSIONS

MAX_DAYS = 3660  # ten years of days with practice
MAX_SONGS = 200

_COUNT = func.count().label("sessions")
_SECONDS = func.coalesce(func.sum(SESSIONS.c.duration_seconds), 0.0).label("seconds")
_RATING = func.avg(SESSIONS.c.rating).label("rating")
_ACCURACY = func.avg(SESSIONS.c.score_accuracy).label("accuracy")
Conditions = Sequence[ColumnElement[bool]]


class DaySum(NamedTuple):
    """What the database says of one day."""

    date: date
    sessions: int
    seconds: float


class DayTotal(Struct):
    """Practice of one day."""

    date: date
    sessions: int
    minutes: int

    @classmethod
    def of(cls, day: DaySum) -> "DayTotal":
        """Round to minutes."""
        return cls(day.date, day.sessions, minutes(day.seconds))


class WeekTotal(Struct):
    """Practice of one week, by its Monday."""

    monday: date
    sessions: int
    minutes: int


class SongTotal(Struct, kw_only=True):
    """Practice of one piece."""

    song_id: int | None
    song_name: str | None
    sessions: int
    minutes: int
    average_rating: float | None
    average_accuracy: float | None
    best_accuracy: float | None
    last_practised_at: datetime


class Totals(Struct, kw_only=True):
    """All practice."""

    total_sessions: int
    total_seconds: float
    total_minutes: int
    average_rating: float | None
    average_accuracy: float | None


class Statistics(Totals, kw_only=True):
    """Practice summed up; days and weeks without any are left out, the newest come first."""

    current_streak: int
    longest_streak: int
    per_day: list[DayTotal]
    per_week: list[WeekTotal]
    per_song: list[SongTotal]


async def totals_of(connection: AsyncConnection, wanted: Conditions) -> Totals:
    """Sum up all that these conditions are true of."""
    query = select(_COUNT, _SECONDS, _RATING, _ACCURACY).where(*wanted)
    row = (await connection.execute(query)).one()
    return Totals(
        total_sessions=row.sessions,
        total_seconds=row.seconds,
        total_minutes=minutes(row.seconds),
        average_rating=_rounded(row.rating),
        average_accuracy=_rounded(row.accuracy),
    )


async def day_sums(connection: AsyncConnection, wanted: Conditions) -> list[DaySum]:
    """Sum up each day with practice, the newest first."""
    day = SESSIONS.c.day
    query = select(day, _COUNT, _SECONDS).where(*wanted).group_by(day).order_by(day.desc())
    rows = await connection.execute(query.limit(MAX_DAYS))
    return [DaySum(row.day, row.sessions, row.seconds) for row in rows]


async def song_totals(connection: AsyncConnection, wanted: Conditions) -> list[SongTotal]:
    """Sum up each piece, the most practised first."""
    song = (SESSIONS.c.song_id, SESSIONS.c.song_name)
    is_named = or_(SESSIONS.c.song_id.is_not(None), SESSIONS.c.song_name.is_not(None))
    best = func.max(SESSIONS.c.score_accuracy).label("best")
    last = func.max(SESSIONS.c.began_at).label("last")
    query = select(*song, _COUNT, _SECONDS, _RATING, _ACCURACY, best, last)
    query = query.where(*wanted, is_named).group_by(*song)
    most_first = query.order_by(_SECONDS.desc(), last.desc(), *song)
    rows = await connection.execute(most_first.limit(MAX_SONGS))
    return [_song_total(row) for row in rows]


async def days_of_practice(connection: AsyncConnection, user_id: str) -> Sequence[date]:
    """All days of a user with practice, in order."""
    is_theirs = (SESSIONS.c.user_id == user_id, SESSIONS.c.deleted_at.is_(None))
    query = select(SESSIONS.c.day).where(*is_theirs).distinct().order_by(SESSIONS.c.day)
    return (await connection.execute(query)).scalars().all()


def week_totals(days: Iterable[DaySum]) -> list[WeekTotal]:
    """Sum up weeks by their days, which are in order; both the newest first."""
    return [_week(monday, week) for monday, week in groupby(days, lambda day: monday_of(day.date))]


def monday_of(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def minutes(seconds: float) -> int:
    """Whole minutes, rounded."""
    return round(seconds / 60)


def _week(monday: date, days: Iterable[DaySum]) -> WeekTotal:
    _, sessions, seconds = zip(*days, strict=True)
    return WeekTotal(monday, sum(sessions), minutes(sum(seconds)))


def _song_total(row: Any) -> SongTotal:
    return SongTotal(
        song_id=row.song_id,
        song_name=row.song_name,
        sessions=row.sessions,
        minutes=minutes(row.seconds),
        average_rating=_rounded(row.rating),
        average_accuracy=_rounded(row.accuracy),
        best_accuracy=_rounded(row.best),
        last_practised_at=row.last,
    )


def _rounded(value: Any) -> float | None:
    """Two places; PostgreSQL's mean of integers is a decimal."""
    return None if value is None else round(float(value), 2)
