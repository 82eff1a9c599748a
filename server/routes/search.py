"""One search over all there is for somebody: pieces, lessons, own practice sessions."""

import asyncio
from typing import Annotated

from msgspec import Meta, Struct

from server.http.declare import Access, Call, Route
from server.keys import ACCOUNTS, LIBRARY, PROGRESS
from server.lessons.lesson_models import LessonInfo
from server.lessons.search import search as search_lessons
from server.pieces.song_models import SongInfo, Words
from server.practice.models import SessionInfo
from server.practice.search import search_sessions


class EverythingQuery(Struct):
    """Words to look for, and how many to give of each kind."""

    q: Words
    limit: Annotated[int, Meta(ge=1, le=50)] = 10


class Found(Struct):
    """What fits, best first; practice sessions the newest first, none for guests."""

    songs: list[SongInfo]
    lessons: list[LessonInfo]
    sessions: list[SessionInfo]


def routes() -> list[Route]:
    """The routes of searching everything."""
    return [
        Route(method="GET", path="/api/v1/search", handler=search_everything, access=Access.ANYBODY)
    ]


async def search_everything(call: Call, query: EverythingQuery) -> Found:
    """Find pieces, lessons and one's own practice sessions by their words."""
    account = call.account_if_any
    user_id = None if account is None else account.id
    songs = await call.app[LIBRARY].search(user_id, query.q)
    lessons = await asyncio.to_thread(search_lessons, query.q)
    done = None if user_id is None else await call.app[PROGRESS].of(user_id)
    return Found(
        songs=[SongInfo.of(song, user_id) for song in songs[: query.limit]],
        lessons=[LessonInfo.of(lesson, done) for lesson in lessons[: query.limit]],
        sessions=[] if user_id is None else await _sessions(call, user_id, query),
    )


async def _sessions(call: Call, user_id: str, query: EverythingQuery) -> list[SessionInfo]:
    database = call.app[ACCOUNTS].database
    rows = await search_sessions(database, user_id, query.q, query.limit)
    return [SessionInfo.of(row) for row in rows]
