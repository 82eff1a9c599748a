"""The store of tokens that are good once: mailed ones, and those of a sign-in under way."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, select

from server.store.tables import Base
from server.store.transactions import Database

TOKENS: Table = Base.metadata.tables["one_time_tokens"]
TOKEN_BYTES = 32
MAX_CHARS = 100


class OneTime(NamedTuple):
    """What a token is good for."""

    user_id: str | None
    data: dict[str, Any]


class OneTimeTokens:
    """Keeps tokens by their SHA-256: who reads the database cannot use one.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(
        self,
        purpose: str,
        lasting: timedelta,
        user_id: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> str:
        """Make a token; those of the same purpose that its user had are worth nothing then."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        row = {
            "digest": OneTimeTokens.digest_of(token),
            "purpose": purpose,
            "user_id": user_id,
            "data": data or {},
            "expires_at": datetime.now(UTC) + lasting,
        }
        async with self._database.writing() as connection:
            if user_id is not None:
                await connection.execute(_of_user(purpose, user_id))
            await connection.execute(TOKENS.insert().values(row))
        return token

    async def look(self, purpose: str, token: str) -> OneTime | None:
        """Tell what a token is good for, without using it; None: it is not good."""
        query = select(TOKENS.c.user_id, TOKENS.c.data).where(*_is_good(purpose, token))
        row = await self._database.row(query)
        return None if row is None else OneTime(row.user_id, row.data)

    async def use(self, purpose: str, token: str) -> OneTime | None:
        """Use a token up; of two who do so at once, one gets it. None: it is not good."""
        change = delete(TOKENS).where(*_is_good(purpose, token))
        async with self._database.writing() as connection:
            done = await connection.execute(change.returning(TOKENS.c.user_id, TOKENS.c.data))
            row = done.first()
        return None if row is None else OneTime(row.user_id, row.data)

    @staticmethod
    def digest_of(token: str) -> bytes:
        """Give what is kept of a token."""
        return hashlib.sha256(token.encode()).digest()

    async def drop(self, purpose: str, user_id: str) -> None:
        """Make what a user has of a purpose worth nothing."""
        async with self._database.writing() as connection:
            await connection.execute(_of_user(purpose, user_id))


def _is_good(purpose: str, token: str) -> tuple[Any, ...]:
    is_it = TOKENS.c.digest == OneTimeTokens.digest_of(token)
    return is_it, TOKENS.c.purpose == purpose, TOKENS.c.expires_at > datetime.now(UTC)


def _of_user(purpose: str, user_id: str) -> Any:
    return delete(TOKENS).where(TOKENS.c.user_id == user_id, TOKENS.c.purpose == purpose)
