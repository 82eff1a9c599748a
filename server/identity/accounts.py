"""The store of accounts: who there is, and which sign-ins are good."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, Table, select

from server.identity.account import STUDENT, Account, Role
from server.identity.account import UTC as UTC_ZONE
from server.store.tables import Base
from server.store.tables.accounts import EMAIL_CHARS
from server.store.transactions import Database
from server.takes.ids import uuid7

USERS: Table = Base.metadata.tables["users"]
LOGINS: Table = Base.metadata.tables["logins"]
IDS_AT_ONCE = 500
SHOWN = [USERS.c[name] for name in ("id", "name", "role", "instrument", "time_zone", "email")]
SHOWN.append(USERS.c.email_verified_at)


class AccountStore:
    """Finds and makes accounts.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    async def find(self, user_id: str) -> Account | None:
        """Give the account of an id."""
        return await self._account(select(*SHOWN).where(USERS.c.id == user_id))

    async def of_login(self, login_id: str) -> Account | None:
        """Give the account of a sign-in that is neither revoked nor over."""
        is_good = LOGINS.c.revoked_at.is_(None) & (LOGINS.c.expires_at > datetime.now(UTC))
        query = select(*SHOWN).join(LOGINS, LOGINS.c.user_id == USERS.c.id)
        return await self._account(query.where(LOGINS.c.id == login_id, is_good), login_id)

    async def running(self, login_ids: Sequence[str]) -> set[str]:
        """Give those sign-ins that are neither revoked nor over."""
        is_good = LOGINS.c.revoked_at.is_(None) & (LOGINS.c.expires_at > datetime.now(UTC))
        found: set[str] = set()
        for first in range(0, len(login_ids), IDS_AT_ONCE):
            ids = login_ids[first : first + IDS_AT_ONCE]
            rows = await self.database.rows(
                select(LOGINS.c.id).where(LOGINS.c.id.in_(ids), is_good)
            )
            found.update(row.id for row in rows)
        return found

    async def latest(self, limit: int) -> list[Account]:
        """List the accounts, the newest first."""
        rows = await self.database.rows(select(*SHOWN).order_by(USERS.c.id.desc()).limit(limit))
        return [account_of(row) for row in rows]

    async def make(
        self,
        name: str,
        role: Role = STUDENT,
        *,
        user_id: str | None = None,
        email: str | None = None,
        time_zone: str = UTC_ZONE,
    ) -> Account:
        """Make an account without a password; one of this id that is there already stays."""
        account = Account(
            id=user_id or uuid7(), name=name, role=role, email=email, time_zone=time_zone
        )
        make = self.database.insert(USERS).values(user_values(account)).on_conflict_do_nothing()
        async with self.database.writing() as connection:
            await connection.execute(make)
        return account

    async def _account(self, query: Select[Any], login_id: str | None = None) -> Account | None:
        row = await self.database.row(query)
        return row and account_of(row, login_id)


def account_of(row: Row[Any], login_id: str | None = None) -> Account:
    """Read an account from a row of users."""
    return Account(
        id=row.id,
        name=row.name,
        role=row.role,
        instrument=row.instrument,
        time_zone=row.time_zone,
        email=row.email,
        is_verified=row.email_verified_at is not None,
        login_id=login_id,
    )


def user_values(account: Account) -> dict[str, Any]:
    """Lay a new account out as columns."""
    now = datetime.now(UTC)
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "time_zone": account.time_zone,
        "email": account.email,
        "email_key": None if account.email is None else email_key(account.email),
        "instrument": account.instrument,
        "created_at": now,
        "updated_at": now,
    }


def email_key(email: str) -> str:
    """An e-mail address as addresses are compared: providers tell no case apart."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()[:EMAIL_CHARS]


def is_same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses lead to the same person; only their case may differ.

    Keys are coarser, so that nobody registers what looks like another's address: in them
    ``faß.de`` is ``fass.de``, which somebody else may own.
    """
    plain = (unicodedata.normalize("NFC", email.strip()).lower() for email in (one, other))
    return next(plain) == next(plain)
