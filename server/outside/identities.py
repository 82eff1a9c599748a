"""The store of who came from elsewhere: one account for each provider and subject."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, Update, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import ServerError
from server.identity.account import STUDENT, Account, Role
from server.identity.accounts import (
    SHOWN,
    USERS,
    account_of,
    email_key,
    is_same_mailbox,
    user_values,
)
from server.outside.outsider import Outsider
from server.store.tables import Base
from server.store.transactions import Database
from server.takes.ids import uuid7

IDENTITIES: Table = Base.metadata.tables["identities"]


class _FirstError(ServerError):
    """Another request has made the account of the same person meanwhile."""


class IdentityStore:
    """Keeps which account is whose.

    An address is an account's own, to be found by and to get mails, only if the provider has
    verified it and no other account has it; else it is shown to its user and does nothing. So
    nobody becomes somebody else by an address, nor keeps a way in to what another takes over by it.

    Parameters
    ----------
    database : Database
        Stays open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, provider: str, subject: str) -> Account | None:
        """Give the account of a provider's subject."""
        query = select(*SHOWN).join(IDENTITIES, IDENTITIES.c.user_id == USERS.c.id)
        is_theirs = (IDENTITIES.c.provider == provider, IDENTITIES.c.subject == subject)
        row = await self._database.row(query.where(*is_theirs))
        return row and account_of(row)

    async def find_or_make(self, outsider: Outsider, role: Role = STUDENT) -> tuple[Account, bool]:
        """Give the account of somebody, and whether it was made for them now."""
        found = await self.find(outsider.provider, outsider.subject)
        if found is not None:
            return found, False
        try:
            async with self._database.writing() as connection:
                return await self._make(connection, _new_account(outsider, role), outsider), True
        except _FirstError:
            return await self.find_or_make(outsider, role)

    async def add(self, user_id: str, outsider: Outsider) -> bool:
        """Let somebody in to an account by one more way; False: it leads elsewhere already."""
        async with self._database.writing() as connection:
            return await self._link(connection, user_id, outsider)

    async def holder(self, email: str) -> Account | None:
        """Give the account of an address, whether or not anybody has verified that it is."""
        row = await self._database.row(select(*SHOWN).where(USERS.c.email_key == email_key(email)))
        return account_of(row) if row is not None and is_same_mailbox(row.email, email) else None

    async def set_address(self, user_id: str, email: str, is_verified: bool) -> None:
        """Change the address of an account that has no password: others sign in with theirs.

        What nobody has verified does not take the place of what somebody has.
        """
        may_change = (USERS.c.id == user_id, USERS.c.password_hash.is_(None))
        change = update(USERS).where(*may_change)
        try:
            if is_verified:
                await self._execute(change.values(_address(email)))
                return
        except IntegrityError:  # another account has it
            pass
        is_only_shown = USERS.c.email_key.is_(None)
        await self._execute(change.where(is_only_shown).values(email=email))

    async def _execute(self, change: Update) -> None:
        async with self._database.writing() as connection:
            await connection.execute(change)

    async def _make(
        self, connection: AsyncConnection, account: Account, outsider: Outsider
    ) -> Account:
        values = user_values(account) | {"email": outsider.email}
        if outsider.email is not None and outsider.is_verified:
            values |= _address(outsider.email)
        make = self._database.insert(USERS).values(values)
        make = make.on_conflict_do_nothing(index_elements=[USERS.c.email_key])
        if not (await connection.execute(make)).rowcount:
            values |= {"email_key": None, "email_verified_at": None}
            await connection.execute(USERS.insert().values(values))
        if not await self._link(connection, account.id, outsider):
            raise _FirstError
        row = (await connection.execute(select(*SHOWN).where(USERS.c.id == account.id))).one()
        return account_of(row)

    async def _link(self, connection: AsyncConnection, user_id: str, outsider: Outsider) -> bool:
        values: dict[str, Any] = {
            "provider": outsider.provider,
            "subject": outsider.subject,
            "user_id": user_id,
            "created_at": datetime.now(UTC),
        }
        link = self._database.insert(IDENTITIES).values(values).on_conflict_do_nothing()
        return bool((await connection.execute(link)).rowcount)


def _new_account(outsider: Outsider, role: Role) -> Account:
    local_part = (outsider.email or "").partition("@")[0]
    return Account(id=uuid7(), name=outsider.name or local_part or outsider.provider, role=role)


def _address(email: str) -> dict[str, Any]:
    return {
        "email": email,
        "email_key": email_key(email),
        "email_verified_at": datetime.now(UTC),
    }
