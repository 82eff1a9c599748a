"""The store of comments on practice sessions: teacher and student see the same ones."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, func, or_, select

from server.errors import ApiError
from server.identity.account import Account
from server.identity.accounts import USERS
from server.people.models import Comment, CursorQuery
from server.people.sight import owner_of
from server.store.tables import Base
from server.store.transactions import Database
from server.takes.ids import uuid7

COMMENTS: Table = Base.metadata.tables["session_comments"]


class CommentPage(NamedTuple):
    """Some of the comments of a session; ``cursor`` is where the next page begins, if any."""

    comments: list[Comment]
    total: int
    cursor: str | None


class CommentStore:
    """Keeps comments; who may not see a session may not see, make or delete one on it.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, author: Account, session_id: str, body: str) -> Comment:
        """Say something of a session."""
        comment = Comment(
            id=uuid7(),
            session_id=session_id,
            author_id=author.id,
            author_name=author.name,
            author_role=author.role,
            body=body,
            created_at=datetime.now(UTC),
        )
        async with self._database.writing() as connection:
            row = {
                "id": comment.id,
                "user_id": await owner_of(connection, author, session_id),
                "session_id": session_id,
                "author_id": author.id,
                "body": body,
                "created_at": comment.created_at,
            }
            await connection.execute(COMMENTS.insert().values(row))
        return comment

    async def list(self, viewer: Account, session_id: str, query: CursorQuery) -> CommentPage:
        """List what was said of a session, the oldest first."""
        async with self._database.reading() as connection:
            owner = await owner_of(connection, viewer, session_id)
            is_its = (COMMENTS.c.user_id == owner, COMMENTS.c.session_id == session_id)
            total = await connection.scalar(select(func.count()).where(*is_its)) or 0
            columns = [COMMENTS.c[name] for name in ("id", "session_id", "author_id", "body")]
            wanted = (
                select(*columns, COMMENTS.c.created_at, USERS.c.name, USERS.c.role)
                .join(USERS, USERS.c.id == COMMENTS.c.author_id)
                .where(*is_its, COMMENTS.c.id > query.cursor)
                .order_by(COMMENTS.c.id)
                .limit(query.limit + 1)
            )
            rows = (await connection.execute(wanted)).all()
        shown = [_told(row) for row in rows[: query.limit]]
        return CommentPage(shown, total, shown[-1].id if len(rows) > query.limit else None)

    async def delete(self, account: Account, session_id: str, comment_id: str) -> None:
        """Take a comment away; its author may, and whose practice it is.

        Raises
        ------
        ApiError
            404, if there is none that they may take away.
        """
        async with self._database.writing() as connection:
            owner = await owner_of(connection, account, session_id)
            is_it = (COMMENTS.c.id == comment_id, COMMENTS.c.session_id == session_id)
            may = or_(COMMENTS.c.author_id == account.id, COMMENTS.c.user_id == account.id)
            query = delete(COMMENTS).where(*is_it, COMMENTS.c.user_id == owner, may)
            if not (await connection.execute(query)).rowcount:
                raise ApiError(404, "COMMENT_NOT_FOUND", "there is no such comment of yours")


def _told(row: Any) -> Comment:
    return Comment(
        row.id, row.session_id, row.author_id, row.name, row.role, row.body, row.created_at
    )
