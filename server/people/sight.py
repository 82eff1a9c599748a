"""Who may see a practice session: whose it is, and teachers who are linked with them."""

from typing import Any

from sqlalchemy import Select, Table, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import ApiError
from server.identity.account import Account
from server.people.links import LINKS
from server.store.tables import Base

SESSIONS: Table = Base.metadata.tables["practice_sessions"]


async def owner_of(connection: AsyncConnection, viewer: Account, session_id: str) -> str:
    """Give the user whose practice session of this id somebody may see.

    Ids are made by clients, so two users may have one of the same: one's own comes first.

    Raises
    ------
    ApiError
        404, if there is none, or it is nobody's whom they may see.
    """
    rows = await connection.execute(_owners(viewer, session_id))
    owners: set[str] = {row.user_id for row in rows}
    if not owners:
        raise no_session()
    return viewer.id if viewer.id in owners else min(owners)


def _owners(viewer: Account, session_id: str) -> Select[Any]:
    students = select(LINKS.c.student_id).where(LINKS.c.teacher_id == viewer.id)
    visible = union_all(select(literal(viewer.id)), students)
    is_there = SESSIONS.c.deleted_at.is_(None)
    query = select(SESSIONS.c.user_id).where(SESSIONS.c.id == session_id, is_there)
    return query.where(SESSIONS.c.user_id.in_(visible))


def no_session() -> ApiError:
    """The answer for a practice session that is not there, or not for who asks."""
    return ApiError(404, "SESSION_NOT_FOUND", "there is no such practice session")
