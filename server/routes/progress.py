"""Statistics of practice over REST."""

from server.http.declare import Call, Route
from server.keys import PRACTICE
from server.practice.listing import RangeQuery, SessionsQuery, list_sessions
from server.practice.progress import (
    POINT_COLUMNS,
    HeatmapQuery,
    ProgressPoint,
    ProgressStats,
    Stats,
    heatmap_of,
    point_of,
    progress_of,
    statistics_of,
    stats_of,
    streak_now,
)
from server.practice.statistics import DayTotal, Statistics
from server.practice.streaks import Streak

BASE = "/api/v1/"


async def get_statistics(call: Call, query: RangeQuery) -> Statistics:
    """Practice summed up: in all, by day, by week, by piece."""
    return await statistics_of(call.app[PRACTICE].database, call.account, query)


async def get_stats(call: Call) -> Stats:
    """This week's graph, in minutes a day, and the days of practice in a row."""
    return await stats_of(call.app[PRACTICE].database, call.account)


async def get_progress_stats(call: Call) -> ProgressStats:
    """All practice, this week's and the last one's."""
    return await progress_of(call.app[PRACTICE].database, call.account)


async def get_progress_sessions(call: Call, query: SessionsQuery) -> list[ProgressPoint]:
    """How each practice session went, the newest first: rating and accuracy over time."""
    account, database = call.account, call.app[PRACTICE].database
    page = await list_sessions(database, account.id, account.time_zone, query, POINT_COLUMNS)
    call.page(page.total, page.cursor, query.limit)
    return [point_of(row) for row in page.rows]


async def get_streak(call: Call) -> Streak:
    """The days of practice in a row."""
    return await streak_now(call.app[PRACTICE].database, call.account)


async def get_heatmap(call: Call, query: HeatmapQuery) -> list[DayTotal]:
    """The days with practice, by default of the last year, the oldest first."""
    return await heatmap_of(call.app[PRACTICE].database, call.account, query)


def routes() -> list[Route]:
    """The routes of statistics."""
    return [
        Route(method="GET", path=BASE + "sessions/statistics", handler=get_statistics),
        Route(method="GET", path=BASE + "stats", handler=get_stats),
        Route(method="GET", path=BASE + "progress/stats", handler=get_progress_stats),
        Route(method="GET", path=BASE + "progress/sessions", handler=get_progress_sessions),
        Route(method="GET", path=BASE + "progress/streak", handler=get_streak),
        Route(method="GET", path=BASE + "progress/heatmap", handler=get_heatmap),
    ]
