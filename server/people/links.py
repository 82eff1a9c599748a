"""The store of links: invitations, and who teaches whom."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import ApiError
from server.identity.account import STUDENT, TEACHER, Account, Role
from server.identity.accounts import USERS
from server.people.models import Invitation, Linked
from server.store.tables import Base
from server.store.transactions import Database
from server.takes.ids import uuid7

LINKS: Table = Base.metadata.tables["links"]
INVITATIONS: Table = Base.metadata.tables["invitations"]

# Letters and digits that nobody takes for one another, read aloud or by hand.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_CHARS = 10  # 49 bits: with attempts limited, nobody guesses one in the week it is good
GOOD_FOR = timedelta(days=7)
MAX_OPEN = 100  # invitations of one account at a time


class LinkStore:
    """Keeps invitations and links.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def invite(self, inviter: Account) -> Invitation:
        """Make a code for somebody of the other role.

        Raises
        ------
        ApiError
            409, if ``MAX_OPEN`` are open already.
        """
        now = datetime.now(UTC)
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))
        made = Invitation(uuid7(), code, other_role(inviter.role), now, now + GOOD_FOR)
        row = {
            "id": made.id,
            "code": code,
            "inviter_id": inviter.id,
            "created_at": now,
            "expires_at": made.expires_at,
        }
        async with self._database.writing() as connection:
            n_open = select(func.count()).where(*_open(inviter.id, now))
            if (await connection.scalar(n_open) or 0) >= MAX_OPEN:
                raise ApiError(
                    409,
                    "TOO_MANY_INVITATIONS",
                    f"{MAX_OPEN} invitations are open: take one back, or wait until one is over",
                )
            await connection.execute(INVITATIONS.insert().values(row))
        return made

    async def invitations(self, inviter: Account) -> list[Invitation]:
        """List the open invitations of somebody, the oldest first."""
        columns = [INVITATIONS.c[name] for name in ("id", "code", "created_at", "expires_at")]
        query = select(*columns).where(*_open(inviter.id, datetime.now(UTC)))
        rows = await self._database.rows(query.order_by(INVITATIONS.c.id))
        role = other_role(inviter.role)
        return [Invitation(r.id, r.code, role, r.created_at, r.expires_at) for r in rows]

    async def take_back(self, inviter: Account, invitation_id: str) -> None:
        """Make an open invitation worthless.

        Raises
        ------
        ApiError
            404, if there is none of this id.
        """
        is_it = INVITATIONS.c.id == invitation_id
        query = delete(INVITATIONS).where(is_it, *_open(inviter.id, datetime.now(UTC)))
        async with self._database.writing() as connection:
            if not (await connection.execute(query)).rowcount:
                raise _unknown_invitation()

    async def accept(self, account: Account, code: str) -> Linked:
        """Link somebody with who made a code; accepted again by the same, it changes nothing.

        Raises
        ------
        ApiError
            404, if the code is wrong, over or somebody else's; 403, if it is for the other role.
        """
        async with self._database.writing() as connection:
            invitation = await self._claim(connection, account, code)
            inviter = invitation.inviter_id
            is_teacher = account.role == TEACHER
            teacher, student = (account.id, inviter) if is_teacher else (inviter, account.id)
            now = datetime.now(UTC)
            link = {"id": uuid7(), "teacher_id": teacher, "student_id": student, "created_at": now}
            make = self._database.insert(LINKS).values(link).on_conflict_do_nothing()
            await connection.execute(make)
            query = _linked(account).where(USERS.c.id == inviter)
            row = (await connection.execute(query)).one()
        return _told(row)

    async def _claim(self, connection: AsyncConnection, account: Account, code: str) -> Row[Any]:
        """Take an invitation, so that nobody else can."""
        query = (
            select(INVITATIONS.c.id, INVITATIONS.c.inviter_id, INVITATIONS.c.accepted_by)
            .add_columns(USERS.c.role)
            .join(USERS, USERS.c.id == INVITATIONS.c.inviter_id)
            .where(INVITATIONS.c.code == "".join(code.split()).upper())
            .where(INVITATIONS.c.expires_at > datetime.now(UTC))
            .with_for_update(of=INVITATIONS)
        )
        found = (await connection.execute(query)).first()
        if found is None or found.accepted_by not in (None, account.id):
            raise _unknown_invitation()
        if found.role == account.role:
            wanted = other_role(found.role)
            raise ApiError(403, "WRONG_ROLE", f"this invitation is for a {wanted}")
        claimed = {"accepted_at": datetime.now(UTC), "accepted_by": account.id}
        if found.accepted_by is None:
            is_it = INVITATIONS.c.id == found.id
            await connection.execute(update(INVITATIONS).where(is_it).values(claimed))
        return found

    async def linked(self, account: Account, role: Role) -> list[Linked]:
        """List the students of a teacher, or the teachers of a student, by name."""
        if role == account.role:
            return []
        rows = await self._database.rows(_linked(account).order_by(USERS.c.name, USERS.c.id))
        return [_told(row) for row in rows]

    async def end(self, account: Account, other_id: str) -> None:
        """End a link; either side may.

        Raises
        ------
        ApiError
            404, if the two are not linked.
        """
        own, other = _sides(account)
        query = delete(LINKS).where(own == account.id, other == other_id)
        async with self._database.writing() as connection:
            if not (await connection.execute(query)).rowcount:
                raise ApiError(404, "NOT_LINKED", "you are not linked with anybody of this id")


def other_role(role: Role) -> Role:
    """The other one of the two roles."""
    return STUDENT if role == TEACHER else TEACHER


def _open(inviter_id: str, now: datetime) -> Sequence[ColumnElement[bool]]:
    return (
        INVITATIONS.c.inviter_id == inviter_id,
        INVITATIONS.c.accepted_at.is_(None),
        INVITATIONS.c.expires_at > now,
    )


def _sides(account: Account) -> tuple[Any, Any]:
    """The columns of a link where an account stands, and where the other one does."""
    sides = LINKS.c.teacher_id, LINKS.c.student_id
    return sides if account.role == TEACHER else (sides[1], sides[0])


def _linked(account: Account) -> Select[Any]:
    own, other = _sides(account)
    columns = [USERS.c[name] for name in ("id", "name", "role", "instrument")]
    query = select(*columns, LINKS.c.created_at).join(USERS, USERS.c.id == other)
    return query.select_from(LINKS).where(own == account.id)


def _told(row: Row[Any]) -> Linked:
    return Linked(row.id, row.name, row.role, row.instrument, row.created_at)


def _unknown_invitation() -> ApiError:
    return ApiError(
        404,
        "INVITATION_NOT_FOUND",
        "there is no such invitation: it may be used or over, ask for a new one",
    )
