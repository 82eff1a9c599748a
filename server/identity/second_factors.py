"""The store of second factors: sealed secrets, the steps that were used, recovery codes."""

import hashlib
import secrets
from base64 import b32encode
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.identity.accounts import USERS
from server.store.tables import Base
from server.store.transactions import Database

RECOVERY: Table = Base.metadata.tables["recovery_codes"]
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits: nobody guesses one, so a plain hash keeps it
GROUP_CHARS = 4


class Factor(NamedTuple):
    """What is kept of somebody's second factor."""

    sealed: bytes | None
    is_enabled: bool


class SecondFactorStore:
    """Keeps second factors.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, user_id: str) -> Factor:
        """Give the second factor of a user."""
        row = await self._database.row(
            select(USERS.c.totp_secret, USERS.c.totp_enabled_at).where(USERS.c.id == user_id)
        )
        return (
            Factor(None, False)
            if row is None
            else Factor(row.totp_secret, row.totp_enabled_at is not None)
        )

    async def set_up(self, user_id: str, sealed: bytes) -> bool:
        """Keep a new secret; False: there is one that counts."""
        is_off = (USERS.c.id == user_id, USERS.c.totp_enabled_at.is_(None))
        change = update(USERS).where(*is_off).values(totp_secret=sealed, totp_step=None)
        async with self._database.writing() as connection:
            return bool((await connection.execute(change)).rowcount)

    async def enable(self, user_id: str, sealed: bytes, step: int) -> list[str] | None:
        """Let a secret count and give new recovery codes; None: another came in between."""
        is_it = (
            USERS.c.id == user_id,
            USERS.c.totp_enabled_at.is_(None),
            USERS.c.totp_secret == sealed,
        )
        change = update(USERS).where(*is_it)
        change = change.values(totp_enabled_at=datetime.now(UTC), totp_step=step)
        codes = [_new_code() for _ in range(RECOVERY_CODES)]
        async with self._database.writing() as connection:
            if not (await connection.execute(change)).rowcount:
                return None
            await self._forget_codes(connection, user_id)
            rows = [{"user_id": user_id, "digest": _digest(code)} for code in codes]
            await connection.execute(RECOVERY.insert(), rows)
        return codes

    async def disable(self, user_id: str) -> None:
        """Forget the second factor of a user."""
        nothing: dict[str, Any] = dict.fromkeys(("totp_secret", "totp_enabled_at", "totp_step"))
        async with self._database.writing() as connection:
            await connection.execute(update(USERS).where(USERS.c.id == user_id).values(nothing))
            await self._forget_codes(connection, user_id)

    async def use_step(self, user_id: str, step: int) -> bool:
        """Use a time step, which is good once; of two who do so at once, one gets it."""
        is_new = or_(USERS.c.totp_step.is_(None), USERS.c.totp_step < step)
        change = update(USERS).where(USERS.c.id == user_id, is_new).values(totp_step=step)
        async with self._database.writing() as connection:
            return bool((await connection.execute(change)).rowcount)

    async def use_recovery_code(self, user_id: str, code: str) -> bool:
        """Use a recovery code up; tells whether it was good."""
        is_it = (RECOVERY.c.user_id == user_id, RECOVERY.c.digest == _digest(code))
        async with self._database.writing() as connection:
            return bool((await connection.execute(delete(RECOVERY).where(*is_it))).rowcount)

    async def codes_left(self, user_id: str) -> int:
        """Count the recovery codes that are still good."""
        of_user = select(func.count()).where(RECOVERY.c.user_id == user_id)
        async with self._database.reading() as connection:
            return await connection.scalar(of_user) or 0

    @staticmethod
    async def _forget_codes(connection: AsyncConnection, user_id: str) -> None:
        await connection.execute(delete(RECOVERY).where(RECOVERY.c.user_id == user_id))


def _new_code() -> str:
    letters = b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    groups = range(0, len(letters), GROUP_CHARS)
    return "-".join(letters[at : at + GROUP_CHARS] for at in groups)


def _digest(code: str) -> bytes:
    """The SHA-256 of a recovery code, however it is typed."""
    plain = "".join(filter(str.isalnum, code.lower()))
    return hashlib.sha256(plain.encode()).digest()
