"""Rows of practice sessions, read and written many at a time in one transaction.

Every statement names the user: nobody reaches another's rows. All take a plain connection, as
:meth:`server.store.transactions.Database.write` gives it; an asynchronous one has ``run_sync``.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Insert, Table, bindparam, delete, select, update

from server.errors import ApiError
from server.identity.accounts import USERS
from server.pieces.words import fold
from server.practice.changes import Row
from server.practice.content import Columns
from server.practice.days import SESSIONS
from server.store.tables import Base
from server.store.tables.practice import TAG_CHARS

TAGS: Table = Base.metadata.tables["session_tags"]
COMMENTS: Table = Base.metadata.tables["session_comments"]
TAKES: Table = Base.metadata.tables["takes"]

_KEY = ("user_id", "id")
_CHANGED = [column.name for column in SESSIONS.c if column.name not in _KEY]
_IS_IT = (SESSIONS.c.user_id == bindparam("its_user"), SESSIONS.c.id == bindparam("its_id"))
_UPDATE = (
    update(SESSIONS)
    .where(*_IS_IT, SESSIONS.c.version == bindparam("its_version"))
    .values({name: bindparam(name) for name in _CHANGED})
)


def zone_of(connection: Connection, user_id: str) -> str:
    """Give the time zone of a user, and keep both from changing until the transaction ends.

    Raises
    ------
    ApiError
        401, if the account is no longer there.
    """
    query = select(USERS.c.time_zone).where(USERS.c.id == user_id).with_for_update(read=True)
    zone: str | None = connection.scalar(query)
    if zone is None:
        raise ApiError(401, "INVALID_TOKEN", "the account behind the token is gone")
    return zone


def load_rows(connection: Connection, user_id: str, ids: Sequence[str]) -> dict[str, Row]:
    """Read whole rows, deleted ones too, and keep others from changing them meanwhile."""
    query = select(SESSIONS).where(SESSIONS.c.user_id == user_id, SESSIONS.c.id.in_(ids))
    # In one order everywhere: two that want the same rows do not wait for each other.
    rows = connection.execute(query.order_by(SESSIONS.c.id).with_for_update())
    return {row["id"]: row for row in rows.mappings()}


def insert_rows(connection: Connection, insert: Insert, rows: Sequence[Columns]) -> None:
    """Write new rows with their tags.

    Parameters
    ----------
    connection : Connection
        Of the transaction.
    insert : Insert
        ``insert(SESSIONS)``, or one of the database's dialect with what to do about conflicts.
    rows : sequence of dict
        All columns, by :func:`server.practice.changes.new_row`.
    """
    connection.execute(insert, list(rows))
    insert_tags(connection, rows)


def update_rows(connection: Connection, befores: Sequence[Row], afters: Sequence[Columns]) -> None:
    """Write changed rows with their tags; both as :func:`load_rows` locked them."""
    keys = [
        {"its_user": row["user_id"], "its_id": row["id"], "its_version": row["version"]}
        for row in befores
    ]
    changes = [
        key | {name: after[name] for name in _CHANGED}
        for key, after in zip(keys, afters, strict=True)
    ]
    connection.execute(_UPDATE, changes)
    pairs = zip(befores, afters, strict=True)
    retagged = [after for before, after in pairs if before["tags"] != after["tags"]]
    for row in retagged:
        is_its = (TAGS.c.user_id == row["user_id"], TAGS.c.session_id == row["id"])
        connection.execute(delete(TAGS).where(*is_its))
    insert_tags(connection, retagged)


def delete_takes(connection: Connection, user_id: str, take_ids: Sequence[str]) -> None:
    """Delete takes of a user with their logs."""
    if take_ids:
        is_theirs = TAKES.c.user_id == user_id
        connection.execute(delete(TAKES).where(TAKES.c.id.in_(take_ids), is_theirs))


def delete_belongings(connection: Connection, user_id: str, befores: Sequence[Row]) -> None:
    """Delete what belongs to sessions that are deleted: their takes, and what was said of them."""
    if not befores:
        return
    delete_takes(connection, user_id, [row["take_id"] for row in befores if row["take_id"]])
    its = [row["id"] for row in befores]
    is_theirs = (COMMENTS.c.user_id == user_id, COMMENTS.c.session_id.in_(its))
    connection.execute(delete(COMMENTS).where(*is_theirs))


def folded_tag(tag: str) -> str:
    """A tag as tags are compared."""
    return fold(tag)[:TAG_CHARS]


def insert_tags(connection: Connection, rows: Iterable[Columns]) -> None:
    """Write the tags of rows that have none yet."""
    found = [
        {"user_id": row["user_id"], "session_id": row["id"], "tag": tag}
        for row in rows
        for tag in {folded_tag(tag) for tag in row["tags"]}
    ]
    if found:
        connection.execute(TAGS.insert(), found)
