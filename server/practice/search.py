"""Finding one's own practice sessions by what was played, what for, and their tags.

A user has thousands of sessions, but few names: the database tells the different names, the rule
of :mod:`server.pieces.search` says which of them fit, and the sessions are looked up by those.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, RowMapping, or_, select

from server.pieces.search import fits, query_words
from server.pieces.words import words_of
from server.practice.days import SESSIONS
from server.practice.models import INFO_COLUMNS
from server.practice.rows import TAGS
from server.store.transactions import Database

MAX_NAMES = 2000  # of each kind; whoever has more finds those that come first
KNOWN_NAMES = 8192


class Names(NamedTuple):
    """Every different name in somebody's sessions."""

    songs: Sequence[str]
    focuses: Sequence[str]
    tags: Sequence[str]


async def search_sessions(
    database: Database, user_id: str, query: str, limit: int
) -> Sequence[RowMapping]:
    """Give the sessions that have every word of a query, the newest first.

    Parameters
    ----------
    database : Database
        Where they are.
    user_id : str
        Whose.
    query : str
        Words of song, focus and tags, without which there is nothing to find; slips are forgiven
        where nothing fits without.
    limit : int
        How many at most.

    Returns
    -------
    sequence of RowMapping
        With :data:`INFO_COLUMNS`.
    """
    words = query_words(query)
    if not words:
        return ()
    names = await _names(database, user_id)
    for with_slips in (False, True):
        fitting = await asyncio.to_thread(_fitting, words, names, with_slips)
        if all(any(some) for some in fitting):
            found = await _sessions(database, user_id, fitting, limit)
            if found:
                return found
    return ()


async def _names(database: Database, user_id: str) -> Names:
    is_there = (SESSIONS.c.user_id == user_id) & SESSIONS.c.deleted_at.is_(None)
    different = [
        select(column).where(condition, column.is_not(None)).distinct().limit(MAX_NAMES)
        for column, condition in (
            (SESSIONS.c.song_name, is_there),
            (SESSIONS.c.focus, is_there),
            (TAGS.c.tag, TAGS.c.user_id == user_id),
        )
    ]
    async with database.reading() as connection:
        return Names(*[(await connection.execute(each)).scalars().all() for each in different])


def _fitting(words: Iterable[str], names: Names, with_slips: bool) -> list[Names]:
    """The names that fit each word."""

    def fit(word: str, some: Sequence[str]) -> list[str]:
        return [name for name in some if fits(word, _words(name), with_slips=with_slips)]

    return [Names(*(fit(word, some) for some in names)) for word in words]


async def _sessions(
    database: Database, user_id: str, fitting: Sequence[Names], limit: int
) -> Sequence[RowMapping]:
    wanted = [_has_one(user_id, names) for names in fitting]
    query = (
        select(*(SESSIONS.c[name] for name in INFO_COLUMNS))
        .where(SESSIONS.c.user_id == user_id, SESSIONS.c.deleted_at.is_(None), *wanted)
        .order_by(SESSIONS.c.began_at.desc(), SESSIONS.c.id.desc())
        .limit(limit)
    )
    async with database.reading() as connection:
        return (await connection.execute(query)).mappings().all()


def _has_one(user_id: str, names: Names) -> ColumnElement[bool]:
    """Whether a session has one of some names; there is at least one."""
    is_its = (TAGS.c.user_id == user_id) & TAGS.c.tag.in_(names.tags)
    conditions = (
        (names.songs, SESSIONS.c.song_name.in_(names.songs)),
        (names.focuses, SESSIONS.c.focus.in_(names.focuses)),
        (names.tags, SESSIONS.c.id.in_(select(TAGS.c.session_id).where(is_its))),
    )
    return or_(*(condition for some, condition in conditions if some))


@lru_cache(maxsize=KNOWN_NAMES)
def _words(name: str) -> Collection[str]:
    return frozenset(words_of(name))
