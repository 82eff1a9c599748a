"""The store of practice sessions: one made, read, changed or deleted at a time."""

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from server.errors import ApiError
from server.people.sight import no_session
from server.practice.changes import (
    Row,
    Standing,
    changed_row,
    deleted_row,
    new_row,
    standing_of_change,
    standing_of_new,
)
from server.practice.content import Columns
from server.practice.days import SESSIONS
from server.practice.models import Session
from server.practice.rows import delete_belongings, insert_tags, load_rows, update_rows, zone_of
from server.store.transactions import Database


class Written(NamedTuple):
    """What came of a change: the row now, and the one before where the change was made."""

    row: Row
    before: Row | None
    is_new: bool


class VersionConflictError(ApiError):
    """Another change of a practice session came first; ``details`` has the copy that is kept."""

    def __init__(self, row: Row, base_version: int | None) -> None:
        super().__init__(
            412,
            "VERSION_CONFLICT",
            f"another device changed this session: it is at version {row['version']}, "
            f"your copy was of version {base_version}",
            {"current": copy_of(row)},
        )


class SessionStore:
    """Keeps practice sessions.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._insert = database.insert(SESSIONS).on_conflict_do_nothing()

    async def make(self, user_id: str, session_id: str, given: Columns, digest: bytes) -> Written:
        """Make a practice session; one that was made so before is given back as it is now.

        Raises
        ------
        ApiError
            409, if there is another one of this id.
        """

        def write(connection: Connection) -> Written:
            row = new_row(user_id, session_id, given, digest, zone_of(connection, user_id))
            if connection.execute(self._insert, row).rowcount:
                insert_tags(connection, [row])
                return Written(row, None, True)
            return Written(load_rows(connection, user_id, [session_id])[session_id], None, False)

        written = await self.database.write(write)
        if not written.is_new:
            found = written.row
            is_other = standing_of_new(found, digest) is Standing.CONFLICT
            if is_other or found["deleted_at"] is not None:
                raise _exists(found)
        return written

    async def find(self, user_id: str, session_id: str) -> Row:
        """Give the whole row of a practice session.

        Raises
        ------
        ApiError
            404, if the user has no such session.
        """
        is_it = (SESSIONS.c.user_id == user_id, SESSIONS.c.id == session_id)
        row = await self.database.row(
            select(SESSIONS).where(*is_it, SESSIONS.c.deleted_at.is_(None))
        )
        if row is None:
            raise no_session()
        return dict(row._mapping)

    async def change(
        self,
        user_id: str,
        session_id: str,
        given: Columns,
        digest: bytes,
        base_version: int | None,
    ) -> Written:
        """Change a practice session.

        Parameters
        ----------
        user_id, session_id : str
            Whose, and which.
        given : dict
            The columns to change.
        digest : bytes
            Of the change.
        base_version : int or None
            The version it was made from; None: whatever is there.

        Raises
        ------
        ApiError
            404, if the user has no such session; 412, if it is of another version.
        """

        def write(connection: Connection) -> Written:
            zone = zone_of(connection, user_id)
            row = _locked(connection, user_id, session_id)
            if not _fits(row, base_version, digest):
                return Written(row, None, False)
            after = changed_row(row, given, digest, zone)
            update_rows(connection, [row], [after])
            return Written(after, row, True)

        return await self.database.write(write)

    async def delete(
        self, user_id: str, session_id: str, digest: bytes, base_version: int | None
    ) -> Row:
        """Delete a practice session and the take it came from; give the row as it was.

        Raises
        ------
        ApiError
            As :meth:`change`.
        """

        def write(connection: Connection) -> Row:
            row = _locked(connection, user_id, session_id)
            _fits(row, base_version, digest)
            update_rows(connection, [row], [deleted_row(row, digest)])
            delete_belongings(connection, user_id, [row])
            return row

        return await self.database.write(write)


def _locked(connection: Connection, user_id: str, session_id: str) -> Row:
    row = load_rows(connection, user_id, [session_id]).get(session_id)
    if row is None or row["deleted_at"] is not None:
        raise no_session()
    return row


def copy_of(row: Row) -> dict[str, Any]:
    """The copy that is kept, for whoever has another one; of a deleted one, that it is."""
    if row["deleted_at"] is None:
        copy: dict[str, Any] = msgspec.to_builtins(Session.of(row))
        return copy
    return {name: row[name] for name in ("id", "version", "deleted_at")}


def _fits(row: Row, base_version: int | None, digest: bytes) -> bool:
    """Whether a change is to be made; False: it was made before.

    Raises
    ------
    ApiError
        412, if another change came first.
    """
    standing = standing_of_change(row, base_version, digest)
    if standing is Standing.CONFLICT:
        raise VersionConflictError(row, base_version)
    return standing is Standing.FITS


def _exists(row: Row) -> ApiError:
    sentence = "there is another session of this id"
    if row["deleted_at"] is not None:
        sentence = "the session of this id was deleted"
    return ApiError(
        409,
        "SESSION_EXISTS",
        f"{sentence}: change that one, or make this one under another id",
        {"current": copy_of(row)},
    )
