"""The store of sign-ins: each is one family of refresh tokens."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, func, select, update
from sqlalchemy.exc import IntegrityError

from server.errors import ReusedTokenError, TokenError
from server.http.visitor import Visitor
from server.identity.refresh_tokens import Refresh
from server.store.tables import Base
from server.store.transactions import Database
from server.takes.ids import uuid7

LOGINS: Table = Base.metadata.tables["logins"]


class LoginStore:
    """Keeps sign-ins.

    Parameters
    ----------
    database : Database
        Stays open.
    refresh_days : int
        How long a sign-in lasts since it was last refreshed.
    """

    def __init__(self, database: Database, refresh_days: int) -> None:
        self._database = database
        self._lasting = timedelta(days=refresh_days)

    async def begin(self, user_id: str, visitor: Visitor) -> Refresh:
        """Begin a sign-in.

        Raises
        ------
        TokenError
            If the account has gone in this very moment.
        """
        now = datetime.now(UTC)
        login_id = uuid7()
        row = {
            "id": login_id,
            "user_id": user_id,
            "generation": 0,
            "address": visitor.address,
            "agent": visitor.agent,
            "created_at": now,
            "used_at": now,
            "expires_at": now + self._lasting,
        }
        try:
            async with self._database.writing() as connection:
                await connection.execute(LOGINS.insert().values(row))
        except IntegrityError:
            raise TokenError("the account is no longer there") from None
        return Refresh(login_id, 0)

    async def refresh(self, refresh: Refresh) -> Refresh:
        """Take the next generation; of two who ask at once, one gets it.

        Raises
        ------
        ReusedTokenError
            If a later generation was given out: somebody has a token that is not theirs. The
            sign-in is over then, for both.
        TokenError
            If the sign-in is over.
        """
        now = datetime.now(UTC)
        following = refresh.generation + 1
        change = (
            update(LOGINS)
            .where(LOGINS.c.id == refresh.login_id, LOGINS.c.generation == refresh.generation)
            .where(LOGINS.c.revoked_at.is_(None), LOGINS.c.expires_at > now)
            .values(generation=following, used_at=now, expires_at=now + self._lasting)
        )
        async with self._database.writing() as connection:
            if (await connection.execute(change)).rowcount:
                return Refresh(refresh.login_id, following)
            row = (
                await connection.execute(select(LOGINS).where(LOGINS.c.id == refresh.login_id))
            ).first()
        if row is not None and row.revoked_at is None and row.generation > refresh.generation:
            await self.end(row.user_id, row.id, "reuse")
            raise ReusedTokenError(row.user_id, row.id)
        raise TokenError("the sign-in is over: sign in again")

    async def end(self, user_id: str, login_id: str, why: str) -> bool:
        """End a sign-in of a user; tells whether it was running."""
        return bool(await self._revoke(why, LOGINS.c.user_id == user_id, LOGINS.c.id == login_id))

    async def end_all(self, user_id: str, why: str, but: str | None = None) -> int:
        """End every sign-in of a user, except one; tells how many."""
        conditions = [LOGINS.c.user_id == user_id]
        if but is not None:
            conditions.append(LOGINS.c.id != but)
        return await self._revoke(why, *conditions)

    async def user_of(self, login_id: str) -> str | None:
        """Tell whose sign-in one is, even one that is over."""
        row = await self._database.row(select(LOGINS.c.user_id).where(LOGINS.c.id == login_id))
        return None if row is None else row.user_id

    async def running(
        self, user_id: str, before: str | None, limit: int
    ) -> tuple[Sequence[Row[Any]], int]:
        """List the sign-ins of a user that are not over, the latest first, and count them all."""
        is_running = (
            LOGINS.c.user_id == user_id,
            LOGINS.c.revoked_at.is_(None),
            LOGINS.c.expires_at > datetime.now(UTC),
        )
        wanted = select(LOGINS).where(*is_running).order_by(LOGINS.c.id.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(LOGINS.c.id < before)
        async with self._database.reading() as connection:
            total = await connection.scalar(select(func.count()).where(*is_running)) or 0
            return (await connection.execute(wanted)).all(), total

    async def has_been_at(self, user_id: str, address: str) -> bool:
        """Whether a user signed in from an address of late."""
        found = select(LOGINS.c.id).where(LOGINS.c.user_id == user_id, LOGINS.c.address == address)
        return await self._database.row(found.limit(1)) is not None

    async def _revoke(self, why: str, *conditions: Any) -> int:
        change = update(LOGINS).where(*conditions, LOGINS.c.revoked_at.is_(None))
        change = change.values(revoked_at=datetime.now(UTC), revoked_why=why)
        async with self._database.writing() as connection:
            return (await connection.execute(change)).rowcount
