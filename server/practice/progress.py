"""How practice goes on: the week's graph, the streak, the year's days, piece by piece."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from server.errors import FieldError
from server.identity.account import Account
from server.practice.days import SESSIONS, today
from server.practice.listing import RangeQuery, conditions
from server.practice.statistics import (
    DaySum,
    DayTotal,
    Statistics,
    Totals,
    day_sums,
    days_of_practice,
    minutes,
    monday_of,
    song_totals,
    totals_of,
    week_totals,
)
from server.practice.streaks import Streak, streak_of
from server.store.transactions import Database

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
YEAR = timedelta(days=365)  # and today
MAX_HEATMAP = timedelta(days=732)
POINT_COLUMNS = (
    "id",
    "began_at",
    "song_id",
    "song_name",
    "duration_seconds",
    "rating",
    "score_accuracy",
)


class WeekdayMinutes(Struct):
    """One day of the week's graph."""

    day: str
    minutes: int


class Stats(Struct):
    """The week from Monday to Sunday, and the days of practice in a row."""

    weekly_progress: list[WeekdayMinutes]
    streak: int


class ProgressStats(Totals, kw_only=True):
    """All practice, this week's beside the last one's, and the days in a row."""

    this_week_minutes: int
    last_week_minutes: int
    current_streak: int
    longest_streak: int


class ProgressPoint(Struct):
    """How one practice session went."""

    session_id: str
    date: datetime
    song_id: int | None
    song_name: str | None
    duration_seconds: float
    rating: int | None
    score_accuracy: float | None


class HeatmapQuery(Struct, kw_only=True, rename={"since": "from", "until": "to"}):
    """Which days, both ends among them; by default a year up to today."""

    since: date | None = None
    until: date | None = None


async def statistics_of(database: Database, account: Account, query: RangeQuery) -> Statistics:
    """Sum up the practice of a user in a span of time; the streaks are of all of it."""
    wanted = conditions(account.id, account.time_zone, query)
    async with database.reading() as connection:
        totals = await totals_of(connection, wanted)
        days = await day_sums(connection, wanted)
        songs = await song_totals(connection, wanted)
        streak = streak_of(await days_of_practice(connection, account.id), today(account.time_zone))
    return Statistics(
        **asdict(totals),
        current_streak=streak.current,
        longest_streak=streak.longest,
        per_day=[DayTotal.of(day) for day in days],
        per_week=week_totals(days),
        per_song=songs,
    )


async def stats_of(database: Database, account: Account) -> Stats:
    """Give the graph of this week."""
    now = today(account.time_zone)
    monday = monday_of(now)
    week = [monday + timedelta(days=number) for number in range(7)]
    async with database.reading() as connection:
        found = await day_sums(connection, _between(account.id, week[0], week[-1]))
        streak = streak_of(await days_of_practice(connection, account.id), now)
    by_day = {day.date: minutes(day.seconds) for day in found}
    shown = zip(WEEKDAYS, week, strict=True)
    bars = [WeekdayMinutes(name, by_day.get(day, 0)) for name, day in shown]
    return Stats(bars, streak.current)


async def progress_of(database: Database, account: Account) -> ProgressStats:
    """Sum up all practice of a user, and the last two weeks."""
    now = today(account.time_zone)
    monday = monday_of(now)
    before = monday - timedelta(days=7)
    async with database.reading() as connection:
        totals = await totals_of(
            connection, conditions(account.id, account.time_zone, RangeQuery())
        )
        days = await day_sums(connection, _between(account.id, before, date.max))
        streak = streak_of(await days_of_practice(connection, account.id), now)
    return ProgressStats(
        **asdict(totals),
        this_week_minutes=_minutes_of(day for day in days if day.date >= monday),
        last_week_minutes=_minutes_of(day for day in days if day.date < monday),
        current_streak=streak.current,
        longest_streak=streak.longest,
    )


async def streak_now(database: Database, account: Account) -> Streak:
    """Count the days of practice in a row."""
    async with database.reading() as connection:
        days = await days_of_practice(connection, account.id)
    return streak_of(days, today(account.time_zone))


async def heatmap_of(database: Database, account: Account, query: HeatmapQuery) -> list[DayTotal]:
    """Give the days with practice, the oldest first.

    Raises
    ------
    FieldError
        If the span is too long.
    """
    until = query.until or today(account.time_zone)
    since = query.since or max(until, date.min + YEAR) - YEAR
    if until - since > MAX_HEATMAP:
        raise FieldError("from", f"from: expected at most {MAX_HEATMAP.days} days before {until}")
    async with database.reading() as connection:
        days = await day_sums(connection, _between(account.id, since, until))
    return [DayTotal.of(day) for day in reversed(days)]


def point_of(row: Any) -> ProgressPoint:
    """Read the columns ``POINT_COLUMNS`` of a row."""
    return ProgressPoint(*(row[name] for name in POINT_COLUMNS))


def _minutes_of(days: Iterable[DaySum]) -> int:
    return minutes(sum(day.seconds for day in days))


def _between(user_id: str, first: date, last: date) -> list[Any]:
    is_theirs = [SESSIONS.c.user_id == user_id, SESSIONS.c.deleted_at.is_(None)]
    return [*is_theirs, SESSIONS.c.day.between(first, last)]
