"""Lists of practice sessions: which, in what order, and where the next page begins."""

import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, NamedTuple

from msgspec import Meta, Struct
from sqlalchemy import ColumnElement, RowMapping, Select, func, literal, select, tuple_

from server.errors import FieldError
from server.http.declare import Number
from server.http.paging import DEFAULT_LIMIT, MAX_LIMIT
from server.practice.days import SESSIONS, begin_of
from server.practice.models import INFO_COLUMNS, Label, Tag
from server.practice.rows import TAGS, folded_tag
from server.store.tables import UtcDateTime
from server.store.transactions import Database

When = Annotated[
    str,
    Meta(
        max_length=40,
        description="A date in the user's time zone, or a time with zone, in ISO 8601.",
    ),
]

Day = Annotated[date, Meta(description="A date in the user's time zone, in ISO 8601.")]


class RangeQuery(Struct, kw_only=True, rename={"since": "from", "until": "to"}):
    """A span of time; both ends belong to it."""

    since: When | None = None
    until: When | None = None


class SessionsQuery(RangeQuery, kw_only=True):
    """Which practice sessions: those that all of it is true of."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Meta(max_length=200)] = ""
    date: Day | None = None
    tag: Tag | None = None
    song_id: Number | None = None
    song: Label | None = None
    instrument: Label | None = None


class SessionPage(NamedTuple):
    """Some rows of a list, how many it has, and where the next page begins, if there is one."""

    rows: Sequence[RowMapping]
    total: int
    cursor: str | None


async def list_sessions(
    database: Database,
    user_id: str,
    zone: str,
    query: SessionsQuery,
    columns: Sequence[str] = INFO_COLUMNS,
) -> SessionPage:
    """List practice sessions of a user, the newest first.

    Parameters
    ----------
    database : Database
        Where they are.
    user_id, zone : str
        Whose, and where their days begin.
    query : SessionsQuery
        Which.
    columns : sequence of str
        What of each; ``began_at`` and ``id`` among them.

    Raises
    ------
    FieldError
        If a time or the cursor is none.
    """
    wanted = [*conditions(user_id, zone, query), *_of_query(user_id, query)]
    place = tuple_(SESSIONS.c.began_at, SESSIONS.c.id)
    count = select(func.count()).where(*wanted)
    # One question for both: on the way to SQLite and back, a question costs more than its answer.
    rows = select(*(SESSIONS.c[name] for name in columns), count.scalar_subquery().label("total"))
    rows = rows.where(*wanted)
    if query.cursor:
        rows = rows.where(place < _place(query.cursor))
    newest_first = rows.order_by(SESSIONS.c.began_at.desc(), SESSIONS.c.id.desc())
    found = [row._mapping for row in await database.rows(newest_first.limit(query.limit + 1))]
    if not found:
        return SessionPage([], await _count(database, count) if query.cursor else 0, None)
    total, shown = found[0]["total"], found[: query.limit]
    has_more = len(found) > query.limit
    return SessionPage(shown, total, _cursor(shown[-1]) if has_more else None)


async def _count(database: Database, count: Select[Any]) -> int:
    row = await database.row(count)
    assert row is not None
    total: int = row[0]
    return total


def conditions(user_id: str, zone: str, query: RangeQuery) -> list[ColumnElement[bool]]:
    """What is true of the rows of a user in a span of time."""
    wanted = [SESSIONS.c.user_id == user_id, SESSIONS.c.deleted_at.is_(None)]
    if query.since is not None:
        wanted.append(SESSIONS.c.began_at >= _moment("from", query.since, zone))
    if query.until is not None:
        wanted.append(_until(query.until, zone))
    return wanted


def _of_query(user_id: str, query: SessionsQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.date is not None:
        wanted.append(SESSIONS.c.day == query.date)
    if query.tag is not None:
        is_its = (TAGS.c.user_id == user_id, TAGS.c.tag == folded_tag(query.tag))
        wanted.append(SESSIONS.c.id.in_(select(TAGS.c.session_id).where(*is_its)))
    if query.song_id is not None:
        wanted.append(SESSIONS.c.song_id == query.song_id)
    if query.song is not None:
        wanted.append(SESSIONS.c.song_name == query.song)
    if query.instrument is not None:
        wanted.append(SESSIONS.c.instrument == query.instrument)
    return wanted


def _until(text: str, zone: str) -> ColumnElement[bool]:
    """The end of a date is the beginning of the next one."""
    day = _day(text)
    if day is None:
        return SESSIONS.c.began_at <= _moment("to", text, zone)
    try:
        return SESSIONS.c.began_at < begin_of(day + timedelta(days=1), zone)
    except OverflowError:
        raise _no_time("to", text) from None


def _moment(field: str, text: str, zone: str) -> datetime:
    try:
        day = _day(text)
        moment = datetime.fromisoformat(text) if day is None else begin_of(day, zone)
    except (ValueError, OverflowError):
        raise _no_time(field, text) from None
    if moment.tzinfo is None:
        raise _no_time(field, text)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise _no_time(field, text) from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _no_time(field: str, text: str) -> FieldError:
    return FieldError(
        field, f"{field}: expected a date, or a time with zone in ISO 8601, got {text!r}"
    )


def _cursor(row: RowMapping) -> str:
    place = f"{row['began_at'].astimezone(UTC).isoformat()}|{row['id']}"
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place(cursor: str) -> Any:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        moment, _, session_id = text.partition("|")
        began_at = datetime.fromisoformat(moment).astimezone(UTC)
        uuid.UUID(session_id)
    except (ValueError, OverflowError):
        raise FieldError("cursor", "cursor: give the one of the Link of the page before") from None
    return tuple_(literal(began_at, UtcDateTime), literal(session_id))
